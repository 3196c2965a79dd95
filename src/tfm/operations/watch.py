"""Hear of changes: who shows a directory is told when something was written that its rows may show: by this session
or, on the local disk, by any program."""

from __future__ import annotations

from collections.abc import Callable

from tfm.core.location import Location
from tfm.operations.local_changes import watch_disk
from tfm.storage.changes import Changed
from tfm.storage.session import Session

__all__ = ["watch"]


def watch(session: Session, directory: Location, tell: Callable[[], None]) -> Callable[[], None]:
    """Call ``tell`` whenever what a listing of ``directory`` says has changed; returns what ends that.

    ``tell`` runs in the thread that wrote, or that watches the disk, when the cache knows of the change, so it must be
    short and raise nothing. It may be called a thousand times a second: each batch of a delete and each file of a copy
    is a change. No request.
    """

    def heard(changed: Changed) -> None:
        if changed.concerns(directory.storage, directory.key):
            tell()

    stops = (session.changes.subscribe(heard), watch_disk(session, directory))

    def end() -> None:
        for stop in stops:
            stop()

    return end
