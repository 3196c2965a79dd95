"""The requests of a delete: a few of them are under way while the next page is listed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from tfm.core.entry import Entry
from tfm.core.errors import NotFoundError, StorageError, TemporaryError
from tfm.core.writing import DeleteFailure
from tfm.operations.delete_summary import DeleteSummary
from tfm.storage.begun_delete import BegunDelete
from tfm.storage.storage import Storage

__all__ = ["Batches"]

_FIRST_UNDER_WAY: Final = 4
_MOST_UNDER_WAY: Final = 8
"""One more with each answer: who sees a mistake at once has lost less. With four a server of two processors is busy for
three quarters of the time. S3 takes 3,500 deletes a second below a prefix, and half a second for a thousand; to more it
says SlowDown, and they are sent again:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""


class Batches:
    """Deletes batches of one storage, and keeps account of what came of each in ``summary``. Of one thread.

    ``gone`` and ``say`` hear of what is deleted and what is not, in the order in which it was sent. ``errors`` are what
    was said of whole batches: nothing more is sent then. ``covered``: see
    :meth:`tfm.storage.storage.Storage.delete_many`.
    """

    def __init__(
        self,
        storage: Storage,
        summary: DeleteSummary,
        gone: Callable[[Storage, Sequence[Entry]], object],
        say: Callable[[StorageError], object],
        *,
        covered: bool,
    ) -> None:
        self.errors: list[StorageError] = []
        self.sent = False
        self.answered = False
        self._storage = storage
        self._summary = summary
        self._gone = gone
        self._say = say
        self._covered = covered
        self._under_way: deque[tuple[Sequence[Entry], BegunDelete]] = deque()
        self._most_under_way = _FIRST_UNDER_WAY

    def send(self, entries: Sequence[Entry]) -> None:
        """Begin to delete these, a thousand at most."""
        if any(entry.is_directory for entry in entries):
            self.wait()  # a marker goes behind what it is of, and the deepest first
        if self.errors:
            return
        self.sent = True
        keys = [entry.key for entry in entries]
        begun = self._storage.begin_delete_many(keys, covered=self._covered)
        if begun is not None:
            self._under_way.append((entries, begun))
            return
        self.wait()
        if not self.errors:
            self._account(entries, lambda: self._storage.delete_many(keys, covered=self._covered))

    def make_room(self) -> None:
        """Wait until one more may be under way."""
        while len(self._under_way) >= self._most_under_way:
            self._wait_for_oldest()

    def wait(self) -> None:
        """Until nothing is under way any more."""
        while self._under_way:
            self._wait_for_oldest()

    def abandon(self) -> None:
        """Wait for nothing; for who is interrupted."""
        while self._under_way:
            self._under_way.popleft()[1].abandon()

    def _wait_for_oldest(self) -> None:
        entries, begun = self._under_way.popleft()
        self._account(entries, begun.answer)

    def _account(self, entries: Sequence[Entry], delete: Callable[[], list[DeleteFailure]]) -> None:
        summary = self._summary
        try:
            answer = delete()
        except StorageError as error:
            # If it is temporary, the retry layer has given up, and nothing is known of any of these.
            summary.failed += len(entries)
            summary.unknown += len(entries) if isinstance(error, TemporaryError) else 0
            self.errors.append(error)
            return
        self.answered = True
        self._most_under_way = min(self._most_under_way + 1, _MOST_UNDER_WAY)
        # One that somebody else deleted meanwhile is gone, which was asked for.
        failures = {each.key: each for each in answer if not isinstance(each.error, NotFoundError)}
        summary.failed += len(failures)
        summary.unknown += sum(not failure.known for failure in failures.values())
        for failure in failures.values():
            self._say(failure.error)
        self._gone(self._storage, [entry for entry in entries if entry.key not in failures] if failures else entries)
