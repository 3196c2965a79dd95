"""What is under way, in one SQLite database in the user's state directory, so that a kill loses nothing."""

from tfm.journal.errors import JournalError
from tfm.journal.holder import this_process
from tfm.journal.job import Job
from tfm.journal.journal import Journal
from tfm.journal.opening import null_journal, open_journal, open_or_do_without
from tfm.journal.records import (
    UNFINISHED,
    JobRecord,
    JobState,
    PartRecord,
    StepCount,
    StepRecord,
    StepState,
    UploadRecord,
)
from tfm.journal.upload import UploadEntry

__all__ = [
    "UNFINISHED",
    "Job",
    "JobRecord",
    "JobState",
    "Journal",
    "JournalError",
    "PartRecord",
    "StepCount",
    "StepRecord",
    "StepState",
    "UploadEntry",
    "UploadRecord",
    "null_journal",
    "open_journal",
    "open_or_do_without",
    "this_process",
]
