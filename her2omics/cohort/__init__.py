"""Everything that needs more than one patient, made once: expression store, references, noise."""
