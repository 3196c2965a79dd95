"""What other programs change on the disk is heard of, without holding anybody up."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations import local_changes
from tfm.operations.mounts import Mount, mount_of, mounts, read_mounts
from tfm.operations.watch import watch
from tfm.storage.session import Session

DEADLINE_SECONDS = 20.0


def on_disk(path: Path) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def watching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tfm-watch"]


def until_over() -> None:
    for thread in watching():
        thread.join(DEADLINE_SECONDS)
    assert watching() == []


def test_a_change_by_somebody_else_is_told_and_the_end_is_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_over()
    told = threading.Event()
    session = Session()
    stop_disk = local_changes.watch_disk(session, on_disk(tmp_path), rest_seconds=0.0)
    stop_telling = session.changes.subscribe(
        lambda changed: told.set() if changed.concerns(StorageAddress("file"), f"{tmp_path}/") else None
    )
    # Written again and again: nobody says when the watch begins.
    deadline = time.monotonic() + DEADLINE_SECONDS
    number = 0
    while not told.wait(0.05):
        assert time.monotonic() < deadline
        number += 1
        (tmp_path / f"{number}").touch()
    stop_disk()
    stop_telling()
    until_over()


def test_a_change_before_the_watch_begins_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rested, told = threading.Event(), threading.Event()

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            (tmp_path / "meanwhile").touch()
            rested.set()
            return super().wait(0)

    session = Session()
    session.changes.subscribe(lambda _changed: told.set())
    stop = Stop()
    watcher = local_changes._Watcher(session, on_disk(tmp_path), stop, 0.0)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    assert rested.wait(DEADLINE_SECONDS)
    assert told.wait(DEADLINE_SECONDS)
    stop.set()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


def test_who_leaves_at_once_watches_nothing(tmp_path: Path) -> None:
    until_over()
    stop = watch(Session(), on_disk(tmp_path), lambda: None)
    stop()
    until_over()


@pytest.mark.parametrize("missing", [True, False])
def test_what_cannot_be_watched_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tfm.watch")
    directory = tmp_path / "missing" if missing else tmp_path
    if not missing:
        monkeypatch.setitem(sys.modules, "watchfiles", None)
    local_changes._Watcher(Session(), on_disk(directory), threading.Event(), 0.0).run()
    assert "not watched" in caplog.text


def test_a_network_mount_is_not_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tfm.watch")
    monkeypatch.setattr(local_changes, "mounts", lambda: [Mount("/", "nfs4", "server:/export")])
    local_changes._Watcher(Session(), on_disk(tmp_path), threading.Event(), 0.0).run()
    assert "another machine" in caplog.text


def test_object_stores_are_not_watched() -> None:
    memory = Memory()
    local_changes._Watcher(memory.session, place(), threading.Event(), 0.0).run()
    assert memory.requests == {}


def test_the_table_of_mounts_is_read_exactly() -> None:
    lines = [
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n",
        "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n",
        r"36 27 8:1 / /media/me/My\040Disk\134 rw - vfat /dev/sdb1 rw" + "\n",
        "37 27 0:99 / /mnt/share rw - nfs4 server:/export rw\n",
        "38 27 0:99 / /mnt/share rw - ext4 /dev/over rw\n",
        "broken line\n",
    ]
    table = read_mounts(lines)
    assert [each.directory for each in table if each.is_place] == ["/", "/media/me/My Disk\\", "/mnt/share"]
    assert mount_of("/mnt/share/x", table) == Mount("/mnt/share", "ext4", "/dev/over")
    assert mount_of("/mnt/shared", table) == Mount("/", "ext4", "/dev/vda")
    assert mount_of("/procfile", []) is None


def test_this_machine_has_a_root() -> None:
    assert any(each.directory == "/" for each in mounts())
