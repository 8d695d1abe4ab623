"""The two sheets and the config: what the user knows, checked as a whole."""
