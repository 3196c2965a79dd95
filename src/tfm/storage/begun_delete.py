"""A batch of deletes that was sent, and whose answer is waited for later."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfm.core.writing import DeleteFailure

__all__ = ["BegunDelete"]


class BegunDelete:
    """What :meth:`tfm.storage.storage.Storage.begin_delete_many` sent: to be ended by one of its methods, once.

    ``ended`` hears which keys were not deleted, or None where nobody knows what came of any of them.
    """

    def __init__(
        self, answer: Callable[[], list[DeleteFailure]], ended: Callable[[Sequence[DeleteFailure] | None], object]
    ) -> None:
        self._answer = answer
        self._ended = ended

    def answer(self) -> list[DeleteFailure]:
        """Wait, and give and raise what :meth:`tfm.storage.storage.Storage.delete_many` does."""
        failures: list[DeleteFailure] | None = None
        try:
            failures = self._answer()
        finally:
            self._ended(failures)
        return failures

    def abandon(self) -> None:
        """Do not wait: the server may do it or not."""
        self._ended(None)
