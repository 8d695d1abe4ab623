"""Purity of each sample and, from DNA, the ERBB2 locus of the pair."""
