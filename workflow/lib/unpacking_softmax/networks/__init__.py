"""The paper's networks, and the named points where their representations are read.

Importing this package imports no torch: `names` serves the configuration checks by itself.
"""
