"""Which malignant cells carry the ERBB2 amplification, and which of them express it."""
