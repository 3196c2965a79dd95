"""A program that writes a journal until it is killed: ``python -m tests.journal.program PATH WHAT``."""

from __future__ import annotations

import os
import sys

from tests.journal.some_steps import one_step, some_steps
from tfm.core.location import StorageAddress
from tfm.core.writing import Part
from tfm.journal import Job, JobState, open_journal

BUCKET = StorageAddress("s3", "bucket")


def say(*words: object) -> None:
    print(*words, flush=True)


def work(job: Job) -> None:
    """Without end: steps added and done, each kind of write, and a word when something must be on record."""
    number = 0
    while True:
        numbers = job.add_steps(one_step(number + each) for each in range(300))
        number = numbers.stop - 1
        upload = job.begin_upload(BUCKET, f"key{number}", step=number)
        say("intent", number)
        upload.created(f"id{number}", 5)
        upload.part(Part(1, 5, "etag"), 7)
        say("part", number)
        for each in numbers:
            job.done(each)
        upload.ended()
        job.flush(durable=number % 900 == 0)
        say("done", number)


def main(path: str, what: str) -> None:
    journal = open_journal(path)
    if what == "work":
        job = journal.begin_job("copy", "", {})
        say("job", job.id)
        work(job)
    elif what == "claim":
        say("ready")
        input()
        job_id = journal.jobs()[0].id
        say("won" if journal.claim(job_id) is not None else "lost")
        input()
    elif what == "share":
        job = journal.begin_job("copy", "", {})
        numbers = job.add_steps(some_steps(5000))
        for each in numbers:
            job.done(each)
            if each % 100 == 0:
                upload = job.begin_upload(BUCKET, f"{each}", step=each)
                upload.created("id")
                upload.ended()
        job.set_state(JobState.DONE)
        journal.close()
        say("job", job.id)
    elif what == "fork":
        job = journal.begin_job("copy", "", {})
        job.add_steps(some_steps(10))
        child = os.fork()
        if not child:
            del job, journal  # as the session of this process does, whose end closes what it has
            sys.exit(0)
        os.waitpid(child, 0)
        job.done(1)
        job.flush()
        say("held", journal.jobs()[0].is_held)
        input()
    elif what == "delete":
        job = journal.begin_job("move", "", {})
        job.add_steps(some_steps(10))
        job.flush()
        for each in range(1, 11):
            job.done(each)
            job.flush(durable=True)
            say(f"DELETE {each}")


if __name__ == "__main__":
    main(*sys.argv[1:])
