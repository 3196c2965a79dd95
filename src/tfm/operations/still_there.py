"""Before the sources of a move are deleted: are they still what was copied?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, StorageError
from tfm.core.step import Step
from tfm.storage.storage import Storage

__all__ = ["LookedAt", "is_version", "look_again"]


class LookedAt(NamedTuple):
    """The steps whose sources are as they were copied, what is wrong with other sources (those that are gone are not
    among either), and the steps that were not looked at yet."""

    same: list[Step]
    failures: list[StorageError]
    left: list[Step]


def look_again(source: Storage, steps: Sequence[Step], versions: Mapping[str, Entry]) -> LookedAt:
    """Look at the sources of ``steps``, at the first of them in any case. ``versions`` has by key what was copied,
    where that is not what the step says.

    On flat keys by one page of a listing, which begins there: a request for a thousand that stand beside each other, as
    those of a tree do, and one for each that is not on it as it was copied. Where keys come in no order, and elsewhere,
    each is looked up: on a disk no request.
    """
    ordered = sorted(steps, key=lambda step: step.source_key)
    there: dict[str, Entry] = {}
    left: list[Step] = []
    if Capability.FLAT_KEYS in source.capabilities and len(ordered) > 1:
        there, ordered, left = _listed(source, ordered)
    same: list[Step] = []
    failures: list[StorageError] = []
    for step in ordered:
        try:
            copied = versions.get(step.source_key)
            now = there.get(step.source_key)
            if now is None or not _is_as_copied(step, copied, now):
                now = _looked_up(source, step, now)
            if now is not None and _is_as_copied(step, copied, now):
                same.append(step)
            elif now is not None:
                failures.append(_written_again(source, step))
        except StorageError as error:
            failures.append(error)
    return LookedAt(same, failures, left)


def _listed(source: Storage, ordered: list[Step]) -> tuple[dict[str, Entry], list[Step], list[Step]]:
    """What a page has from the first of these keys on, the steps that it says something of, and the others."""
    first, last = ordered[0].source_key, ordered[-1].source_key
    above = first[: first.rfind("/") + 1]
    while not last.startswith(above):
        above = above[: above.rfind("/", 0, -1) + 1]
    page = source.keys_after(above, first[:-1])
    there = {entry.key: entry for entry in page}
    if page.own_entry is not None:
        there[page.own_entry.key] = page.own_entry
    if page.token is None or not page.is_sorted() or not there:
        return there, ordered, []
    end = max(max(there), first)
    covered = [step for step in ordered if step.source_key <= end]
    return there, covered, ordered[len(covered) :]


def _looked_up(source: Storage, step: Step, listed: Entry | None) -> Entry | None:
    """What is there by the storage's own word for that one: some tell other etags in listings."""
    if step.source_key.endswith("/"):
        return (
            listed or step.entry
        )  # a marker: to look it up tells of what is below it; to delete it twice does nothing
    if Capability.FLAT_KEYS in source.capabilities:
        return source.lookup(step.source_key, fresh=True, asked=Asked.FILE).file
    found = source.lookup(step.source_key, fresh=True)
    return found.file or found.directory


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
        uri=source.uri_of(step.source_key),
        operation="move",
    )
