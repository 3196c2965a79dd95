"""The session behind ``Path("s3://...")``: the program's own where it has one, otherwise one made when first needed."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tfm.core.location import StorageAddress
from tfm.core.settings import Settings, settings_from_environment
from tfm.operations.user_directories import user_state_directory
from tfm.storage.session import Session

if TYPE_CHECKING:
    # Loaded when the first copy begins: whoever only reads should not load a database.
    from tfm.journal import Journal, UploadEntry

__all__ = ["current_journal", "current_session", "journal_path", "upload_recorder", "use_journal", "use_session"]

# The one piece of module-level state: a script has no composition root that could hand a session to its paths.
_lock = threading.Lock()
_session: Session | None = None
_journal: Journal | None = None


def current_session() -> Session:
    """The session that paths use; made from the environment if there is none. Raises SettingsError for a wrong
    ``TFM_`` variable. Never reads ``config.py``: a library must not execute a user's file."""
    global _session
    with _lock:
        if _session is None:
            _session = Session(settings_from_environment(Settings(), os.environ))
        return _session


@contextmanager
def use_session(session: Session) -> Iterator[Session]:
    """Let every path of this process use ``session`` while the block runs. For programs and tests."""
    global _session
    with _lock:
        before, _session = _session, session
    try:
        yield session
    finally:
        with _lock:
            _session = before


def current_journal() -> Journal:
    """The journal in which copies and moves of paths are written down, so that ``tfm resume`` goes on with what was
    killed: in the user's state directory; where that cannot be written, in memory, after one warning."""
    global _journal
    with _lock:
        if _journal is None:
            from tfm.journal import open_or_do_without

            _journal = open_or_do_without(journal_path(), warn=lambda error: warnings.warn(str(error), stacklevel=2))
        return _journal


def upload_recorder(address: StorageAddress) -> Callable[[str], UploadEntry]:
    """For :meth:`Storage.writer`: an upload in parts is on record before it begins, so that ``tfm clean`` and every
    copy sweep away what a killed process left of it. The journal is opened when the first part is sent."""
    return lambda key: current_journal().begin_upload(address, key)


def journal_path() -> str:
    """The file of this user's journal."""
    return os.path.join(user_state_directory(), "journal.sqlite")


@contextmanager
def use_journal(journal: Journal) -> Iterator[Journal]:
    """Let the copies of every path of this process be written down in ``journal`` while the block runs."""
    global _journal
    with _lock:
        before, _journal = _journal, journal
    try:
        yield journal
    finally:
        with _lock:
            _journal = before


def _forget_session() -> None:
    global _session, _journal, _lock
    _lock = threading.Lock()
    _session = None
    _journal = None


# A forked child must not share its parent's connections, nor a lock that another thread held at the fork.
os.register_at_fork(after_in_child=_forget_session)
