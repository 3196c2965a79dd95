"""One side: where it is, how old that is, the rows, what is wrong with them, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import CredentialsError, NotFoundError, PermissionDeniedError, StorageError
from tfm.core.location import Location
from tfm.operations.browse import BrowseState, BrowseUpdate, Visit, shown_again
from tfm.operations.history import History
from tfm.operations.kept_state import KeptPane
from tfm.operations.row_view import RowView, SortOrder
from tfm.operations.watch import watch
from tfm.storage.session import Session
from tfm.ui.arriving import Arriving
from tfm.ui.error_block import ErrorBlock
from tfm.ui.file_list import FileList, Place
from tfm.ui.format import format_size
from tfm.ui.keys_ahead import KeysAhead
from tfm.ui.line import Line
from tfm.ui.link_look import LinkLook
from tfm.ui.pane_header import PaneHeader
from tfm.ui.pane_text import notice_text, view_facts
from tfm.ui.pane_title import PaneTitle
from tfm.ui.places import (
    as_itself,
    entry_location,
    location_text,
    parent_location,
    place_in_parent,
    place_of,
    place_within,
)
from tfm.ui.revisits import Revisits
from tfm.ui.set_aside import SetAside
from tfm.ui.shown_rows import DIRECTORY, ShownRows
from tfm.ui.tab_line import TabLine
from tfm.ui.tabs import Tabs
from tfm.ui.update_box import UpdateBox

if TYPE_CHECKING:
    from tfm.ui.found import Found  # loaded by the first search

__all__ = ["Pane"]

_OTHERWISE: Final = "Ctrl-R tries again, Backspace goes to the directory above."


class Pane(Vertical):
    """Shows one directory after the other. Making it asks nothing; the first visit begins when it is mounted."""

    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; }
    Pane > .pane--title { text-style: underline; }
    Pane:focus-within > .pane--title { text-style: reverse bold; }
    Pane > .pane--header { text-style: dim; }
    Pane > .pane--footer { text-style: dim; }
    """

    class ViewWanted(Message):
        """A file is to be viewed, or a link that ``leads_nowhere``."""

        def __init__(self, location: Location, *, leads_nowhere: bool = False) -> None:
            super().__init__()
            self.location = location
            self.leads_nowhere = leads_nowhere

    class Left(Message):
        """It shows another directory from now on."""

    class Changed(Message):
        """Something was told of, so requests may have been made."""

    def __init__(self, session: Session, start: KeptPane, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._session = session
        self.location = start.tabs[start.active].location
        settings = session.settings
        self.view = RowView(SortOrder(settings.sort), hidden=settings.show_hidden)
        self._set_aside = SetAside(self, self.view)
        self.tabs: Final = Tabs(self._set_aside, start)
        self.visit: Visit | None = None
        self.update_shown: BrowseUpdate | None = None
        self.found: Found | None = None
        self._box: UpdateBox[BrowseUpdate] = UpdateBox(self)
        self._change_box: UpdateBox[bool] = UpdateBox(self)
        self._link = LinkLook(session, self)
        self._stop_watching: Callable[[], None] = _nothing_to_stop
        self.revisits = Revisits(self, self._revisit, may_begin=lambda: self.visit is None or self.visit.ended)
        self._is_gone = False
        self._ahead = KeysAhead(session.clock, self._rows_are_due)
        self._arriving: Arriving | None = None
        self._came_back = False
        self.sought = ""
        """What was last typed to find a row."""
        self._typing = ""
        self._title = PaneTitle(session)
        self._header = PaneHeader()
        self.list = FileList()
        self.list.colours_kinds = settings.file_colours
        self.error_block = ErrorBlock()
        self.profile_hint = ""
        """What is said besides where who asks is not let in: the key that chooses another profile."""
        self.footer = Line(classes="pane--footer")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._header
        yield self.list
        yield self.footer

    def on_mount(self) -> None:
        self._set_aside.show_tab(self.tabs.tab, None)

    def on_unmount(self) -> None:
        self._stop_watching()
        self.tabs.give_up_all()
        if self.visit is not None:
            self.visit.cancel()

    def on_resize(self) -> None:
        self._show_header()

    def _show_header(self) -> None:
        view = self.view if self.update_shown is None else self.update_shown.order.view
        self._header.tell(self.list.scrollable_content_region.width, view)

    @property
    def title_text(self) -> str:
        """Where it is, and how old that is."""
        return self._title.text

    @property
    def is_listed(self) -> bool:
        """Whether rows of this directory have come, or that it has none."""
        update = self.update_shown
        return update is not None and self.found is None and (update.listing.complete or len(update.listing) > 0)

    # Going somewhere

    def go_to(self, location: Location, *, target: Place | None = None, found: Found | None = None) -> None:
        """Leave this directory, show that one; the cursor lands on ``target``. With ``found``, show in its place what
        that search finds below it."""
        self._remember_cursor()
        self.history.went(location)
        self._open(location, target, found)

    def go_through_history(self, steps: int) -> bool:
        """Go back (negative) or forward, with the cursor on the entry that it was on; from results, back to where the
        search began. False where the history ends."""
        if self.found is not None and steps == -1:
            self.go_to(self.location)
            return True
        self._remember_cursor()
        visited = self.history.step(steps)
        if visited is not None:
            self._open(visited.location, place_of(visited), None)
        return visited is not None

    @property
    def history(self) -> History:
        """Where the tab that is shown has been."""
        return self.tabs.tab.history

    def _remember_cursor(self) -> None:
        self._set_aside.note_tab(self.tabs.tab)

    def _open(self, location: Location, target: Place | None, found: Found | None) -> None:
        self._set_aside.leave_results()
        self.arrive(location, target, found)
        self.begin(fresh=False)

    def leave_arriving(self) -> Arriving | None:
        """Let a listing that arrives go on without this pane; None where none does."""
        update, arriving = self.update_shown, self._arriving
        if arriving is None or self.found is not None or (update is not None and not update.state.is_running):
            return None
        arriving.leave()
        self.visit = self._arriving = None
        return arriving

    def come_back(self, arriving: Arriving) -> BrowseUpdate | None:
        """Show the listing that went on without this pane; what it told last."""
        if self.visit is not None:
            self.visit.cancel()
        self._arriving, self.visit = arriving, arriving.visit
        self._came_back = True
        self.revisits.begun()
        self._show_begun()
        return arriving.come_back(self._box)

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        message.stop()
        if message.closes:
            self.tabs.close(message.number)
        else:
            self.tabs.show(message.number)
            self.list.focus()

    def back_to_results(self) -> bool:
        """Show again, without searching, what was found last; False where nothing was."""
        return self._set_aside.back_to_results()

    def arrive(self, location: Location, target: Place | None, found: Found | None) -> None:
        """Be there, without rows; the cursor awaits ``target``."""
        if location != self.location:
            self.view = self.view._replace(filter=None)  # it was for the rows there
            self.post_message(self.Left())
        self.location = location
        self.found = found
        self.tabs.name_all()
        if len(self.tabs) > 1 and not self.tabs.line.is_attached:  # most panes never have a second tab, nor an error
            self.mount(self.tabs.line, before=0)
        self.update_shown = None
        self._is_gone = False
        self._stop_watching()
        # Before the first question: a change that comes while it is answered is not missed.
        self._stop_watching = watch(self._session, location, lambda: self._change_box.put(True))
        self.revisits.forget()
        self._ahead.went()
        self.list.clear(notice=self._rows.awaited, target=target)

    def when_shown(self, action: Callable[[], None]) -> None:
        """Do it now, or, just after going somewhere, when the rows are there: keys typed ahead are meant for those."""
        self._ahead.when_shown(action)

    @property
    def awaits_rows(self) -> bool:
        """Whether it just went somewhere, and what is typed waits for the rows there."""
        return self._ahead.awaits_rows

    def _rows_are_due(self) -> bool:
        if self._is_gone:
            return False
        return self.update_shown is None or (self.list.awaits_target and self.update_shown.state.is_running)

    def enter(self) -> None:
        """The directory under the cursor, the parent from ``..``; a file is viewed."""
        entry = self.list.entry
        if self.list.on_parent:
            self.enter_parent()
        elif entry is not None and self.found is not None:
            self.go_to(self.entry_directory, target=Place(entry.key, entry.kind))
        elif entry is not None and entry.is_directory:
            self.go_to(self._location_of_entry())
        elif entry is not None:
            self._want_view(entry)

    def _want_view(self, entry: Entry) -> None:
        self.post_message(self.ViewWanted(self._location_of_entry(), leads_nowhere=entry.leads_nowhere))

    def enter_to_view(self) -> None:
        """A file is viewed, also among results; a directory is entered: its view is what is in it."""
        entry = self.list.entry
        if entry is not None and self.found is not None and not self.list.on_parent:
            if entry.is_directory:
                self.go_to(self._location_of_entry())
            else:
                self._want_view(entry)
        else:
            self.enter()

    def enter_parent(self) -> None:
        """The directory above, with the cursor on the one that was left; from results, where the search began. At a
        root: nothing."""
        if self.found is not None:
            self.go_to(self.location)
            return
        parent = self.directory_above
        if parent is not None:
            self.go_to(parent, target=place_in_parent(self.location))

    def ask_again(self) -> None:
        """Ask the storage, whatever the cache has. Rows, cursor and selection stay until its answer is complete.

        While it is being asked that already, nothing: a key that is held down must not become a request a repeat.
        """
        asks_again = self._arriving is not None and self._arriving.fresh
        if not (asks_again and self.visit is not None and not self.visit.ended):
            self.begin(fresh=True)

    def stop(self) -> None:
        """Stop a listing that is arriving; what has arrived stays."""
        update = None if self.visit is None else self.visit.cancel()
        if update is not None:
            self.take(update)

    def begin(self, *, fresh: bool) -> None:
        """Ask for the rows, and say so."""
        self.look(fresh=fresh)
        self._show_begun()

    def _show_begun(self) -> None:
        self.error_block.show(None)
        self.list.show_notice(self._rows.awaited)
        self.tick()
        self._show_footer()

    def look(self, *, fresh: bool, is_revisit: bool = False) -> None:
        """Ask for the rows; those there are stay. With ``is_revisit``, where it is not there any more, it went."""
        if self.visit is not None:
            self.visit.cancel()
        self._arriving = arriving = Arriving(self._box, fresh=fresh, is_revisit=is_revisit)
        self._came_back = False
        self.revisits.begun()
        shown, begin = self.update_shown, self._rows.begin
        self.visit = begin(self._session, self.location, arriving.put, fresh=fresh, shown=shown, view=self.view)
        arriving.visit = self.visit

    @property
    def _rows(self) -> ShownRows:
        return DIRECTORY if self.found is None else self.found

    # How the rows are shown

    def use_view(self, view: RowView) -> None:
        """Show the rows like that from now on. Asks nothing of the storage; cursor and selection stay."""
        self.view = view
        if self.visit is not None and not self.visit.ended:
            self.visit.use_view(view)
        elif self.update_shown is not None:
            if self.visit is not None:
                self.visit.cancel()  # another sorting under way
            self.visit = shown_again(self._session, self.update_shown, view, self._box.put)

    def view_words(self) -> str:
        """How the rows are shown, in words to be kept; without the filter, which is for now."""
        return self.view.words()

    def show_typing(self, text: str) -> None:
        """Say this in place of how many entries there are, while it is typed."""
        self._typing = text
        self._show_footer()

    # What changed here

    def land_on(self, directory: Location, made: Location | None) -> None:
        """Set the cursor on what was made in ``directory``, when its row is there; elsewhere, and for None, nothing."""
        place = None if made is None or directory != self.location else place_within(directory, made)
        if place is not None:
            self.list.await_place(place)
            self._revisit()

    def _revisit(self) -> None:
        if self._rows.follows(self.update_shown):
            # Without a word: from the cache the new rows are there before anybody could read one.
            self.look(fresh=False, is_revisit=True)

    @property
    def directory_above(self) -> Location | None:
        """Where ``..`` leads; None at a root."""
        return parent_location(self.location, lists_roots=None if self.visit is None else self.visit.lists_roots)

    @property
    def entry_directory(self) -> Location:
        """The directory that the entry under the cursor is in: among results that of each is another."""
        entry = self.list.entry
        if self.found is None or entry is None:
            return self.location
        above = entry.key[: entry.key.rfind("/", 0, -1) + 1]
        return Location(self.location.storage, above, Kind.DIRECTORY)

    def _location_of_entry(self) -> Location:
        entry = self.list.entry
        if entry is None:
            raise LookupError("no entry under the cursor")
        return entry_location(self.location, entry)

    # What an operation is about

    def chosen(self) -> list[Location]:
        """The selected entries in the order in which they were selected, or the one under the cursor; never ``..``."""
        self.list.end_range()
        selected = self.list.selection.entries()
        entry = self.list.entry
        if not selected and entry is not None:
            selected = [(entry.key, entry.kind)]
        return [Location(self.location.storage, key, kind) for key, kind in selected]

    def chosen_to_copy(self, *, only_under_cursor: bool = False) -> list[Location]:
        """As :meth:`chosen`; what is listed among buckets is the bucket itself."""
        entry = self.list.entry
        if only_under_cursor:
            return [] if entry is None else [self._as_itself(Location(self.location.storage, entry.key, entry.kind))]
        return [self._as_itself(each) for each in self.chosen()]

    def _as_itself(self, location: Location) -> Location:
        lists_roots = Capability.LIST_ROOTS in self._session.storage(location.storage).capabilities
        if location.storage.authority or not lists_roots:
            return location
        return as_itself(location)

    def name_of_all(self, chosen: Sequence[Location]) -> str:
        """The name of the bucket or the disk of which ``chosen`` is all that it holds, or nothing."""
        if self.found is not None:
            return ""  # what was found is not all
        at_root = parent_location(self.location, lists_roots=False) is None
        if not at_root or self.update_shown is None or len(chosen) < len(self.update_shown.listing):
            return ""
        if len(chosen) == 1 and chosen[0].kind is not Kind.DIRECTORY:
            return ""
        return self.location.storage.authority or location_text(self.location)

    # Being told

    def on_update_box_arrived(self, message: UpdateBox.Arrived) -> None:
        message.stop()
        if message.box is self._change_box:
            self._heed_change()
            return
        if message.box is self._link.box:
            self._link.heed()
            self._show_footer()
            return
        update = self._box.take()
        # What an abandoned visit said at the last moment may still be in the box.
        if update is not None and update.visit is self.visit:
            self.take(update)

    def _heed_change(self) -> None:
        stopped = self.update_shown is not None and self.update_shown.state is BrowseState.CANCELLED
        # A listing that somebody stopped is not begun again behind their back.
        if self._change_box.take() and not stopped:
            self.revisits.wish()

    def take(self, update: BrowseUpdate) -> None:
        """Show that from now on."""
        if self._arriving is not None and self._arriving.is_revisit and isinstance(update.error, NotFoundError):
            self._show_as_gone()
        else:
            self._show(update)
        if not update.state.is_running:
            self.revisits.ended()
            if self._came_back:
                self._came_back = False
                self.revisits.wish()  # what changed while nobody looked
        self.post_message(self.Changed())
        self._ahead.rows_came()

    def _show_as_gone(self) -> None:
        """Where the last entry went, the directory went with it, or somebody deleted it: none of its rows are left."""
        self.update_shown = None
        self._is_gone = True
        self.error_block.show(None)
        self.list.clear(notice="(not there any more)", has_parent=self.directory_above is not None)
        self._show_footer()
        self.tick()

    def _show(self, update: BrowseUpdate) -> None:
        self.update_shown = update
        self._is_gone = False
        has_parent = self.found is not None or self.directory_above is not None
        notice = notice_text(update, self._rows.notice(update))
        self.list.show(update.listing, update.order, has_parent=has_parent, notice=notice)
        error = self._rows.error(update)
        self.error_block.show(error, otherwise=_OTHERWISE, hint=self._hint(error))
        if error is not None and not self.error_block.is_attached:
            self.mount(self.error_block, before=self.footer)
        self._show_header()
        self._show_footer()
        self.tick()

    def _hint(self, error: StorageError | None) -> str:
        if not isinstance(error, CredentialsError | PermissionDeniedError):
            return ""
        # A disk refuses, too, and has no profiles.
        is_remote = Capability.CACHED in self._session.storage(self.location.storage).capabilities
        return self.profile_hint if is_remote else ""

    def on_pane_title_chosen(self, message: PaneTitle.Chosen) -> None:
        message.stop()
        self.go_to(message.directory)

    def on_pane_header_chosen(self, message: PaneHeader.Chosen) -> None:
        message.stop()
        self.use_view(self.view.sorted_by(message.sort))

    def on_file_list_opened(self, message: FileList.Opened) -> None:
        message.stop()
        self.enter()

    def on_file_list_link_passed(self, message: FileList.LinkPassed) -> None:
        message.stop()
        self._show_footer()

    def on_file_list_selection_changed(self, message: FileList.SelectionChanged) -> None:
        message.stop()
        self._show_footer()

    # Telling

    def tick(self) -> None:
        """Bring the title up to date."""
        update = self.update_shown
        is_listed = update is not None and len(update.listing.pages) > 0
        age = self._session.clock() - update.listing.fetched_at if update is not None and is_listed else None
        self._title.tell(self.location, self._rows.title(location_text(self.location)), age)

    def _show_footer(self) -> None:
        entry = self.list.entry
        if entry is not None and entry.is_symlink:
            self._link.look(self._location_of_entry(), leads_nowhere=entry.leads_nowhere)
        else:
            self._link.look(None)
        self.footer.show(self._footer_text())

    def _footer_text(self) -> str:
        if self._typing:
            return f" {self._typing}"
        running = self.visit is not None and not self.visit.ended
        parts = ["not there any more" if self._is_gone else self._rows.footer(self.update_shown, running=running)]
        parts += view_facts(self.update_shown)
        parts += [self._link.text] if self._link.text else []
        selection = self.list.selection
        if len(selection):
            text = f"{len(selection):,} selected, {format_size(selection.size_bytes)}"
            if self.list.has_range:
                parts.insert(0, f"range: {text}")  # it changes with each key, and is not to be cut
            else:
                parts.append(text)
        return " " + " · ".join(parts)


def _nothing_to_stop() -> None:
    """Before the first directory."""
