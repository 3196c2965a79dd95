"""The clipboard of the terminal, and what was yanked to be pasted in another directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from tfm.core.location import Location
from tfm.path.path import Path
from tfm.ui.actions.changing import open_copy
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.places import outermost

__all__ = ["copy_name", "copy_path", "copy_uri", "cut", "paste", "yank"]


def copy_path(screen: PanesScreen, _argument: str) -> None:
    """As it is written: of a disk the path, else the URI with the key as it is."""
    screen.pane.when_shown(partial(_copy, screen, "path", lambda path: str(path)))


def copy_uri(screen: PanesScreen, _argument: str) -> None:
    """Encoded, as other programs take it."""
    screen.pane.when_shown(partial(_copy, screen, "URI", lambda path: path.as_uri()))


def copy_name(screen: PanesScreen, _argument: str) -> None:
    screen.pane.when_shown(partial(_copy, screen, "name", lambda path: path.name or path.location.storage.authority))


def _copy(screen: PanesScreen, what: str, text_of: Callable[[Path], str]) -> None:
    chosen = screen.pane.chosen_to_copy() or [screen.pane.location]
    text = "\n".join(text_of(Path.from_location(location)) for location in chosen)
    # A name of a disk need not be UTF-8; a terminal takes nothing else.
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    screen.app.copy_to_clipboard(shown)
    count = f"{len(chosen):,} {what}s" if len(chosen) > 1 else f"The {what}"
    inexact = "" if shown == text else "; bytes that are no UTF-8 cannot be, and are marks there"
    screen.say(f"{count} given to the terminal's clipboard{inexact}.")


def yank(screen: PanesScreen, _argument: str) -> None:
    """Remember what is chosen, to be copied where :func:`paste` is pressed."""
    screen.pane.when_shown(partial(_remember, screen, "copy"))


def cut(screen: PanesScreen, _argument: str) -> None:
    """Remember what is chosen, to be moved."""
    screen.pane.when_shown(partial(_remember, screen, "move"))


def _remember(screen: PanesScreen, verb: str) -> None:
    chosen: Sequence[Location] = outermost(screen.pane.chosen_to_copy())
    if not chosen:
        screen.say(f"There is nothing to {verb} here: the cursor is on no entry.")
        return
    screen.yanked = (verb, screen.pane.location, tuple(chosen))
    entries = "1 entry" if len(chosen) == 1 else f"{len(chosen):,} entries"
    screen.say(f"{entries} to {verb}: go where to, and paste.")
    screen.pane.list.deselect_all()


def paste(screen: PanesScreen, _argument: str) -> None:
    """Copy or move here what was yanked or cut; the plan is shown first."""
    if screen.yanked is None:
        screen.say("There is nothing to paste: yank or cut something first.")
        return
    verb, here, chosen = screen.yanked
    if verb == "move":
        screen.yanked = None
    open_copy(screen, verb, here, chosen, screen.pane.location)
