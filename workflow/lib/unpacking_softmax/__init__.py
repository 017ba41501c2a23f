"""The library behind the workflow: it knows nothing of Snakemake and reads no configuration file."""
