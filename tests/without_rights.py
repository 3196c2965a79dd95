"""Being somebody who may not, for tests that run as root."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["without_rights"]

_USER = 999


@contextmanager
def without_rights(place: Path) -> Iterator[None]:
    """What root does in the block is done as somebody without rights, whom all of ``place`` belongs to."""
    place.chmod(0o777)
    for directory in place.parents:  # as many as pytest made, one more in a worker
        if not directory.stat().st_mode & 0o001:
            directory.chmod(0o711)
    for path in place.rglob("*"):
        os.chown(path, _USER, _USER, follow_symlinks=False)
    # Python itself may be one that only root can read: what is loaded later would not be found.
    importlib.import_module("ctypes")
    os.seteuid(_USER)
    try:
        yield
    finally:
        os.seteuid(0)
