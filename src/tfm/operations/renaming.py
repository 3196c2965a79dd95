"""Another name for an entry, in the directory where it is."""

from __future__ import annotations

from dataclasses import replace

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.location import Location
from tfm.core.writing import NOTHING_THERE
from tfm.operations.copy_spec import CopySpec
from tfm.operations.naming import key_of_name
from tfm.storage.session import Session

__all__ = ["rename_entry", "renames_at_once"]


def renames_at_once(session: Session, directory: Location, entry: Entry) -> bool:
    """Whether it is one step of the storage's own, or a copy and a delete of one object; else it is a move, which takes
    its time, and is a job."""
    storage = session.storage(directory.storage)
    if Capability.RENAME in storage.capabilities:
        return True
    return entry.kind is not Kind.DIRECTORY and (entry.size_bytes or 0) <= storage.copy_whole_bytes


def rename_entry(session: Session, directory: Location, source: Location, name: str) -> Location:
    """Give ``source``, an entry of ``directory``, that name; where it is then. What has the name already stays.

    One step of a disk. An object is copied, and the copy verified, before it is deleted: two requests, and one for each
    fact that is not known. Raises ConflictError for a name that is taken, and what the storage answers.
    """
    storage = session.storage(source.storage)
    slash = "/" if source.kind is Kind.DIRECTORY else ""
    target = replace(source, key=key_of_name(storage, directory, name, operation="rename") + slash)
    if target == source:
        return source
    if Capability.RENAME in storage.capabilities:
        storage.rename(source.key, target.key, only_if=NOTHING_THERE)
        return target
    from tfm.operations.copy_job import CopyJob

    summary = CopyJob(session, CopySpec((source,), target, into=False, move=True)).run()
    if summary.failures:
        raise summary.failures[0]
    return target
