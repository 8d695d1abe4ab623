"""Clonal composition of a patient's samples from the read counts of their mutations."""
