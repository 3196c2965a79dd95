"""The second half of a move: what was copied and verified is deleted, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import DamagedError, NotEmptyError, NotFoundError, StorageError, UnsupportedOperation
from tfm.core.location import Location
from tfm.core.step import Step, StepAction
from tfm.core.writing import NOTHING_THERE, Condition, Precondition
from tfm.journal import Job
from tfm.operations.copy_spec import CopySpec
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.storage import Storage

__all__ = ["MovedSources", "rename_what_can_be"]

_BATCH: Final = PAGE_ENTRIES


class MovedSources:
    """Collects copied objects and deletes their sources a thousand at a time: ``ceil(n / 1000)`` requests on flat keys.

    Before each batch the copies are made to outlive a crash, and the journal knows of them. ``kept`` hears of each
    copied object whose source could not be deleted, ``failed`` of each directory that could not. Thread-safe.
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
        self._many = False

    def add(self, step: Step) -> None:
        """This one was copied, and the copy is known to be right."""
        if step.kind is Kind.DIRECTORY and not step.is_symlink and not self._flat:
            return  # a disk's directories go at the end, when they are empty
        with self._lock:
            self._waiting.append(step)
            if len(self._waiting) < _BATCH:
                return
            batch, self._waiting = self._waiting, []
            self._many = True
        self._delete(batch)

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
            self._delete(batch)
        if not self._flat:
            for each in self._spec.sources:
                if each.kind is Kind.DIRECTORY:
                    self._remove_empty(each.key)

    def _delete(self, batch: list[Step]) -> None:
        try:
            self._target.sync(self._spec.target_prefix)
            self._log.flush(durable=True)
            if self._flat and (self._many or len(batch) > 1):
                for failure in self._source.delete_many([step.source_key for step in batch]):
                    self._kept(failure.error)
                return
        except StorageError as error:
            for _ in batch:
                self._kept(error)
            return
        for step in batch:
            try:
                self._source.delete(step.source_key, only_if=self._version(step))
            except NotFoundError:
                pass
            except StorageError as error:
                self._kept(error)

    def _version(self, step: Step) -> Precondition | None:
        """The version that was copied, where the storage refuses to delete another one."""
        known = step.etag is not None and self._source.enforces(Condition.DELETE)
        return Precondition(step.etag) if known else None

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


def rename_what_can_be(source: Storage, target: Storage, spec: CopySpec, renamed: Callable[[Step], object]) -> CopySpec:
    """Move what one step of the storage's own can move; what is left to be copied. ``renamed`` hears of each."""
    if source.address != target.address or Capability.RENAME not in target.capabilities:
        return spec
    left: list[Location] = []
    for each in spec.sources:
        key = spec.target_key(each)
        if target.lookup(key).found:
            left.append(each)
            continue
        try:
            target.rename(each.key, key, only_if=NOTHING_THERE)
        except UnsupportedOperation:
            left.append(each)  # another file system
        else:
            renamed(Step(each.key, each.kind, key, StepAction.COPY, only_if=NOTHING_THERE))
    return replace(spec, sources=tuple(left))
