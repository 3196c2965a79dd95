"""The engine that moves bytes from one storage to another: routes, parts, verification, workers."""
