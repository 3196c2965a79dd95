"""The second half of a move: what was copied and verified is deleted, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind
from tfm.core.errors import (
    ConflictError,
    DamagedError,
    NotEmptyError,
    NotFoundError,
    StorageError,
    UnsupportedOperation,
)
from tfm.core.location import Location
from tfm.core.step import Step, StepAction
from tfm.core.writing import NOTHING_THERE, Condition, Precondition
from tfm.journal import Job
from tfm.operations.copy_spec import CopySpec
from tfm.operations.still_there import is_gone, is_version, look_again, own_key
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.storage import Storage

__all__ = ["MovedSources", "rename_what_can_be"]

_BATCH: Final = PAGE_ENTRIES


class MovedSources:
    """Collects copied objects and deletes their sources a thousand at a time: ``ceil(n / 1000)`` requests on flat keys.

    Before each batch the copies are made to outlive a crash, and the journal knows of them. What was written again
    since it was copied stays: the storage is told which versions are meant, or, where it does not enforce that, is
    looked at just before. ``kept`` hears of each copied object whose source was not deleted, ``failed`` of each
    directory that could not. Thread-safe.
    """

    def __init__(
        self,
        source: Storage,
        target: Storage,
        spec: CopySpec,
        log: Job,
        *,
        kept: Callable[[StorageError], None],
        failed: Callable[[StorageError], None],
    ) -> None:
        self._source = source
        self._target = target
        self._spec = spec
        self._log = log
        self._kept = kept
        self._failed = failed
        self._flat = Capability.FLAT_KEYS in source.capabilities
        self._lock = threading.Lock()
        self._waiting: list[Step] = []
        self._versions: dict[str, Entry] = {}
        """By key, what was copied where that was another version than the step's."""
        self._refused: StorageError | None = None
        """What the target's disk did not take: it tells so once, and nothing can be believed to be on it then."""

    def add(self, step: Step, copied: Entry | None) -> None:
        """This one was copied, and the copy is known to be right; see :attr:`Outcome.copied`."""
        if step.kind is Kind.DIRECTORY and not step.is_symlink and (not self._flat or _is_no_object(step)):
            return  # a disk's directories go at the end, when they are empty
        with self._lock:
            self._waiting.append(step)
            if copied is not None and not is_version(step, copied):
                self._versions[step.source_key] = copied
            if len(self._waiting) < _BATCH:
                return
            batch, self._waiting = self._waiting, []
        self._delete_and_forget(batch)

    def not_verified(self, step: Step) -> StorageError:
        """Why the source of a copy stays that nothing could be compared with."""
        return DamagedError(
            "It was copied, but nothing tells whether the copy is right: the source was kept.",
            next_step="Compare both, then delete the source.",
            uri=self._source.uri_of(step.source_key),
            operation="move",
        )

    def finish(self) -> None:
        """Delete what is left, and the directories of a disk that are empty now."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        if batch:
            self._delete_and_forget(batch)
        if not self._flat:
            for each in self._spec.sources:
                if each.kind is Kind.DIRECTORY:
                    self._remove_empty(each.key)

    def _delete_and_forget(self, batch: list[Step]) -> None:
        try:
            self._reach_the_disk()
        except StorageError as error:
            self._keep(batch, error)
        else:
            self._delete(batch)
        with self._lock:
            for step in batch:
                self._versions.pop(step.source_key, None)

    def _reach_the_disk(self) -> None:
        if self._refused is not None:
            raise self._refused
        try:
            self._target.sync(self._spec.target_prefix)
        except StorageError as error:
            self._refused = error
            raise
        self._log.flush(durable=True)

    def _delete(self, batch: list[Step]) -> None:
        many = self._flat and len(batch) > 1
        # Some keys of many are deleted by themselves.
        compares = self._source.enforces(Condition.DELETE) and (
            not many or self._source.enforces(Condition.DELETE_MANY)
        )
        etags = {step.source_key: etag for step in batch if compares and (etag := self._etag(step)) is not None}
        if len(etags) < len(batch):
            looked = look_again(self._source, batch, self._versions)
            for error in looked.failures:
                self._kept(error)
            batch = looked.same
        if many:
            self._delete_many(batch, etags)
            return
        for step in batch:
            try:
                self._source.delete(own_key(step), only_if=self._version(step))
            except NotFoundError:
                pass
            except StorageError as error:
                self._kept_unless_gone(step.source_key, error)

    def _delete_many(self, batch: list[Step], etags: Mapping[str, str]) -> None:
        try:
            failures = self._source.delete_many([step.source_key for step in batch], etags=etags)
        except StorageError as error:
            self._keep(batch, error)  # none of them is known to be deleted
            return
        for failure in failures:
            self._kept_unless_gone(failure.key, failure.error)

    def _keep(self, batch: list[Step], error: StorageError) -> None:
        for _ in batch:
            self._kept(error)

    def _kept_unless_gone(self, key: str, error: StorageError) -> None:
        """Some servers say of what is gone that it is not that version: somebody deleted it, or a try before did whose
        answer was lost."""
        if not (self._flat and isinstance(error, ConflictError) and is_gone(self._source, key)):
            self._kept(error)

    def _version(self, step: Step) -> Precondition | None:
        """The version that was copied, where the storage refuses to delete another one."""
        etag = self._etag(step)
        return Precondition(etag) if etag is not None and self._source.enforces(Condition.DELETE) else None

    def _etag(self, step: Step) -> str | None:
        return self._versions.get(step.source_key, step).etag

    def _remove_empty(self, key: str) -> None:
        """Remove a disk's directories from the deepest up, as far as they are empty: what was not copied stays."""
        directories = [key]
        for directory in directories:
            try:
                for page in self._source.scan(directory):
                    directories += [each.key for each in page if each.is_directory and not each.is_symlink]
            except NotFoundError:
                pass  # an earlier run removed it
            except StorageError as error:
                self._failed(error)
        for directory in reversed(directories):
            try:
                self._source.remove_directory(directory)
            except (NotEmptyError, NotFoundError):
                pass
            except StorageError as error:
                self._failed(error)


def _is_no_object(step: Step) -> bool:
    """Whether it is a directory that only its content makes: a marker, of which there may be one, has its own step."""
    return step.etag is None and step.modified_timestamp is None


def rename_what_can_be(
    source: Storage,
    target: Storage,
    spec: CopySpec,
    *,
    renamed: Callable[[Step], object],
    failed: Callable[[Location, StorageError], object],
) -> CopySpec:
    """Move what one step of the storage's own can move; what is left to be copied. ``renamed`` hears of each that was
    moved, ``failed`` of each that may not be; what keeps the only source from it is raised."""
    if source.address != target.address or Capability.RENAME not in target.capabilities:
        return spec
    left: list[Location] = []
    for each in spec.sources:
        key = spec.target_key(each)
        try:
            if target.lookup(key).found:
                left.append(each)
                continue
            target.rename(each.key, key, only_if=NOTHING_THERE)
        except (UnsupportedOperation, ConflictError, NotFoundError):
            # Another file system; something came there meanwhile, about which the policy decides; or a directory above
            # it is still to be made.
            left.append(each)
        except StorageError as error:
            if len(spec.sources) == 1:
                raise
            failed(each, error)  # not to be copied: what may not be renamed could not be deleted either
        else:
            renamed(Step(each.key, each.kind, key, StepAction.COPY, only_if=NOTHING_THERE))
    return replace(spec, sources=tuple(left))
