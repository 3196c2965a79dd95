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

__all__ = ["KeptPlace", "KeptPlaces", "kept_places"]

_VERSION: Final = 1
_USUAL_VIEWS: Final = ("", "name")
_USUAL_KEYMAPS: Final = ("", "orthodox")
_MOST_BYTES: Final = 1 << 20


class KeptPlace:
    """``directory`` of the disk, with its slash; empty where it is elsewhere. ``cursor`` is on the entry of that name
    and kind (whether a directory), or on none."""

    __slots__ = ("cursor", "directory")

    def __init__(self, directory: str, cursor: tuple[str, bool] | None) -> None:
        self.directory = directory
        self.cursor = cursor


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
    damaged or the panes look other than usual: with tabs, sorted in another order, or with other keys.
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
    if state.get("keymap", "") not in _USUAL_KEYMAPS:
        raise ValueError("with other keys")
    if len(state["panes"]) != 2:
        return None
    left, right = map(_place, state["panes"])
    left_percent = max(10, min(90, int(state["left_percent"])))
    return KeptPlaces((left, right), 1 if state["active_pane"] == 1 else 0, left_percent)


def _place(pane: Any) -> KeptPlace:  # what JSON gives; every wrong type in it is an exception
    (tab,) = pane["tabs"]
    if tab["view"] not in _USUAL_VIEWS:
        raise ValueError("sorted in another order")
    visited = tab["visited"]
    scheme, authority, _profile, key, *cursor = visited[max(0, min(len(visited) - 1, tab["position"]))]
    if (scheme, authority) != ("file", "") or not key.startswith("/"):
        return KeptPlace("", None)
    if not cursor:
        return KeptPlace(key, None)
    entry, kind = cursor
    name = entry.removeprefix(key)
    return KeptPlace(key, (name.removesuffix("/"), True) if kind == 1 else (name, False))


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
