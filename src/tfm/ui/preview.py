"""The preview beside the list: what the entry under the cursor begins with, once the cursor has rested on it."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tfm.core.entry import Entry
from tfm.core.location import Location
from tfm.operations.preview import PREVIEW_ROWS, FirstBytes, FirstRows, PreviewMemory, PreviewOf, first_look
from tfm.operations.work import Work, WorkState, WorkUpdate, begin_work
from tfm.storage.session import Session
from tfm.ui.error_block import ErrorBlock
from tfm.ui.format import SIZE_CELLS, format_modified, format_size
from tfm.ui.line import Line
from tfm.ui.pager_text import mode_text
from tfm.ui.pager_view import PagerView
from tfm.ui.sanitise import fit
from tfm.ui.update_box import UpdateBox

__all__ = ["Preview"]

_REST_SECONDS: Final = 0.3
"""How long the cursor rests before anything is asked for: who passes by asks for nothing."""

_KNOWN_SECONDS: Final = 0.05
_MOST_UNDER_WAY: Final = 4
"""Questions that nobody waits for any more: while so many are open, as at a server that is silent, no other is sent."""


class _Rows(Widget):
    """The first entries of a directory."""

    DEFAULT_CSS = "_Rows { width: 1fr; height: 1fr; }"

    def __init__(self, found: FirstRows) -> None:
        super().__init__()
        self._found = found

    def render_line(self, y: int) -> Strip:
        width, entries = self.size.width, self._found.entries
        if y < len(entries):
            text = _row_text(entries[y], width)
        elif y == 0:
            text = " (empty)" if self._found.known else " (not listed yet: Enter lists it)"
        elif y == len(entries) and self._found.more:
            text = " …"
        else:
            text = ""
        return Strip([Segment(fit(text, width), self.rich_style)], width)


def _row_text(entry: Entry, width: int) -> str:
    if entry.is_directory:
        return f" /{entry.name}"
    size = "" if entry.size_bytes is None else format_size(entry.size_bytes)
    return f" {fit(entry.name, max(1, width - SIZE_CELLS - 3))} {size:>{SIZE_CELLS}}"


class Preview(Vertical):
    """Shows what :meth:`look_at` names; nothing is asked for before the cursor rests, and once for each version."""

    DEFAULT_CSS = """
    Preview { width: 50fr; height: 1fr; }
    Preview > .preview--title { text-style: underline; }
    Preview > .preview--footer { text-style: dim; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(id="preview")
        self._session = session
        self._memory = PreviewMemory()
        self._of: PreviewOf | None = None
        self._name = ""
        self._timer: Timer | None = None
        self._work: Work[FirstBytes | FirstRows] | None = None
        self._abandoned: list[Work[FirstBytes | FirstRows]] = []
        self._box: UpdateBox[WorkUpdate[FirstBytes | FirstRows]] = UpdateBox(self)
        self._title = Line(keep_end=True, classes="preview--title")
        self.error_block = ErrorBlock()
        self.footer = Line(classes="preview--footer")
        self.body: PagerView | _Rows | None = None

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.error_block
        yield self.footer

    def on_unmount(self) -> None:
        self._abandon()

    @property
    def title_text(self) -> str:
        return self._title.text

    @property
    def waits(self) -> bool:
        """Whether what the cursor is on is still to come."""
        return self._timer is not None or self._work is not None

    def look_at(self, location: Location | None, entry: Entry | None) -> None:
        """The entry under the cursor now; cheap where it is the same one."""
        of = None if location is None or entry is None else PreviewOf.entry(location, entry)
        if of == self._of:
            return
        self._abandon()
        self._of = of
        self._name = "" if entry is None else f"/{entry.name}" if entry.is_directory else entry.name
        if of is None:
            self._show(None)
            return
        known = self._memory.get(of) is not None
        self._timer = self.set_timer(_KNOWN_SECONDS if known else _REST_SECONDS, self._begin)

    def _abandon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._work is not None:
            self._work.stop()
            self._abandoned = [work for work in [*self._abandoned, self._work] if not work.ended]
            self._work = None
        self._box = UpdateBox(self)

    def _begin(self) -> None:
        self._timer = None
        of = self._of
        if of is None:
            return
        known = self._memory.get(of)
        if known is not None:
            self._show(known)
            return
        self._abandoned = [work for work in self._abandoned if not work.ended]
        if len(self._abandoned) >= _MOST_UNDER_WAY:
            self._timer = self.set_timer(_REST_SECONDS, self._begin)
            return
        lists = self._session.settings.preview_lists
        self._work = begin_work(
            "a preview", lambda _tell, _cancel: first_look(self._session, of, lists=lists), self._box.put
        )

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is not self._box or (update := self._box.take()) is None or update.state is WorkState.RUNNING:
            return
        self._work = None
        if update.result is not None and self._of is not None:
            self._memory.keep(self._of, update.result)
            self._show(update.result)
        else:
            self._show(None)
            self.error_block.show(update.error, otherwise="F3 tries it in the viewer.")

    # What is seen

    def _show(self, found: FirstBytes | FirstRows | None) -> None:
        self.error_block.show(None)
        self._title.show(f" {self._name}", self._facts())
        if self.body is not None:
            self.body.remove()
            self.body = None
        self.footer.show("")
        if isinstance(found, FirstBytes):
            self.body = PagerView(partial(_given, found))
            self.body.can_focus = False  # the keys go on to the list
            self.footer.show(_footer_text(found))
        elif found is not None:
            self.body = _Rows(found)
            count = f"more than {PREVIEW_ROWS}" if found.more else f"{len(found.entries):,}"
            self.footer.show(f" {count} {'entry' if count == '1' else 'entries'}" if found.known else "")
        if self.body is not None:
            self.mount(self.body, before=self.error_block)

    def _facts(self) -> str:
        of = self._of
        if of is None or of.size_bytes is None or of.location.kind:
            return ""
        modified = of.modified_timestamp
        time_text = "" if modified is None else format_modified(modified, time.time()) + " "
        return f"{format_size(of.size_bytes)}  {time_text}"

    def on_pager_view_moved(self, message: PagerView.Moved) -> None:
        message.stop()
        if isinstance(self.body, PagerView) and isinstance(self.body.view, FirstBytes):
            self.footer.show(_footer_text(self.body.view), f"{mode_text(self.body)} ")


def _given(found: FirstBytes, _changed: object) -> FirstBytes:
    return found


def _footer_text(found: FirstBytes) -> str:
    rest = found.whole_bytes - len(found.data)
    return f" the first {format_size(len(found.data))}; F3 shows all" if rest > 0 else ""
