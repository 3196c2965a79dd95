"""What objects say of themselves goes along from one server, or profile, to another: whole, in parts, and in trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws_files import AwsFiles
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.transfer.sides import ALL, PART_BYTES, Pair, Said, Server, Side, let_parts_be
from tfm import OperationFailed, count_requests
from tfm.core.errors import ConflictError, PermissionDeniedError, StorageError
from tfm.path.sessions import use_session
from tfm.storage.session import Session

CONTENTS = {"light": b"content", "whole": bytes(200 << 10), "in parts": bytes(PART_BYTES) + b"the end"}
"""By the three ways that there are."""

PLAIN = Said("text/plain")


@pytest.fixture(params=CONTENTS)
def content(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bytes:
    let_parts_be(monkeypatch, PART_BYTES)
    return CONTENTS[request.param]


@pytest.fixture
def proxy(moto_server: MotoServer) -> Iterator[FaultProxy]:
    moto_server.reset()
    with FaultProxy(moto_server.url) as between:
        yield between


@pytest.fixture
def two_profiles(
    moto_server: MotoServer, proxy: FaultProxy, aws_files: AwsFiles, client_of: Callable[[Server], Any]
) -> Iterator[Pair]:
    """Of one server; what is read of the source goes through the proxy."""
    for profile, url in (("here", proxy.url), ("there", moto_server.url)):
        aws_files.add_profile(profile, access_key="test", secret_key="testsecret", endpoint_url=url)
    for bucket in ("relayed-from", "relayed-to"):
        moto_server.put(bucket, {})
    client = client_of(moto_server)
    with use_session(Session()):
        yield Pair(Side(client, "relayed-from", "here"), Side(client, "relayed-to", "there"))


def failures_of(relay: Pair, key: str) -> list[StorageError]:
    with pytest.raises((OperationFailed, StorageError)) as caught:
        relay.source.path(key).copy(relay.target.path(key))
    return [*caught.value.failures] if isinstance(caught.value, OperationFailed) else [caught.value]


def test_all_of_it_goes_along(relay: Pair, content: bytes) -> None:
    source, target = relay.source, relay.target
    source.put("d/x", content, ALL)
    source.put("d/plain", b"plain", PLAIN)
    source.path("d/x").copy(target.path("one"))
    source.path("d/").copy(target.path("d"))
    assert target.said("one") == source.said("d/x") == ALL
    assert target.said("d/x") == ALL
    assert target.holds("one", content)
    assert target.holds("d/x", content)
    assert target.said("d/plain").tags == {}
    assert target.said("d/plain").content_type == "text/plain"


def test_without_a_time_of_its_own_it_has_that_of_its_object(relay: Pair, content: bytes) -> None:
    relay.source.put("x", content)
    relay.source.path("x").copy(relay.target.path("y"))
    assert {name: float(text) for name, text in relay.target.said("y").metadata.items()} == {
        "mtime": relay.source.modified("x")
    }


def test_of_many_light_ones_each_has_its_own(relay: Pair) -> None:
    """Many under way at once, on connections that are known by then."""
    said = {
        f"d/{number:02}": Said("text/x-tfm", {"mtime": f"{number}.5"}, {"number": str(number)} if number % 2 else {})
        for number in range(40)
    }
    for key, each in said.items():
        relay.source.put(key, key.encode(), each)
    relay.source.path("d/").copy(relay.target.path("d"))
    assert {key: relay.target.said(key) for key in relay.target.listed()} == said
    assert relay.target.contents() == {key: key.encode() for key in said}


def test_tags_cost_one_request_and_none_where_there_are_none(two_profiles: Pair) -> None:
    relay = two_profiles
    for number in range(10):
        relay.source.put(f"tagged/{number}", b"content", ALL)
        relay.source.put(f"plain/{number}", b"content", ALL.without_tags())
    costs = {}
    for directory in ("plain", "tagged"):
        with count_requests() as requests:
            relay.source.path(f"{directory}/").copy(relay.target.path(directory))
        costs[directory] = dict(requests.by_operation)
    assert costs["plain"] == {"ListObjectsV2": 2, "GetObject": 10, "PutObject": 10}
    assert costs["tagged"] == costs["plain"] | {"GetObjectTagging": 10}


def test_tags_that_may_not_be_read_are_a_failure_of_that_object(
    two_profiles: Pair, proxy: FaultProxy, content: bytes
) -> None:
    relay = two_profiles
    relay.source.put("d/a", b"a", ALL.without_tags())
    relay.source.put("d/tagged", content, ALL)
    relay.source.put("d/z", b"z")
    proxy.answer(403, "AccessDenied", match="?tagging", times=99)
    (of_tree,) = failures_of(relay, "d/")
    (of_object,) = failures_of(relay, "d/tagged")
    for error in (of_tree, of_object):
        assert isinstance(error, PermissionDeniedError)
        assert str(error) == (
            "s3://relayed-from/d/tagged: It has tags, and access to them is denied for profile here. "
            "Ask for the right to read tags (s3:GetObjectTagging), or choose another profile."
        )
    assert relay.target.listed() == {"d/a", "d/z"}
    assert not relay.target.client.list_multipart_uploads(Bucket=relay.target.bucket).get("Uploads")


def test_a_move_keeps_what_it_could_not_copy_with_its_tags(two_profiles: Pair, proxy: FaultProxy) -> None:
    relay = two_profiles
    relay.source.put("d/tagged", b"content", ALL)
    relay.source.put("d/z", b"z")
    proxy.answer(403, "AccessDenied", match="?tagging", times=99)
    with pytest.raises(OperationFailed):
        relay.source.path("d/").move(relay.target.path("d"))
    assert relay.source.listed() == {"d/tagged"}
    assert relay.target.listed() == {"d/z"}


def test_tags_are_asked_for_again(two_profiles: Pair, proxy: FaultProxy, content: bytes) -> None:
    relay = two_profiles
    for number in range(4):
        relay.source.put(f"d/{number}", content, ALL)
    fault = proxy.answer(503, "SlowDown", match="?tagging", times=2)
    relay.source.path("d/").copy(relay.target.path("d"))
    assert fault.happened.is_set()
    assert fault.times == 0
    for number in range(4):
        assert relay.target.said(f"d/{number}") == ALL
        assert relay.target.holds(f"d/{number}", content)


# Markers

MARKER = Said("application/x-directory", {"colour": "blue", "mtime": "1.5"}, {"a": "b"})


def test_markers_keep_what_they_say(relay: Pair) -> None:
    for key in ("d/", "d/marked/", "d/empty/"):
        relay.source.put(key, b"", MARKER)
    relay.source.put("d/marked/x", b"1")
    relay.source.put("d/virtual/y", b"2")
    relay.source.path("d/").copy(relay.target.path("d"))
    found = relay.target.listed()
    relay.target.put("another/", b"", relay.source.said("d/"))
    expected = relay.target.said("another/")
    if expected != MARKER:
        found |= {"d/", "d/marked/"}  # which SeaweedFS lists only where no object made them before
    assert found == {"d/", "d/marked/", "d/marked/x", "d/empty/", "d/virtual/y"}
    for key in ("d/", "d/marked/", "d/empty/"):
        said = relay.target.said(key)
        assert (said.content_type, said.tags) == (expected.content_type, expected.tags)
        assert expected.metadata.items() <= said.metadata.items()


def test_a_marker_that_somebody_else_makes_meanwhile_is_no_failure(two_profiles: Pair, proxy: FaultProxy) -> None:
    relay = two_profiles
    relay.source.put("d/", b"", MARKER)
    relay.source.put("d/x", b"1")
    proxy.at_request(1, lambda: relay.target.put("d/", b""), match="GET /relayed-from/d/ ")
    relay.source.path("d/").move(relay.target.path("d"))
    assert relay.target.contents() == {"d/": b"", "d/x": b"1"}
    assert relay.source.listed() == set()


def test_a_marker_that_somebody_else_fills_meanwhile_is_one(two_profiles: Pair, proxy: FaultProxy) -> None:
    relay = two_profiles
    relay.source.put("d/", b"", MARKER)
    relay.source.put("d/x", b"1")
    proxy.at_request(1, lambda: relay.target.put("d/", b"theirs"), match="GET /relayed-from/d/ ")
    (error,) = failures_of(relay, "d/")
    assert isinstance(error, ConflictError)
    assert relay.target.contents() == {"d/": b"theirs", "d/x": b"1"}


# Whole trees


@pytest.fixture
def met(relay: Pair) -> Pair:
    """A tree of which some is at the destination already, older, and saying other things."""
    for number in range(6):
        relay.target.put(f"to/{number}", b"old", OLD) if number % 2 else None
        relay.source.put(f"from/{number}", f"new {number}".encode(), ALL)
    return relay


OLD = Said("text/old", {"old": "1", "mtime": "1.5"}, {"old": "2"})


def test_what_is_in_the_way_is_left(met: Pair) -> None:
    met.source.path("from/").copy(met.target.path("to"), conflict="skip")
    for number in range(6):
        there = met.target.said(f"to/{number}")
        assert there == (OLD if number % 2 else ALL)
        assert met.target.holds(f"to/{number}", b"old" if number % 2 else f"new {number}".encode())


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_what_is_in_the_way_is_replaced_with_all_that_it_says(met: Pair, move: bool) -> None:
    source = met.source.path("from/")
    (source.move if move else source.copy)(met.target.path("to"), conflict="overwrite")
    for number in range(6):
        assert met.target.said(f"to/{number}") == ALL
        assert met.target.holds(f"to/{number}", f"new {number}".encode())
    assert met.source.listed() == (set() if move else {f"from/{number}" for number in range(6)})


def test_what_is_in_the_way_gets_a_copy_beside_it(met: Pair) -> None:
    met.source.path("from/").copy(met.target.path("to"), conflict="rename")
    assert met.target.listed() == {f"to/{number}" for number in range(6)} | {f"to/{number} (1)" for number in (1, 3, 5)}
    for key in met.target.listed():
        assert met.target.said(key) == (OLD if key in {"to/1", "to/3", "to/5"} else ALL)


def test_what_is_in_the_way_is_a_failure_and_a_move_keeps_it(met: Pair) -> None:
    with pytest.raises(OperationFailed) as caught:
        met.source.path("from/").move(met.target.path("to"))
    assert [type(each) for each in caught.value.failures] == [ConflictError] * 3
    assert met.source.listed() == {"from/1", "from/3", "from/5"}
    for number in range(6):
        assert met.target.said(f"to/{number}") == (OLD if number % 2 else ALL)


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_a_tree_by_all_three_ways(relay: Pair, move: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    let_parts_be(monkeypatch, PART_BYTES)
    for name, content in CONTENTS.items():
        relay.source.put(f"d/{name}", content, ALL)
    source = relay.source.path("d/")
    (source.move if move else source.copy)(relay.target.path("e"))
    for name, content in CONTENTS.items():
        assert relay.target.said(f"e/{name}") == ALL
        assert relay.target.holds(f"e/{name}", content)
    assert relay.source.listed() == (set() if move else {f"d/{name}" for name in CONTENTS})


HOSTILE = {
    "x": b"file",
    "emoji \U0001f600\u200d": b"1",
    "right \u202eto left.exe": b"2",
    "-rf": b"3",
    "$(touch pwned)": b"4",
    "a+b%20c?d#e&f": b"5",
    " blanks ": b"7",
    "bak/x": b"8",
    "bakbak/x": b"9",
    "n" * 255: b"10",
}
UNLIKE_PATHS = {
    "x/y": b"below",
    "back\\slash": b"8",
    "a//b": b"1",
    "a/b": b"2",
    "//c": b"3",
    "./d": b"4",
    "../e": b"5",
    "d/../../f": b"6",
    "g/": b"",
    "g": b"7",
}
"""What SeaweedFS makes other keys of, or refuses, since it keeps files."""

NEWLINES = {"new\nline": b"1", "d\n/\r\n": b"2"}
"""What moto does not find."""


@pytest.mark.parametrize(
    ("relay", "more"),
    [
        pytest.param(("moto", "moto"), UNLIKE_PATHS, id="moto"),
        pytest.param(("seaweed", "seaweed"), NEWLINES, id="SeaweedFS", marks=pytest.mark.seaweedfs),
        pytest.param(("moto", "seaweed"), {}, id="moto to SeaweedFS", marks=pytest.mark.seaweedfs),
    ],
    indirect=["relay"],
)
@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_hostile_keys(relay: Pair, more: dict[str, bytes], move: bool) -> None:
    tree = HOSTILE | more
    for key, content in tree.items():
        relay.source.put(f"d/{key}", content, Said("text/x-tfm", {"mtime": "1.5"}, {"number": str(len(key))}))
    relay.source.put("d2/x", b"beside")
    source = relay.source.path("d/")
    (source.move if move else source.copy)(relay.target.path("e"))
    assert relay.target.contents("e/") == tree
    for key in tree:
        assert relay.target.said(f"e/{key}").tags == {"number": str(len(key))}
    assert relay.source.contents() == ({} if move else {f"d/{key}": content for key, content in tree.items()}) | {
        "d2/x": b"beside"
    }
