"""Go on with what was interrupted, and sweep away what nobody will go on with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tfm.core.errors import InvalidRequestError, NotFoundError, StorageError
from tfm.core.progress import Progress
from tfm.core.step import Step
from tfm.journal import UNFINISHED, Job, JobRecord, JobState, Journal, UploadRecord, this_process
from tfm.operations.conflict import Conflict, Decision
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_plan import Skipped
from tfm.operations.copy_spec import CopySpec
from tfm.operations.step_upload import abort_recorded
from tfm.storage.session import Session
from tfm.transfer.context import Outcome

__all__ = ["CleanSummary", "clean", "give_up", "resumable", "resume"]

_KINDS = frozenset({"copy", "move"})


def resumable(journal: Journal) -> list[JobRecord]:
    """The jobs that were interrupted and that no living process works on, the oldest first; no request."""
    return [record for record in journal.unfinished() if record.kind in _KINDS]


def resume(
    session: Session,
    journal: Journal,
    job_id: str,
    *,
    progress: Callable[[Progress], None] | None = None,
    ask: Callable[[Conflict], Decision] | None = None,
    retry_failed: bool = False,
    done: Callable[[Step, Outcome], None] | None = None,
    skipped: Callable[[Skipped], None] | None = None,
) -> CopyJob:
    """Take that job over; its :meth:`CopyJob.run` does what is left, without sending a finished part again, and without
    asking unless there is whom to ``ask``. ``retry_failed``: a job that came to its end too, whose failures are tried
    again.

    Raises NotFoundError for a job that is not there, has ended, or is another process's.
    """
    job = journal.claim(job_id, again=retry_failed)
    if job is None:
        raise NotFoundError(
            f"There is no interrupted job {job_id!r} that nobody works on.",
            next_step="`tfm resume --list` shows those there are.",
            operation="resume",
        )
    record = job.record()
    restarted = record.boot_id not in {"", this_process().boot_id}
    had_ended = record.state not in UNFINISHED
    if retry_failed:
        job.retry_failed()
    if job.record().state not in UNFINISHED:
        job.set_state(JobState.RUNNING)  # killed now, it is to be offered again
    spec = _spec_of(job)
    return CopyJob(
        session, spec, journal=journal, ask=ask, log=job, restarted=restarted, had_ended=had_ended, progress=progress,
        done=done, skipped=skipped,
    )  # fmt: skip


def _spec_of(job: Job) -> CopySpec:
    try:
        return CopySpec.from_record(dict(job.record().spec))
    except (KeyError, TypeError, ValueError) as error:
        job.release()
        raise InvalidRequestError(
            f"The journal's record of the job {job.id} cannot be read: {error}.",
            next_step="It is perhaps another version's; `tfm clean --jobs` forgets it.",
            operation="resume",
        ) from error


@dataclass(slots=True)
class CleanSummary:
    """``uploads`` and temporary files that were swept away, ``jobs`` that were given up, and what went wrong."""

    uploads: int = 0
    jobs: int = 0
    failures: list[StorageError] = field(default_factory=list)


def clean(session: Session, journal: Journal, *, jobs: bool = False) -> CleanSummary:
    """Abort uploads and remove temporary files of tfm's own that no living process holds and no job will go on with;
    with ``jobs`` give up the interrupted jobs too: then theirs go as well. One request for each upload."""
    summary = CleanSummary()
    for record in resumable(journal) if jobs else []:
        _give_up(session, journal, record, summary)
    for upload in journal.orphans():
        if upload.job_state not in UNFINISHED or upload.job_id is None:
            _abort(session, journal, upload, summary)
    journal.flush()
    return summary


def give_up(session: Session, journal: Journal, job_id: str) -> CleanSummary:
    """As :func:`clean`, of that interrupted job alone; it is not offered any more."""
    summary = CleanSummary()
    for record in resumable(journal):
        if record.id == job_id:
            _give_up(session, journal, record, summary)
    journal.flush()
    return summary


def _give_up(session: Session, journal: Journal, record: JobRecord, summary: CleanSummary) -> None:
    job = journal.claim(record.id)
    if job is None:
        return
    try:
        for upload in job.uploads():
            _abort_one(session, upload)
            job.upload(upload).ended()
            summary.uploads += 1
        kept = [each.id for each in journal.orphans() if each.id is not None and each.job_state in UNFINISHED]
        summary.uploads += _sweep_temporaries(session, job, kept)
    except StorageError as error:
        summary.failures.append(error)
        job.release()
        return
    job.set_state(JobState.CANCELLED)
    summary.jobs += 1


def _sweep_temporaries(session: Session, job: Job, kept: Collection[str]) -> int:
    """What a kill left of small files on a disk, in the directories of the steps that were not done, but for the
    uploads ``kept``, which other jobs will go on with."""
    try:
        spec = _spec_of(job)
    except InvalidRequestError:
        return 0
    target = session.storage(spec.target_storage)
    swept = 0
    for prefix in {_parent(record.step.target_key) for record in job.pending(limit=5000)} | {spec.target_prefix}:
        try:
            swept += target.sweep(prefix, keep=kept)
        except StorageError:
            pass  # a directory that was never made
    return swept


def _abort(session: Session, journal: Journal, upload: UploadRecord, summary: CleanSummary) -> None:
    entry = journal.claim_upload(upload)
    if entry is None:
        return
    try:
        _abort_one(session, upload)
    except StorageError as error:
        summary.failures.append(error)
        return
    entry.ended()
    summary.uploads += 1


def _abort_one(session: Session, upload: UploadRecord) -> None:
    try:
        abort_recorded(session.storage(upload.address), upload)
    except NotFoundError:
        pass  # gone already, perhaps with its bucket


def _parent(key: str) -> str:
    return key[: key.rfind("/", 0, -1) + 1]
