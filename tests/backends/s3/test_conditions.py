"""Which preconditions a server is known to enforce."""

from __future__ import annotations

import json
import logging
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.backends.s3.conftest import OpenBucket
from tests.servers.moto import MotoServer
from tfm.backends.s3.conditions import conditions_of_provider
from tfm.backends.s3.known_servers import KnownServers
from tfm.core.errors import SettingsError
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts

ALL = frozenset(Condition)
WRITES = {Condition.CREATE, Condition.REPLACE}
SINGLE = ALL - {Condition.DELETE_MANY}
NONE: frozenset[Condition] = frozenset()
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("none", NONE),
        ("create", {Condition.CREATE}),
        ("create, replace", WRITES),
        (" Create,REPLACE,delete,Delete-Many,copy ", ALL),
    ],
)
def test_the_setting_decides(
    moto: MotoServer, open_bucket: OpenBucket, state_directory: Path, text: str, meant: frozenset[Condition]
) -> None:
    KnownServers().record(moto.url, [Condition.COPY], server="", found_at=NOON)
    assert open_bucket(s3_conditions=text).conditions() == meant


@pytest.mark.parametrize("text", ["all", "create;replace", "none,create", "create,,replace", "delete-"])
def test_a_wrong_setting_is_told(open_bucket: OpenBucket, text: str) -> None:
    with pytest.raises(SettingsError, match=r"S3_CONDITIONS .*create, replace, delete, delete-many, copy"):
        open_bucket(s3_conditions=text)


def test_a_condition_that_is_set_to_be_none_is_not_sent(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"k": b""})
    open_bucket(s3_conditions="replace").put("k", b"1", facts=ObjectFacts(), only_if=NOTHING_THERE)
    assert "if-none-match" not in moto.records()[-1].headers


@pytest.mark.parametrize(
    ("url", "bucket", "server", "known"),
    [
        ("https://s3.eu-central-1.amazonaws.com", "bucket", "", ALL),
        ("https://s3.cn-north-1.amazonaws.com.cn", "bucket", "AmazonS3", ALL),
        ("https://s3.us-east-1.amazonaws.com", "bucket--use1-az4--x-s3", "AmazonS3", ALL),
        ("https://s3.us-east-1.amazonaws.com", "arn:aws:s3:us-east-1:1:accesspoint/x", "AmazonS3", NONE),
        ("https://s3.us-east-1.amazonaws.com", "x-abc-s3alias", "AmazonS3", NONE),
        ("https://s3.us-east-1.amazonaws.com", "x-abc--ol-s3", "AmazonS3", NONE),
        ("https://evilamazonaws.com", "bucket", "AmazonS3", NONE),
        ("https://amazonaws.com.evil.example", "bucket", "AmazonS3", NONE),
        ("https://0123.r2.cloudflarestorage.com", "bucket", "cloudflare", WRITES),
        ("https://0123.eu.r2.cloudflarestorage.com", "bucket", "", WRITES),
        ("http://localhost:8333", "bucket", "SeaweedFS 30GB 3.96", NONE),
        ("http://localhost:8333", "bucket", "SeaweedFS 30GB 4.18", NONE),
        ("http://localhost:8333", "bucket", "SeaweedFS 30GB 4.19", SINGLE),
        ("http://localhost:8333", "bucket", "SeaweedFS 30GB 4.47", SINGLE),
        ("http://localhost:8333", "bucket", "SeaweedFS 8000GB 4.48", ALL),
        ("http://localhost:8333", "bucket", "SeaweedFS 30GB 5.0", ALL),
        ("http://localhost:9000", "bucket", "MinIO", NONE),
        ("http://localhost:5000", "bucket", "Werkzeug/3.1.9 Python/3.11.7, amazon.com", NONE),
        ("http://localhost:5000", "bucket", "", NONE),
        ("", "bucket", "", NONE),
    ],
)
def test_what_is_known_of_providers(url: str, bucket: str, server: str, known: frozenset[Condition]) -> None:
    assert conditions_of_provider(url, bucket, server) == known


def test_a_server_is_known_by_what_it_answered(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    backend = open_bucket()
    assert backend.conditions() == NONE
    backend.list_page("")
    assert backend.conditions() == NONE
    assert len(moto.requests()) == 1


def test_what_was_found_out_is_known_in_the_next_session(
    moto: MotoServer, open_bucket: OpenBucket, state_directory: Path
) -> None:
    KnownServers().record(moto.url + "/", WRITES, server="Werkzeug", found_at=NOON)
    KnownServers().record("https://user:secret@other.example/path?x", [], server="X", found_at=NOON)
    assert open_bucket().conditions() == WRITES
    assert moto.requests() == []
    path = state_directory / "s3-servers.json"
    assert json.loads(path.read_text()) == {
        moto.url: {"conditions": ["create", "replace"], "found_at": "2026-11-25T12:00:00+00:00", "server": "Werkzeug"},
        "https://other.example": {"conditions": [], "found_at": "2026-11-25T12:00:00+00:00", "server": "X"},
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_directory.stat().st_mode) == 0o700
    assert os.listdir(state_directory) == ["s3-servers.json"]
    assert KnownServers().conditions("https://other.example:443") is None


def test_nothing_enforced_is_knowledge_too(open_bucket: OpenBucket, aws_credentials: None) -> None:
    url = "https://s3.eu-central-1.amazonaws.com"
    assert open_bucket(s3_endpoint_url=url).conditions() == ALL
    KnownServers().record(url, [], server="AmazonS3", found_at=NOON)
    assert open_bucket(s3_endpoint_url=url).conditions() == NONE


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\x00", "ÿ"])
def test_a_broken_file_is_as_good_as_none(state_directory: Path, caplog: pytest.LogCaptureFixture, text: str) -> None:
    state_directory.mkdir(parents=True)
    path = state_directory / "s3-servers.json"
    path.write_text(text, encoding="latin-1")
    known = KnownServers()
    with caplog.at_level(logging.WARNING):
        assert known.conditions("http://x") is None
        assert known.conditions("http://x") is None
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    known.record("http://x", [Condition.CREATE], server="", found_at=NOON)
    assert KnownServers().conditions("http://x") == frozenset([Condition.CREATE])


@pytest.mark.parametrize("value", ["1", "[]", "null", '{"conditions": "create"}', '{"conditions": [1, "fly"]}'])
def test_a_strange_row_is_not_believed(state_directory: Path, value: str) -> None:
    state_directory.mkdir(parents=True)
    (state_directory / "s3-servers.json").write_text(f'{{"http://x": {value}}}')
    assert not KnownServers().conditions("http://x")


def test_a_file_of_somebody_else_is_not_believed(
    state_directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    KnownServers().record("http://x", ALL, server="", found_at=NOON)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert KnownServers().conditions("http://x") is None
    assert "another user" in caplog.text


def test_a_state_directory_that_cannot_be_written_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownServers(str(tmp_path))
    known.record("http://x", ALL, server="", found_at=NOON)

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="No space"):
        known.record("http://x", [], server="", found_at=NOON)
    assert known.conditions("http://x") == ALL
    assert os.listdir(tmp_path) == ["s3-servers.json"]
