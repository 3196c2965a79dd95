"""An object store inside the process, for tests and for whoever wants to try something without a server."""

from tfm.backends.memory.backend import MemoryBackendFactory
from tfm.backends.memory.store import MemoryStore

__all__ = ["MemoryBackendFactory", "MemoryStore"]
