"""A backend that hands everything on to another one, and lets a test stand in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tfm.core.entry import Entry, Lookup
from tfm.core.errors import StorageError
from tfm.core.page import Page
from tfm.core.writing import Condition, Content, DeleteFailure, ObjectFacts, Part, PartContent, Precondition, Upload
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader

__all__ = ["PassingBackend"]

Answer = TypeVar("Answer")


class PassingBackend(Backend):
    """Override :meth:`pass_on` to do something before or after each request, or in its place."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.address = inner.address
        self.capabilities = inner.capabilities
        self.upload_limits = inner.upload_limits

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        """Send ``request``, which is what the contract calls ``what``, about ``key``; its answer."""
        return request()

    def identity(self) -> str:
        return self._inner.identity()

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        return self.pass_on(
            "list_page",
            prefix,
            lambda: self._inner.list_page(
                prefix, recursive=recursive, token=token, start_after=start_after, limit=limit
            ),
        )

    def stat(self, key: str) -> Lookup:
        return self.pass_on("stat", key, lambda: self._inner.stat(key))

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        return self.pass_on("read", key, lambda: self._inner.read(key, start=start, length=length, if_match=if_match))

    def conditions(self) -> frozenset[Condition]:
        return self._inner.conditions()

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self.pass_on("put", key, lambda: self._inner.put(key, content, facts=facts, only_if=only_if))

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        return self.pass_on("begin_upload", key, lambda: self._inner.begin_upload(key, facts=facts, only_if=only_if))

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        return self.pass_on(
            "put_part", upload.key, lambda: self._inner.put_part(upload, number, content, offset=offset)
        )

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self.pass_on(
            "finish_upload", upload.key, lambda: self._inner.finish_upload(upload, parts, checksum=checksum)
        )

    def abort_upload(self, upload: Upload) -> None:
        self.pass_on("abort_upload", upload.key, lambda: self._inner.abort_upload(upload))

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self.pass_on("delete", key, lambda: self._inner.delete(key, only_if=only_if))

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        return self.pass_on("delete_many", keys[0] if keys else "", lambda: self._inner.delete_many(keys, etags=etags))

    def write_out(self, upload: Upload, *, offset: int, length: int) -> None:
        self.pass_on("write_out", upload.key, lambda: self._inner.write_out(upload, offset=offset, length=length))

    def sync(self, prefix: str) -> None:
        self.pass_on("sync", prefix, lambda: self._inner.sync(prefix))

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        return self._inner.begin_delete_many(keys)

    def set_mode(self, key: str, mode: int) -> Entry:
        return self.pass_on("set_mode", key, lambda: self._inner.set_mode(key, mode))

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        return self.pass_on("set_facts", entry.key, lambda: self._inner.set_facts(entry, facts))

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        return self.pass_on("make_directory", key, lambda: self._inner.make_directory(key, mode=mode))

    def remove_directory(self, key: str) -> None:
        self.pass_on("remove_directory", key, lambda: self._inner.remove_directory(key))

    def remove_tree(
        self, key: str, *, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        self.pass_on("remove_tree", key, lambda: self._inner.remove_tree(key, removed=removed, failed=failed))
