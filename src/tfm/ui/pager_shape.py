"""The pager's second look at a file: JSON and Markdown laid out, comma-separated values as a table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from textual.widget import Widget

from tfm.core.progress import Cancel
from tfm.operations.held_bytes import HeldBytes
from tfm.operations.work import Work, WorkUpdate, begin_work
from tfm.ui.format import format_size
from tfm.ui.update_box import UpdateBox
from tfm.ui.viewer_rows import StyledBytes
from tfm.ui.viewer_table import Table, table_of

__all__ = ["PagerShape", "ShapeKind", "kind_of"]


class ShapeKind(StrEnum):
    """What a file is laid out as."""

    JSON = "json"
    MARKDOWN = "markdown"
    TABLE = "table"


_ENDINGS: Final = {
    "csv": ShapeKind.TABLE,
    "tsv": ShapeKind.TABLE,
    "tab": ShapeKind.TABLE,
    "json": ShapeKind.JSON,
    "jsonl": ShapeKind.JSON,
    "ndjson": ShapeKind.JSON,
    "geojson": ShapeKind.JSON,
    "ipynb": ShapeKind.JSON,
    "md": ShapeKind.MARKDOWN,
    "markdown": ShapeKind.MARKDOWN,
}

_LARGEST_BYTES: Final = {ShapeKind.JSON: 4 * 1024 * 1024, ShapeKind.MARKDOWN: 1024 * 1024}
"""These are laid out as a whole, in memory; a larger one is shown as it is."""

DECIDING_BYTES: Final = 64 * 1024
"""A table's columns are as wide as its first thousand rows say, as far as they are in the first block."""


def kind_of(name: str) -> ShapeKind | None:
    """By the ending."""
    return _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None


@dataclass(frozen=True, slots=True)
class _LaidOut:
    data: bytes
    styles: list[StyledBytes] = field(default_factory=list)
    width: int = 0


class PagerShape:
    """``widget`` hands the box that arrived to take(). ``wanted`` is the user's; what came of it is :attr:`kind`."""

    def __init__(self, widget: Widget, name: str) -> None:
        self.wanted = True
        self.possible = kind_of(name)
        self.table: Table | None = None
        self.held: HeldBytes | None = None
        self.refused = ""
        self._tabs = name.lower().endswith((".tsv", ".tab"))
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[_LaidOut]] = UpdateBox(widget)
        self._work: Work[_LaidOut] | None = None
        self._styles: list[StyledBytes] = []
        self._width = 0

    @property
    def kind(self) -> ShapeKind | None:
        """What is shown; None: the bytes as they are."""
        there = self.wanted and (self.held is not None or self.table is not None)
        return self.possible if there else None

    def forget(self) -> None:
        """It is another version now."""
        self.table = self.held = None
        self.refused = ""
        self._styles = []
        if self._work is not None:
            self._work.stop()
        self._work = None
        self._box = UpdateBox(self._widget)

    def prepare(
        self, size: int | None, width: int, read: Callable[[int, int], bytes], begins: Callable[[int], bytes]
    ) -> None:
        """Lay it out if that is wanted and not done. ``read`` is for a thread; ``begins`` gives the first bytes, or
        raises what says that they are not here. ``size`` None: nobody knows yet."""
        kind = self.possible
        if kind is None or not self.wanted or self.refused or self._work is not None:
            return
        if kind is ShapeKind.TABLE:
            if self.table is None:
                self.table = table_of(
                    begins(DECIDING_BYTES), tabs=self._tabs, whole=size is not None and size <= DECIDING_BYTES
                )
                self.refused = "" if self.table else "no columns"
        elif size is not None and size > _LARGEST_BYTES[kind]:
            self.refused = _too_large(kind)
        elif self.held is None or (kind is ShapeKind.MARKDOWN and width != self._width):
            self._box = UpdateBox(self._widget)
            self._work = begin_work(
                "laying out", lambda _tell, cancel: _lay_out(kind, _whole(kind, read), width, cancel), self._box.put
            )

    def take(self, box: object) -> bool:
        """Whether it is laid out now, and was not before."""
        if box is not self._box or (update := self._box.take()) is None:
            return False
        self._work = None
        if update.result is None:
            self.refused = update.error.cause if update.error else "no result"
            return False
        before = self.held
        self.held, self._styles, self._width = (
            HeldBytes(update.result.data),
            update.result.styles,
            update.result.width,
        )
        return before is None

    def styles(self, start: int, end: int) -> list[StyledBytes]:
        first = bisect_right(self._styles, start, key=lambda part: part.end)
        return self._styles[first : bisect_left(self._styles, end, key=lambda part: part.start)]


def _too_large(kind: ShapeKind) -> str:
    return f"more than {format_size(_LARGEST_BYTES[kind])}: shown as it is"


def _whole(kind: ShapeKind, read: Callable[[int, int], bytes]) -> bytes:
    from tfm.core.errors import StorageError

    data = read(0, _LARGEST_BYTES[kind] + 1)
    if len(data) > _LARGEST_BYTES[kind]:
        raise StorageError(_too_large(kind), operation="view")
    return data


def _lay_out(kind: ShapeKind, data: bytes, width: int, cancel: Cancel) -> _LaidOut:
    from tfm.core.errors import StorageError

    if kind is ShapeKind.MARKDOWN:
        from tfm.ui.viewer_markdown import laid_out_markdown

        return _LaidOut(*laid_out_markdown(data.decode("utf-8", "surrogateescape"), width), width)
    from tfm.ui.viewer_json import NotJsonError, pretty_json

    try:
        text = pretty_json(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"), lambda: cancel.wanted)
    except NotJsonError as error:
        raise StorageError(str(error), operation="view") from error
    return _LaidOut(text.encode("utf-8", "surrogateescape"))
