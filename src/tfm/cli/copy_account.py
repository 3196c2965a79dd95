"""What ``tfm cp``, ``mv`` and ``resume`` tell: how far it is, each object as JSON, what failed, and how it ended."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Final

from tfm.cli.output import EXIT_FAILURE, Report, print_json
from tfm.cli.progress import ProgressLine, count_text
from tfm.core.errors import StorageError
from tfm.core.step import Step
from tfm.operations.copy_plan import Skipped
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import CopySummary, JobSnapshot
from tfm.operations.noun import Noun, shared_noun
from tfm.path.sessions import current_session

__all__ = ["CopyAccount", "duration_text", "progress_text"]

_ONLY_LOOKED: Final = (
    "This server is not known to refuse overwriting, so what is there was looked for just before; "
    "`tfm doctor --write` finds out."
)
_MINUTE: Final = 60
_HOUR: Final = 3600


class CopyAccount:
    """Of one run of a verb, whose jobs add up. For the main thread."""

    def __init__(self, report: Report, *, quiet: bool, as_json: bool) -> None:
        self.report: Final = report
        self._quiet = quiet
        self._as_json = as_json
        self._line = ProgressLine(wanted=not quiet and not (as_json and sys.stdout.isatty()))
        self._began = time.monotonic()
        self._total = CopySummary()
        self._jobs: list[str] = []
        self._nouns: set[Noun] = set()
        self._verb = "copied"

    @property
    def wants_objects(self) -> bool:
        """Whether it is told of each object."""
        return self._as_json

    def begins(self, spec: CopySpec) -> None:
        self._verb = "moved" if spec.move else "copied"

    def progress(self, snapshot: JobSnapshot) -> None:
        columns = shutil.get_terminal_size().columns
        self._line.show(lambda: progress_text(snapshot, columns))

    def clear(self) -> None:
        """Before somebody else writes to the terminal."""
        self._line.clear()

    def done(self, spec: CopySpec, step: Step, *, verified: bool) -> None:
        session = current_session()
        print_json(
            {
                "source": session.storage(spec.source_storage).uri_of(step.source_key),
                "target": session.storage(spec.target_storage).uri_of(step.target_key),
                "size_bytes": step.size_bytes,
                "verified": verified,
            }
        )

    def skipped(self, spec: CopySpec, skipped: Skipped) -> None:
        source = current_session().storage(spec.source_storage).uri_of(skipped.source.key)
        print_json({"source": source, "skipped": skipped.reason})

    def failed(self, error: StorageError) -> None:
        """One object, while the others go on."""
        self._tell(error)
        self.report.say(str(error), exit_code=EXIT_FAILURE)

    def not_begun(self, error: StorageError, *, local: bool = False) -> None:
        """Of this nothing was written; no summary counts it."""
        self._total.failed += 1
        self._tell(error)
        self.report.failed(error, local=local)

    def _tell(self, error: StorageError) -> None:
        self._line.clear()
        if self._as_json:
            print_json({"path": error.uri, "error": str(error)})

    def ended(self, summary: CopySummary, job_id: str | None) -> None:
        """A job is over, or was interrupted."""
        self._line.clear()
        total = self._total
        self._nouns.add(summary.noun)
        total.listed += summary.listed
        total.done += summary.done
        total.skipped += summary.skipped
        total.failed += summary.failed
        total.size_bytes += summary.size_bytes
        total.unverified += summary.unverified
        total.only_looked |= summary.only_looked and summary.done > 0
        if job_id is not None:
            self._jobs.append(job_id)

    def finish(self) -> None:
        """The last line: for a person, and where something is not as it was asked for."""
        total = self._total
        self._record(complete=True)
        wanted = sys.stderr.isatty() and not self._quiet
        if (total.done or total.skipped or wanted) and (wanted or total.failed or total.unverified):
            self.report.say(f"{self._amount()}{self._pace()}{_rest(total)}.")
        if wanted and total.only_looked:
            self.report.say(_ONLY_LOOKED)

    def interrupted(self, job_id: str | None, *, more: bool) -> None:
        """After Ctrl-C. ``job_id`` is None where nothing was begun, or nothing is kept of it."""
        self._record(complete=False)
        said = self._amount() if self._total.done else f"Nothing was {self._verb}"
        how = "."
        if job_id is not None:
            how = f"; tfm resume {job_id} goes on" + (", and what was not begun needs another run." if more else ".")
        self.report.say(f"Interrupted. {said[0].upper()}{said[1:]}{how}")

    @property
    def _noun(self) -> Noun:
        return shared_noun(self._nouns)

    def _amount(self) -> str:
        return f"{self._verb} {count_text(self._noun, self._total.done, self._total.size_bytes)}"

    def _pace(self) -> str:
        seconds = time.monotonic() - self._began
        if not self._total.size_bytes:
            return ""
        return f" in {duration_text(seconds)} ({_size_text(self._total.size_bytes / max(seconds, 0.001))}/s)"

    def _record(self, *, complete: bool) -> None:
        if self._as_json:
            total = self._total
            print_json(
                {
                    "objects": total.done,
                    "size_bytes": total.size_bytes,
                    "skipped": total.skipped,
                    "failed": total.failed,
                    "unverified": total.unverified,
                    "only_looked": total.only_looked,
                    "complete": complete,
                    "jobs": self._jobs,
                }
            )


def _rest(total: CopySummary) -> str:
    said = f"; {total.skipped:,} skipped" if total.skipped else ""
    said += f"; {total.failed:,} not" if total.failed else ""
    if total.unverified:
        said += f"; of {total.unverified:,} nothing tells whether the copy is right"
    return said


def progress_text(snapshot: JobSnapshot, columns: int) -> str:
    """As much as fits on one line, what matters most first."""
    done = snapshot.progress
    if done.objects_total is None or done.bytes_total is None:
        parts = [count_text(snapshot.noun, done.objects_done, done.bytes_done)]
    else:
        parts = [
            f"{done.objects_done:,} of {snapshot.noun.counted(done.objects_total)}",
            f"{_size_text(done.bytes_done)} of {_size_text(done.bytes_total)}",
        ]
        if done.bytes_total:
            parts.append(f"{100 * done.bytes_done // done.bytes_total}%")
    if snapshot.bytes_per_second >= 1:
        parts.append(f"{_size_text(snapshot.bytes_per_second)}/s")
    if snapshot.seconds_left is not None:
        parts.append(f"{duration_text(snapshot.seconds_left)} left")
    if snapshot.failed:
        parts.append(f"{snapshot.failed:,} failed")
    while len(parts) > 1 and len(", ".join(parts)) >= columns:
        parts.pop()
    return ", ".join(parts)[: max(0, columns - 1)]


def duration_text(seconds: float) -> str:
    """``3 s``, ``2 min 5 s``, ``1 h 10 min``; what is shorter than ten seconds with a digit behind the point."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _size_text(size_bytes: float) -> str:
    from tfm.ui.format import format_size

    return format_size(int(size_bytes))
