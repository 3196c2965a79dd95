"""All that is known of an entry, and what of it can be changed: exactly that, of the version that was looked at."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crc64nvme import crc64nvme, let_no_crc_be_computed, telling
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.errors import (
    ConflictError,
    InvalidPathError,
    IsDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperation,
)
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel, Progress
from tfm.core.writing import ObjectFacts
from tfm.operations.change_facts import can_change_facts, change_facts
from tfm.operations.change_mode import change_mode, parse_mode
from tfm.operations.presigned_link import expiry_seconds, presigned_link
from tfm.operations.properties import Properties, read_properties
from tfm.storage.session import Session

BUCKET = StorageAddress("s3", "bucket")


def silent(_progress: Progress) -> None:
    """Nobody listens."""


def s3(key: str) -> Location:
    return Location(BUCKET, key, Kind.DIRECTORY if key.endswith("/") or not key else Kind.FILE)


def local(path: DiskPath, kind: Kind = Kind.FILE) -> Location:
    return Location(StorageAddress("file"), f"{path}/" if kind is Kind.DIRECTORY else str(path), kind)


def told(properties: Properties) -> dict[str, str]:
    return {f"{row.group} {row.name}".strip(): row.value for row in properties.rows}


# Properties


def test_an_object_tells_all_of_itself_for_a_request_and_one_for_its_tags(moto: MotoServer) -> None:
    moto.put("bucket", {"d/plain": b"12345"})
    client = moto.client()
    client.put_object(
        Bucket="bucket", Key="d/rich", Body=b"123", ContentType="text/x-tfm", Metadata={"Purpose": "a test"},
        CacheControl="no-cache", Tagging="team=a+b", StorageClass="STANDARD_IA",
    )  # fmt: skip
    client.close()
    moto.reset_requests()
    session = Session()
    rich = read_properties(session, s3("d/rich"))
    rows = told(rich)
    assert (rows["kind"], rows["size"], rows["type"], rows["class"]) == (
        "object",
        "3 bytes",
        "text/x-tfm",
        "STANDARD_IA",
    )
    assert (rows["metadata purpose"], rows["tags team"], rows["headers cache-control"]) == ("a test", "a b", "no-cache")
    assert rows["place"] == "s3://bucket/d/rich"
    assert rows["checksum"].startswith(("MD5 ", "CRC32 "))
    assert (rich.requests, len(moto.requests())) == (2, 2)
    assert read_properties(session, s3("d/plain")).requests == 1
    assert rich.facts is not None
    assert rich.facts.tags == {"team": "a b"}


def test_a_checksum_of_the_whole_is_shown_before_one_of_the_parts(
    moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing here computes it: the etag is shown anyway."""
    let_no_crc_be_computed(monkeypatch)
    client = moto.client()
    client.create_bucket(Bucket="bucket")
    whole: dict[str, str] = {"Bucket": "bucket", "Key": "d/parts"}
    upload = client.create_multipart_upload(**whole)["UploadId"]
    etag = client.upload_part(**whole, UploadId=upload, PartNumber=1, Body=b"12345")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    client.complete_multipart_upload(**whole, UploadId=upload, MultipartUpload=parts)
    client.close()
    assert told(read_properties(Session(), s3("d/parts")))["checksum"].startswith("MD5 of 1 parts ")
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.tell(dict(telling(b"12345")))
        rows = told(read_properties(Session(), s3("d/parts")))
    assert rows["checksum"] == f"CRC64NVME {crc64nvme(b'12345'):016x}"


def test_directories_tell_whether_something_marks_them() -> None:
    memory = Memory()
    memory.put(["d/virtual/x", "d/marked/"])
    virtual = read_properties(memory.session, place("d/virtual/"))
    assert (told(virtual)["kind"], virtual.facts) == ("directory: only what is in it makes it one", None)
    marked = read_properties(memory.session, place("d/marked/"))
    assert (told(marked)["kind"], marked.facts) == ("directory with a marker", ObjectFacts())
    assert told(read_properties(memory.session, place()))["kind"] == "bucket"
    with pytest.raises(NotFoundError):
        read_properties(memory.session, place("d/missing/"))


def test_a_file_tells_what_the_system_knows(tmp_path: DiskPath) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    path.chmod(0o640)
    (tmp_path / "link").symlink_to("x")
    file = read_properties(Session(), local(path))
    assert told(file)["disk mode"] == "0640 -rw-r-----"
    assert told(file)["size"] == "5 bytes"
    assert (file.facts, file.requests) == (None, 0)
    link = told(read_properties(Session(), local(tmp_path / "link")))
    assert (link["kind"], link["disk leads to"]) == ("link", "x")
    directory = told(read_properties(Session(), local(tmp_path, Kind.DIRECTORY)))
    assert (directory["kind"], "size" in directory) == ("directory", False)
    with pytest.raises(NotFoundError):
        read_properties(Session(), local(tmp_path / "missing"))


# Facts


def test_facts_are_changed_of_the_version_that_was_looked_at(moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"12345"})
    session = Session()
    list(session.storage(BUCKET).scan("d/"))
    looked_at = read_properties(session, s3("d/x"))
    assert looked_at.facts is not None
    new = replace(looked_at.facts, content_type="text/plain", metadata={"a": "b"}, storage_class="STANDARD_IA")
    moto.reset_requests()
    made = change_facts(session, s3("d/x"), looked_at.entry, new)
    # moto is not known to compare versions: it is looked at just before.
    assert [line.split()[0] for line in moto.requests()] == ["GET", "PUT"]
    again = read_properties(session, s3("d/x"))
    assert again.facts is not None
    assert (again.facts.content_type, again.facts.metadata) == ("text/plain", {"a": "b"})
    assert again.entry.storage_class == made.storage_class == "STANDARD_IA"
    moto.reset_requests()
    (listed,) = [entry for page in session.storage(BUCKET).scan("d/") for entry in page]
    assert (listed.storage_class, moto.requests()) == ("STANDARD_IA", [])
    moto.put("bucket", {"d/x": b"changed"})
    with pytest.raises(ConflictError):
        change_facts(session, s3("d/x"), looked_at.entry, new)
    with session.storage(BUCKET).read("d/x") as reader:
        assert reader.read() == b"changed"


def test_a_disk_keeps_no_facts(tmp_path: DiskPath) -> None:
    (tmp_path / "x").touch()
    entry = read_properties(Session(), local(tmp_path / "x")).entry
    assert not can_change_facts(Session(), local(tmp_path / "x"))
    with pytest.raises(UnsupportedOperation):
        change_facts(Session(), local(tmp_path / "x"), entry, ObjectFacts())


# Modes


clauses = st.tuples(
    st.sampled_from(["u", "g", "o", "a", "ug", "go"]),
    st.sampled_from("-+="),
    st.sampled_from(["r", "w", "x", "X", "rw", "rX", "s", "t", "rwx"]),
).map("".join)
modes = st.one_of(st.integers(0, 0o7777).map("{:o}".format), st.lists(clauses, min_size=1, max_size=3).map(",".join))


@given(text=modes, before=st.integers(0, 0o777), is_directory=st.booleans())
def test_modes_mean_what_chmod_makes_of_them(
    tmp_path_factory: pytest.TempPathFactory, text: str, before: int, *, is_directory: bool
) -> None:
    path = tmp_path_factory.mktemp("mode") / "x"
    path.mkdir() if is_directory else path.touch()
    path.chmod(before)
    subprocess.run(["chmod", "--", text, str(path)], check=True)  # the reference
    expected = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o700)
    ours = parse_mode(text).applied(before, is_directory=is_directory)
    if is_directory:  # GNU's keeps a directory's set-id bits that are not spelled out
        ours, expected = ours & 0o1777, expected & 0o1777
    assert oct(ours) == oct(expected)


@pytest.mark.parametrize("text", ["", "8", "u", "u+", "+q", "rwx", "77777", "u+x;", "٣"])
def test_what_is_no_mode_is_said(text: str) -> None:
    with pytest.raises(InvalidPathError, match="is no mode"):
        parse_mode(text)


def mode_of(path: DiskPath) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_a_tree_changes_from_above_or_from_below_and_links_stay(tmp_path: DiskPath) -> None:
    outside = tmp_path / "outside"
    outside.touch(0o644)
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "file").touch(0o644)
    (tree / "link").symlink_to(outside)
    session = Session()
    start = local(tree, Kind.DIRECTORY)
    taken = change_mode(session, [start], parse_mode("u-rwx"), silent, Cancel(), recursive=True)
    assert (taken.changed, taken.failures) == (3, [])
    assert (mode_of(tree) & 0o700, mode_of(outside)) == (0, 0o644)
    given_back = change_mode(session, [start], parse_mode("u+rwX"), silent, Cancel(), recursive=True)
    assert (given_back.changed, given_back.kept, given_back.failures) == (3, 0, [])
    assert (mode_of(tree / "sub"), mode_of(tree / "sub" / "file")) == (0o755, 0o644)
    assert change_mode(session, [start], parse_mode("u+r"), silent, Cancel(), recursive=True).kept == 3


def test_what_cannot_be_changed_is_told_and_hides_nothing(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / name).touch(0o644)
    usual = os.chmod

    def chmod(path: str, mode: int, dir_fd: int | None = None) -> None:
        if str(path).endswith("a"):
            raise PermissionError(1, "Operation not permitted")
        usual(path, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "chmod", chmod)
    chosen = [local(tmp_path / name) for name in ("missing", "a", "b")]
    summary = change_mode(Session(), chosen, parse_mode("600"), silent, Cancel())
    assert (summary.changed, [type(error) for error in summary.failures]) == (1, [NotFoundError, PermissionDeniedError])
    with pytest.raises(UnsupportedOperation):
        change_mode(Memory().session, [place("d/")], parse_mode("600"), silent, Cancel())


def test_it_stops_between_two(tmp_path: DiskPath) -> None:
    for name in "abc":
        (tmp_path / name).touch(0o644)
    cancel = Cancel()
    start = [local(tmp_path, Kind.DIRECTORY)]
    summary = change_mode(Session(), start, parse_mode("o+w"), lambda _progress: cancel.set(), cancel, recursive=True)
    assert (summary.changed, summary.stopped) == (1, True)


# Links


def test_links_are_signed_without_a_request(moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"12345"})
    moto.reset_requests()
    url = presigned_link(Session(), s3("d/x"), expires_seconds=expiry_seconds("15m"))
    assert "X-Amz-Expires=900" in url
    assert moto.requests() == []
    with pytest.raises(IsDirectoryError):
        presigned_link(Session(), s3("d/"), expires_seconds=60)
    with pytest.raises(UnsupportedOperation):
        presigned_link(Memory().session, Location(place().storage, "x", Kind.FILE), expires_seconds=60)


@pytest.mark.parametrize("text", ["", "0", "1w", "-5", "1.5h", "٣"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(InvalidPathError, match="is no time"):
        expiry_seconds(text)
