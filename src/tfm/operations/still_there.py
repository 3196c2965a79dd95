"""Before the sources of a move are deleted: are they still what was copied?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NotFoundError, PermissionDeniedError, StorageError
from tfm.core.step import Step
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.storage import Storage

__all__ = ["LookedAt", "is_gone", "is_version", "look_again", "own_key"]


class LookedAt(NamedTuple):
    """The steps whose sources are as they were copied, and what is wrong with others. Those that are gone are not among
    either."""

    same: list[Step]
    failures: list[StorageError]


def look_again(source: Storage, steps: Sequence[Step], versions: Mapping[str, Entry]) -> LookedAt:
    """Look at the sources of ``steps``. ``versions`` has by key what was copied, where that is not what the step says.

    On flat keys by a listing that begins at the first of them: a request or two for a thousand that stand beside each
    other, as those of a tree do, and one for each that is not in it as it was copied. On a disk no request.
    """
    ordered = sorted(steps, key=lambda step: step.source_key)
    there: dict[str, Entry] = {}
    if Capability.FLAT_KEYS in source.capabilities and len(ordered) > 1:
        there = _listed(source, ordered[0].source_key, ordered[-1].source_key, ceil(len(ordered) / PAGE_ENTRIES) + 1)
    same: list[Step] = []
    failures: list[StorageError] = []
    for step in ordered:
        try:
            copied = versions.get(step.source_key)
            now = there.get(step.source_key)
            if now is None or not _is_as_copied(step, copied, now):
                now = _looked_up(source, step)
            if now is not None and _is_as_copied(step, copied, now):
                same.append(step)
            elif now is not None:
                failures.append(_written_again(source, step))
        except StorageError as error:
            failures.append(error)
    return LookedAt(same, failures)


def is_gone(source: Storage, key: str) -> bool:
    """Whether there is no object of exactly that key any more; one request. False where nobody can tell."""
    try:
        return _exactly(source, key) is None
    except StorageError:
        return False


def own_key(step: Step) -> str:
    """That of the source itself: with a slash a link would be the directory that it leads to."""
    return step.source_key.removesuffix("/") if step.is_symlink else step.source_key


def _listed(source: Storage, first: str, last: str, most_pages: int) -> dict[str, Entry]:
    """What is listed from one key to the other, as far as so many pages go."""
    above = first[: first.rfind("/") + 1]
    while not last.startswith(above):
        above = above[: above.rfind("/", 0, -1) + 1]
    there: dict[str, Entry] = {}
    after = first[:-1]
    for _ in range(most_pages):
        try:
            page = source.keys_after(above, after)
        except PermissionDeniedError:
            break  # who may not list may still look each up
        entries = [*page] if page.own_entry is None else [page.own_entry, *page]
        there |= {entry.key: entry for entry in entries}
        if page.token is None or not entries or not page.is_sorted():
            break
        after = max(entry.key for entry in entries)
        if after >= last:
            break
    return there


def _looked_up(source: Storage, step: Step) -> Entry | None:
    """What is there by the storage's own word for that one: some tell other etags in listings."""
    if Capability.FLAT_KEYS in source.capabilities:
        return _exactly(source, step.source_key)
    found = source.lookup(own_key(step), fresh=True)
    return found.file or found.directory


def _exactly(source: Storage, key: str) -> Entry | None:
    try:
        return source.object_at(key)
    except NotFoundError:
        return None


def _is_as_copied(step: Step, copied: Entry | None, now: Entry) -> bool:
    if copied is not None and is_version(copied, now):
        return True
    # Without etags both are believed: the disk of the copy may keep times less exactly than the source's.
    return (copied is None or copied.etag is None) and is_version(step, now)


def is_version(copied: Step | Entry, now: Entry) -> bool:
    """Whether that is the version that was copied: by the etag where there is one, else by size and time; of a link
    only that it is one."""
    if copied.is_symlink or now.is_symlink:
        return copied.is_symlink and now.is_symlink
    if copied.etag is not None and now.etag is not None:
        return copied.etag == now.etag
    return (copied.size_bytes, copied.modified_timestamp) == (now.size_bytes, now.modified_timestamp)


def _written_again(source: Storage, step: Step) -> StorageError:
    return ConflictError(
        "It was written again after it had been copied, so it was kept.",
        next_step="Move it again: what was copied is the version before.",
        uri=source.uri_of(own_key(step)),
        operation="move",
    )
