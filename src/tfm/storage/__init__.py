"""The contract, the registry, and the layers that make a storage of a backend: metering, retry, lister, cache."""
