"""One step of a plan: an object, where it goes, and what must be there when it gets there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tfm.core.entry import Entry, Kind
from tfm.core.writing import Precondition

__all__ = ["Step", "StepAction"]


class StepAction(StrEnum):
    COPY = "copy"
    """The object, its marker or a link, with all that it says of itself."""

    DIRECTORY = "directory"
    """A directory at the destination, with nothing in it yet: of a disk, or a marker."""


@dataclass(frozen=True, slots=True)
class Step:
    """``source_key`` and ``target_key`` are exact, a directory's with its slash; the storages are the job's. The facts
    are what the source's listing told, and the copy is of that version. ``only_if`` is what was seen at the
    destination; None overwrites what is there, where nothing tells its version."""

    source_key: str
    kind: Kind
    target_key: str
    action: StepAction
    size_bytes: int | None = None
    etag: str | None = None
    modified_timestamp: float | None = None
    storage_class: str | None = None
    mode: int | None = None
    is_symlink: bool = False
    only_if: Precondition | None = None

    @classmethod
    def of(cls, entry: Entry, target_key: str, action: StepAction, only_if: Precondition | None) -> Step:
        return cls(
            entry.key, entry.kind, target_key, action, entry.size_bytes, entry.etag, entry.modified_timestamp,
            entry.storage_class, entry.mode, entry.is_symlink, only_if,
        )  # fmt: skip

    @property
    def entry(self) -> Entry:
        """The source, as it was listed."""
        name = self.source_key.removesuffix("/").rpartition("/")[2]
        return Entry(
            name, self.source_key, self.kind, self.size_bytes, self.modified_timestamp, self.etag, self.storage_class,
            self.is_symlink, self.mode,
        )  # fmt: skip
