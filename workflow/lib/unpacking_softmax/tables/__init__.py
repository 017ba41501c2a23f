"""Tables of the paper, one module a family."""
