"""``tfm presign``: links that work, for as long as they were asked for."""

from __future__ import annotations

import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.running_program import RunHere
from tests.servers.moto import MotoServer


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800)])
def test_a_link_works(tfm: RunHere, moto: MotoServer, text: str, seconds: int) -> None:
    moto.put("bucket", {"d/a b+c": b"content"})
    outcome = tfm("presign", "--expires", text, "s3://bucket/d/a b+c")
    assert (outcome.code, outcome.errors, moto.requests()) == (0, "", [])
    (url,) = outcome.lines
    query = parse_qs(urlsplit(url).query)
    assert (query.get("X-Amz-Expires") or [str(seconds)]) == [str(seconds)]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"content"


def test_patterns_and_json(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/a": b"", "d/b": b"", "d/e/c": b""})
    records = tfm("presign", "--json", "s3://bucket/d/*").records
    assert [record["path"] for record in records] == ["s3://bucket/d/a", "s3://bucket/d/b"]
    assert records[0]["expires_seconds"] == 3600
    assert tfm("presign", "s3://bucket/d/e*").code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["s3://bucket/"], 2),
        (["s3://"], 2),
        (["s3://bucket/d/"], 1),
        (["file"], 1),
        (["--expires", "8d", "s3://bucket/x"], 1),
        (["--expires", "0", "s3://bucket/x"], 2),
        (["--expires", "soon", "s3://bucket/x"], 2),
        (["--no-sign-request", "s3://bucket/x"], 1),
        ([], 2),
    ],
)
def test_bad_input(tfm: RunHere, moto: MotoServer, arguments: list[str], code: int) -> None:
    outcome = tfm("presign", *arguments)
    assert (outcome.code, outcome.output) == (code, b"")
    assert outcome.errors
