"""What ``tfm rm`` tells of each path and at the end, as text or as JSON."""

from __future__ import annotations

import sys

from tfm.cli.output import Report, print_json, print_line
from tfm.cli.progress import ProgressLine, count_text
from tfm.core.entry import Entry
from tfm.core.errors import NotFoundError, StorageError
from tfm.core.progress import Progress
from tfm.operations.delete_summary import DeleteSummary
from tfm.operations.noun import ENTRY
from tfm.storage.storage import Storage

__all__ = ["Account"]


class Account:
    """Its methods are the callbacks of a delete."""

    def __init__(self, report: Report, *, as_json: bool, dry_run: bool, force: bool) -> None:
        self.noun = ENTRY
        """What is counted."""
        self._report = report
        self._as_json = as_json
        self._dry_run = dry_run
        self._force = force
        self._prints = as_json or dry_run
        self._line = ProgressLine(wanted=not (self._prints and sys.stdout.isatty()))
        self._done = Progress()
        self._deleting = False
        self._ignored = 0
        self._not_tried = 0

    def counting(self, progress: Progress) -> None:
        self._line.show(lambda: f"{count_text(self.noun, progress.objects_done, progress.bytes_done)} to delete…")

    def counted(self) -> None:
        self._line.clear()

    def begins_to_delete(self) -> None:
        self._deleting = True

    def progress(self, progress: Progress) -> None:
        self._done = progress
        total = f" of {progress.objects_total:,}" if progress.objects_total else ""
        self._line.show(lambda: f"{progress.objects_done:,}{total} deleted…")

    def deleted(self, storage: Storage, entry: Entry) -> None:
        if self._as_json:
            print_json({"path": storage.uri_of(entry.key), "deleted": not self._dry_run})
        elif self._dry_run:
            print_line(storage.uri_of(entry.key))

    def not_tried(self, error: StorageError, *, local: bool = False) -> None:
        """Nothing of it is among what the summary counts."""
        if self._tell(error, local=local):
            self._not_tried += 1

    def failed(self, error: StorageError) -> None:
        """The summary counts it too."""
        if not self._tell(error):
            self._ignored += 1

    def _tell(self, error: StorageError, *, local: bool = False) -> bool:
        if self._force and isinstance(error, NotFoundError):
            return False
        self._line.clear()
        if self._as_json:
            print_json({"path": error.uri, "error": str(error)})
        self._report.failed(error, local=local)
        return True

    def ended(self, summary: DeleteSummary) -> None:
        self._line.clear()
        failed = summary.failed - self._ignored + self._not_tried
        self._record(summary.objects, summary.size_bytes, failed, summary.unknown, complete=not summary.stopped)
        tried = summary.objects or summary.failed or self._dry_run
        wanted = sys.stderr.isatty() or self._dry_run or failed or summary.stopped
        if not tried or not wanted:
            return  # the errors said it all, or a script hears nothing of what went well
        amount = count_text(self.noun, summary.objects, summary.size_bytes)
        said = f"{amount} would be deleted" if self._dry_run else f"deleted {amount}"
        said += f"; {failed:,} not" if failed else ""
        if summary.unknown:
            said += f", and of {summary.unknown:,} of these nothing is known, since the answer was lost: run it again"
        self._report.say(f"{said}.")

    def interrupted(self, *, knows_all: bool) -> None:
        """What is known when Ctrl-C ended it; ``knows_all`` where nothing was under way any more."""
        self._line.clear()
        done = self._done if self._deleting and not self._dry_run else Progress()
        self._record(done.objects_done, done.bytes_done, 0, 0, complete=False)
        said = "Nothing was deleted."
        if self._deleting and not self._dry_run:
            said = f"{count_text(self.noun, done.objects_done, done.bytes_done)} deleted"
            said += "." if knows_all else "; what was under way may be gone too."
        self._report.say(f"Interrupted. {said}")

    def _record(self, objects: int, size_bytes: int, failed: int, unknown: int, *, complete: bool) -> None:
        if self._as_json:
            print_json(
                {
                    "objects": objects,
                    "size_bytes": size_bytes,
                    "failed": failed,
                    "unknown": unknown,
                    "complete": complete,
                    "dry_run": self._dry_run,
                }
            )
