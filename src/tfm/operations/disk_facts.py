"""What is known of the file system that a directory is on. Waits for it: to be asked in a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tfm.operations.mounts import Mount, mount_of, mounts

__all__ = ["DiskFacts", "disk_facts", "free_bytes_of"]


class DiskFacts(NamedTuple):
    """``kind`` as the system names it, empty where its table does not say; ``free_bytes`` None where nobody knows."""

    kind: str
    free_bytes: int | None


def disk_facts(directory: str, *, table: Callable[[], Sequence[Mount]] = mounts) -> DiskFacts:
    """Of that absolute path, links followed. Raises nothing; waits for ever where a server is dead."""
    try:
        mount = mount_of(os.path.realpath(directory), table())
    except OSError:
        mount = None
    return DiskFacts("" if mount is None else mount.kind, free_bytes_of(directory))


def free_bytes_of(directory: str) -> int | None:
    """What a user may still write there; None where it cannot be told, or nothing is ever written."""
    try:
        facts = os.statvfs(directory)
    except OSError:
        return None
    return facts.f_bavail * facts.f_frsize if facts.f_blocks else None
