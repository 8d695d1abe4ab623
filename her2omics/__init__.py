"""her2omics: why a HER2-positive breast tumour came back HER2-negative."""

__version__ = "0.1.0"
