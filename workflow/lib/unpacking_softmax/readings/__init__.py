"""Numbers read from stored tables: rank, depth, effects. pandas, no torch."""
