"""A storage that does what a test says, when it says it: pages held back by an event, errors, counted requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import NotFoundError, StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.page import UNKNOWN_SIZE, Page, make_page
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session

SCHEME = "scripted"
DEADLINE_SECONDS = 20.0


@dataclass
class Script:
    """What the storage holds and how it behaves; changed by the test at any time.

    ``directories`` maps a prefix to its names, those of directories with a slash. ``gates`` hold back the page of that
    number (from 0) of a prefix until they are set; ``entered`` is set when a request waits at one. ``errors`` are
    raised for that page instead.
    """

    directories: dict[str, Sequence[str]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    gates: dict[tuple[str, int], threading.Event] = field(default_factory=dict)
    errors: dict[tuple[str, int], Exception] = field(default_factory=dict)
    read_errors: dict[str, Exception] = field(default_factory=dict)
    entered: threading.Event = field(default_factory=threading.Event)
    capabilities: frozenset[Capability] = frozenset({Capability.FLAT_KEYS, Capability.CACHED})
    page_entries: int = PAGE_ENTRIES
    requests: list[str] = field(default_factory=list)
    reads: list[tuple[str, int, int | None]] = field(default_factory=list)

    def gate(self, prefix: str, page: int = 0) -> threading.Event:
        return self.gates.setdefault((prefix, page), threading.Event())


class _BytesReader(Reader):
    def __init__(self, entry: Entry, data: bytes) -> None:
        self.entry = entry
        self._data = data

    def read(self, size: int = -1) -> bytes:
        cut = len(self._data) if size < 0 else size
        data, self._data = self._data[:cut], self._data[cut:]
        return data

    def close(self) -> None:
        self._data = b""


class ScriptedBackend(Backend):
    def __init__(self, script: Script, address: StorageAddress, record: Callable[[str], None]) -> None:
        self._script = script
        self._record = record
        self.address = address
        self.capabilities = script.capabilities | (set() if address.authority else {Capability.LIST_ROOTS})

    def identity(self) -> str:
        return "test"

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        script = self._script
        first = token if isinstance(token, int) else 0
        number = first // script.page_entries
        script.requests.append(f"list {self.address.authority}/{prefix} {number}")
        self._record("ListObjectsV2")
        gate = script.gates.get((prefix, number))
        if gate is not None and not gate.is_set():
            script.entered.set()
            if not gate.wait(DEADLINE_SECONDS):
                raise AssertionError("the test never opened the gate")
        error = script.errors.get((prefix, number))
        if error is not None:
            raise error
        names = script.directories.get(prefix if self.address.authority else "//")
        if names is None:
            raise NotFoundError("There is no such directory.", uri=f"{SCHEME}://{prefix}", operation="list")
        part = names[first : first + script.page_entries]
        end = first + len(part)
        return _page(prefix, part, end if end < len(names) else None)

    def stat(self, key: str) -> Lookup:
        return Lookup()

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        self._script.reads.append((key, start, length))
        self._record("GetObject")
        error = self._script.read_errors.get(key)
        if error is not None:
            raise error
        data = self._script.contents[key]
        entry = Entry(key.rpartition("/")[2], key, Kind.FILE, len(data), etag="1")
        return _BytesReader(entry, data[start:] if length is None else data[start : start + length])


def _page(prefix: str, names: Sequence[str], token: int | None) -> Page:
    base = prefix[: prefix.rfind("/") + 1]
    kinds = bytes(Kind.DIRECTORY if name.endswith("/") else Kind.FILE for name in names)
    return make_page(
        base,
        [name.removesuffix("/") for name in names],
        kinds,
        [UNKNOWN_SIZE if kind else 1000 + row for row, kind in enumerate(kinds)],
        [1_700_000_000.0] * len(names),
        token=token,
    )


class _Factory:
    def __init__(self, script: Script, record: Callable[[str], None]) -> None:
        self._script = script
        self._record = record

    def open(self, address: StorageAddress) -> Backend:
        return ScriptedBackend(self._script, address, self._record)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make_session(scripts: Mapping[str, Script], clock: Callable[[], float]) -> Session:
    """A session that speaks each of these schemes as its script says, and never retries."""
    session = Session(clock=clock, retry=RetryPolicy(max_attempts=1, interactive_seconds=1.0))
    for scheme, script in scripts.items():
        session.registry.add(scheme, _Factory(script, session.meter.record))
    return session


def directory(prefix: str = "", *, scheme: str = SCHEME, authority: str = "bucket") -> Location:
    return Location(StorageAddress(scheme, authority), prefix, Kind.DIRECTORY)


def storage_error(cause: str = "The server is on fire.", next_step: str = "Call the fire brigade.") -> StorageError:
    return StorageError(cause, next_step=next_step, uri=f"{SCHEME}://bucket/", operation="list")
