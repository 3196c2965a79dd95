"""Pages in sequence, and the answer to "what is there?", with the fewest requests that prove it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import NotFoundError, PermissionDeniedError
from tfm.core.page import Page, page_from_entries
from tfm.storage.contract import Backend

__all__ = ["Lister"]

_DENIED_SECONDS: Final = 60.0
_DENIED_PREFIXES: Final = 1000
_MORE: Final = object()
"""The token of a page in a walk that is not the last; nothing is asked with it."""


class Lister:
    """Listings and look-ups of one backend. Remembers only where listing was denied, for a minute."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self._flat = Capability.FLAT_KEYS in backend.capabilities
        self._denied: dict[str, tuple[float, PermissionDeniedError]] = {}
        self._lock = threading.Lock()

    def pages(self, prefix: str, *, recursive: bool = False) -> Iterator[Page]:
        """The pages under the directory prefix ``prefix``; one request each, sent when the page is wanted.

        The last one, and only that, has no token.

        ``recursive`` on a storage of directories lists one directory after the other, links not followed.
        """
        if recursive and not self._flat:
            return self._walk(prefix)
        return self._sequence(prefix, recursive=recursive)

    def _sequence(self, prefix: str, *, recursive: bool) -> Iterator[Page]:
        token: object | None = None
        while True:
            page = self._backend.list_page(prefix, recursive=recursive, token=token)
            token = page.token
            yield page
            if token is None:
                return

    def _walk(self, root: str) -> Iterator[Page]:
        waiting = [root]
        while waiting:
            prefix = waiting.pop()
            below = []
            for page in self._sequence(prefix, recursive=False):
                entries = list(page)
                below += [entry.key for entry in entries if entry.is_directory and not entry.is_symlink]
                if page.token is None:
                    waiting += reversed(below)
                more = page.token is not None or waiting
                yield page_from_entries(root, entries, token=_MORE if more else None)

    def lookup(self, key: str | None, *, nothing_below: bool = False) -> Lookup:
        """The object ``key`` and the directory ``key/``, or the root if ``key`` is None.

        Raises what the storage answers, except that a missing bucket is an empty Lookup.

        With FLAT_KEYS one listing request, which tells of object and directory at once and never is a 404; a second
        one where a full page did not prove that there is no directory (``nothing_below``: that is known already).
        Where listing is denied, ``stat`` tells of the object, and the next minute's questions there go to ``stat`` at
        once.
        """
        if not self._flat:
            return self._backend.stat(key or "")
        if key is None:
            return self._root()
        parent = key[: key.rfind("/") + 1]
        denied = self._remembered_denial(parent)
        if denied is not None:
            return self._by_stat(key, denied)
        try:
            return self._by_listing(key, nothing_below=nothing_below)
        except NotFoundError as error:
            return _missing_bucket(error)
        except PermissionDeniedError as error:
            self._remember_denial(parent, error)
            return self._by_stat(key, error)

    def _root(self) -> Lookup:
        try:
            self._backend.list_page("", limit=1)
        except NotFoundError as error:
            return _missing_bucket(error)
        except PermissionDeniedError as error:
            answer = self._backend.stat("")
            if not answer.found:
                raise error from None
            return answer
        return Lookup(directory=Entry("", "", Kind.DIRECTORY))

    def _by_listing(self, key: str, *, nothing_below: bool) -> Lookup:
        page = self._backend.list_page(key)
        name = key[len(page.base) :]
        file_row = page.find(name, Kind.FILE)
        directory_row = page.find(name, Kind.DIRECTORY)
        directory = None if directory_row is None else page.entry(directory_row)
        if directory is None and page.token is not None and not nothing_below:
            below = self._backend.list_page(f"{key}/", limit=1)
            if below.own_entry is not None:
                directory = replace(below.own_entry, name=name)
            elif len(below):
                directory = Entry(name, f"{key}/", Kind.DIRECTORY)
        return Lookup(None if file_row is None else page.entry(file_row), directory)

    def _by_stat(self, key: str, denied: PermissionDeniedError) -> Lookup:
        try:
            answer = self._backend.stat(key)
        except PermissionDeniedError as error:
            # The refused listing said why (a wrong clock, another region); HEAD has no body that could.
            raise _denied_about(denied, error.uri, error.operation) from denied
        if answer.directory is not None:
            return answer
        # A remembered refusal names whatever was asked about first.
        uri = f"{self._backend.address.scheme}://{self._backend.address.authority}/{key}"
        return answer._replace(directory_error=_denied_about(denied, uri, denied.operation))

    def _remembered_denial(self, parent: str) -> PermissionDeniedError | None:
        with self._lock:
            until, error = self._denied.get(parent, (0.0, None))
            return error if self._clock() < until else None

    def _remember_denial(self, parent: str, error: PermissionDeniedError) -> None:
        with self._lock:
            if len(self._denied) >= _DENIED_PREFIXES:
                self._denied.clear()
            self._denied[parent] = (self._clock() + _DENIED_SECONDS, copy(error))


def _denied_about(denied: PermissionDeniedError, uri: str | None, operation: str | None) -> PermissionDeniedError:
    return PermissionDeniedError(denied.cause, next_step=denied.next_step, uri=uri, operation=operation)


def _missing_bucket(error: NotFoundError) -> Lookup:
    # A copy: the answer may be kept, and the error's traceback would keep every frame below it.
    return Lookup(directory_error=copy(error))
