"""Is what stands at a step's destination that step's own work, whose answer or record was lost?"""

from __future__ import annotations

from collections.abc import Iterator

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import StorageError
from tfm.core.step import Step
from tfm.core.writing import Description
from tfm.storage.storage import Storage
from tfm.transfer.checksum import fits

__all__ = ["is_done_already"]

_CHUNK_BYTES = 1 << 20

_SAME_SECONDS = 0.001
"""Times go through text (x-amz-meta-mtime) and through the disk's nanoseconds."""


def is_done_already(source: Storage, target: Storage, step: Step) -> bool:
    """Whether the destination holds exactly what the step would write: at most a request to each side. False where that
    cannot be told."""
    try:
        if Capability.FLAT_KEYS in target.capabilities:
            return _same_object(source, target, step)
        return _same_file(source, target, step)
    except StorageError:
        return False


def _same_object(source: Storage, target: Storage, step: Step) -> bool:
    there = target.describe(step.target_key)
    if there.entry.size_bytes != (step.size_bytes or 0):
        return False
    if target.can_copy_from(source.address) and there.entry.etag == step.etag:
        return True
    if there.checksum is None:
        return False
    if Capability.LOCAL_PATHS in source.capabilities:
        return fits(there.checksum, there.entry.size_bytes or 0, None, _reading(source, step.source_key)) is True
    here = source.describe(step.source_key, if_match=step.etag)
    return here.checksum == there.checksum


def _same_file(source: Storage, target: Storage, step: Step) -> bool:
    there = target.lookup(step.target_key, fresh=True, asked=Asked.FILE).file
    if there is None or there.is_symlink != step.is_symlink:
        return False
    if step.is_symlink:
        return True  # a link is not looked into
    if there.size_bytes != step.size_bytes:
        return False
    wanted = _time_of(step, source)
    return (
        wanted is not None
        and there.modified_timestamp is not None
        and abs(there.modified_timestamp - wanted) < _SAME_SECONDS
    )


def _time_of(step: Step, source: Storage) -> float | None:
    if Capability.FLAT_KEYS not in source.capabilities:
        return step.modified_timestamp
    here: Description = source.describe(step.source_key, if_match=step.etag)
    told = here.facts.modified_timestamp
    entry: Entry = here.entry
    return entry.modified_timestamp if told is None else told


class _Reading:
    """Reads a source again, piece by piece."""

    def __init__(self, source: Storage, key: str) -> None:
        self._source = source
        self._key = key

    def __call__(self, start: int, length: int) -> Iterator[bytes]:
        with self._source.read(self._key, start=start, length=length) as reader:
            while piece := reader.read(_CHUNK_BYTES):
                yield piece


def _reading(source: Storage, key: str) -> _Reading:
    return _Reading(source, key)
