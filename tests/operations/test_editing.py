"""The editor round trip: fetched, edited by a program, stored only over what was fetched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, IsDirectoryError, NotFoundError
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel, Progress
from tfm.core.writing import ObjectFacts
from tfm.operations.editing import LocalCopy, safe_name
from tfm.storage.session import Session


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def at(key: str) -> Location:
    return Location(place().storage, key, Kind.FILE)


def tell(_progress: Progress) -> None:
    pass


def edit_with(script: str, path: str) -> None:
    """A program that changes the file as editors do."""
    subprocess.run([sys.executable, "-c", f"import sys, os; p = sys.argv[1]; {script}", path], check=True)


def test_an_edit_is_stored_with_its_type_and_metadata_and_nothing_is_left(temporary: Path) -> None:
    memory = Memory()
    memory.put(["other"])
    facts = ObjectFacts(content_type="text/x-mine", metadata={"who": "me"})
    memory.storage.put("d/notes.txt", b"old\n", facts=facts)
    copy = LocalCopy(memory.session, at("d/notes.txt"))
    assert copy.fetch(tell, Cancel())
    assert os.path.basename(copy.path) == "notes.txt"
    assert stat.S_IMODE(os.stat(copy.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(copy.path)).st_mode) == 0o700
    assert not copy.is_changed()
    edit_with("open(p, 'a').write('new\\n'); open(p + '~', 'w').write('backup')", copy.path)
    assert copy.is_changed()
    entry = copy.store(tell, Cancel())
    assert entry.size_bytes == 8
    copy.discard()
    assert os.listdir(temporary) == []
    described = memory.storage.describe("d/notes.txt")
    assert (described.facts.content_type, dict(described.facts.metadata)) == ("text/x-mine", {"who": "me"})
    with memory.storage.read("d/notes.txt") as reader:
        assert reader.read() == b"old\nnew\n"


def test_a_program_that_replaces_the_file_by_rename_is_seen(temporary: Path) -> None:
    memory = Memory()
    memory.put(["a"])
    copy = LocalCopy(memory.session, at("a"))
    copy.fetch(tell, Cancel())
    edit_with("open(p + '.new', 'w').write('other'); os.replace(p + '.new', p)", copy.path)
    assert copy.is_changed()
    edit_with("os.unlink(p)", copy.path)
    assert not copy.is_changed(), "who removes the file stores nothing"


@pytest.mark.parametrize("gone", [True, False])
def test_what_somebody_else_changed_is_kept_and_so_is_the_text(gone: bool, temporary: Path) -> None:
    memory = Memory()
    memory.put(["d/a"])
    copy = LocalCopy(memory.session, at("d/a"))
    copy.fetch(tell, Cancel())
    edit_with("open(p, 'w').write('mine')", copy.path)
    if gone:
        memory.storage.delete("d/a")
    else:
        memory.storage.put("d/a", b"theirs")
    with pytest.raises(ConflictError, match="Your text is in"):
        copy.store(tell, Cancel())
    assert Path(copy.path).read_text() == "mine"
    if not gone:
        with memory.storage.read("d/a") as reader:
            assert reader.read() == b"theirs"


def test_what_cannot_be_fetched_leaves_nothing(temporary: Path) -> None:
    memory = Memory()
    memory.put(["d/a"])
    with pytest.raises(NotFoundError):
        LocalCopy(memory.session, at("missing")).fetch(tell, Cancel())
    with pytest.raises(IsDirectoryError):
        LocalCopy(memory.session, place("d/")).fetch(tell, Cancel())
    cancel = Cancel()
    cancel.set()
    assert not LocalCopy(memory.session, at("d/a")).fetch(tell, cancel)
    assert os.listdir(temporary) == []


def test_it_costs_a_get_and_a_put_on_s3(moto: MotoServer, temporary: Path) -> None:
    moto.put("data", {"a.txt": b"one"})
    session = Session()
    location = Location(StorageAddress("s3", "data"), "a.txt", Kind.FILE)
    copy = LocalCopy(session, location)
    copy.fetch(tell, Cancel())
    edit_with("open(p, 'w').write('two')", copy.path)
    before = session.meter.snapshot()
    assert before == {"GetObject": 1}
    copy.store(tell, Cancel())
    asked = session.meter.snapshot()
    assert asked.pop("PutObject") == 1
    assert sum(asked.values()) <= 2, "a look before, where conditions are not known to be enforced"
    # A second save over what the first one stored.
    edit_with("open(p, 'w').write('three')", copy.path)
    copy.store(tell, Cancel())
    with session.storage(location.storage).read("a.txt") as reader:
        assert reader.read() == b"three"


@given(st.text())
@example("a/b/../..")
@example("x\n\x1b[31m.txt")
@example("a" * 300 + ".json")
@example("日本" * 100)
@example("\udcff")
def test_the_name_of_the_copy_is_one_that_any_disk_takes(key: str) -> None:
    name = safe_name(key)
    assert name not in {"", ".", ".."}
    assert "/" not in name
    assert "\0" not in name
    assert len(name.encode()) <= 220


def test_the_ending_of_a_name_stays() -> None:
    assert safe_name("d/notes.md") == "notes.md"
    assert safe_name("a" * 300 + ".json").endswith("a.json")


# Tags, which come with no object's bytes


def test_an_edit_is_stored_with_the_tags_that_the_object_has_by_then(moto: MotoServer) -> None:
    moto.put("bucket", {})
    client = moto.client()
    client.put_object(Bucket="bucket", Key="notes.txt", Body=b"old", ContentType="text/x-mine", Tagging="team=a%20b")
    copy = LocalCopy(Session(), Location(StorageAddress("s3", "bucket"), "notes.txt", Kind.FILE))
    moto.reset_requests()
    assert copy.fetch(tell, Cancel())
    assert len(moto.requests()) == 1, "who only looks needs no tags"
    edit_with("open(p, 'w').write('new')", copy.path)
    copy.store(tell, Cancel())
    copy.store_as("beside.txt", tell, Cancel())
    client.put_object_tagging(
        Bucket="bucket", Key="notes.txt", Tagging={"TagSet": [{"Key": "team", "Value": "c"}, {"Key": "x", "Value": ""}]}
    )
    edit_with("open(p, 'w').write('newer')", copy.path)
    copy.store(tell, Cancel())
    for key, content, tags in (
        ("notes.txt", b"newer", {"team": "c", "x": ""}),
        ("beside.txt", b"new", {"team": "a b"}),
    ):
        there = client.get_object(Bucket="bucket", Key=key)
        assert (there["Body"].read(), there["ContentType"]) == (content, "text/x-mine")
        told = client.get_object_tagging(Bucket="bucket", Key=key)["TagSet"]
        assert {each["Key"]: each["Value"] for each in told} == tags
    client.delete_object(Bucket="bucket", Key="notes.txt")
    copy.store_as("kept.txt", tell, Cancel())
    assert client.get_object(Bucket="bucket", Key="kept.txt")["Body"].read() == b"newer"
    client.close()
    copy.discard()
