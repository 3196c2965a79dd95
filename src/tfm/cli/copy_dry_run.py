"""``tfm cp -n`` and ``tfm mv -n``: the plan alone, told of, and written to a file where one is named."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from tfm.cli.output import EXIT_FAILURE, Report, print_json, print_line
from tfm.cli.progress import ProgressLine, count_text
from tfm.core.capability import Capability
from tfm.core.errors import ConflictError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.step import Step
from tfm.operations.copy_plan import Planned, Problem, Skipped
from tfm.operations.copy_preview import CopyTotals, deletes, preview_copy, replaces
from tfm.operations.copy_spec import CopySpec
from tfm.operations.noun import noun_for, shared_noun
from tfm.operations.plan_file import PlanWriter
from tfm.path.sessions import current_session

__all__ = ["run_dry"]


def run_dry(specs: Sequence[CopySpec], report: Report, *, as_json: bool, plan_path: str | None) -> None:
    """Nothing is sent that writes. OSError where the plan's file is there already, or cannot be written."""
    dry = _DryRun(report, as_json=as_json)
    if plan_path is None:
        dry.run(specs, None)
        return
    with _new_file(plan_path) as file:
        dry.run(specs, PlanWriter(file))


@contextmanager
def _new_file(path: str) -> Iterator[BinaryIO]:
    """Gone again where the block raises: half a plan is none."""
    with open(path, "xb") as file:
        try:
            yield file
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


class _DryRun:
    def __init__(self, report: Report, *, as_json: bool) -> None:
        self._report = report
        self._as_json = as_json
        self._totals = CopyTotals(current_session())
        self._deleted: Counter[StorageAddress] = Counter()
        """Objects whose sources would go, by where they are."""
        self._line = ProgressLine(wanted=not sys.stdout.isatty())

    def run(self, specs: Sequence[CopySpec], writer: PlanWriter | None) -> None:
        with current_session().meter.counting() as asked:
            for spec in specs:
                self._plan(spec, writer)
        # The plan's own questions are asked again when it is carried out without its file.
        listings = sum(count for name, count in asked.by_operation.items() if name.startswith("List"))
        self._totals.requests["LIST"] += listings
        self._totals.requests["GET"] += asked.total - listings
        self._line.clear()
        self._finish(specs)

    def _plan(self, spec: CopySpec, writer: PlanWriter | None) -> None:
        before = self._totals.objects
        deletes_source = deletes(current_session(), spec)
        if writer is not None:
            writer.begin(spec)
        try:
            for planned in preview_copy(current_session(), spec):
                self._totals.add(spec, planned)
                self._line.show(lambda: f"{self._amount([spec])} planned…")
                self._show(spec, planned)
                if isinstance(planned, Step):
                    self._deleted[spec.source_storage] += deletes_source(planned)
                    if writer is not None:
                        writer.add(planned)
        except StorageError as error:
            self._totals.failed += 1
            self._fail(error)
        if writer is not None:
            writer.end()
        self._totals.add_deletes(spec, self._totals.objects - before)

    def _show(self, spec: CopySpec, planned: Planned) -> None:
        source = current_session().storage(spec.source_storage)
        if isinstance(planned, Problem):
            self._fail(planned.error)
            return
        if isinstance(planned, Skipped):
            uri = source.uri_of(planned.source.key)
            if self._as_json:
                print_json({"source": uri, "skipped": planned.reason})
            return
        uri, target = source.uri_of(planned.source_key), self._target(spec, planned)
        over = replaces(planned)
        if self._as_json:
            print_json({"source": uri, "target": target, "size_bytes": planned.size_bytes, "replaces": over})
        else:
            print_line(f"{uri} -> {target}" + (" (replaces what is there)" if over else ""))

    def _target(self, spec: CopySpec, step: Step) -> str:
        return current_session().storage(spec.target_storage).uri_of(step.target_key)

    def _fail(self, error: StorageError) -> None:
        self._line.clear()
        if self._as_json:
            record = {"path": error.uri, "error": str(error), "conflict": isinstance(error, ConflictError)}
            print_json(record)
        self._report.say(str(error), exit_code=EXIT_FAILURE)

    def _amount(self, specs: Sequence[CopySpec]) -> str:
        totals, storage = self._totals, current_session().storage
        storages = [(storage(spec.source_storage), storage(spec.target_storage)) for spec in specs]
        noun = shared_noun(
            noun_for(source.capabilities, target.capabilities, directories=totals.directories > 0)
            for source, target in storages
        )
        return count_text(noun, totals.objects, totals.size_bytes)

    def _finish(self, specs: Sequence[CopySpec]) -> None:
        totals = self._totals
        requests = {name: count for name, count in sorted(totals.requests.items()) if count}
        if self._as_json:
            print_json(
                {
                    "objects": totals.objects,
                    "size_bytes": totals.size_bytes,
                    "replaced": totals.replaced,
                    "deleted": self._deleted.total(),
                    "skipped": totals.skipped,
                    "failed": totals.failed,
                    "requests": requests,
                    "dollars": round(totals.dollars, 6),
                    "dry_run": True,
                }
            )
        moved = any(spec.move for spec in specs)
        said = f"{self._amount(specs)} would be {'moved' if moved else 'copied'}"
        said += f"; {totals.skipped:,} skipped" if totals.skipped else ""
        said += f"; {totals.failed:,} not" if totals.failed else ""
        if requests:
            number = sum(requests.values())
            said += f"; {number:,} {'request' if number == 1 else 'requests'}, about {_dollars(totals.dollars)}"
        self._report.say(f"{said}.")
        self._say_what_is_lost(specs)

    def _say_what_is_lost(self, specs: Sequence[CopySpec]) -> None:
        said, in_bucket = [], False
        replaced = Counter({specs[0].target_storage: self._totals.replaced} if specs else {})
        for counts, what in ((replaced, "replaced"), (self._deleted, "deleted once copied")):
            if counts.total():
                capabilities = [current_session().storage(address).capabilities for address in +counts]
                said.append(f"{shared_noun(map(noun_for, capabilities)).counted(counts.total())} would be {what}")
                in_bucket = in_bucket or any(Capability.FLAT_KEYS in each for each in capabilities)
        if said:
            unless = ", unless the bucket keeps versions" if in_bucket else ""
            self._report.say(f"This cannot be undone{unless}: {'; '.join(said)}.")


def _dollars(dollars: float) -> str:
    """Two digits that say something."""
    return f"${dollars:,.2f}" if dollars >= 0.1 else f"${dollars:.2g}" if dollars >= 0.0001 else "$0.0001 or less"
