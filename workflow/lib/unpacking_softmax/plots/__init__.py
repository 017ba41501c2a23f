"""Figures: they read tidy tables and save the numbers they show."""
