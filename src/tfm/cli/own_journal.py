"""The user's journal, for the verbs that begin, resume or sweep jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tfm.cli.output import Report
from tfm.core.errors import StorageError
from tfm.journal import UNFINISHED, Journal, open_or_do_without
from tfm.operations.resume import clean
from tfm.path.sessions import current_session, journal_path, use_journal

__all__ = ["opened_journal", "sweeping"]

_SWEEP_SECONDS: Final = 2.0
"""How long the end of a verb waits for it; what was not swept by then is, the next time."""


@contextmanager
def opened_journal(report: Report) -> Iterator[Journal]:
    """Where it cannot be used that is said, and work goes on: then it cannot be resumed."""
    journal = open_or_do_without(journal_path(), warn=lambda error: report.say(str(error)))
    with use_journal(journal):
        yield journal
    # Not after an exception: workers that were interrupted still write to it. It is closed when Python ends.
    journal.close()


@contextmanager
def sweeping(journal: Journal) -> Iterator[None]:
    """While the block runs, sweep in the background what earlier runs left and nobody will go on with. It fails
    silently: it was not what the user asked for, and comes again."""
    if not any(each.job_id is None or each.job_state not in UNFINISHED for each in journal.orphans()):
        yield
        return
    thread = threading.Thread(target=_sweep, args=(journal,), name="tfm-sweep", daemon=True)
    thread.start()
    yield
    thread.join(_SWEEP_SECONDS)


def _sweep(journal: Journal) -> None:
    try:
        clean(current_session(), journal)
    except (StorageError, OSError):
        pass
