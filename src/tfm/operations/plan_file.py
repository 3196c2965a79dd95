"""A plan as a file: lines of JSON that can be read, kept, and run later, exactly as they are.

For each job one line with its spec, one for each step, and one with their number, by which a file that was cut off is
known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from tfm.core.errors import InvalidRequestError
from tfm.core.step import Step, StepAction
from tfm.journal import Journal
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_plan import Skipped
from tfm.operations.copy_preview import check_copy
from tfm.operations.copy_spec import CopySpec
from tfm.storage.session import Session
from tfm.transfer.context import Outcome

__all__ = ["PlanWriter", "PlannedJob", "planned_job", "read_plan"]

_VERSION: Final = 1


class PlanWriter:
    """Writes to ``file``, which is the caller's to close."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._steps = 0

    def begin(self, spec: CopySpec) -> None:
        self._steps = 0
        self._write({"tfm_plan": _VERSION, "spec": spec.record()})

    def add(self, step: Step) -> None:
        self._steps += 1
        self._file.write(step.to_json() + b"\n")

    def end(self) -> None:
        self._write({"steps": self._steps})

    def _write(self, record: dict[str, Any]) -> None:  # JSON's own values
        self._file.write(json.dumps(record).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job of a plan file, of which it is known that all of it is there and right."""

    path: str
    spec: CopySpec
    count: int
    first_line: int
    offset: int

    def steps(self) -> Iterator[Step]:
        """Read from the file again: a million steps do not sit in memory."""
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            for number in range(self.count):
                yield _step(file.readline(), self.spec, self.path, self.first_line + number)


def read_plan(path: str) -> list[PlannedJob]:
    """The jobs of that file, looked at to its end. Raises InvalidRequestError for what is no plan, or not all of one,
    and for a step that is not within its job's source and destination; OSError where it cannot be read."""
    jobs: list[PlannedJob] = []
    with open(path, "rb") as file:
        line_number = 0
        while line := file.readline():
            line_number += 1
            spec = _spec(line, path, line_number)
            offset, first_line, count = file.tell(), line_number + 1, 0
            for line in iter(file.readline, b""):
                line_number += 1
                if line.startswith(b"{"):
                    break
                _step(line, spec, path, line_number)
                count += 1
            if _ending(line) != count:
                raise _wrong(path, line_number, "the end of this job's steps is missing")
            jobs.append(PlannedJob(path, spec, count, first_line, offset))
    if not jobs:
        raise _wrong(path, 1, "it is empty")
    return jobs


def planned_job(
    session: Session,
    journal: Journal,
    plan: PlannedJob,
    *,
    done: Callable[[Step, Outcome], None] | None = None,
    skipped: Callable[[Skipped], None] | None = None,
) -> CopyJob:
    """The job that does exactly the steps of ``plan``, of the versions that were planned: what has changed since is a
    failure. What is done already, as by an earlier run, counts as done. Raises as :meth:`CopyPlanner.check`."""
    check_copy(session, plan.spec)
    log = journal.begin_job("move" if plan.spec.move else "copy", plan.spec.title, plan.spec.record())
    log.add_steps(plan.steps())
    log.steps_added()
    return CopyJob(session, plan.spec, journal=journal, log=log, done=done, skipped=skipped)


def _spec(line: bytes, path: str, number: int) -> CopySpec:
    record = _record(line)
    if record.get("tfm_plan") != _VERSION:
        raise _wrong(path, number, "this is not how a plan begins")
    try:
        spec = CopySpec.from_record(record["spec"])
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(path, number, "the job cannot be read") from error
    if not spec.sources or len({source.storage for source in spec.sources}) > 1:
        raise _wrong(path, number, "the sources of a job are in one storage")
    return spec


def _ending(line: bytes) -> object:
    return _record(line).get("steps")


def _record(line: bytes) -> dict[str, Any]:  # whatever JSON says
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _step(line: bytes, spec: CopySpec, path: str, number: int) -> Step:
    try:
        step = Step.from_json(line)
        inside = _is_inside(step, spec)
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong(path, number, "this is no step") from error
    if not inside:
        raise _wrong(path, number, "the step is outside of what the plan says it is about")
    return step


def _is_inside(step: Step, spec: CopySpec) -> bool:
    if step.action is StepAction.DELETE or not step.target_key.startswith(spec.target_prefix):
        return False
    return any(
        step.source_key == source.key or (source.key.endswith("/") and step.source_key.startswith(source.key))
        or (not source.key)
        for source in spec.sources
    )  # fmt: skip


def _wrong(path: str, number: int, what: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Line {number}: {what}.", next_step="Write the plan anew.", uri=path, operation="read the plan"
    )
