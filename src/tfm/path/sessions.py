"""The session behind ``Path("s3://...")``: the program's own where it has one, otherwise one made when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tfm.core.settings import Settings, settings_from_environment
from tfm.storage.session import Session

__all__ = ["current_session", "use_session"]

# The one piece of module-level state: a script has no composition root that could hand a session to its paths.
_lock = threading.Lock()
_session: Session | None = None


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


def _forget_session() -> None:
    global _session, _lock
    _lock = threading.Lock()
    _session = None


# A forked child must not share its parent's connections, nor a lock that another thread held at the fork.
os.register_at_fork(after_in_child=_forget_session)
