"""Gates: what the data of a case cannot carry."""
