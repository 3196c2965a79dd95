"""What was written is on the disk, and no longer only on its way there."""

from __future__ import annotations

import queue
import threading
from typing import Final

from tfm.core.errors import StorageError
from tfm.core.progress import Cancel
from tfm.storage.storage import Storage
from tfm.transfer.one_version import defect

__all__ = ["reach_the_disk"]

_LOOK_SECONDS: Final = 0.05


def reach_the_disk(target: Storage, prefix: str, cancel: Cancel) -> None:
    """Return when what was written below ``prefix`` would outlive a crash of the machine, or when the end is wished
    for. Raises what the disk answers to what it writes only now.

    In a thread of its own: a disk that is busy for others, too, may take its time, and cannot be interrupted.
    """
    # Not a SimpleQueue, whose get() a signal may let wait for ever in Python 3.11.
    answers: queue.Queue[StorageError | None] = queue.Queue()

    def sync() -> None:
        try:
            target.sync(prefix)
        except StorageError as error:
            answers.put(error)
        except Exception as error:  # noqa: BLE001 - the thread's boundary: who waits would wait for ever
            answers.put(defect(error))
        else:
            answers.put(None)

    threading.Thread(target=sync, name="tfm-sync", daemon=True).start()
    while not cancel.wanted:
        try:
            error = answers.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            continue
        if error is not None:
            raise error
        return
