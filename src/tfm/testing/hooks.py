"""What a backend's author supplies, and the questions that the cases are built of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final

import pytest
from hypothesis import HealthCheck, settings

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.core.writing import ObjectFacts
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext
from tfm.storage.metering import RequestMeter

__all__ = ["ODD_KEYS", "Hooks"]

ODD_KEYS: Final = (
    "plain", "two words", " leading space", "trailing space ", "a//b", "/leading slash", "//", "double//", "marker/",
    ".", "..", "./x", "a/../b", "a/./c", "dots...", "plus+sign", "100%", "%2F", "%20 + %", "q?u=e&r=y#fragment",
    "s3://other/bucket", "C:\\x", "back\\slash", "-rf", "$(touch pwned)", "`x`;|&", "'single' \"double\"",
    "<a>&amp;</a>", "*", "[a-z]?", "{x,y}", "~", "~user", "new\nline", "carriage\rreturn", "tab\t",
    "\x01\x1b[31m\x1f\x7f", "ü", "u\u0308",
    "日本語/ファイル", "emoji 😀", "\u202egnp.exe", "zero\u200bwidth", "\ufeffbom", "\U0010ffff", "é" * 127, "n" * 255,
    "/".join(["d" * 200] * 5), "Case", "case", "CON", "nul.txt",
)  # fmt: skip
"""Keys that have broken something somewhere."""

_MOST_PAGES: Final = 10_000


class Hooks(ABC):
    """The hooks. pytest makes an instance for each test, so that a subclass may keep a test's place on ``self``."""

    root: str = ""
    """Text before every key: empty for a bucket of one's own, ``/tmp/x/`` for a directory of one's own."""

    secrets: Sequence[str] = ()
    """Texts (a secret key, a password) that must not be told by an identity, a repr, an error or a link."""

    examples: ClassVar[int] = 25
    """How many examples a property is tried with, each of which costs one ``populate``."""

    @abstractmethod
    def make_backend(self) -> Backend:
        """A backend for the test's place, which exists and is empty until :meth:`populate`.

        May be called before or after that, and more than once: each call gives another backend for the same place.
        """

    @abstractmethod
    def populate(self, files: Mapping[str, bytes]) -> None:
        """Make the place hold exactly ``files``: what was there before is gone.

        The names are keys without :attr:`root`. One that ends in ``/`` is a directory marker; in a storage with real
        directories, an empty directory.
        """

    def can_hold(self, key: str) -> bool:
        """Whether the storage can hold a file of that key (without :attr:`root`); the cases leave out what it cannot.

        By default any key in a storage with FLAT_KEYS; elsewhere what POSIX allows as a relative path.
        """
        if self.has(Capability.FLAT_KEYS):
            return True
        segments = key.removesuffix("/").split("/")
        return all(
            segment not in {"", ".", ".."} and "\0" not in segment and len(segment.encode()) <= 255
            for segment in segments
        )

    def make_missing_backend(self) -> Backend | None:
        """A backend for a bucket or a host's directory that does not exist; None leaves those cases out."""
        return None

    def read_facts(self, key: str) -> ObjectFacts | None:
        """What the storage itself says of an object, asked past the backend: the content type, metadata and so on that
        it keeps, None (no metadata) for those that it does not. None as a whole leaves those cases out."""
        del key
        return None

    def make_link(self, key: str, target: str) -> bool:
        """Make a symbolic link at ``key`` that leads to ``target``, relative to it. False leaves those cases out."""
        del key, target
        return False

    def uploads_under_way(self) -> int | None:
        """How many uploads the storage itself knows of, asked past the backend. None leaves that comparison out."""
        return None

    @cached_property
    def meter(self) -> RequestMeter:
        return RequestMeter()

    @property
    def context(self) -> BackendContext:
        """For the factory: default settings, and a meter that counts what the backend reports."""
        return BackendContext(Settings(), self.meter.record)

    @cached_property
    def backend(self) -> Backend:
        return self.make_backend()

    def has(self, capability: Capability) -> bool:
        return capability in self.backend.capabilities

    def need(self, capability: Capability) -> None:
        if not self.has(capability):
            pytest.skip(f"the backend does not declare {capability.value}")

    def holdable(self, keys: Iterable[str]) -> list[str]:
        """Those of ``keys`` that the storage can hold beside each other."""
        held = [key for key in dict.fromkeys(keys) if self.can_hold(key)]
        if self.has(Capability.FLAT_KEYS):
            return held
        directories = {key[:i] for key in held for i, letter in enumerate(key) if letter == "/"}
        return [key for key in held if key not in directories]

    def pages(
        self, prefix: str = "", *, recursive: bool = False, start_after: str | None = None, limit: int = PAGE_ENTRIES
    ) -> list[Page]:
        """All pages of a listing, ``prefix`` and ``start_after`` without :attr:`root`."""
        pages: list[Page] = []
        token: object | None = None
        while True:
            after = None if start_after is None or pages else self.root + start_after
            page = self.backend.list_page(
                self.root + prefix, recursive=recursive, token=token, start_after=after, limit=limit
            )
            pages.append(page)
            token = page.token
            if token is None:
                return pages
            assert len(pages) < _MOST_PAGES, "the listing does not end"

    def entries(self, prefix: str = "", *, recursive: bool = False, start_after: str | None = None) -> list[Entry]:
        pages = self.pages(prefix, recursive=recursive, start_after=start_after)
        return [entry for page in pages for entry in page]

    def told(self, entries: Iterable[Entry]) -> list[tuple[str, Kind]]:
        """Key without :attr:`root`, and kind, sorted; fails on an entry that is not below it."""
        rows = []
        for entry in entries:
            assert entry.key.startswith(self.root)
            assert entry.key.removesuffix("/").endswith(entry.name)
            rows.append((entry.key[len(self.root) :], entry.kind))
        return sorted(rows)

    def expected(self, keys: Iterable[str], prefix: str = "", *, recursive: bool = False) -> list[tuple[str, Kind]]:
        """What a listing of ``prefix`` has to tell where exactly ``keys`` are stored."""
        base = prefix[: prefix.rfind("/") + 1]
        rows = set()
        for key in keys:
            if not key.startswith(prefix) or (key == base and base):
                continue
            slash = -1 if recursive else key.find("/", len(prefix))
            text = key if slash < 0 else key[: slash + 1]
            rows.add((text, Kind.DIRECTORY if text.endswith("/") else Kind.FILE))
        return sorted(rows)

    def read(self, key: str, **range_or_condition: object) -> bytes:
        # The keywords are those of Backend.read; a case that mistypes one fails at once.
        with self.backend.read(self.root + key, **range_or_condition) as reader:  # type: ignore[arg-type]
            return reader.read()

    def try_examples(self, check: Callable[[], None]) -> None:
        """Run a function that ``hypothesis.given`` made, with as many examples as this backend is worth."""
        limited = settings(
            max_examples=self.examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
        )
        limited(check)()

    def require_clear(self, error: StorageError, key: str) -> None:
        """An error is one line, says which key it is about, and holds no secret."""
        text = str(error)
        assert text.isprintable(), text
        assert error.uri is not None
        assert key in error.uri
        assert error.operation
        for secret in self.secrets:
            assert secret not in text
            assert secret not in repr(error)
