"""Whether the panes' first screen can be painted before they are loaded, and doing it.

It can where they start on local directories, on a terminal, with nothing set that changes how they look. Elsewhere
nothing is painted, and the program starts as it would without this.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from tfm.cli.first_rows import first_rows
from tfm.operations.kept_places import KeptPlace, KeptPlaces, kept_places
from tfm.operations.user_directories import user_config_directory, user_state_directory
from tfm.ui.first_frame import LEAST_COLUMNS, LEAST_LINES, FirstPane, frame_text, list_lines
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


def painted(places: Sequence[str]) -> FirstScreen | None:
    """For panes on these places, two at most: what is on the terminal now, or None where nothing was painted.

    Raises KeyboardInterrupt and nothing else: the panes can do without, and say what is wrong.
    """
    try:
        if not (_is_plain_terminal() and _is_plain_configuration()):
            return None
        columns, lines = os.get_terminal_size(1)
        if columns < LEAST_COLUMNS or lines < LEAST_LINES:
            return None
        state_file = os.path.join(user_state_directory(), "state.json")
        kept = kept_places(state_file)
        named = [_directory(text) for text in places]
        left, right = [_pane(*place, list_lines(lines)) for place in _places(named, kept)]
        active_pane = kept.active_pane if kept and not places else 0
        screen = FirstScreen()
        screen.show(
            frame_text(
                (left, right),
                columns,
                lines,
                time.time(),
                active_pane=active_pane,
                left_percent=kept.left_percent if kept else 50,
                said="" if os.path.lexists(state_file) else USUAL_WELCOME,
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


def _is_plain_configuration() -> bool:
    if any(f"TFM_{name}" in os.environ for name in LOOK_SETTINGS):
        return False
    return _leaves_looks(os.path.join(user_config_directory(), "config.py"))


def _leaves_looks(path: str) -> bool:
    """Whether that configuration is not there, or says nothing about looks. It is not executed for that: one that hides
    what it sets costs a flicker."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return True
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        source = file.read(_MOST_CONFIG_BYTES)
    return len(source) < _MOST_CONFIG_BYTES and not any(name.encode() in source for name in LOOK_SETTINGS)


def _places(named: Sequence[str], kept: KeptPlaces | None) -> list[tuple[str, tuple[str, bool] | None]]:
    """The directory of each pane, and on which entry the cursor is: as :func:`tfm.operations.start.start_of` has it."""
    places: list[tuple[str, tuple[str, bool] | None]] = []
    for number in range(2):
        as_left = kept.panes[number] if kept else KeptPlace(_directory("."), None)
        directory = named[number] if number < len(named) else as_left.directory
        if not directory:
            raise ValueError("not on the disk")
        places.append((directory, as_left.cursor if directory == as_left.directory else None))
    return places


def _directory(text: str) -> str:
    """As the panes' title has it, with its slash. Raises ValueError for what is none or is written unusually."""
    path = os.path.abspath(os.path.expanduser(text))
    if path.startswith("//") or not os.path.isdir(path):
        raise ValueError(path)
    return path if path == "/" else f"{path}/"


def _pane(directory: str, cursor: tuple[str, bool] | None, height: int) -> FirstPane:
    has_parent = directory != "/"
    return FirstPane(
        directory, first_rows(directory, height, cursor=cursor, has_parent=has_parent), has_parent=has_parent
    )
