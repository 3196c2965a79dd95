"""What is known of where one could go, without asking any server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path as DiskPath

import pytest

from tests.scripted_backend import DEADLINE_SECONDS
from tests.ui.memory_panes import Memory, place
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import CredentialsError
from tfm.core.location import Location, StorageAddress
from tfm.operations.known_places import KnownPlaces, PlaceGroup, PlaceKind, local_directory
from tfm.operations.mounts import Mount
from tfm.operations.ssh_hosts import ssh_hosts
from tfm.storage.contract import BackendContext, Root
from tfm.storage.session import Session


class Told:
    """What a search tells of, and waiting for it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.groups: Sequence[PlaceGroup] = ()

    def put(self, groups: Sequence[PlaceGroup]) -> None:
        with self._condition:
            self.groups = groups
            self._condition.notify_all()

    def until(self, met: Callable[[], object]) -> None:
        with self._condition:
            assert self._condition.wait_for(met, DEADLINE_SECONDS), self.groups

    def group(self, kind: PlaceKind) -> PlaceGroup | None:
        return next((group for group in self.groups if group.kind is kind), None)

    def shown(self, kind: PlaceKind) -> list[tuple[str, str, int | None]]:
        group = self.group(kind)
        places = () if group is None else group.places
        return [
            (f"{each.location.storage.authority}{each.location.key}", each.note, each.free_bytes) for each in places
        ]


class Profiles(MemoryBackendFactory):
    def roots(self) -> Sequence[Root]:
        return [Root("memory://", StorageAddress("memory", "", name), f"profile {name}") for name in (None, "work")]


class Broken(MemoryBackendFactory):
    def roots(self) -> Sequence[Root]:
        raise CredentialsError("The file cannot be read.", next_step="Look at it.", operation="list profiles")


@pytest.fixture(autouse=True)
def _home(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def context(session: Session) -> BackendContext:
    return BackendContext(session.settings, session.meter.record)


def find(session: Session, table: Sequence[Mount] = (), free: Callable[[str], int | None] = lambda _path: None) -> Told:
    told = Told()
    KnownPlaces(session, told.put, table=lambda: table, free_bytes=free).begin()
    return told


def test_mounts_that_are_places_with_what_is_free_and_a_dead_one_without(tmp_path: DiskPath) -> None:
    table = [
        Mount("/", "ext4", "/dev/sda1"),
        Mount("/proc", "proc", "proc"),
        Mount("/mnt/dead", "nfs4", "server:/share"),
        Mount("/mnt/disk", "xfs", "/dev/sdb1"),
    ]
    answer = threading.Event()

    def free(path: str) -> int | None:
        if path == "/mnt/dead":
            answer.wait(DEADLINE_SECONDS)
        return len(path)

    told = find(Memory().session, table, free)
    expected = [
        (f"{tmp_path}/", "home", None),
        ("/", "ext4", 1),
        ("/mnt/dead/", "nfs4 server:/share", None),
        ("/mnt/disk/", "xfs", 9),
    ]
    told.until(lambda: told.shown(PlaceKind.MACHINE) == expected)
    answer.set()
    told.until(lambda: told.shown(PlaceKind.MACHINE)[2][2] == 9)


def test_a_table_that_cannot_be_read_is_said(tmp_path: DiskPath) -> None:
    def refuse() -> Sequence[Mount]:
        raise PermissionError(13, "Permission denied")

    told = Told()
    KnownPlaces(Memory().session, told.put, table=refuse).begin()
    told.until(lambda: (group := told.group(PlaceKind.MACHINE)) and "Permission denied" in "".join(group.errors))
    assert told.shown(PlaceKind.MACHINE) == [(f"{tmp_path}/", "home", None)]


def test_storages_by_profile_with_the_buckets_that_were_listed_without_a_request() -> None:
    memory = Memory()
    memory.put(["x"])
    memory.session.registry.add("memory", Profiles(context(memory.session)))
    memory.session.registry.add("s3", Broken(context(memory.session)))
    told = find(memory.session)
    told.until(lambda: told.shown(PlaceKind.STORAGES) == [("", "profile None", None), ("", "profile work", None)])
    group = told.group(PlaceKind.STORAGES)
    assert group is not None
    assert group.errors == ("s3://: The file cannot be read. Look at it.",)
    assert memory.requests == {}

    memory.session.registry.add("memory", memory_with_profiles(memory))
    list(memory.session.storage(StorageAddress("memory", "", "work")).scan(""))
    before = memory.requests
    told = find(memory.session)
    told.until(lambda: ("bucket", "", None) in told.shown(PlaceKind.STORAGES))
    group = told.group(PlaceKind.STORAGES)
    assert group is not None
    assert group.places[-1].location == Location(StorageAddress("memory", "bucket", "work"), "", Kind.DIRECTORY)
    assert memory.requests == before


def memory_with_profiles(memory: Memory) -> Profiles:
    profiles = Profiles(context(memory.session))
    profiles.store.put("bucket", {"x": b""})
    return profiles


def test_hosts_are_offered_where_something_goes_there(tmp_path: DiskPath) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host lab\n  User me\n")
    memory = Memory()
    memory.session.registry.add("s3", MemoryBackendFactory(context(memory.session)))
    told = find(memory.session)
    told.until(lambda: told.group(PlaceKind.STORAGES) is not None)
    assert told.group(PlaceKind.HOSTS) is None
    memory.session.registry.add("sftp", MemoryBackendFactory(context(memory.session)))
    told = find(memory.session)
    told.until(lambda: told.shown(PlaceKind.HOSTS) == [("lab", "", None)])


def test_who_has_stopped_hears_nothing_more() -> None:
    told = Told()
    search = KnownPlaces(Memory().session, told.put, table=lambda: [Mount("/", "ext4", "")], free_bytes=lambda _: 5)
    search.stop()
    search._look_at_machine()
    assert told.groups == ()


def test_ssh_config(tmp_path: DiskPath) -> None:
    directory = tmp_path / ".ssh"
    (directory / "more.d").mkdir(parents=True)
    config = directory / "config"
    config.write_text(
        '# a comment\nInclude more.d/*\nHOST=one two *.example !no\n  HostName 10.0.0.1\nhost = "three" one\n'
        "Match host four\nHost 'unended\nInclude config\n\n"
    )
    (directory / "more.d" / "a").write_text("Host zero\n")
    (directory / "more.d" / "b").write_text("Host bastion?\nHost last # not-a-host\n")
    assert ssh_hosts(str(config)) == ["zero", "last", "one", "two", "three"]
    assert ssh_hosts(str(directory / "nothing")) == []
    with pytest.raises(IsADirectoryError):
        ssh_hosts(str(directory))


def test_a_directory_of_the_disk_has_its_slash() -> None:
    assert local_directory("/").key == "/"
    assert local_directory("/a/b").key == "/a/b/"
    assert place().kind is local_directory("/a").kind
