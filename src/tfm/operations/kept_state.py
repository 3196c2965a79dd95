"""What is kept between starts: panes with their tabs, where one has been, bookmarks. One JSON file of the user's.

The file is read before the first rows are drawn, so this needs nothing but the standard library. Several programs may
run at once: of the panes the last one that writes counts, bookmarks and recent places of all of them are merged. Who
reads it sees the old file or the new one, whole.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.history import Visited
from tfm.operations.user_directories import user_state_directory

__all__ = [
    "MOST_TABS",
    "Bookmarks",
    "KeptPane",
    "KeptState",
    "KeptTab",
    "Recent",
    "StateFile",
    "Typed",
    "state_path",
    "with_recent",
    "with_typed",
]

MOST_TABS: Final = 50
"""Of one pane."""

_VERSION: Final = 1
_MOST_RECENT: Final = 60
_MOST_TYPED: Final = 50
_MOST_CHARACTERS: Final = 1000
"""Of a line that was typed; what is longer was pasted, and is not kept."""

_MOST_BYTES: Final = 8 << 20
"""Of a file that is read at every start. What tfm writes is a hundredth of that."""

Bookmarks = Mapping[str, Location]
"""By a letter or a name."""

Typed = Mapping[str, tuple[str, ...]]
"""By what they were typed for, the newest first."""


class KeptTab(NamedTuple):
    """``visited`` is its history, ``position`` the directory in it that is shown; ``view`` how its rows are shown, in
    words that only who wrote them reads."""

    visited: tuple[Visited, ...]
    position: int = -1
    view: str = ""

    @property
    def location(self) -> Location:
        return self.visited[self.position].location


class KeptPane(NamedTuple):
    """At least one tab; ``active`` is the one that is shown."""

    tabs: tuple[KeptTab, ...]
    active: int = 0


class Recent(NamedTuple):
    """A directory somebody was in, and when: seconds since the epoch."""

    location: Location
    visited_at: float


@dataclass(frozen=True, slots=True)
class KeptState:
    """``panes`` are two or, at the first start, none; ``left_percent`` is the left one's share of the width; ``keymap``
    the name of the one that was chosen, empty where none was; ``typed`` are lines as somebody typed them."""

    panes: tuple[KeptPane, ...] = ()
    active_pane: int = 0
    left_percent: int = 50
    recent: tuple[Recent, ...] = ()
    bookmarks: Bookmarks = field(default_factory=dict)
    keymap: str = ""
    typed: Typed = field(default_factory=dict)


def with_typed(typed: Typed, purpose: str, line: str) -> Typed:
    """``line`` first among those of that purpose, and once; bounded. As in shells, what begins with a blank is not
    kept: that is for secrets."""
    if not line.strip() or line[0].isspace() or len(line) > _MOST_CHARACTERS:
        return typed
    return {**typed, purpose: tuple(dict.fromkeys((line, *typed.get(purpose, ()))))[:_MOST_TYPED]}


def with_recent(recent: Sequence[Recent], location: Location, visited_at: float) -> tuple[Recent, ...]:
    """``location`` first, and once; bounded."""
    others = (each for each in recent if each.location != location)
    return (Recent(location, visited_at), *others)[:_MOST_RECENT]


def state_path() -> str:
    """The file of this user's state."""
    return os.path.join(user_state_directory(), "state.json")


class StateFile:
    """One program's view of the file at ``path``. Calls of one after the other; no I/O when made."""

    def __init__(self, path: str) -> None:
        self.path: Final = path
        self._base = KeptState()
        self._may_write = True

    def read(self, complain: list[str]) -> KeptState:
        """What was kept; nothing at the first start. Raises nothing: of what cannot be read a line is put into
        ``complain``, and a damaged file is set aside first, so that its bookmarks are not lost with the next write."""
        try:
            content = _read_own(self.path)
            if content is not None:
                self._base = _state_of(json.loads(content))
        except _NewerError:
            self._may_write = False
            complain.append(f"{self.path} was written by a newer tfm: it is left alone, and nothing is kept.")
        except _ForeignError as error:
            self._may_write = False
            complain.append(f"Nothing is kept between starts: {self.path} {error}")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            complain.append(self._set_aside())
        except OSError as error:
            self._may_write = False
            complain.append(f"{self.path} cannot be read ({error.strerror}): nothing is kept between starts.")
        return self._base

    def _set_aside(self) -> str:
        aside = f"{self.path}.damaged"
        try:
            os.replace(self.path, aside)
        except OSError as error:
            self._may_write = False
            return f"{self.path} is damaged and cannot be set aside ({error.strerror}): nothing is kept."
        return f"What was kept between starts was damaged; it is set aside as {aside}, and tfm begins anew."

    def write(self, state: KeptState) -> None:
        """Keep ``state``, merged with what other programs have written. Raises OSError. Nothing where
        :meth:`read` said that nothing is kept."""
        if not self._may_write:
            return
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        with _alone(os.path.dirname(self.path)):
            merged = _merged(self._base, state, self._others())
            _replace(self.path, json.dumps(_text_of(merged), separators=(",", ":")).encode("ascii"))
        self._base = merged

    def _others(self) -> KeptState:
        try:
            content = _read_own(self.path)
            return KeptState() if content is None else _state_of(json.loads(content))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            os.replace(self.path, f"{self.path}.damaged")
            return self._base


class _NewerError(Exception):
    """The file is of a later version of tfm."""


class _ForeignError(Exception):
    """The file or its directory is not safely the user's own."""


def _merged(base: KeptState, own: KeptState, theirs: KeptState) -> KeptState:
    bookmarks = dict(theirs.bookmarks)
    for name in {*base.bookmarks, *own.bookmarks}:
        here = own.bookmarks.get(name)
        if here == base.bookmarks.get(name):
            continue  # not ours: what the others say of it counts
        if here is None:
            bookmarks.pop(name, None)
        else:
            bookmarks[name] = here
    recent: dict[Location, float] = {}
    for each in (*own.recent, *theirs.recent):
        recent[each.location] = max(each.visited_at, recent.get(each.location, 0.0))
    latest = sorted(recent.items(), key=lambda item: -item[1])[:_MOST_RECENT]
    typed = {
        purpose: tuple(dict.fromkeys((*own.typed.get(purpose, ()), *theirs.typed.get(purpose, ()))))[:_MOST_TYPED]
        for purpose in {*own.typed, *theirs.typed}
    }
    return replace(own, bookmarks=bookmarks, recent=tuple(Recent(*item) for item in latest), typed=typed)


# To JSON and back. Surrogates of names that are no UTF-8 stay what they are: JSON spells them \udcXX.


def _text_of(state: KeptState) -> dict[str, Any]:  # what json takes
    return {
        "version": _VERSION,
        "panes": [{"active": pane.active, "tabs": list(map(_tab_text, pane.tabs))} for pane in state.panes],
        "active_pane": state.active_pane,
        "left_percent": state.left_percent,
        "recent": [[*_location_text(each.location), each.visited_at] for each in state.recent],
        "bookmarks": {name: _location_text(location) for name, location in state.bookmarks.items()},
        "keymap": state.keymap,
        "typed": state.typed,
    }


def _tab_text(tab: KeptTab) -> dict[str, Any]:
    visited = [[*_location_text(each.location), *(each.cursor or ())] for each in tab.visited]
    return {"visited": visited, "position": tab.position, "view": tab.view}


def _location_text(location: Location) -> list[str | None]:
    address = location.storage
    return [address.scheme, _without_password(address.authority), address.profile, location.key]


def _without_password(authority: str) -> str:
    user, at, host = authority.rpartition("@")
    return f"{user.partition(':')[0]}{at}{host}"


def _state_of(text: Any) -> KeptState:  # what json gives; every wrong type in it is an exception
    if text["version"] > _VERSION:
        raise _NewerError
    panes = tuple(
        KeptPane(tabs, _index(pane["active"], tabs))
        for pane in text["panes"]
        if (tabs := tuple(map(_tab_of, pane["tabs"]))[:MOST_TABS])
    )
    return KeptState(
        panes if len(panes) == 2 else (),
        1 if text["active_pane"] == 1 else 0,
        max(10, min(90, int(text["left_percent"]))),
        tuple(Recent(_location_of(row[:4]), float(row[4])) for row in text["recent"]),
        {str(name): _location_of(row) for name, row in text["bookmarks"].items()},
        _str(text.get("keymap", "")),
        {purpose: tuple(map(_str, lines))[:_MOST_TYPED] for purpose, lines in text.get("typed", {}).items()},
    )


def _tab_of(text: Any) -> KeptTab:
    visited = tuple(map(_visited_of, text["visited"]))
    if not visited:
        raise ValueError("a tab that shows nothing")
    return KeptTab(visited, _index(text["position"], visited), _str(text["view"]))


def _visited_of(row: Any) -> Visited:
    cursor = (_str(row[4]), Kind(row[5])) if len(row) > 4 else None
    return Visited(_location_of(row[:4]), cursor)


def _location_of(row: Any) -> Location:
    scheme, authority, profile, key = row
    address = StorageAddress(_str(scheme), _str(authority), None if profile is None else _str(profile))
    return Location(address, _str(key), Kind.DIRECTORY)


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def _index(value: Any, rows: Sequence[object]) -> int:
    return max(0, min(len(rows) - 1, int(value)))


# The file


def _read_own(path: str) -> bytes | None:
    """Its content, None where it is not there. Raises _ForeignError for what somebody else could have written: a
    bookmark of theirs would be opened with this user's credentials."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _ForeignError("is a link; put a file there, or nothing.") from error
        raise
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise _ForeignError("is no regular file; move it away.")
        if facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _ForeignError("can be written by others; chown it to you, and chmod go-w.")
        if facts.st_size > _MOST_BYTES:
            raise ValueError("larger than anything that tfm writes")
        return file.read(_MOST_BYTES)


def _replace(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}-{time.monotonic_ns()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


@contextmanager
def _alone(directory: str) -> Iterator[None]:
    """Of several programs one merges and writes, the others wait; where there are no locks, the last one wins."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.ENOSYS}:
                raise
        yield
    finally:
        os.close(descriptor)
