"""Watch a directory of the local disk: what other programs change there is announced as the session's own changes are.

The watching is watchfiles'. It does without where that is not installed, where the disk is another machine's (nobody
tells of changes there), and where the system has no more watches to give; the log says why.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Final

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.operations.mounts import mount_of, mounts
from tfm.storage.changes import Changed
from tfm.storage.session import Session

__all__ = ["watch_disk"]

_log: Final = logging.getLogger("tfm.watch")

_REST_SECONDS: Final = 0.7
"""After going somewhere: who walks through directories watches none of them, and the first rows come first."""

_GATHER_MS: Final = 400
"""So long changes are gathered before they are told of; :data:`_STEP_MS` of silence end that earlier."""

_STEP_MS: Final = 100


def watch_disk(session: Session, directory: Location, *, rest_seconds: float = _REST_SECONDS) -> Callable[[], None]:
    """Announce changes in ``directory``, not below it, if it is one of the disk; returns at once what ends that.

    Everything is done in a thread of its own, which a disk that does not answer holds up, and nobody else.
    """
    stop = threading.Event()
    watcher = _Watcher(session, directory, stop, rest_seconds)
    threading.Thread(target=watcher.run, name="tfm-watch", daemon=True).start()
    return stop.set


class _Watcher:
    def __init__(self, session: Session, directory: Location, stop: threading.Event, rest_seconds: float) -> None:
        self._session = session
        self._directory = directory
        self._stop = stop
        self._rest_seconds = rest_seconds

    def run(self) -> None:
        try:
            if Capability.LOCAL_PATHS in self._session.storage(self._directory.storage).capabilities:
                self._watch(os.path.abspath(self._directory.key or os.curdir))
        except (OSError, StorageError, RuntimeError) as error:
            _log.info("%r is not watched: %s", self._directory.key, error)
        except ImportError:
            _log.info("directories are not watched: watchfiles is not installed")

    def _watch(self, path: str) -> None:
        seen_at = os.stat(path).st_mtime_ns  # here a dead server holds up this thread
        if self._stop.wait(self._rest_seconds):
            return
        mount = mount_of(os.path.realpath(path), mounts())
        if mount is not None and mount.is_network:
            _log.info("%r is not watched: %s is of another machine", path, mount.kind)
            return
        from watchfiles import watch

        if self._stop.is_set():
            return
        changes = watch(
            path,
            watch_filter=None,
            recursive=False,
            debounce=_GATHER_MS,
            step=_STEP_MS,
            rust_timeout=_STEP_MS,
            yield_on_timeout=True,  # at once, and from then on to hear of the end
            stop_event=self._stop,
            raise_interrupt=False,
        )
        is_first = True
        for found in changes:
            if self._stop.is_set():
                return
            # What came between the listing and the first watch was told by nobody.
            missed, is_first = is_first and os.stat(path).st_mtime_ns != seen_at, False
            if found or missed:
                self._announce()

    def _announce(self) -> None:
        self._session.changes.announce(Changed(self._directory.storage, frozenset({self._directory.key})))
