"""Results that travel: a study's finished measures in one file, and back into a clone elsewhere."""
