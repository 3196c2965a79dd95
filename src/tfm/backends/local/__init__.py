"""The local disk."""

from tfm.backends.local.backend import LocalBackendFactory

__all__ = ["LocalBackendFactory"]
