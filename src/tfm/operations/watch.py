"""Hear of changes: who shows a directory is told when this session wrote something that its rows may show."""

from __future__ import annotations

from collections.abc import Callable

from tfm.core.location import Location
from tfm.storage.changes import Changed
from tfm.storage.session import Session

__all__ = ["watch"]


def watch(session: Session, directory: Location, tell: Callable[[], None]) -> Callable[[], None]:
    """Call ``tell`` whenever the session has changed what a listing of ``directory`` says; returns what ends that.

    ``tell`` runs in the thread that wrote, when the cache knows of the change, so it must be short and raise nothing.
    It may be called a thousand times a second: each batch of a delete and each file of a copy is a change. No request.
    """

    def heard(changed: Changed) -> None:
        if changed.concerns(directory.storage, directory.key):
            tell()

    return session.changes.subscribe(heard)
