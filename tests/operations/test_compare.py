"""Comparing two directories: what differs is exactly that, for two listings, and its copy copies nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crc64nvme import let_no_crc_be_computed, telling
from tests.memory_world import memory_world
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, denied, place
from tfm.core.entry import Kind
from tfm.core.errors import NotFoundError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.page import page_from_entries
from tfm.core.progress import Cancel, Progress
from tfm.operations.compare import CompareBy, Comparison, Difference, copy_of_differences
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.storage.session import Session

BUCKET = StorageAddress("s3", "bucket")


def silent(_progress: Progress) -> None:
    """Nobody listens."""


def ran(comparison: Comparison) -> Comparison:
    return comparison.run(silent, Cancel())


def told(comparison: Comparison) -> dict[str, Difference]:
    rows = comparison.rows()
    assert [row.name for row in rows] == sorted(row.name for row in rows)
    named = {row.name + "/" * (row.left or row.right).is_directory: row.difference for row in rows}  # type: ignore[union-attr]
    assert len(named) == len(rows)
    return named


def local(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def s3(key: str) -> Location:
    return Location(BUCKET, key, Kind.DIRECTORY)


# Against a model


key_texts = st.lists(st.sampled_from(["a", "b", "", "..", "a.b", "a0"]), min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(key_texts.filter(lambda key: key != ""), st.binary(max_size=2), max_size=8)


def expected(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> dict[str, Difference]:
    """What every pair of keys says: directories only where they are empty markers that the other side has not."""

    def marks(key: str, own: Mapping[str, bytes], other: Mapping[str, bytes]) -> bool:
        inside = [each for each in [*own, *other] if each.startswith(key) and each != key]
        return not key.endswith("/") or not inside

    found: dict[str, Difference] = {}
    for key in left.keys() | right.keys():
        if key not in right and marks(key, left, right):
            found[key] = Difference.LEFT_ONLY
        elif key not in left and marks(key, right, left):
            found[key] = Difference.RIGHT_ONLY
        elif key in left and key in right and not key.endswith("/") and len(left[key]) != len(right[key]):
            found[key] = Difference.DIFFERENT
    return found


@given(left=trees, right=trees, shuffled=st.booleans(), content=st.booleans())
def test_two_trees_of_flat_keys(
    left: dict[str, bytes], right: dict[str, bytes], *, shuffled: bool, content: bool
) -> None:
    with memory_world() as world:
        # Another key beside each keeps the directories there when they hold nothing.
        world.put(files={f"l/{key}": value for key, value in left.items()} | {"l/zz": b""})
        world.put(files={f"r/{key}": value for key, value in right.items()} | {"r/zz": b""})
        world.shuffled = shuffled
        by = CompareBy.CONTENT if content else CompareBy.SIZE
        comparison = ran(Comparison(world.session, place("l/"), place("r/"), by))
    model = expected(left, right)
    if content:
        both = [key for key in left.keys() & right.keys() if not key.endswith("/")]
        model |= {key: Difference.DIFFERENT for key in both if left[key] != right[key]}
    assert told(comparison) == model
    counts = comparison.counts()
    assert sum(counts.values()) == len(model) + counts.get(Difference.SAME, 0)


@given(left=st.sets(st.sampled_from(["a", "a.b", "a0", "b/", "b/x", "b/c/", "b0", "é"])), data=st.data())
def test_a_disk_and_flat_keys_are_merged_in_one_order(
    tmp_path_factory: pytest.TempPathFactory, left: set[str], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for key in left:
        if key.endswith("/"):
            (root / key).mkdir(parents=True, exist_ok=True)
        else:
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(b"12345")
    memory = Memory()
    right = data.draw(st.sets(st.sampled_from(["a", "a.b", "b/x", "b/c/y", "b0", "é"])))
    memory.put([f"d/{key}" for key in right] + ["d/"])
    comparison = ran(Comparison(memory.session, local(root), place("d/")))
    files = {key for key in left if not key.endswith("/")}
    everything = left | right
    empty = {key for key in left - files if not any(each != key and each.startswith(key) for each in everything)}
    expected_left = dict.fromkeys((files - right) | empty, Difference.LEFT_ONLY)
    assert told(comparison) == expected_left | dict.fromkeys(right - files, Difference.RIGHT_ONLY)


# One level, times, failures


def test_one_level_looks_into_no_directory() -> None:
    memory = Memory()
    memory.put(["l/x", "l/both/1", "l/only/1", "r/both/2", "r/y"])
    comparison = ran(Comparison(memory.session, place("l/"), place("r/"), recursive=False))
    assert told(comparison) == {
        "only/": Difference.LEFT_ONLY,
        "x": Difference.LEFT_ONLY,
        "y": Difference.RIGHT_ONLY,
    }
    assert comparison.counts()[Difference.SAME] == 1
    assert memory.requests == {"list": 2}


@pytest.mark.parametrize(
    ("by", "lag", "same_size", "difference"),
    [
        (CompareBy.TIME, 1.0, True, None),
        (CompareBy.TIME, 60.0, True, Difference.NEWER_LEFT),
        (CompareBy.TIME, -60.0, True, Difference.NEWER_RIGHT),
        (CompareBy.SIZE, 60.0, True, None),
        (CompareBy.SIZE, -60.0, False, Difference.NEWER_RIGHT),
        (CompareBy.SIZE, 0.0, False, Difference.DIFFERENT),
        (CompareBy.NAME, 60.0, False, None),
        (CompareBy.CONTENT, 60.0, True, Difference.NEWER_LEFT),
    ],
)
def test_times_say_what_is_newer(
    tmp_path: DiskPath, by: CompareBy, lag: float, *, same_size: bool, difference: Difference | None
) -> None:
    for side, content, time in (("l", b"12", 1e9 + lag), ("r", b"13" if same_size else b"1", 1e9)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "x").write_bytes(content)
        os.utime(tmp_path / side / "x", (time, time))
    comparison = ran(Comparison(Session(), local(tmp_path / "l"), local(tmp_path / "r"), by))
    assert told(comparison) == ({} if difference is None else {"x": difference})


def test_links_are_not_followed_and_a_file_is_no_directory(tmp_path: DiskPath) -> None:
    (tmp_path / "l").mkdir()
    (tmp_path / "l" / "link").symlink_to("/")
    (tmp_path / "l" / "thing").mkdir()
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "thing").touch()
    comparison = ran(Comparison(Session(), local(tmp_path / "l"), local(tmp_path / "r")))
    rows = [(row.name, row.difference) for row in comparison.rows()]
    assert rows == [
        ("link", Difference.LEFT_ONLY),
        ("thing", Difference.RIGHT_ONLY),
        ("thing", Difference.LEFT_ONLY),
    ]


def test_what_cannot_be_listed_or_read_is_told_and_hides_nothing() -> None:
    memory = Memory()
    memory.store.put("bucket", {"l/x": b"12", "r/x": b"34", "l/y": b"1", "l/z": b"12", "r/z": b"12"})
    memory.storage.describe = lambda key, **_how: (_ for _ in ()).throw(denied(key))  # type: ignore[method-assign]
    comparison = ran(Comparison(memory.session, place("l/"), place("r/"), CompareBy.CONTENT))
    assert told(comparison) == {"x": Difference.UNKNOWN, "y": Difference.LEFT_ONLY}
    assert comparison.failed == 1
    with pytest.raises(NotFoundError):
        ran(Comparison(memory.session, place("l/"), place("nowhere/")))
    with pytest.raises(UnsupportedOperation):
        ran(Comparison(memory.session, place("l/"), place(bucket="")))


def test_it_can_be_stopped() -> None:
    memory = Memory()
    memory.put([f"l/{number:04}" for number in range(2500)] + ["r/x"])
    cancel = Cancel()
    comparison = Comparison(memory.session, place("l/"), place("r/")).run(lambda _progress: cancel.set(), cancel)
    assert len(comparison.rows()) == 1000


# Requests, and the copy of the differences


def test_equal_etags_cost_nothing_and_unlike_ones_a_look_at_each_side(moto: MotoServer) -> None:
    same = {f"{side}/{number:04}": b"same" for side in "lr" for number in range(1200)}
    moto.put("bucket", same | {"l/x": b"one", "r/x": b"two", "l/y": b"longer", "r/y": b"short"})
    moto.reset_requests()
    comparison = ran(Comparison(Session(), s3("l/"), s3("r/"), CompareBy.CONTENT))
    assert set(told(comparison)) == {"x", "y"}
    assert comparison.counts()[Difference.SAME] == 1200
    assert sorted(line.split()[0] for line in moto.requests()) == ["GET"] * 4 + ["HEAD"] * 2


def test_a_file_is_compared_with_an_objects_checksum_and_not_downloaded(moto: MotoServer, tmp_path: DiskPath) -> None:
    moto.put("bucket", {"d/a": b"12345", "d/b": b"12345"})
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"12354")
    moto.reset_requests()
    comparison = ran(Comparison(Session(), local(tmp_path), s3("d/"), CompareBy.CONTENT))
    assert list(told(comparison)) == ["b"]
    assert sorted(line.split()[0] for line in moto.requests()) == ["GET", "HEAD", "HEAD"]


def test_objects_are_compared_by_any_checksum_that_both_have(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only by the one with which the bytes of each are best compared: an etag of parts here, nothing but a
    CRC64NVME there."""
    let_no_crc_be_computed(monkeypatch)
    moto.put("bucket", {"r/x": b"12345", "r/y": b"12345"})
    client = moto.client()
    for key in ("l/x", "l/y"):
        place: dict[str, str] = {"Bucket": "bucket", "Key": key}
        upload = client.create_multipart_upload(**place)["UploadId"]
        etag = client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"12345")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    client.close()
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.tell({"x-amz-server-side-encryption": "aws:kms"}, match="/bucket/r/")
        for key, content in {"l/x": b"12345", "r/x": b"12345", "l/y": b"12345", "r/y": b"damaged"}.items():
            proxy.tell(dict(telling(content)), match=f"/bucket/{key}")
        comparison = ran(Comparison(Session(), s3("l/"), s3("r/"), CompareBy.CONTENT))
        assert told(comparison) == {"y": Difference.DIFFERENT}
        assert sorted(line.split()[0] for line in proxy.requests()) == ["GET"] * 2 + ["HEAD"] * 4


def test_where_no_checksum_decides_both_are_read() -> None:
    memory = Memory()
    parts = b"a" * 100
    memory.store.put("bucket", {"l/x": parts, "r/x": parts, "l/y": parts, "r/y": b"b" * 100})
    storage = memory.storage
    usual = storage.scan

    def without_etags(prefix: str, **how: bool) -> object:
        for page in usual(prefix, **how):
            rows = [type(entry)(entry.name, entry.key, entry.kind, entry.size_bytes) for entry in page]
            yield page_from_entries(page.base, rows)

    storage.scan = without_etags  # type: ignore[method-assign, assignment]
    describe = storage.describe
    storage.describe = lambda key, **how: type(described := describe(key, **how))(  # type: ignore[method-assign]
        described.entry, described.facts, None
    )
    comparison = ran(Comparison(memory.session, place("l/"), place("r/"), CompareBy.CONTENT))
    assert told(comparison) == {"y": Difference.DIFFERENT}
    assert memory.requests["read"] == 4


def copied(session: Session, spec: CopySpec | None) -> None:
    assert spec is not None
    assert CopySpec.from_record(spec.record()) == spec
    summary = CopyJob(
        session, CopySpec(spec.sources, spec.target, spec.into, ConflictPolicy.OVERWRITE, below=spec.below)
    ).run()
    assert not summary.failures


def test_the_copy_of_the_differences_makes_both_sides_the_same(tmp_path: DiskPath) -> None:
    memory = Memory()
    memory.store.put("bucket", {"d/same": b"1", "d/sub/new": b"12", "d/changed": b"new content", "d/empty/": b""})
    (tmp_path / "same").write_bytes(b"1")
    (tmp_path / "changed").write_bytes(b"old")
    (tmp_path / "mine").write_bytes(b"kept")
    comparison = ran(Comparison(memory.session, place("d/"), local(tmp_path)))
    copied(memory.session, copy_of_differences(comparison, comparison.rows()))
    assert (tmp_path / "sub" / "new").read_bytes() == b"12"
    assert (tmp_path / "changed").read_bytes() == b"new content"
    assert (tmp_path / "empty").is_dir()
    again = ran(Comparison(memory.session, place("d/"), local(tmp_path), CompareBy.CONTENT))
    assert told(again) == {"mine": Difference.RIGHT_ONLY}
    assert copy_of_differences(again, again.rows()) is None
    copied(memory.session, copy_of_differences(again, again.rows(), to_right=False))
    assert told(ran(Comparison(memory.session, place("d/"), local(tmp_path)))) == {}


def test_keys_that_are_odd_go_to_their_own_paths() -> None:
    memory = Memory()
    memory.put(["l/a//b", "l/../x", "l/s", "l/s/1", "r/other"])
    comparison = ran(Comparison(memory.session, place("l/"), place("r/")))
    copied(memory.session, copy_of_differences(comparison, [row for row in comparison.rows() if row.left]))
    assert [key for key in memory.stored() if key.startswith("r/")] == ["r/../x", "r/a//b", "r/other", "r/s", "r/s/1"]
