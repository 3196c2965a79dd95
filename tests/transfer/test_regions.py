"""From a bucket in one region to one in another: the server of the destination copies, or all comes through here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws_files import AwsFiles
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.transfer.sides import ALL, PART_BYTES, Pair, Server, Side, let_parts_be
from tfm import count_requests
from tfm.path.sessions import use_session
from tfm.storage.session import Session

CONTENTS = {"d/x": b"content", "d/whole": bytes(200 << 10), "d/in parts": bytes(PART_BYTES) + b"the end"}

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/s3/")


@pytest.fixture
def proxy(moto_server: MotoServer, aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Before moto, with a bucket in Frankfurt and one in Oregon; each region has a profile, the usual one another."""
    let_parts_be(monkeypatch, PART_BYTES)
    moto_server.reset()
    moto_server.put("frankfurt", {}, region="eu-central-1")
    moto_server.put("oregon", {}, region="us-west-2")
    with FaultProxy(moto_server.url) as between, use_session(Session()):
        for profile, region in (("default", "us-east-1"), ("europe", "eu-central-1"), ("america", "us-west-2")):
            aws_files.add_profile(
                profile, access_key="test", secret_key="testsecret", region=region, endpoint_url=between.url
            )
        yield between


@pytest.fixture
def pair(moto_server: MotoServer, proxy: FaultProxy, client_of: Callable[[Server], Any]) -> Pair:
    client = client_of(moto_server)
    source, target = Side(client, "frankfurt"), Side(client, "oregon")
    regions = [client.get_bucket_location(Bucket=each.bucket)["LocationConstraint"] for each in (source, target)]
    assert regions == ["eu-central-1", "us-west-2"]
    for key, content in CONTENTS.items():
        source.put(key, content, ALL)
    moto_server.reset_requests()
    return Pair(source, target)


def require_all(pair: Pair) -> None:
    assert pair.target.listed() == set(CONTENTS)
    for key, content in CONTENTS.items():
        assert pair.target.said(key) == ALL
        assert pair.target.holds(key, content)


def regions_asked(moto: MotoServer, bucket: str) -> set[str]:
    """Those that requests to the bucket were signed for, save those that were refused."""
    found = set()
    for record in moto.records():
        scope = SCOPE.search(record.headers["authorization"])
        assert scope is not None
        if record.target.startswith(f"/{bucket}"):
            found.add(scope[1])
    return found


def test_the_server_copies(pair: Pair) -> None:
    with count_requests() as requests:
        pair.source.path("d/").copy(pair.target.path("d"))
    assert not {"GetObject", "PutObject", "UploadPart"} & requests.by_operation.keys()
    require_all(pair)


@pytest.mark.parametrize("bucket", ["frankfurt", "oregon"])
@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_the_server_copies_once_it_is_known_where_a_bucket_is(
    pair: Pair, proxy: FaultProxy, moto_server: MotoServer, bucket: str, move: bool
) -> None:
    """Amazon refuses what is signed for another region, and names the right one."""
    region = {"frankfurt": "eu-central-1", "oregon": "us-west-2"}[bucket]
    methods = ["GET"] if bucket == "frankfurt" else ["GET", "PUT", "POST"]
    refusals = [
        proxy.answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": region}, match=f"{method} /{bucket}")
        for method in methods
    ]
    source = pair.source.path("d/")
    (source.move if move else source.copy)(pair.target.path("d"))
    assert all(refusal.happened.is_set() for refusal in refusals)
    assert region in regions_asked(moto_server, bucket)
    require_all(pair)
    assert pair.source.listed() == (set() if move else set(CONTENTS))


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_between_two_profiles_all_comes_through_here(pair: Pair, moto_server: MotoServer, move: bool) -> None:
    source = Side(pair.source.client, "frankfurt", "europe").path("d/")
    target = Side(pair.target.client, "oregon", "america").path("d")
    with count_requests() as requests:
        (source.move if move else source.copy)(target)
    assert "CopyObject" not in requests.by_operation
    assert regions_asked(moto_server, "frankfurt") == {"eu-central-1"}
    assert regions_asked(moto_server, "oregon") == {"us-west-2"}
    require_all(pair)
    assert pair.source.listed() == (set() if move else set(CONTENTS))
