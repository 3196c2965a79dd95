"""A copy's plan that is counted and shown before it is run: what was listed for that is not listed again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.progress import Cancel
from tfm.core.writing import Condition
from tfm.operations.conflict import Conflict, ConflictPolicy, Conflicts, Decision, is_newer
from tfm.operations.copy_plan import CopyPlanner, Planned, Problem
from tfm.operations.copy_preview import CopyTotals
from tfm.operations.copy_spec import CopySpec
from tfm.operations.noun import ENTRY, Noun, noun_for
from tfm.storage.metering import Tally
from tfm.storage.session import Session

__all__ = ["CountedPlan", "PlanCounts"]

_MOST_HELD: Final = 50_000
"""Objects that are planned ahead of the job: about 30 MB. What is beyond them is planned while it runs."""

_MOST_SECONDS: Final = 60.0
"""How old a plan may be when it begins to run. An older one is made anew."""

_TELL_SECONDS: Final = 0.1

_ASKED_SECONDS: Final = 0.2
"""How long decisions are gathered before what was decided goes to the workers: somebody may be asked for each."""


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """What is known of a plan. ``objects`` of ``size_bytes``, and a disk's ``directories``, are free to be written;
    ``conflicts`` have something in the way, ``older`` of them what is older (None: not looked at), ``refused`` cannot
    be there. ``is_whole`` says that there is no more; ``in_one_step``: the disk moves each by itself, and objects are
    the entries that were chosen; ``in_bucket``: what is replaced there may be kept as a version. ``noun`` is the
    objects' own."""

    objects: int = 0
    directories: int = 0
    size_bytes: int = 0
    conflicts: int = 0
    conflict_bytes: int = 0
    older: int | None = None
    skipped: int = 0
    refused: int = 0
    requests: int = 0
    dollars: float = 0.0
    is_whole: bool = False
    in_one_step: bool = False
    in_bucket: bool = False
    first_refusal: StorageError | None = None
    noun: Noun = ENTRY


@dataclass(frozen=True, slots=True)
class _InTheWay(Problem):
    """A conflict about which nothing is decided yet."""

    target_key: str
    there: Entry


class _Undecided(CopyPlanner):
    """Leaves what is in the way to be decided when the plan runs."""

    def _decided(self, entry: Entry, target_key: str, there: Entry, policy: ConflictPolicy) -> Planned:  # noqa: ARG002
        failed = super()._decided(entry, target_key, there, ConflictPolicy.FAIL)
        if not isinstance(failed, Problem):
            raise TypeError("a conflict that fails is a problem")
        return _InTheWay(entry, failed.error, target_key, there)

    def decided(self, each: _InTheWay, conflicts: Conflicts) -> Planned:
        """What becomes of it."""
        conflict = Conflict(
            each.source, self._source.uri_of(each.source.key), each.there, self._target.uri_of(each.target_key)
        )
        return super()._decided(each.source, each.target_key, each.there, conflicts.decide(conflict))


class CountedPlan:
    """Of ``spec``, whatever its policy. :meth:`check` and :meth:`count` run in one thread; when the job begins to take
    the plan (:meth:`batches`, in another), counting ends, and the job goes on where it was. It is for one job.

    Where the destination does not refuse by itself to overwrite, and after a minute, the job plans anew: what was seen
    must be fresh then.
    """

    def __init__(self, session: Session, spec: CopySpec) -> None:
        self.spec = spec
        self.problems: list[StorageError] = []
        self.tally: Final = Tally()
        self._session = session
        self._source = session.storage(spec.source_storage)
        self._target = session.storage(spec.target_storage).confined(spec.target_prefix)
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._totals = CopyTotals(session)
        self._conflicts = 0
        self._conflict_bytes = 0
        self._older = 0
        self._first_refusal: StorageError | None = None
        self._is_whole = False
        self._taken = False
        self._decide = Conflicts(ConflictPolicy.FAIL)
        self._begin(spec)

    def _begin(self, spec: CopySpec) -> None:
        self._began = time.monotonic()
        self._checked = self._broke_off = False
        asked = Conflicts(ConflictPolicy.ASK, lambda _conflict: Decision(ConflictPolicy.FAIL))
        self._planner = _Undecided(self._source, self._target, spec, asked, self._cancel)
        self._planned = self._planner.batches()
        self._held: deque[list[Planned]] = deque()
        self._held_objects = 0

    # Counting

    @property
    def moves_in_one_step(self) -> bool:
        """Whether the disk gives each of the sources its new place by itself."""
        renames = Capability.RENAME in self._target.capabilities
        return self.spec.move and renames and self._source.address == self._target.address

    @property
    def goes_object_by_object(self) -> bool:
        """Whether a move is a copy of each object and then a delete, on one and the same storage."""
        return self.spec.move and self._source.address == self._target.address and not self.moves_in_one_step

    def check(self) -> None:
        """Raises and costs as :meth:`CopyPlanner.check`, once."""
        if not self._checked:
            with self._session.meter.tallying(self.tally):
                self._planner.check()
            self._checked = True

    def count(self, tell: Callable[[], None], cancel: Cancel) -> None:
        """Plan as far as is held at most; ``tell`` is called as it goes on, and :meth:`counts` says how far it is.
        Raises and costs as :meth:`CopyPlanner.batches`; :attr:`tally` has what it asked."""
        with self._session.meter.tallying(self.tally):
            self._count_all(tell, cancel)

    def _count_all(self, tell: Callable[[], None], cancel: Cancel) -> None:
        if self.moves_in_one_step:
            self._count_steps()
            return
        told = 0.0
        while not cancel.wanted and self._held_objects < _MOST_HELD:
            with self._lock:
                batch = self._next()
                if batch is None:
                    self._is_whole = not self._taken
                    break
                self._held.append(batch)
                self._held_objects += len(batch)
            self._count(batch)
            if time.monotonic() - told >= _TELL_SECONDS:
                tell()
                told = time.monotonic()
        if self._is_whole:
            self._totals.add_deletes(self.spec, self._totals.objects)

    def _next(self) -> list[Planned] | None:
        if self._taken:
            return None
        try:
            return next(self._planned, None)
        except StorageError:
            self._broke_off = True
            raise

    def _count(self, batch: list[Planned]) -> None:
        for each in batch:
            if isinstance(each, _InTheWay):
                self._conflicts += 1
                self._conflict_bytes += each.source.size_bytes or 0
                self._older += is_newer(each.source, each.there)
                continue
            if isinstance(each, Problem):
                self._first_refusal = self._first_refusal or each.error
            self._totals.add(self.spec, each)

    def _count_steps(self) -> None:
        for source in self.spec.sources:
            if self._target.lookup(self.spec.target_key(source)).found:
                self._conflicts += 1
            else:
                self._totals.objects += 1
        self._is_whole = True

    def counts(self) -> PlanCounts:
        totals = self._totals
        return PlanCounts(
            totals.objects - totals.directories, totals.directories, totals.size_bytes, self._conflicts,
            self._conflict_bytes, None if self.moves_in_one_step else self._older, totals.skipped, totals.failed,
            sum(totals.requests.values()), totals.dollars, self._is_whole, self.moves_in_one_step,
            Capability.FLAT_KEYS in self._target.capabilities, self._first_refusal,
            ENTRY if self.moves_in_one_step else noun_for(self._source.capabilities),
        )  # fmt: skip

    # Running

    def run_with(self, conflicts: Conflicts) -> Callable[[CopySpec], CountedPlan]:
        """For ``CopyJob(plan=...)``: who decides what is done with what is in the way."""

        def begun(spec: CopySpec) -> CountedPlan:
            with self._lock:
                self._taken = True
                self._decide = conflicts
                if spec.sources != self.spec.sources or not self._is_fresh():
                    self._begin(spec)
            return self

        return begun

    def cancel(self) -> None:
        """The job is not wanted any more."""
        self._cancel.set()

    def _is_fresh(self) -> bool:
        if self._broke_off or time.monotonic() - self._began >= _MOST_SECONDS:
            return False
        condition = Condition.COPY if self._target.can_copy_from(self._source.address) else Condition.CREATE
        return Capability.FLAT_KEYS not in self._target.capabilities or self._target.enforces(condition)

    @property
    def is_complete(self) -> bool:
        return self._planner.is_complete

    @property
    def meets_something(self) -> bool:
        return self._planner.meets_something

    def batches(self) -> Iterator[list[Planned]]:
        """As :meth:`CopyPlanner.batches`; what is in the way comes when it is decided."""
        while True:
            with self._lock:
                batch = self._held.popleft() if self._held else next(self._planned, None)
            if batch is None or self._cancel.wanted:
                return
            yield self._noted([each for each in batch if not isinstance(each, _InTheWay)])
            yield from self._decisions([each for each in batch if isinstance(each, _InTheWay)])

    def _decisions(self, undecided: list[_InTheWay]) -> Iterator[list[Planned]]:
        decided: list[Planned] = []
        began = time.monotonic()
        for each in undecided:
            planned = self._planner.decided(each, self._decide)
            if self._cancel.wanted:
                return  # nobody has decided this: it was cancelled instead
            decided.append(planned)
            if time.monotonic() - began >= _ASKED_SECONDS:
                yield self._noted(decided)
                decided, began = [], time.monotonic()
        if decided:
            yield self._noted(decided)

    def _noted(self, batch: list[Planned]) -> list[Planned]:
        self.problems += [each.error for each in batch if isinstance(each, Problem)]
        return batch
