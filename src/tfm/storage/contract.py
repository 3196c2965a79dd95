"""THE contract: what a backend answers. Everything above speaks to this and to nothing else.

A backend speaks one protocol for one address (one bucket, one host, the local disk), translates its SDK's errors into
:mod:`tfm.core.errors` in one place, never retries and never sleeps, keeps no state that a second thread could spoil,
and does no I/O when it is made. A third party adds one by an entry point in the group ``tfm.backends`` and proves it
with :mod:`tfm.testing`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import UnsupportedOperation
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.settings import Settings

__all__ = ["PAGE_ENTRIES", "Backend", "BackendContext", "BackendFactory", "Reader"]

PAGE_ENTRIES: Final = 1000
"""Entries of one page at most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (MaxKeys)."""


class Reader(ABC):
    """An open stream over the bytes asked for. ``entry`` tells of the whole object: its full size and its etag."""

    entry: Entry

    @abstractmethod
    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size`` of them (all that are left if negative); ``b""`` only at the end.

        Raises a TemporaryError when the connection breaks before all promised bytes came: short is never the end.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the connection back, or drop it when bytes are left unread. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Backend(ABC):
    """One protocol at one address. Thread-safe and synchronous."""

    address: StorageAddress
    capabilities: frozenset[Capability]

    @abstractmethod
    def identity(self) -> str:
        """Who asks, and whom: text that differs whenever answers may differ (endpoint, role, a digest of the key id).

        Holds no secret. May resolve credentials, so it may raise CredentialsError; it sends no storage request.
        """

    @abstractmethod
    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        """One page of what begins with ``prefix``; one request.

        One level by default: what has a ``/`` beyond the prefix is told as the directory it is in. ``recursive``, only
        for storages with FLAT_KEYS: every key. Where there are FLAT_KEYS any text is a prefix, elsewhere only ``""`` or
        one that ends in ``/``. The page's ``base`` is ``prefix`` up to and with its last ``/``. A key that ends in
        ``/`` is the marker of a directory and listed as that directory with the marker's facts; the marker of ``base``
        itself is the page's ``own_entry``. ``token`` is what the page before gave; ``start_after`` leaves out keys up
        to and with that text.

        Raises NotFoundError (no such bucket; elsewhere: no such directory), NotDirectoryError where the storage can
        tell, PermissionDeniedError, CredentialsError, a TemporaryError; never answers an error with an empty page.
        """

    @abstractmethod
    def stat(self, key: str) -> Lookup:
        """What is at ``key``; one request where the storage has a call for that. Missing: an empty Lookup.

        On a storage of directories the key may stand with or without a directory's trailing slash. With FLAT_KEYS only
        the object of exactly that key is meant, or the bucket itself for ``""``; what ``directory_error`` says is left
        to the layers above, which ask by listing and come here where listing is denied.
        """

    @abstractmethod
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """Open bytes ``start`` to ``start + length`` (to the end if None); one request.

        A range that begins at or beyond the end is empty. ``if_match`` is an etag: ConflictError if the object has
        another one by now. Raises NotFoundError, IsDirectoryError, ObjectArchivedError, PermissionDeniedError,
        CredentialsError, a TemporaryError.
        """

    def presign(self, key: str, *, expires_seconds: int) -> str:
        """A URL by which anyone reads this object for that long; no request. UnsupportedOperation without PRESIGN."""
        raise UnsupportedOperation(
            f"{self.address.scheme} cannot sign links ({key!r}, {expires_seconds} s).", operation="presign"
        )


@dataclass(frozen=True, slots=True)
class BackendContext:
    """What a factory is given. ``record_request`` is called once for each request put on the wire, with its name;
    operations that cost the same have the provider's own name (``ListObjectsV2``)."""

    settings: Settings
    record_request: Callable[[str], None]


class BackendFactory(Protocol):
    """What an entry point names: a class, made once a session, that keeps what its backends share (clients)."""

    def __init__(self, context: BackendContext) -> None: ...

    def open(self, address: StorageAddress) -> Backend:
        """A backend for that address. No I/O; raises InvalidPathError for an authority that cannot exist, and
        MissingDependencyError where the extra is not installed."""
        ...
