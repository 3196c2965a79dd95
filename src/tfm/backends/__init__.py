"""One protocol each. Loaded by the registry, never imported by other packages; they do not know each other."""
