"""Whether the panes' first screen can be painted before they are loaded, and doing it.

It can on a terminal, with nothing set that changes how they look in a way that is not known here. Elsewhere nothing is
painted, and the program starts as it would without this. What is not on the disk is painted as being listed.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from tfm.cli.first_rows import first_rows
from tfm.operations.kept_places import KeptPlace, KeptPlaces, KeptTab, kept_places
from tfm.operations.user_directories import user_config_directory, user_state_directory
from tfm.ui.first_frame import LEAST_COLUMNS, LEAST_LINES, FirstPane, FirstView, frame_text, list_lines
from tfm.ui.first_screen import FirstScreen
from tfm.ui.usual_key_bar import USUAL_WELCOME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["LOOK_SETTINGS", "painted"]

LOOK_SETTINGS: Final = ("FILE_COLOURS", "KEYMAP", "KEYS", "SHOW_HIDDEN", "SORT", "THEME")
"""Settings by which the first screen looks other than usual."""

_UNUSUAL_VARIABLES: Final = ("NO_COLOR", "COLUMNS", "LINES", "TFM_ACTIVE")
_MOST_CONFIG_BYTES: Final = 100_000

_SORTS: Final = ("name", "extension", "size", "time", "unsorted")

_READ_SETTINGS: Final = {"KEYMAP": ("orthodox", "vim"), "SHOW_HIDDEN": ("True", "False"), "SORT": _SORTS}
"""Those that the first paint knows how to follow, with their values."""


def painted(places: Sequence[str]) -> FirstScreen | None:
    """For panes on these places, two at most: what is on the terminal now, or None where nothing was painted.

    Raises KeyboardInterrupt and nothing else: the panes can do without, and say what is wrong.
    """
    try:
        looks = _looks() if _is_plain_terminal() else None
        if looks is None:
            return None
        columns, lines = os.get_terminal_size(1)
        if columns < LEAST_COLUMNS or lines < LEAST_LINES:
            return None
        state_file = os.path.join(user_state_directory(), "state.json")
        is_first = not os.path.lexists(state_file)
        if is_first and "KEYMAP" in looks:
            return None  # what is said then names keys
        kept = kept_places(state_file)
        named = [_named(text) for text in places]
        usual = FirstView(looks.get("SORT", "name"), hidden=looks.get("SHOW_HIDDEN") != "False")
        left, right = [_pane(place, usual, lines) for place in _places(named, kept)]
        active_pane = kept.active_pane if kept and not places else 0
        screen = FirstScreen((left.list is not None, right.list is not None))
        screen.show(
            frame_text(
                (left, right),
                columns,
                lines,
                time.time(),
                active_pane=active_pane,
                left_percent=kept.left_percent if kept else 50,
                said=USUAL_WELCOME if is_first else "",
            )
        )
    except Exception:  # noqa: BLE001 - whatever it is: without a first paint the program runs as well
        return None
    return screen


def _is_plain_terminal() -> bool:
    environment = os.environ
    if environment.get("TERM", "dumb") == "dumb" or any(name in environment for name in _UNUSUAL_VARIABLES):
        return False
    if any(name.startswith("TEXTUAL") for name in environment):
        return False
    encoding = getattr(sys.__stderr__, "encoding", None) or ""
    return encoding.lower().startswith("utf") and all(map(os.isatty, (0, 1, 2)))


def _looks() -> dict[str, str] | None:
    """The settings of looks that are said, by name; None where they cannot be followed here."""
    if any(f"TFM_{name}" in os.environ for name in LOOK_SETTINGS):
        return None
    return _looks_of(os.path.join(user_config_directory(), "config.py"))


def _looks_of(path: str) -> dict[str, str] | None:
    """Those that this configuration says in lines like ``SORT = "time"``. It is not executed for that: one that hides
    what it sets costs a flicker."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        source = file.read(_MOST_CONFIG_BYTES)
    if len(source) == _MOST_CONFIG_BYTES:
        return None
    looks: dict[str, str] = {}
    for line in source.decode().splitlines():
        names = [name for name in LOOK_SETTINGS if name in line]
        if not names:
            continue
        name, _, text = line.partition(" = ")
        name, value = name.strip(), text.strip().strip("\"'")
        if names != [name] or name in looks or value not in _READ_SETTINGS.get(name, ()):
            return None
        looks[name] = value
    return looks


def _places(named: Sequence[KeptTab], kept: KeptPlaces | None) -> list[KeptPlace]:
    """What each pane shows: as :func:`tfm.operations.start.start_of` has it."""
    places = []
    for number in range(2):
        place = kept.panes[number] if kept else KeptPlace([])
        if number < len(named):
            place = _with(place, named[number])
        elif not place.tabs:
            place = _with(place, _named("."))
        places.append(place)
    return places


def _with(place: KeptPlace, named: KeptTab) -> KeptPlace:
    """That pane with this directory in the tab that is shown."""
    tab = place.tabs[place.active] if place.tabs else None
    if tab is not None:
        if (tab.is_local, tab.where, tab.profile) == (named.is_local, named.where, named.profile):
            return place
        named.view = tab.view
    return KeptPlace([*place.tabs[: place.active], named, *place.tabs[place.active + 1 :]], place.active)


def _named(text: str) -> KeptTab:
    """A directory that is given as an argument. Raises ValueError for what is none or is written unusually."""
    scheme, is_elsewhere, rest = text.partition("://")
    if is_elsewhere:
        authority, _, key = rest.partition("/")
        if not scheme.isalnum() or scheme == "file" or (rest and not authority):
            raise ValueError(text)
        where = f"{scheme.lower()}://{rest}" + ("" if not rest or rest.endswith("/") else "/")
        return KeptTab(where, key.rstrip("/").rpartition("/")[2] or authority or where, is_local=False)
    path = os.path.abspath(os.path.expanduser(text))
    if path.startswith("//") or not os.path.isdir(path):
        raise ValueError(path)
    return KeptTab(path if path == "/" else f"{path}/", os.path.basename(path) or path, is_local=True)


def _pane(place: KeptPlace, usual: FirstView, lines: int) -> FirstPane:
    tab, view = place.tabs[place.active], _view(place.tabs[place.active].view, usual)
    has_parent = tab.where != "/"
    rows = None
    if tab.is_local:
        height = list_lines(lines, len(place.tabs))
        rows = first_rows(tab.where, height, view, cursor=tab.cursor, has_parent=has_parent)
    return FirstPane(
        tab.where,
        rows,
        view,
        has_parent=has_parent,
        profile=tab.profile,
        tabs=[each.name for each in place.tabs],
        active=place.active,
    )


def _view(words: str, usual: FirstView) -> FirstView:
    """As :func:`tfm.operations.row_view.view_from_words` reads them."""
    said = words.split()
    sorts = [each for each in said if each in _SORTS]
    if len(sorts) != 1 or not {"reverse", "no-hidden", *sorts}.issuperset(said):
        return usual
    return FirstView(sorts[0], reverse="reverse" in said, hidden="no-hidden" not in said)
