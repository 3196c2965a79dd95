"""How anyone checks what a piece of code costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tfm.path.sessions import current_session
from tfm.storage.metering import RequestCounts

__all__ = ["count_requests"]


@contextmanager
def count_requests() -> Iterator[RequestCounts]:
    """Counts every request that this process's paths put on the wire while the block runs, whichever thread sends it.

    ``total`` is how many, ``by_operation`` how many of each kind (``{"ListObjectsV2": 1}``). Retries and redirects
    count.
    """
    with current_session().meter.counting() as counts:
        yield counts
