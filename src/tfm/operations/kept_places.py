"""The directories that a start shows, out of the file of what was kept, for the first paint.

:mod:`tfm.operations.kept_state` and :mod:`tfm.operations.start` say the same, in thirty times the time, and of every
start; what is read here is compared with them by a test.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["KeptPlace", "KeptPlaces", "KeptTab", "kept_places"]

_VERSION: Final = 1
_KEYMAPS: Final = ("", "orthodox", "vim")
"""Those that have one and the same bar of function keys."""

_MOST_TABS: Final = 50
_MOST_BYTES: Final = 1 << 20


class KeptTab:
    """``where`` is the directory that it shows, as users write it, with its slash, and ``name`` that of the directory
    alone, or of what it is the root; ``is_local``: on the disk. ``cursor`` is on the entry of that name and kind
    (whether a directory), or on none; ``view`` are the words of how its rows are shown, or nothing."""

    __slots__ = ("cursor", "is_local", "name", "profile", "view", "where")

    def __init__(
        self,
        where: str,
        name: str,
        cursor: tuple[str, bool] | None = None,
        view: str = "",
        profile: str = "",
        *,
        is_local: bool,
    ) -> None:
        self.where = where
        self.name = name
        self.cursor = cursor
        self.view = view
        self.profile = profile
        self.is_local = is_local


class KeptPlace:
    """A pane: its tabs, and the number of the one that is shown."""

    __slots__ = ("active", "tabs")

    def __init__(self, tabs: list[KeptTab], active: int = 0) -> None:
        self.tabs = tabs
        self.active = active


class KeptPlaces:
    """What both panes show; ``active_pane``, 0 or 1, has the keys; ``left_percent`` is the left one's share."""

    __slots__ = ("active_pane", "left_percent", "panes")

    def __init__(self, panes: tuple[KeptPlace, KeptPlace], active_pane: int, left_percent: int) -> None:
        self.left_percent = left_percent
        self.panes = panes
        self.active_pane = active_pane


def kept_places(path: str) -> KeptPlaces | None:
    """What the file at ``path`` says; None where it is not there or no panes were kept.

    Raises an OSError where it cannot be read, and a ValueError, LookupError, TypeError or AttributeError where it is
    damaged, or of keys that are not known here.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
            raise ValueError("not safely the user's own")
        state = _parsed(file.read(_MOST_BYTES).decode("ascii"))
    if state["version"] > _VERSION:
        raise ValueError("of a newer tfm")
    if state.get("keymap", "") not in _KEYMAPS:
        raise ValueError("unknown keys")
    if len(state["panes"]) != 2:
        return None
    left, right = map(_place, state["panes"])
    left_percent = max(10, min(90, int(state["left_percent"])))
    return KeptPlaces((left, right), 1 if state["active_pane"] == 1 else 0, left_percent)


def _place(pane: Any) -> KeptPlace:  # what JSON gives; every wrong type in it is an exception
    tabs = [_tab(tab) for tab in pane["tabs"][:_MOST_TABS]]
    return KeptPlace(tabs, _index(pane["active"], tabs))


def _tab(tab: Any) -> KeptTab:
    visited = tab["visited"]
    scheme, authority, profile, key, *cursor = visited[_index(tab["position"], visited)]
    is_local = (scheme, authority) == ("file", "")
    if not key.startswith("/") if is_local else (key and not authority):
        raise ValueError("no directory as panes keep it")
    where = key if is_local else f"{scheme}://{authority}/{key}" if authority else f"{scheme}://"
    name = key.rstrip("/").rpartition("/")[2] or authority or where
    place = None
    if cursor:
        entry, kind = cursor
        entry = entry.removeprefix(key)
        place = (entry.removesuffix("/"), True) if kind == 1 else (entry, False)
    return KeptTab(where, name, place, tab["view"], profile or "", is_local=is_local)


def _index(value: Any, rows: list[Any]) -> int:
    return max(0, min(len(rows) - 1, int(value)))


class _Plain:
    """How the json module would set up its parser. To import that takes half of what a bare Python takes."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}


def _parsed(text: str) -> Any:
    from _json import make_scanner  # CPython's own; elsewhere an ImportError: then nothing is painted early

    plain: Any = _Plain()  # it has what is read of a JSONDecoder
    return make_scanner(plain)(text, 0)[0]
