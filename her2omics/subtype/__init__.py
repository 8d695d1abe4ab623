"""Intrinsic subtype of a sample, and whether it changed between two samples."""
