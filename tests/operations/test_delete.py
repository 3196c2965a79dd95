"""Deleting by plan and by stream: exactly what was meant, everything accounted for, at the least cost."""

from __future__ import annotations

import json
from pathlib import Path as DiskPath

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.core.entry import Entry, Kind
from tfm.core.errors import (
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    TemporaryError,
)
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel, Progress
from tfm.core.settings import Settings
from tfm.operations.delete import DeleteSummary, delete_items, delete_tree
from tfm.operations.delete_item import item_of
from tfm.operations.delete_plan import plan_delete, run_delete
from tfm.storage.session import Session

BUCKET = StorageAddress("s3", "bucket")
DISK = StorageAddress("file")


@pytest.fixture
def session(moto: MotoServer) -> Session:
    moto.put("bucket", {"other": b"1"})
    return Session(Settings(max_attempts=1))


def directory(key: str) -> Location:
    return Location(BUCKET, key, Kind.DIRECTORY)


def file(key: str) -> Location:
    return Location(BUCKET, key, Kind.FILE)


def left(moto: MotoServer) -> list[str]:
    client = moto.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="bucket")
    keys = [row["Key"] for page in pages for row in page.get("Contents", [])]
    client.close()
    return keys


def deny(moto: MotoServer, *keys: str) -> None:
    """Let nobody delete these."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": [f"arn:aws:s3:::bucket/{key}" for key in keys],
    }
    client = moto.client()
    client.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    client.close()


# Plans on flat keys


def test_a_plan_counts_and_its_run_deletes_exactly_that(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {f"bak/{i:04}": b"12" for i in range(2499)} | {"bak/": b"", "bakbak/x": b"", "bak": b"beside"})
    moto.put("bucket", {"a//b": b"123", "a/b": b"", "x": b"1", "x/y": b""})
    moto.reset_requests()
    plan = plan_delete(session, [directory("bak/"), file("a//b"), file("x")])
    assert (plan.objects, plan.size_bytes, plan.requests, plan.failures) == (2502, 2 * 2499 + 4, 3, [])
    assert not plan.is_root
    assert [line.split()[0] for line in moto.requests()] == ["GET"] * 5
    moto.put("bucket", {"bak/added-meanwhile": b""})
    moto.reset_requests()
    told: list[Progress] = []
    gone: list[str] = []
    summary = run_delete(plan, progress=told.append, on_deleted=lambda _, entry: gone.append(entry.key))
    assert (summary.objects, summary.size_bytes, summary.failed, summary.stopped) == (2502, 5002, 0, False)
    assert [line.split()[0] for line in moto.requests()] == ["POST"] * 3
    assert left(moto) == ["a/b", "bak", "bak/added-meanwhile", "bakbak/x", "other", "x/y"]
    assert (told[-1].objects_done, told[-1].objects_total, told[-1].bytes_total) == (2502, 2502, 5002)
    assert len(gone) == len(set(gone)) == 2502


@pytest.mark.parametrize("number", [1, 20, 1000, 2500])
def test_a_tree_costs_two_requests_for_a_thousand(session: Session, moto: MotoServer, number: int) -> None:
    moto.put("bucket", {f"t/{i:04}": b"" for i in range(number)})
    moto.reset_requests()
    plan = plan_delete(session, [directory("t/")])
    run_delete(plan)
    assert plan.requests == -(-number // 1000)
    assert len(moto.requests()) == 2 * plan.requests
    assert left(moto) == ["other"]


def test_what_the_cache_knows_of_objects_costs_nothing(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b"12", "y": b"1"})
    list(session.storage(BUCKET).scan(""))
    moto.reset_requests()
    plan = plan_delete(session, [file("x"), file("y")])
    assert (plan.objects, plan.size_bytes, moto.requests()) == (2, 3, [])


def test_what_is_in_a_tree_is_counted_once(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"12", "d/e/y": b"1", "d": b"123"})
    locations = [file("d/x"), directory("d/e/"), directory("d/"), directory("d/"), file("d")]
    plan = plan_delete(session, locations)
    assert (plan.objects, plan.size_bytes, plan.requests) == (3, 6, 1)
    run_delete(plan)
    assert left(moto) == ["other"]


def test_what_cannot_be_listed_is_said_and_the_rest_is_planned(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b""})
    nowhere = Location(StorageAddress("s3", "no-such-bucket"), "", Kind.DIRECTORY)
    buckets = Location(StorageAddress("s3", ""), "", Kind.DIRECTORY)
    plan = plan_delete(session, [directory("no/"), file("no"), nowhere, buckets, directory("d/")])
    assert sorted(type(error).__name__ for error in plan.failures) == ["NotFoundError"] * 3 + ["UnsupportedOperation"]
    assert (plan.objects, plan.is_root) == (1, False)


def test_a_listing_that_breaks_off_is_no_half_plan(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {f"t/{i:04}": b"" for i in range(1500)})
    with FaultProxy(moto.url) as proxy:
        proxy.answer(403, "AccessDenied", match="continuation-token")
        through = Session(Settings(max_attempts=1, s3_endpoint_url=proxy.url))
        plan = plan_delete(through, [directory("t/"), file("other")])
    assert [type(error) for error in plan.failures] == [PermissionDeniedError]
    assert (plan.objects, plan.size_bytes, plan.requests) == (1, 1, 1)


def test_a_bucket_with_all_that_is_in_it_is_named(session: Session, moto: MotoServer) -> None:
    plan = plan_delete(session, [directory("")])
    assert (plan.roots, plan.is_root, plan.objects) == (["bucket"], True, 1)


def test_counting_can_be_cancelled(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {f"t/{i:04}": b"" for i in range(3500)})
    moto.reset_requests()
    cancel = Cancel()
    plan = plan_delete(session, [directory("t/")], progress=lambda _: cancel.set(), cancel=cancel)
    assert plan.stopped
    assert len(moto.requests()) <= 2


def test_a_run_can_be_cancelled_between_two_requests(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {f"t/{i:04}": b"" for i in range(6500)})
    cancel = Cancel()
    plan = plan_delete(session, [directory("t/")])
    summary = run_delete(plan, progress=lambda _: cancel.set(), cancel=cancel)
    # What is under way then is waited for, and nothing more is sent.
    assert (summary.stopped, summary.objects, summary.failures) == (True, 4000, [])
    assert len(left(moto)) == 2501


def test_an_object_that_is_gone_by_then_is_no_failure(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"", "d/y": b""})
    plan = plan_delete(session, [directory("d/")])
    client = moto.client()
    client.delete_object(Bucket="bucket", Key="d/x")
    client.close()
    assert run_delete(plan).failures == []
    assert left(moto) == ["other"]


def test_the_cache_is_right_after_a_run_and_is_not_thrown_away(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"", "d/y": b"", "e/z": b""})
    storage = session.storage(BUCKET)
    list(storage.scan(""))
    list(storage.scan("d/"))
    run_delete(plan_delete(session, [directory("d/")]))
    moto.reset_requests()
    assert [entry.key for page in storage.scan("") for entry in page] == ["e/", "other"]
    assert storage.lookup("d").found is False
    assert moto.requests() == []


def test_what_somebody_added_meanwhile_shows_when_it_is_asked_for(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b""})
    storage = session.storage(BUCKET)
    plan = plan_delete(session, [directory("d/")])
    storage.put("d/new", b"1")
    run_delete(plan)
    assert [entry.key for page in storage.scan("d/") for entry in page] == ["d/new"]
    assert [entry.key for page in storage.scan("") for entry in page] == ["d/", "other"]


# Failures


@pytest.mark.parametrize("planned", [True, False], ids=["plan", "stream"])
def test_one_denied_among_a_thousand_is_named_and_the_others_go(
    session: Session, moto: MotoServer, planned: bool
) -> None:
    moto.put("bucket", {f"t/{i:04}": b"1" for i in range(1000)})
    deny(moto, "t/0500")
    told: list[StorageError] = []
    if planned:
        summary = run_delete(plan_delete(session, [directory("t/")]), on_error=told.append)
    else:
        summary = delete_tree(session.storage(BUCKET), "t/", on_error=told.append)
    assert (summary.objects, summary.failed, summary.unknown, summary.stopped) == (999, 1, 0, False)
    assert [(type(error), error.uri) for error in told] == [(PermissionDeniedError, "s3://bucket/t/0500")]
    assert summary.failures == told
    assert left(moto) == ["other", "t/0500"]
    assert [entry.key for page in session.storage(BUCKET).scan("t/") for entry in page] == ["t/0500"]


@pytest.mark.parametrize("planned", [True, False], ids=["plan", "stream"])
def test_a_lost_answer_is_said_and_running_again_finishes(moto: MotoServer, planned: bool) -> None:
    moto.put("bucket", {f"t/{i:04}": b"1" for i in range(2500)} | {"other": b""})
    with FaultProxy(moto.url) as proxy:
        session = Session(Settings(max_attempts=1, s3_endpoint_url=proxy.url))

        def run() -> DeleteSummary:
            if planned:
                return run_delete(plan_delete(session, [directory("t/")]))
            return delete_tree(session.storage(BUCKET), "t/")

        proxy.delay(0, match="?delete")
        proxy.lose_answer(match="?delete")
        summary = run()
        # The server did it, and nobody here can know. What was sent behind it is waited for, and counted.
        assert (summary.objects, summary.failed, summary.unknown, summary.stopped) == (1500, 1000, 1000, True)
        assert [isinstance(error, TemporaryError) for error in summary.failures] == [True]
        assert left(moto) == ["other"]
        moto.put("bucket", {"t/0000": b""})
        again = run()
    assert (again.objects, again.failures) == (1, [])
    assert left(moto) == ["other"]


def test_a_storage_that_fails_does_not_keep_the_others_back(session: Session, moto: MotoServer) -> None:
    moto.put("second", {"d/x": b"1"})
    moto.put("bucket", {"d/x": b"1"})
    plan = plan_delete(session, [directory("d/"), Location(StorageAddress("s3", "second"), "d/", Kind.DIRECTORY)])
    client = moto.client()
    for key in ("d/x", "other"):
        client.delete_object(Bucket="bucket", Key=key)
    client.delete_bucket(Bucket="bucket")
    summary = run_delete(plan)
    assert (summary.objects, summary.failed, len(summary.failures)) == (1, 1, 1)
    assert client.list_objects_v2(Bucket="second")["KeyCount"] == 0
    client.close()


# Streams


def test_objects_that_follow_each_other_share_a_request(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {f"x{i:04}": b"1" for i in range(1500)} | {"d/y": b""})
    storage = session.storage(BUCKET)
    items = [item_of(storage, entry) for page in storage.scan("") for entry in page if entry.key != "other"]
    moto.reset_requests()
    summary = delete_items(items)
    assert (summary.objects, summary.size_bytes, summary.failures) == (1501, 1500, [])
    assert [line.split()[0] for line in moto.requests()] == ["GET", "POST", "POST", "POST"]
    assert left(moto) == ["other"]


def test_a_stream_goes_on_past_a_tree_that_is_not_there(session: Session, moto: MotoServer) -> None:
    moto.put("bucket", {"d/y": b""})
    storage = session.storage(BUCKET)
    trees = [item_of(storage, Entry("", key, Kind.DIRECTORY)) for key in ("no/", "d/", "d/", "d/e/")]
    summary = delete_items(trees)
    assert (summary.objects, summary.failed, summary.stopped) == (1, 1, False)
    assert [type(error) for error in summary.failures] == [NotFoundError]


@pytest.mark.parametrize("stream", [True, False])
def test_a_dry_run_sends_no_writing_request(session: Session, moto: MotoServer, stream: bool) -> None:
    moto.put("bucket", {f"t/{i:04}": b"12" for i in range(1500)})
    storage = session.storage(BUCKET)
    moto.reset_requests()
    if stream:
        entries = [Entry("", "t/", Kind.DIRECTORY), Entry("other", "other", Kind.FILE, 1)]
        summary = delete_items([item_of(storage, entry) for entry in entries], dry_run=True)
        assert (summary.objects, summary.size_bytes, summary.dry_run) == (1501, 3001, True)
    else:
        assert delete_tree(storage, "t/", dry_run=True).objects == 1500
    assert {line.split()[0] for line in moto.requests()} == {"GET"}
    assert len(left(moto)) == 1501


# Disks


def disk(path: DiskPath) -> Location:
    is_directory = path.is_dir()
    return Location(DISK, f"{path}/" if is_directory else str(path), Kind.DIRECTORY if is_directory else Kind.FILE)


def test_a_plan_of_a_disk(tmp_path: DiskPath) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "x").write_bytes(b"123")
    (tmp_path / "d" / "e" / "y").write_bytes(b"12")
    (tmp_path / "f").write_bytes(b"1")
    (tmp_path / "kept").write_bytes(b"1")
    session = Session()
    plan = plan_delete(session, [disk(tmp_path / "d"), disk(tmp_path / "f")])
    assert (plan.objects, plan.size_bytes, plan.requests, plan.is_root) == (5, 6, 0, False)
    assert delete_tree(session.storage(DISK), f"{tmp_path}/d/", dry_run=True).objects == 4
    told: list[Progress] = []
    summary = run_delete(plan, progress=told.append)
    assert (summary.objects, summary.size_bytes, summary.failures) == (5, 6, [])
    assert told[-1].objects_total == 5
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: DiskPath) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").touch()
    (tmp_path / "link").symlink_to("kept")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to("../kept")
    plan = plan_delete(Session(), [disk(tmp_path / "link"), disk(tmp_path / "d")])
    assert plan.objects == 3
    assert run_delete(plan).objects == 3
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "x").exists()


@pytest.mark.parametrize("key", ["/", "./", "../", "//"])
def test_no_disk_is_counted_that_has_no_name(tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_delete(Session(), [Location(DISK, key, Kind.DIRECTORY)])
    assert [type(error) for error in plan.failures] == [InvalidRequestError]
    assert (plan.items, plan.objects) == ([], 0)
