"""A storage: a backend with its layers, as everything above sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.location import StorageAddress
from tfm.core.writing import (
    NOTHING_THERE,
    Condition,
    Content,
    DeleteFailure,
    Description,
    ObjectFacts,
    Part,
    PartContent,
    Precondition,
    Upload,
    UploadLimits,
)
from tfm.storage.begun_delete import BegunDelete
from tfm.storage.changing import ChangingStorage, place_of
from tfm.storage.content_types import content_type_of
from tfm.storage.effects import Effect, Gone
from tfm.storage.lease import Change

if TYPE_CHECKING:
    from tfm.storage.writer import ObjectWriter, UploadRecord

__all__ = ["Storage"]


class Storage(ChangingStorage):
    """One address, with metering, retry, lister and listing cache. Made by a Session; thread-safe; no I/O when made.

    What is written is known to the cache when the call returns: listings that hold what changed are mended, and what
    nobody can know is forgotten. A listing that overlaps a write, failed ones included, is not stored.
    """

    # Writing

    def put(
        self,
        key: str,
        content: Content,
        *,
        facts: ObjectFacts | None = None,
        only_if: Precondition | None = None,
        looked: bool = False,
    ) -> Entry:
        """Store an object whole; one request, and one before it where ``only_if`` is asked for and the storage is not
        known to enforce it, unless the caller has ``looked`` just now. Raises what :meth:`Backend.put` raises."""
        described = self._described(key, facts)
        return self._committed(
            key, only_if, lambda: self._backend.put(key, content, facts=described, only_if=only_if), looked=looked
        )

    def writer(
        self,
        key: str,
        *,
        facts: ObjectFacts | None = None,
        only_if: Precondition | None = None,
        record: Callable[[str], UploadRecord] | None = None,
    ) -> ObjectWriter:
        """Write an object whose bytes come one after the other; no request yet. See :class:`ObjectWriter`.

        ``record`` is called with the key before parts are sent, and its result told of the upload's id and its end.
        """
        from tfm.storage.writer import ObjectWriter

        return ObjectWriter(
            self._backend,
            key,
            self._described(key, facts),
            only_if,
            before_parts=lambda: self._refuse_what_is_known(key, only_if),
            committing=lambda request: self._committed(key, only_if, request),
            record=record,
        )

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        """Make the directory ``key``, which ends in ``/``; one request, none where the cache knows that it is there.

        On flat keys a directory that is only known by what is in it, and not to the cache, gets its marker. Raises
        ConflictError where there is one, and what else the backend answers.
        """
        self._refuse_what_is_known(key, NOTHING_THERE)
        return self._committed(key, NOTHING_THERE, lambda: self._backend.make_directory(key, mode=mode))

    # What the transfer engine is built of: see the methods of :class:`Backend`

    @property
    def upload_limits(self) -> UploadLimits:
        return self._backend.upload_limits

    @property
    def copy_whole_bytes(self) -> int:
        return self._backend.copy_whole_bytes

    def can_copy_from(self, source: StorageAddress) -> bool:
        return self._backend.can_copy_from(source)

    def enforces(self, condition: Condition) -> bool:
        """Whether the storage is known to enforce it; no request."""
        return condition in self._backend.conditions()

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        looked: bool = False,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        """See :meth:`Backend.copy_from`; looks before as :meth:`put` does, where copies are not known to be refused."""
        return self._committed(
            key,
            only_if,
            lambda: self._backend.copy_from(source, entry, key, only_if=only_if, copied=copied),
            looked=looked or self.enforces(Condition.COPY),
        )

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None
    ) -> Awaited[Entry] | None:
        """See :meth:`Backend.begin_read`: :meth:`put` by who has looked. None outside of :meth:`changing_below`, too:
        there nobody tells the cache of single writes."""
        if not self._is_bulk(key):
            return None
        return self._backend.begin_put(key, content, facts=self._described(key, facts), only_if=only_if)

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, *, only_if: Precondition | None
    ) -> Awaited[Entry] | None:
        """As :meth:`begin_put`, for :meth:`copy_from`."""
        return self._backend.begin_copy(source, entry, key, only_if=only_if) if self._is_bulk(key) else None

    def begin_upload(self, key: str, *, facts: ObjectFacts | None, only_if: Precondition | None) -> Upload:
        return self._backend.begin_upload(key, facts=self._described(key, facts), only_if=only_if)

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        return self._backend.put_part(upload, number, content, offset=offset)

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        return self._backend.copy_part(upload, number, source, entry, offset=offset, length=length)

    def finish_upload(
        self, upload: Upload, parts: Sequence[Part], *, checksum: int | None, looked: bool = False
    ) -> Entry:
        """As :meth:`put`: the moment at which the object is seen."""
        return self._committed(
            upload.key,
            upload.only_if,
            lambda: self._backend.finish_upload(upload, parts, checksum=checksum),
            looked=looked,
        )

    def abort_upload(self, upload: Upload) -> None:
        self._backend.abort_upload(upload)

    def free_bytes(self, prefix: str) -> int | None:
        """See :meth:`Backend.free_bytes`."""
        return self._backend.free_bytes(prefix)

    def copy_bytes(self, source: StorageAddress, entry: Entry, *, below: str) -> int:
        """See :meth:`Backend.copy_bytes`."""
        return self._backend.copy_bytes(source, entry, below=below)

    def set_directory_facts(self, key: str, facts: ObjectFacts) -> None:
        """See :meth:`Backend.set_directory_facts`."""
        self._backend.set_directory_facts(key, facts)

    def set_mode(self, key: str, mode: int) -> Entry:
        """See :meth:`Backend.set_mode`."""
        with self._changing(Change(place_of(key), below=False)):
            return self._backend.set_mode(key, mode)

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        """See :meth:`Backend.set_facts`. One request more where the storage is not known to compare versions itself:
        then it is looked at just before."""
        if entry.etag is not None and not self.enforces(Condition.COPY):
            self._require(entry.key, Precondition(entry.etag), self.lookup(entry.key, fresh=True))
        return self._committed(entry.key, None, lambda: self._backend.set_facts(entry, facts))

    def sync(self, prefix: str) -> None:
        """See :meth:`Backend.sync`."""
        self._backend.sync(prefix)

    def write_out(self, upload: Upload, *, offset: int, length: int) -> None:
        """See :meth:`Backend.write_out`."""
        self._backend.write_out(upload, offset=offset, length=length)

    def read_upload(self, upload: Upload, *, start: int, length: int) -> bytes:
        """See :meth:`Backend.read_upload`."""
        return self._backend.read_upload(upload, start=start, length=length)

    def sweep(self, prefix: str, *, keep: Collection[str] = ()) -> int:
        """See :meth:`Backend.sweep`."""
        return self._backend.sweep(prefix, keep=keep)

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        return self._backend.list_uploads(prefix)

    def list_parts(self, upload: Upload) -> list[Part]:
        return self._backend.list_parts(upload)

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        return self._backend.describe(key, if_match=if_match)

    def with_tags(self, key: str, facts: ObjectFacts) -> ObjectFacts:
        """``facts``, as they came with the bytes of the object ``key``, with the tags that it has by now; one request,
        none where it had no tags. Raises what :meth:`Backend.tags` raises."""
        if not facts.untold_tags:
            return facts
        return replace(facts, tags=self._backend.tags(key), untold_tags=0)

    def part_sizes(self, key: str, parts: int, *, if_match: str | None = None) -> list[int] | None:
        """See :meth:`Backend.part_sizes`."""
        return self._backend.part_sizes(key, parts, if_match=if_match)

    def rename(self, key: str, new_key: str, *, only_if: Precondition | None = None) -> None:
        """See :meth:`Backend.rename`. Both places are forgotten, with all that is below."""
        change = Change(place_of(key), place_of(new_key), below=True)
        with self._changing(change):
            self._backend.rename(key, new_key, only_if=only_if)

    def objection(self, key: str, *, below: str) -> str | None:
        """See :meth:`Backend.objection`."""
        return self._backend.objection(key, below=below)

    def confined(self, prefix: str) -> Storage:
        """This storage for writing below that directory: see :meth:`Backend.confined`."""
        inner = self._backend.confined(prefix)
        if inner is self._backend:
            return self
        made = copy(self)
        made._backend = inner
        return made

    def _described(self, key: str, facts: ObjectFacts | None) -> ObjectFacts:
        facts = facts or ObjectFacts()
        if facts.content_type is not None or key.endswith("/") or Capability.LOCAL_PATHS in self.capabilities:
            return facts
        return facts.with_content_type(content_type_of(key))

    # Deleting

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        """Delete the object of exactly that key, a directory's marker too; one request, and one before it where
        ``only_if`` is asked for and the storage is not known to enforce it. Where nothing was there, some storages say
        so (NotFoundError) and others do not."""
        if only_if is not None and Condition.DELETE not in self._backend.conditions():
            self._require(key, only_if, self.lookup(key, fresh=True))
        with self._changing(Change(place_of(key), below=False)) as effects:
            self._backend.delete(key, only_if=only_if)
            effects.append(Gone(key))

    def delete_many(
        self, keys: Sequence[str], *, covered: bool = False, etags: Mapping[str, str] | None = None
    ) -> list[DeleteFailure]:
        """Delete up to a thousand objects of exactly these keys; those that were not deleted, each with its error.

        One request, and one for each key that it cannot carry; without DELETE_MANY one for each. What is raised was
        said of all of them, and of none is known whether it is still there. ``covered``: all of them are below what
        the caller has :meth:`deleting_below`, which tells the cache. ``etags``: see :meth:`Backend.delete_many`;
        whoever needs them where the storage does not enforce Condition.DELETE_MANY looks before.
        """
        if not keys:
            return []
        if covered or self._is_all_bulk(keys):
            failures = self._delete_many(keys, etags)
            if covered:
                self._ask_again_about(keys)
            return failures
        with self._changing(Change(*map(place_of, keys), below=False)) as effects:
            failures = self._delete_many(keys, etags)
            effects += self._deleted(keys, failures)
        return failures

    def begin_delete_many(self, keys: Sequence[str], *, covered: bool = False) -> BegunDelete | None:
        """Send what :meth:`delete_many` sends; None where only that can send it. For several under way at once, from
        one thread: see :meth:`Backend.begin_delete_many`."""
        if not self._backend.begins_requests or not keys:
            return None
        ordered = _inside_out(keys)
        if covered or self._is_all_bulk(keys):
            bare = self._backend.begin_delete_many(ordered)
            return (
                None if bare is None else BegunDelete(bare, lambda _: self._ask_again_about(keys) if covered else None)
            )
        change = Change(*map(place_of, keys), below=False)
        begun = self._begin_change(change)
        answer = None
        try:
            answer = self._backend.begin_delete_many(ordered)
        finally:
            if answer is None and begun is not None:  # nothing was sent
                begun[0].leases.end(begun[1])
        if answer is None:
            return None

        def ended(failures: Sequence[DeleteFailure] | None) -> None:
            self._end_change(change, begun, [] if failures is None else self._deleted(keys, failures))

        return BegunDelete(answer, ended)

    def _ask_again_about(self, keys: Sequence[str]) -> None:
        """What a listing under way tells of these is not to be believed; the cache hears of it when all is done."""
        if self._caches:
            self._open_space().leases.touch_all(keys)

    def _deleted(self, keys: Sequence[str], failures: Sequence[DeleteFailure]) -> list[Effect]:
        """What came of it; what nobody knows is forgotten."""
        unknown = [failure.key for failure in failures if not failure.known]
        if unknown:
            self._forget(Change(*map(place_of, unknown), below=False))
        failed = {failure.key for failure in failures}
        return [Gone(key) for key in keys if key not in failed]

    def _delete_many(self, keys: Sequence[str], etags: Mapping[str, str] | None) -> list[DeleteFailure]:
        keys = _inside_out(keys)
        if Capability.DELETE_MANY in self.capabilities:
            return self._backend.delete_many(keys, etags=etags)
        failures = []
        if etags is None or not self.enforces(Condition.DELETE):
            etags = {}
        for key in keys:
            try:
                self._backend.delete(key, only_if=Precondition(etags[key]) if key in etags else None)
            except StorageError as error:
                failures.append(DeleteFailure(key, error, known=not error.temporary))
        return failures

    def remove_directory(self, key: str) -> None:
        """Remove the directory ``key``, which ends in ``/`` and has been seen to be empty; one request."""
        with self._changing(Change(key, below=False)) as effects:
            self._backend.remove_directory(key)
            effects.append(Gone(key))

    def remove_tree(
        self, key: str, *, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        """See :meth:`Backend.remove_tree`."""
        with self._changing(Change(key, below=True)):
            self._backend.remove_tree(key, removed=removed, failed=failed)

    def trash(self, key: str) -> str:
        """See :meth:`Backend.trash`."""
        with self._changing(Change(place_of(key), below=True)):
            return self._backend.trash(key)

    def restore(self, key: str, trashed: str) -> None:
        """See :meth:`Backend.restore`."""
        with self._changing(Change(place_of(key), below=True)):
            self._backend.restore(key, trashed)


def _inside_out(keys: Sequence[str]) -> list[str]:
    """What is in a directory before its marker: SeaweedFS goes on listing a directory that was not empty then."""
    return sorted(keys, reverse=True)
