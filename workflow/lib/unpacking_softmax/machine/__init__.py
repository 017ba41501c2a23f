"""The device that a job computes on."""
