"""Where something is, without a word about how to reach it: the storage's address, and the exact key in it."""

from __future__ import annotations

from dataclasses import dataclass

from tfm.core.entry import Kind

__all__ = ["Location", "StorageAddress"]


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """What names one storage: ``scheme://authority`` as seen by one profile (``None``: the default one).

    The authority of S3 is the bucket; empty, it is the place where the buckets themselves are listed.
    """

    scheme: str
    authority: str = ""
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """An entry's place. ``key`` is exact: a directory's is the prefix of what is in it and ends in ``/`` (``""`` is the
    root), so the object ``x`` and the directory ``x/`` are two locations.
    """

    storage: StorageAddress
    key: str
    kind: Kind
