"""Panes over a storage in memory that holds back, refuses and counts what a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.scripted_backend import DEADLINE_SECONDS, Clock
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import PermissionDeniedError
from tfm.core.location import Location, StorageAddress
from tfm.core.writing import DeleteFailure
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session
from tfm.storage.storage import Storage

BUCKET = "bucket"


class Memory(MemoryBackendFactory):
    """``errors`` are raised by the operation of that name; ``gates`` hold it back until they are set, ``entered`` tells
    that it waits; ``denied`` keys are not deleted, and nothing is copied to them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.session = Session(clock=self.clock, retry=RetryPolicy(max_attempts=1, interactive_seconds=1.0))
        super().__init__(BackendContext(self.session.settings, self.session.meter.record))
        self.session.registry.add("memory", self)
        self.errors: dict[str, Exception] = {}
        self.gates: dict[str, threading.Event] = {}
        self.entered = threading.Event()
        self.denied: set[str] = set()

    def open(self, address: StorageAddress) -> Backend:
        backend = super().open(address)
        for name in ("list_page", "put", "make_directory", "delete", "delete_many", "copy_from"):
            setattr(backend, name, self._guarded(name, getattr(backend, name)))
        return backend

    def _guarded(self, name: str, usual: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **named: Any) -> Any:
            gate = self.gates.get(name)
            if gate is not None and not gate.is_set():
                self.entered.set()
                assert gate.wait(DEADLINE_SECONDS), "the test never opened the gate"
            if name in self.errors:
                raise self.errors[name]
            if name == "copy_from" and arguments[2] in self.denied:
                raise denied(arguments[2])
            if name == "delete_many":
                return self._delete_many(usual, arguments[0])
            return usual(*arguments, **named)

        return guarded

    def _delete_many(self, usual: Callable[..., Any], keys: Sequence[str]) -> list[DeleteFailure]:
        failures = [DeleteFailure(key, denied(key)) for key in keys if key in self.denied]
        return [*failures, *usual([key for key in keys if key not in self.denied])]

    def gate(self, operation: str) -> threading.Event:
        self.entered.clear()
        return self.gates.setdefault(operation, threading.Event())

    def put(self, keys: Iterable[str], *, bucket: str = BUCKET) -> None:
        """As somebody else would: the session hears nothing of it."""
        self.store.put(bucket, dict.fromkeys(keys, b"12345"))

    def stored(self, bucket: str = BUCKET) -> list[str]:
        page = self.open(StorageAddress("memory", bucket)).list_page("", recursive=True)
        return [entry.key for entry in page]

    @property
    def storage(self) -> Storage:
        return self.session.storage(StorageAddress("memory", BUCKET))

    @property
    def requests(self) -> dict[str, int]:
        return self.session.meter.snapshot()


def denied(key: str) -> PermissionDeniedError:
    return PermissionDeniedError(
        "Access denied.", next_step="Ask the owner.", uri=f"memory://{BUCKET}/{key}", operation="delete"
    )


def place(prefix: str = "", *, bucket: str = BUCKET) -> Location:
    return Location(StorageAddress("memory", bucket), prefix, Kind.DIRECTORY)
