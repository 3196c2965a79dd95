"""What an earlier run of a copy left, which was killed or stopped: uploads, directories, and what is to be done."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Kind
from tfm.core.errors import NotFoundError, StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel
from tfm.core.step import Step
from tfm.core.writing import NOTHING_THERE
from tfm.journal import Job, StepRecord, StepState, UploadRecord
from tfm.operations.copy_spec import CopySpec
from tfm.operations.destination import Destination
from tfm.operations.sameness import is_done_already, is_left_of, is_what_was_replaced, stands_whole
from tfm.operations.still_there import own_key
from tfm.storage.storage import Storage
from tfm.transfer.directories import Directories

__all__ = ["EarlierRun"]

_SWEPT_STEPS: Final = 5000
"""Steps from the first that is not done, in whose directories a killed run may have left temporaries: many times what
it can have had under way."""


class EarlierRun:
    """What ``log`` says of it. Of the job's thread, save for :meth:`upload`, which any may ask."""

    def __init__(self, log: Job, spec: CopySpec, *, restarted: bool = False, had_ended: bool = False) -> None:
        """``restarted``: the machine has been since the job was begun; ``had_ended``: it had come to its end."""
        self._restarted = restarted
        # What a job has done that came to its end was on the disk by then.
        self._lost_power = restarted and not had_ended
        self._log = log
        self._spec = spec
        self._uploads: dict[int, UploadRecord] = {}
        self._planned: set[tuple[str, Kind]] = set()

    def prepare(self, target: Storage, directories: Directories, *, kept: Collection[str] = ()) -> None:
        """Find the uploads to go on with, sweep the temporaries of what was written when that run was killed, and let
        the directories that it made be this job's, which get their modes and times at its end. ``kept`` are the ids of
        uploads that others will go on with.

        Raises NotFoundError where the machine lost power and the destination is not there: its disk is not."""
        self._uploads = {record.step: record for record in self._log.uploads() if record.step is not None}
        for record in self._records({StepState.MADE}):
            directories.add_made(record.step.target_key)
        if Capability.FLAT_KEYS in target.capabilities:
            return
        if self._lost_power:
            self._require_destination(target)
        own = [record.id for record in self._uploads.values() if record.id is not None]
        under_way = self._log.pending(limit=_SWEPT_STEPS)
        for prefix in {_parent(record.step.target_key) for record in under_way} | {self._spec.target_prefix}:
            try:
                target.sweep(prefix, keep=[*own, *kept])
            except StorageError:
                pass  # a directory that was never made

    def _require_destination(self, target: Storage) -> None:
        prefix = self._spec.target_prefix
        had_done = next(self._records({StepState.DONE}), None) is not None
        if had_done and prefix and target.lookup(prefix, fresh=True, asked=Asked.DIRECTORY).directory is None:
            raise NotFoundError(
                "What was copied before the machine was started again is not there, nor is its directory.",
                next_step="Mount its disk, then `tfm resume` again; or copy anew.",
                uri=target.uri_of(prefix),
                operation="resume",
            )

    def upload(self, number: int) -> UploadRecord | None:
        """The upload that it had begun for that step."""
        return self._uploads.get(number)

    def left_over(self, source: Storage, target: Storage) -> Iterator[tuple[Step, int]]:
        """What it had planned and not done, with its numbers."""
        if not self._log.record().is_planned:
            self._planned.update((record.step.source_key, record.step.kind) for record in self._records(set(StepState)))
        for record in self._records({StepState.PENDING, StepState.MADE, StepState.FAILED}):
            # Of a job that had ended, too: a resume may have failed to copy again what it had found cut off.
            cut_off = self._restarted and is_left_of(source, target, record.step)
            yield (replace(record.step, only_if=None, replaces=None) if cut_off else record.step), record.number

    def lost(self, source: Storage, target: Storage, cancel: Cancel) -> Iterator[tuple[Step, int]]:
        """What is on record as done, and is not there, or is too short: the machine has been started again since, and
        may have had it in memory only. What somebody has changed since is not among it, nor what was moved and is not
        in its old place.

        On a disk one lstat for each step that was done; for those that were lost a request each, or of a move a listing
        of its source."""
        listed = self._listed(source)
        for record in self._records({StepState.DONE}) if self._lost_power else ():
            step = record.step
            if cancel.wanted:
                return
            old = is_what_was_replaced(target, step)
            if stands_whole(target, step) is not False and not old:
                continue
            if self._spec.move and not _is_there(source, step, listed):
                continue
            if not _is_taken(target, step):
                yield replace(step, only_if=NOTHING_THERE), record.number
            elif old:
                yield step, record.number
            elif is_left_of(source, target, step):
                yield replace(step, only_if=None, replaces=None), record.number

    def had_planned(self, source_key: str, kind: Kind) -> bool:
        """Whether that is among its steps; where it had planned all, nobody need ask."""
        return (source_key, kind) in self._planned

    def was_moved(self, source: Location) -> bool:
        """Whether it had planned what was in there: then that is gone because it was moved."""
        return any(key.startswith(source.key) for key, _ in self._planned)

    def undeleted(self, source: Storage, target: Storage, done_since: set[int]) -> Iterator[tuple[Step, bool]]:
        """Of what it had copied, that whose sources it could not delete any more, if they are what was copied; and
        whether the copies are there. ``ceil(n / 1000)`` requests for each directory of n objects, which are listed in
        the order of the steps."""
        listed = self._listed(source)
        for record in self._records({StepState.DONE}):
            if record.number not in done_since and _stands_there(source, record.step, listed):
                # Of a copy that was in memory only the size may have reached the disk, and not the bytes.
                whole = stands_whole(target, record.step)
                if whole and self._lost_power and Capability.LOCAL_PATHS in target.capabilities:
                    whole = is_done_already(source, target, record.step, reads=True)
                yield record.step, bool(whole)

    def _listed(self, source: Storage) -> dict[str, Destination]:
        flat = Capability.FLAT_KEYS in source.capabilities
        trees = [each.key for each in self._spec.sources if each.kind is Kind.DIRECTORY and flat]
        return {prefix: Destination(source, prefix, ordered=True) for prefix in trees}

    def _records(self, states: set[StepState]) -> Iterator[StepRecord]:
        after = 0
        while records := self._log.steps(states, after=after):
            after = records[-1].number
            yield from records


def _is_there(source: Storage, step: Step, listed: dict[str, Destination]) -> bool:
    """As :func:`_stands_there`; False where nobody can tell."""
    try:
        return _stands_there(source, step, listed)
    except StorageError:
        return False


def _is_taken(target: Storage, step: Step) -> bool:
    try:
        return target.lookup(step.target_key, fresh=True, asked=Asked.FILE).found
    except StorageError:
        return True  # by what cannot be looked at


def _parent(key: str) -> str:
    return key[: key.rfind("/", 0, -1) + 1]


def _stands_there(source: Storage, step: Step, listed: dict[str, Destination]) -> bool:
    """Whether the source is still there, and still what the step copied; of a link whether it is one still."""
    if step.is_symlink:
        found = source.lookup(own_key(step), fresh=True)
        return any(each is not None and each.is_symlink for each in (found.file, found.directory))
    tree = next((tree for prefix, tree in listed.items() if step.source_key.startswith(prefix)), None)
    if tree is not None:
        entry = tree.find(step.source_key, step.kind)
    else:
        now = source.lookup(step.source_key, fresh=True, asked=Asked.FILE)
        entry = now.directory if step.source_key.endswith("/") else now.file
    return entry is not None and (entry.size_bytes, entry.etag, entry.modified_timestamp) == (
        step.size_bytes,
        step.etag,
        step.modified_timestamp,
    )
