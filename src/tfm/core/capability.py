"""What a storage can do beyond the mandatory contract. Code asks for one of these, never for a scheme."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Capability"]


class Capability(StrEnum):
    """A declared ability of a backend."""

    FLAT_KEYS = "flat keys"
    """Keys are one flat, ordered space; directories are prefixes. One listing answers for a whole tree."""

    CACHED = "cached"
    """Asking costs a request, so answers are cached for the storage's TTL. A local disk does without."""

    LOCAL_PATHS = "local paths"
    """The operating system knows the same files under the same text: paths are ``os.PathLike``."""

    CONDITIONAL_READ = "conditional read"
    """``read`` honours ``if_match``, so a read resumed by range cannot mix two versions."""

    WRITE = "write"
    """Objects can be written and deleted. Without it the storage is for reading only."""

    DELETE_MANY = "delete many"
    """One request deletes up to a thousand objects."""

    REMOVE_TREE = "remove tree"
    """The storage removes a tree itself, safe against links that somebody puts in its way meanwhile."""

    SERVER_COPY = "server-side copy"
    """The storage copies by itself from those that :meth:`can_copy_from` names; the bytes never reach us."""

    RENAME = "rename"
    """One atomic step gives a file, or a directory with all that is in it, another name in the same storage."""

    SET_MODE = "set mode"
    """Files and directories have permission bits, which can be changed."""

    TRASH = "trash"
    """What is deleted can go to the system's trash, and come back from it."""

    SET_FACTS = "set facts"
    """What an object says of itself (type, metadata, tags, storage class) can be changed without sending its bytes."""

    PRESIGN = "presign"
    """A link can be signed that lets others read one object for a while."""

    LIST_ROOTS = "list roots"
    """``scheme://`` with no authority lists what can be opened (buckets, containers)."""
