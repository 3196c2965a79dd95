"""One step of a plan: an object, where it goes, and what must be there when it gets there.

A step can be written down: as a row of plain values, of which the journal makes columns, and as a line of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tfm.core.entry import Entry, Kind
from tfm.core.writing import NOTHING_THERE, Precondition

__all__ = ["Replaced", "Row", "Step", "StepAction"]

Row = tuple[str | int | float | bool | None, ...]
"""A step as plain values, in the order of :meth:`Step.to_row`."""


class StepAction(StrEnum):
    COPY = "copy"
    """The object, its marker or a link, with all that it says of itself."""

    DIRECTORY = "directory"
    """A directory at the destination, with nothing in it yet: of a disk, or a marker."""

    DELETE = "delete"
    """The source goes; ``target_key`` is empty."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was seen at a step's destination, for whoever is asked whether it may be replaced."""

    size_bytes: int | None = None
    modified_timestamp: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """``source_key`` and ``target_key`` are exact, a directory's with its slash; the storages are the job's. The facts
    are what the source's listing told, and the copy is of that version. ``only_if`` is what was seen at the
    destination; None overwrites what is there, where nothing tells its version but its size and time. ``replaces`` are
    these, and None where nothing was seen there."""

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
    replaces: Replaced | None = None

    @classmethod
    def of(
        cls,
        entry: Entry,
        target_key: str,
        action: StepAction,
        only_if: Precondition | None,
        replaces: Replaced | None = None,
    ) -> Step:
        return cls(
            entry.key, entry.kind, target_key, action, entry.size_bytes, entry.etag, entry.modified_timestamp,
            entry.storage_class, entry.mode, entry.is_symlink, only_if, replaces,
        )  # fmt: skip

    @property
    def entry(self) -> Entry:
        """The source, as it was listed."""
        name = self.source_key.removesuffix("/").rpartition("/")[2]
        return Entry(
            name, self.source_key, self.kind, self.size_bytes, self.modified_timestamp, self.etag, self.storage_class,
            self.is_symlink, self.mode,
        )  # fmt: skip

    def to_row(self) -> Row:
        """All of it as values that JSON and a database know, flat."""
        only_if, replaces = self.only_if, self.replaces
        return (
            self.source_key,
            int(self.kind),
            self.target_key,
            _LETTERS[self.action],
            self.size_bytes,
            self.etag,
            self.modified_timestamp,
            self.storage_class,
            self.mode,
            self.is_symlink,
            # Three things in one text: no condition, "nothing is there", and an etag, which may be empty.
            None if only_if is None else "" if only_if.etag is None else f"={only_if.etag}",
            replaces is not None,
            None if replaces is None else replaces.size_bytes,
            None if replaces is None else replaces.modified_timestamp,
        )

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Step:
        """The step that :meth:`to_row` was called on. Raises ValueError for what is no row of a step.

        The row comes out of a file, so its values may be anything; their types are not looked at.
        """
        (source_key, kind, target_key, letter, size_bytes, etag, modified, storage_class, mode, is_symlink, only_if,
         is_replacing, replaced_size_bytes, replaced_modified) = row  # fmt: skip
        try:
            kind, action = _KINDS[kind], _ACTIONS[letter]
        except (KeyError, IndexError, TypeError):
            raise ValueError(f"no step has the kind {kind!r} and the action {letter!r}") from None
        return cls(
            source_key, kind, target_key, action, size_bytes, etag, modified, storage_class, mode,
            bool(is_symlink), None if only_if is None else _precondition(only_if),
            Replaced(replaced_size_bytes, replaced_modified) if is_replacing else None,
        )  # fmt: skip

    def to_json(self) -> bytes:
        """One line of JSON without its newline. It is UTF-8 unless a key holds lone surrogates (on a disk: a name that
        is no UTF-8), which are encoded as if they were characters."""
        return json.dumps(self.to_row(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    @classmethod
    def from_json(cls, line: bytes) -> Step:
        """The step that :meth:`to_json` was called on. Raises ValueError for what is no line of it."""
        row = json.loads(line.decode("utf-8", "surrogatepass"))
        if not isinstance(row, list):
            raise ValueError("a step is written as a list")  # noqa: TRY004 - the text is wrong, not a type
        return cls.from_row(row)


_LETTERS: Final = {StepAction.COPY: "c", StepAction.DIRECTORY: "d", StepAction.DELETE: "x"}
_ACTIONS: Final = {letter: action for action, letter in _LETTERS.items()}
_KINDS: Final = tuple(Kind)  # by number; Kind(number) costs five times as much, a million times


def _precondition(text: str) -> Precondition:
    return Precondition(text[1:]) if text else NOTHING_THERE
