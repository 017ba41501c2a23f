"""The pages of the report: the paper's story as a study's results tell it, and the explorer. No torch."""
