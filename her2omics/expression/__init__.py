"""ERBB2 and 17q12 expression: levels, paired change, and the cohort's change of all genes."""
