"""What the pager's lines say: how the bytes are shown, which of them, and what following costs."""

from __future__ import annotations

from typing import Final, Protocol

from tfm.core.entry import Entry
from tfm.operations.held_bytes import ByteSource
from tfm.ui.format import format_modified, format_size
from tfm.ui.pager_colours import PagerColours
from tfm.ui.pager_picture import PagerPicture
from tfm.ui.pager_shape import PagerShape, ShapeKind
from tfm.ui.pager_source import PagerSource
from tfm.ui.sanitise import cell_width, screen_text
from tfm.ui.viewer_table import Table

__all__ = ["Shown", "facts_text", "follow_text", "mode_text", "position_beside", "position_text"]


_ETAG_FITS: Final = 120
"""Cells of the title from which on an etag of 32 digits leaves room for the path."""


class Shown(Protocol):
    """What is told of: PagerView's own words."""

    @property
    def bytes(self) -> PagerSource: ...
    @property
    def colours(self) -> PagerColours: ...
    @property
    def shape(self) -> PagerShape: ...
    @property
    def picture(self) -> PagerPicture: ...
    @property
    def wrap(self) -> bool: ...
    @property
    def waits(self) -> bool: ...

    @property
    def hexadecimal(self) -> bool: ...
    @property
    def column(self) -> int: ...
    @property
    def table(self) -> Table | None: ...
    @property
    def shown_as(self) -> ShapeKind | None: ...
    @property
    def source(self) -> ByteSource: ...
    @property
    def top(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def follows(self) -> bool: ...
    @property
    def follow_seconds(self) -> float: ...


def mode_text(view: Shown) -> str:
    """``gzip, python, long lines cut, from column 17``."""
    return ", ".join(filter(None, [view.bytes.text, _layout_text(view)]))


def _layout_text(view: Shown) -> str:
    if view.picture.text and (view.picture.shown or view.hexadecimal):
        return f"{view.picture.text}{'' if view.picture.shown else ', hex'}"
    if view.hexadecimal:
        return "hex"
    column = f", from column {view.column + 1}" if view.column else ""
    if view.table is not None:
        return f"table, {len(view.table.columns)} columns{column}"
    if view.shown_as is not None:
        return f"{view.shown_as}, laid out{column}"
    language = view.colours.language if view.colours.wanted else None
    refused = f", {view.shape.refused}" if view.shape.refused else ""
    cut = "" if view.wrap else ", long lines cut"
    return f"{language or 'text'}{refused}{cut}{column}"


def position_text(view: Shown) -> str:
    """``byte 1,024 of 5,200,000 (5.0 MB)  12 %``; of what is laid out only the share, whose bytes are others."""
    size, shown = view.bytes.view.size_bytes, view.source.size_bytes
    if size is None:
        return "reading…" if view.waits else ""
    waits = "reading… " if view.waits else ""
    if view.source is view.bytes.bytes_shown and not view.bytes.knows_end:
        return f"{waits}byte {view.top:,} of what {format_size(size)} hold"
    if view.picture.shown:
        return f"{waits}{format_size(size)}"
    percent = 100 * view.end // shown if shown else 100
    if view.source is not view.bytes.view and view.source is not view.bytes.bytes_shown:
        return f"{waits}{format_size(size)}  {percent} %"
    return f"{waits}byte {view.top:,} of {shown or 0:,} ({format_size(shown or 0)})  {percent} %"


def position_beside(view: Shown, said: str, width: int) -> str:
    """The position, or only its share where the whole would hide what is said beside it."""
    whole = position_text(view)
    if not said or cell_width(screen_text(said)) + len(whole) + 3 <= width:
        return whole
    return whole.rpartition("  ")[2]


def facts_text(entry: Entry | None, width: int, now: float) -> str:
    """When the object was written and, where there is room, which version it is: ``11-20 17:03  etag 9a0364b9…``."""
    if entry is None:
        return ""
    modified, etag = entry.modified_timestamp, entry.etag
    shown = [] if modified is None else [format_modified(modified, now)]
    if etag and width >= _ETAG_FITS:
        shown.append(f"etag {etag}")
    return "  ".join(shown)


def follow_text(view: Shown) -> str:
    """What following means; blank where the end is not followed."""
    if not view.follows:
        return ""
    often = int(view.follow_seconds)
    request = f"a request every {often} s, {3600 // often} an hour"
    cost = request if view.bytes.view.asking_costs else "looks every second"
    return f"following: {cost}; Esc stops"
