"""What came of a delete, as a value that is counted up while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from tfm.core.entry import Entry
from tfm.core.errors import OperationFailed, StorageError

__all__ = ["DeleteSummary", "held_bytes"]


@dataclass(slots=True)
class DeleteSummary:
    """What came of a delete: of the entries that were listed ``objects`` were deleted (in a dry run: would be) and
    ``failed`` were not; of ``unknown`` among those the answer was lost, so they may be gone: deleting again tells.

    ``size_bytes`` is what the deleted ones held, as far as the storage says it; markers, and the directories of a disk,
    are entries too. ``stopped`` says that the end was not reached: it was cancelled, or a storage could not be
    reached any more, which one of ``failures`` says then.
    """

    objects: int = 0
    size_bytes: int = 0
    failed: int = 0
    unknown: int = 0
    stopped: bool = False
    dry_run: bool = False
    failures: list[StorageError] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.objects += 1
        self.size_bytes += held_bytes(entry)

    def raise_failures(self, uri: str) -> None:
        """OperationFailed with all of them, if there are any."""
        if self.failures:
            raise OperationFailed(
                f"{self.objects:,} deleted, {self.failed:,} not: {self.failures[0]}",
                failures=self.failures,
                next_step="Delete again what is left.",
                uri=uri,
                operation="delete",
            )


def held_bytes(entry: Entry) -> int:
    """What deleting it frees; a disk's directory has a size that is not its content's."""
    return 0 if entry.is_directory and entry.mode is not None else entry.size_bytes or 0
