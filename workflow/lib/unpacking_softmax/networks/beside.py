"""Names of what is read of a network beside its points, known without importing torch."""

PENULTIMATE = "penultimate"  # the classifier's input
CLASSIFIER = "classifier"  # its weight
