"""The pager's search: what is looked for, the thread that looks, and what the status line says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from textual.widget import Widget

from tfm.core.progress import Cancel, Progress
from tfm.operations.needle import Needle, hexadecimal_needle, text_needle
from tfm.operations.search_bytes import ByteSearch, Hit
from tfm.operations.unpacked import UNKNOWN_SIZE_BYTES
from tfm.operations.work import Task, Work, WorkState, WorkUpdate, begin_work
from tfm.ui.format import format_size
from tfm.ui.pager_view import PagerView
from tfm.ui.update_box import UpdateBox

__all__ = ["PagerSearch", "SearchText"]


Tell = Callable[[Progress], None]

_SEARCHING: Final = "searching"
_TO_THE_END: Final = "reading to the end"


@dataclass(frozen=True, slots=True)
class SearchText:
    """What was typed, and how it is meant."""

    text: str = ""
    regular: bool = False
    fold: bool = True
    hexadecimal: bool = False

    def needle(self) -> Needle:
        """Raises NeedleError."""
        if self.hexadecimal:
            return hexadecimal_needle(self.text, fold=self.fold)
        return text_needle(self.text, regular=self.regular, fold=self.fold)


class PagerSearch:
    """One search at a time, in a thread of its own. ``widget`` hands the box that arrived to take()."""

    def __init__(self, widget: Widget, pager: PagerView) -> None:
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[Hit | None]] = UpdateBox(widget)
        self.text = SearchText()
        self.said = ""
        self._pager = pager
        self._needle: Needle | None = None
        self._work: Work[Hit | None] | None = None
        self._verb = self._other_end = ""

    @property
    def runs(self) -> bool:
        return self._work is not None

    @property
    def has_needle(self) -> bool:
        return self._needle is not None

    def begin(self, text: SearchText, needle: Needle) -> None:
        """Look for this from what is seen on."""
        self.text, self._needle = text, needle
        self._pager.show_hit(None, needle)
        self.go_on(forward=True)

    def go_on(self, *, forward: bool) -> None:
        """To the next one, or the one before: from the last one found as long as it is seen, else from the screen."""
        needle, pager = self._needle, self._pager
        if needle is None or pager.source.size_bytes is None:
            return
        hit = pager.hit
        seen = hit is not None and pager.top <= hit.start < pager.end
        if forward:
            start = hit.start + 1 if hit is not None and seen else pager.top
        else:
            start = hit.start if hit is not None and seen else pager.top
        source, size = pager.source, pager.source.size_bytes
        knows_end = size < UNKNOWN_SIZE_BYTES

        def look(tell: Tell, cancel: Cancel) -> Hit | None:
            if forward:
                return ByteSearch(source.chunks, size, needle, tell, cancel).forward(start)
            # Nobody knows where the end is, from which it could go on.
            return ByteSearch(source.chunks, size if knows_end else start, needle, tell, cancel).backward(start)

        self._other_end = "the beginning" if forward else "the end"
        self._begin(_SEARCHING, look)

    def go_to_line(self, number: int) -> None:
        """To the line of that number: all before it is read."""
        source, size = self._pager.source, self._pager.source.size_bytes or 0

        def count(tell: Tell, cancel: Cancel) -> Hit | None:
            offset = ByteSearch(source.chunks, size, tell=tell, cancel=cancel).line(number)
            return None if offset is None else Hit(offset, offset)

        self._begin("counting lines", count)

    def find_end(self) -> None:
        """To the end of what is compressed: all of it is read once."""
        unpacked = self._pager.bytes.unpacked
        if unpacked is None:
            return

        def read_on(tell: Tell, cancel: Cancel) -> Hit | None:
            end = unpacked.find_end(tell, cancel)
            return None if end is None else Hit(end, end)

        self._begin(_TO_THE_END, read_on)

    def _begin(self, verb: str, task: Task[Hit | None]) -> None:
        self.stop()
        self._verb = verb
        self.said = f"{verb}…  Esc stops"
        # A box for each: the last word of one that was stopped must not push out what this one says.
        self._box = UpdateBox(self._widget)
        self._work = begin_work("a search", task, self._box.put)

    def stop(self) -> None:
        """Want no more of what runs."""
        if self._work is not None:
            self._work.stop()
            self._work = None
            self.said = "stopped"

    def take(self, box: object) -> None:
        """What the thread told, on the screen's thread."""
        if box is not self._box:
            return
        update = self._box.take()
        if update is None or self._work is None:
            return
        if update.state is WorkState.RUNNING:
            self.said = f"{self._verb}… {_progress_text(update.progress)}  Esc stops"
            return
        self._work = None
        if update.error is not None:
            self.said = f"✗ {self._verb}: {update.error.cause}"
        elif self._verb == _SEARCHING:
            self._found(update.result)
        elif self._verb == _TO_THE_END:
            self.said = "" if update.result else "stopped"
            self._pager.move_last()
        elif update.result is None:
            self.said = "there are not so many lines"
        else:
            self.said = ""
            self._pager.move_to(update.result.start)

    def _found(self, hit: Hit | None) -> None:
        if hit is None:
            self.said = f"not found: {self.text.text}"
            self._pager.show_hit(None, self._needle)
            return
        wrapped = f", from {self._other_end} on" if hit.wrapped else ""
        where = f" at byte {hit.start:,}" if self._pager.source is self._pager.bytes.bytes_shown else ""
        self.said = f"found{where}{wrapped}"
        self._pager.show_hit(hit, self._needle)


def _progress_text(progress: Progress) -> str:
    total = progress.bytes_total or 1
    if total >= UNKNOWN_SIZE_BYTES:
        return format_size(progress.bytes_done)
    return f"{100 * progress.bytes_done // total} % of {format_size(total)}"
