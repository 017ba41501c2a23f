"""Numerical experiments on softmax matrices alone: no network, no data (Figs 6, 21; App. J, K)."""
