"""Measures of trained networks: spectra, ranks, probes, depth, alignment, collapse, detection."""
