"""The journal's files are the user's own, and one that cannot be used is an error that says what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journal.some_steps import some_steps
from tfm.core.errors import StorageError
from tfm.core.location import StorageAddress
from tfm.journal import (
    JobState,
    Journal,
    JournalError,
    StepState,
    open_journal,
    open_or_do_without,
    schema,
    this_process,
)
from tfm.journal.database import connect
from tfm.journal.encoding import encode_json

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
AS_USER = pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def refused(path: str, says: str) -> JournalError:
    with pytest.raises(JournalError, match=says) as raised:
        open_journal(path)
    assert raised.value.next_step
    assert isinstance(raised.value, StorageError)
    return raised.value


def permissions(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_nobody_else_can_read_it(path: str, mask: int) -> None:
    with umask(mask):
        journal = open_journal(path)
        journal.begin_job("copy", "", {})
    assert permissions(os.path.dirname(path)) == 0o700
    files = {file.name: permissions(file) for file in Path(path).parent.iterdir()}
    assert files == {"journal.sqlite": 0o600, "journal.sqlite-wal": 0o600, "journal.sqlite-shm": 0o600}
    journal.close()
    assert os.listdir(os.path.dirname(path)) == ["journal.sqlite"]


def test_permissions_that_others_have_are_taken_back(path: str) -> None:
    open_journal(path).close()
    os.chmod(path, 0o644)
    open_journal(path).close()
    assert permissions(path) == 0o600


def test_a_directory_that_others_can_write_is_refused(path: str) -> None:
    os.mkdir(os.path.dirname(path))
    os.chmod(os.path.dirname(path), 0o770)
    error = refused(path, "Other users can write")
    assert error.errno == errno.EACCES
    assert os.listdir(os.path.dirname(path)) == []


@AS_ROOT
@pytest.mark.parametrize("what", ["", "journal.sqlite"])
def test_what_another_user_owns_is_refused(path: str, what: str) -> None:
    open_journal(path).close()
    os.chown(os.path.join(os.path.dirname(path), what), 12345, -1)
    refused(path, "Another user .id 12345. owns this")


def test_a_link_in_its_place_is_refused(path: str, tmp_path: Path) -> None:
    os.mkdir(os.path.dirname(path), 0o700)
    os.symlink(tmp_path / "elsewhere", path)
    refused(path, "no regular file")
    assert not os.path.lexists(tmp_path / "elsewhere")


def test_a_damaged_journal_is_refused(path: str) -> None:
    os.mkdir(os.path.dirname(path), 0o700)
    Path(path).write_bytes(b"this is no database, though it is long enough" * 100)
    refused(path, "It is damaged. Move it away")


def test_a_journal_that_is_damaged_inside_is_said_to_be(path: str) -> None:
    journal = open_journal(path)
    journal.begin_job("copy", "", {}).add_steps(some_steps(3000))
    journal.close()
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (os.path.getsize(path) - 4096))
    journal = open_journal(path)  # only what is used is read
    with pytest.raises(JournalError, match="damaged"):
        journal.jobs()
    journal.close()


def test_another_programs_database_is_left_as_it_is(path: str) -> None:
    os.mkdir(os.path.dirname(path), 0o700)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = Path(path).read_bytes()
    refused(path, "no journal of tfm. Move it away")
    assert Path(path).read_bytes() == before


def test_a_newer_journal_is_refused(path: str) -> None:
    open_journal(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    newer.close()
    refused(path, "A newer tfm wrote this journal .* Update tfm")


def test_an_older_journal_is_brought_up_to_date(path: str) -> None:
    journal = open_journal(path)
    job_id = journal.begin_job("copy", "", {}).id
    journal.close()
    migrations = (*schema.MIGRATIONS, "ALTER TABLE jobs ADD COLUMN colour TEXT; UPDATE jobs SET colour = 'red'")
    connection = connect(path)
    schema.migrate(connection, path, migrations)
    schema.migrate(connection, path, migrations)
    assert connection.execute("SELECT id, colour FROM jobs").fetchall() == [(job_id, "red")]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations),)
    connection.close()


def test_of_a_job_of_an_older_journal_nobody_knows_in_which_start_it_was_begun(path: str) -> None:
    os.mkdir(os.path.dirname(path), 0o700)
    connection = connect(path)
    schema.migrate(connection, path, schema.MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO jobs (id, kind, title, created, spec, state) VALUES ('old', 'copy', X'', 0, ?, 'running')",
        (encode_json({"a": 1}),),
    )
    connection.commit()
    connection.close()
    journal = open_journal(path)
    new = journal.begin_job("copy", "", {})
    assert [(job.spec, job.boot_id) for job in journal.jobs()] == [({"a": 1}, ""), ({}, this_process().boot_id)]
    new.set_state(JobState.DONE)
    journal.close()


def test_a_migration_that_fails_changes_nothing(path: str) -> None:
    open_journal(path).close()
    connection = connect(path)
    with pytest.raises(sqlite3.Error):
        schema.migrate(connection, path, (*schema.MIGRATIONS, "ALTER TABLE jobs ADD COLUMN colour TEXT; no statement"))
    assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    connection.close()
    open_journal(path).close()


# Where nothing can be written


def read_only(path: str) -> str:
    """As the operating system says it to this user."""
    with pytest.raises(JournalError) as raised:
        open_journal(path)
    return str(raised.value)


@AS_USER
def test_a_read_only_directory(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o500)
    assert "Look at the permissions of its directory" in read_only(f"{tmp_path}/journal.sqlite")


def test_a_read_only_disk(small_disk: Path) -> None:
    journal = open_journal(f"{small_disk}/journal.sqlite")
    journal.begin_job("copy", "", {})
    journal.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "cannot be" in read_only(f"{small_disk}/journal.sqlite")
    assert "Read-only file system" in read_only(f"{small_disk}/other.sqlite")
    warned: list[JournalError] = []
    journal = open_or_do_without(f"{small_disk}/journal.sqlite", warn=warned.append)
    works_in_memory(journal)
    assert len(warned) == 1


def test_a_file_where_the_directory_should_be(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    refused(f"{tmp_path}/state/journal.sqlite", "cannot be made: .* XDG_STATE_HOME")


def works_in_memory(journal: Journal) -> None:
    assert not journal.is_kept
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(1000))
    job.done(7)
    job.flush(durable=True)
    assert job.counts()[StepState.DONE].steps == 1
    journal.close()


# A full disk


def fill(place: Path) -> Path:
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_full_disk_is_an_error_until_there_is_space(small_disk: Path) -> None:
    journal = open_journal(f"{small_disk}/journal.sqlite")
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(1000))
    job.flush()
    filler = fill(small_disk)
    with pytest.raises(JournalError, match=r"The disk is full\. Free some space") as raised:
        job.add_steps(some_steps(20_000))
    assert raised.value.errno == errno.ENOSPC
    job.done(1)  # that only has to be on record soon
    for durable in (False, True):
        with pytest.raises(JournalError, match="full"):
            job.flush(durable=durable)
    os.unlink(filler)
    job.flush(durable=True)
    counts = job.counts()
    assert counts[StepState.DONE].steps == 1
    taken_in = counts[StepState.PENDING].steps + 1
    assert [each.number for each in job.steps(limit=100_000)] == list(range(1, taken_in + 1))
    journal.close()
    again = open_journal(f"{small_disk}/journal.sqlite")
    assert again.jobs()[0].counts == counts
    again.close()


def test_a_warning_that_is_an_error_loses_nothing(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(error: JournalError) -> None:
        raise RuntimeError(str(error))

    journal = open_or_do_without(f"{small_disk}/journal.sqlite", warn=warn)
    monkeypatch.setattr(journal._database, "_wake_writer", lambda: None)  # it is raised here, not there
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(100))
    job.flush()
    fill(small_disk)
    with pytest.raises(RuntimeError, match="full"):
        job.add_steps(some_steps(20_000))
    job.done(1)
    assert job.counts()[StepState.DONE].steps == 1
    steps = [each.number for each in job.steps(limit=100_000)]
    assert len(steps) > 100
    assert steps == list(range(1, len(steps) + 1))
    journal.close()


def test_work_can_go_on_without_it_after_one_warning(small_disk: Path) -> None:
    warned: list[JournalError] = []
    journal = open_or_do_without(f"{small_disk}/journal.sqlite", warn=warned.append)
    other = journal.begin_job("move", "", {})
    other.set_state(other.record().state)
    job = journal.begin_job("copy", "", {})
    job.add_steps(some_steps(1000))
    upload = job.begin_upload(StorageAddress("file"), "/x", step=1)
    upload.created("/t")
    job.done(1)
    job.failed(2, "no")
    job.flush()
    assert (journal.is_kept, warned) == (True, [])
    fill(small_disk)
    job.add_steps(some_steps(20_000))
    job.done(20_000)
    job.flush(durable=True)
    assert (journal.is_kept, len(warned)) == (False, 1)
    assert "full" in str(warned[0])
    counts = job.counts()
    assert (counts[StepState.DONE].steps, counts[StepState.FAILED].steps) == (2, 1)
    assert [each.number for each in job.steps(limit=100_000)] == list(range(1, 21_001))
    assert [each.id for each in job.uploads()] == ["/t"]
    upload.ended()
    assert job.uploads() == []
    assert [each.id for each in journal.jobs()] == [other.id, job.id]
    assert journal.begin_job("copy", "", {}).id.endswith("-0003")
    journal.close()
