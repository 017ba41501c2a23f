"""The configuration as checked values; names, paths, the catalogue of figures and tables. No torch."""
