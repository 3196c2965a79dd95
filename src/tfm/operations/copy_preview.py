"""A copy's plan alone: what would be written, what it would cost. Nothing is sent that writes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.core.progress import Cancel
from tfm.core.step import Step, StepAction
from tfm.operations.conflict import ConflictPolicy, Conflicts, Decision
from tfm.operations.copy_plan import CopyPlanner, Planned, Problem, Skipped
from tfm.operations.copy_spec import CopySpec
from tfm.storage.contract import PAGE_ENTRIES
from tfm.storage.session import Session
from tfm.storage.storage import Storage
from tfm.transfer.parted import part_bytes_of

__all__ = ["CopyTotals", "check_copy", "deletes", "preview_copy", "replaces"]


def check_copy(session: Session, spec: CopySpec) -> None:
    """Raises what can be known before anything is written; see :meth:`CopyPlanner.check`."""
    _planner(session, spec, Conflicts(spec.policy), None).check()


def preview_copy(session: Session, spec: CopySpec, cancel: Cancel | None = None) -> Iterator[Planned]:
    """The plan as it comes. Where the policy is to ask or to fail, what is in the way is a Problem.

    Raises and costs as :class:`CopyPlanner`; with a policy of failing too each destination is looked at, though the
    storage would refuse by itself.
    """
    policy = ConflictPolicy.ASK if spec.policy is ConflictPolicy.FAIL else spec.policy
    conflicts = Conflicts(policy, lambda _conflict: Decision(ConflictPolicy.FAIL))
    planner = _planner(session, spec, conflicts, cancel)
    planner.check()
    for batch in planner.batches():
        yield from batch


def _planner(session: Session, spec: CopySpec, conflicts: Conflicts, cancel: Cancel | None) -> CopyPlanner:
    source = session.storage(spec.source_storage)
    target = session.storage(spec.target_storage).confined(spec.target_prefix)
    return CopyPlanner(source, target, spec, conflicts, cancel)


class CopyTotals:
    """Sums up plans. ``requests`` are estimated, by HTTP's word for them: those that move the objects, not those that
    the plan itself took."""

    def __init__(self, session: Session) -> None:
        self.objects = 0
        self.directories = 0
        """Among the objects; of a disk, or on their way to one."""
        self.size_bytes = 0
        self.replaced = 0
        self.skipped = 0
        self.failed = 0
        self.requests: Counter[str] = Counter()
        self._session = session

    @property
    def dollars(self) -> float:
        """About what the requests cost, at Amazon's list prices: whose storage it is, a plan does not ask. What leaves
        the provider's network costs besides, and is not in here."""
        from tfm.core.prices import PRICE_LISTS  # a copy itself does not need them

        prices = PRICE_LISTS["aws"]
        return sum(prices.request(name, count) for name, count in self.requests.items())

    def add(self, spec: CopySpec, planned: Planned) -> None:
        if isinstance(planned, Problem):
            self.failed += 1
        elif isinstance(planned, Skipped):
            self.skipped += 1
        else:
            self.objects += 1
            self.directories += planned.action is StepAction.DIRECTORY
            self.size_bytes += planned.size_bytes or 0
            self.replaced += replaces(planned)
            self._add_requests(spec, planned)

    def add_deletes(self, spec: CopySpec, steps: int) -> None:
        """What deleting the sources of a move takes, where that costs requests."""
        if spec.move and Capability.CACHED in self._session.storage(spec.source_storage).capabilities:
            self.requests["DELETE"] += 1 if steps == 1 else -(-steps // PAGE_ENTRIES)

    def _add_requests(self, spec: CopySpec, step: Step) -> None:
        source, target = self._session.storage(spec.source_storage), self._session.storage(spec.target_storage)
        server_side = target.can_copy_from(source.address)
        reads = Capability.CACHED in source.capabilities and not server_side and step.action is StepAction.COPY
        writes = Capability.CACHED in target.capabilities
        size_bytes = step.size_bytes or 0
        whole_bytes = target.copy_whole_bytes if server_side else target.upload_limits.whole_bytes
        moves = "COPY" if server_side and step.action is StepAction.COPY else "PUT"
        if size_bytes <= whole_bytes or step.action is not StepAction.COPY:
            self.requests += Counter({"GET": int(reads), moves: int(writes)})
            return
        parts = -(-size_bytes // part_bytes_of(target, size_bytes, server_side=server_side))
        described = Capability.CACHED in source.capabilities
        self.requests += Counter(
            {"GET": parts * reads + described, moves: parts * writes, "POST": 2 * writes}  # begun, and completed
        )


def replaces(step: Step) -> bool:
    """Whether something is at its destination."""
    return step.action is StepAction.COPY and (step.only_if is None or step.only_if.etag is not None)


def deletes(session: Session, spec: CopySpec) -> Callable[[Step], bool]:
    """Tells of each step of ``spec`` whether it deletes its source, as a move does that copies; what a disk gives a new
    place in one step stays whole. No request; of a disk a few lstats for each source."""
    source, target = session.storage(spec.source_storage), session.storage(spec.target_storage)
    renamed = [each.key for each in spec.sources if spec.move and _is_renamed(source, target, spec, each)]
    trees, files = tuple(key for key in renamed if key.endswith("/")), frozenset(renamed)
    flat = Capability.FLAT_KEYS in source.capabilities

    def deletes_source(step: Step) -> bool:
        if not spec.move or step.source_key in files or step.source_key.startswith(trees):
            return False
        # A marker is an object too; the directory that is made for what is in it was never one.
        return step.action is StepAction.COPY or (flat and step.etag is not None)

    return deletes_source


def _is_renamed(source: Storage, target: Storage, spec: CopySpec, each: Location) -> bool:
    if source.address != target.address or Capability.RENAME not in target.capabilities:
        return False
    try:
        if target.lookup(spec.target_key(each)).found:
            return False
        if Capability.LOCAL_PATHS in target.capabilities:
            return os.lstat(each.key.rstrip("/")).st_dev == os.stat(spec.target_prefix or os.curdir).st_dev
    except (OSError, StorageError):
        return False  # it will not be there to be deleted
    return True
