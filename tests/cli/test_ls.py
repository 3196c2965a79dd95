"""``tfm ls``: what it prints, what it asks, and how it fails."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.running_program import RunHere
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.cli.output import entry_record, modified_text
from tfm.core.entry import Entry, Kind

ODD_KEYS = [
    "a//b", "a/../b", "a/./b", "../x", "/leading", "trailing//", "with space", "per%cent", "per%2Fcent", "plus+",
    "question?", "hash#", "back\\slash", "quote\"'", "日本語", "cafe\u0301", "caf\u00e9", "emoji-🎉", "rtl-\u202egpj",
    "escape-\x1b[31m", "c1-\x9b31m", "tab\t", "return\r", "-rf", "--help", "$(touch pwned)", "sep\u2028", "é" * 500,
]  # fmt: skip


def test_a_directory_of_a_disk(tfm: RunHere, here: Path) -> None:
    (here / "b.txt").write_text("12345")
    (here / "a").mkdir()
    (here / ".hidden").touch()
    outcome = tfm("ls")
    assert (outcome.code, sorted(outcome.lines), outcome.errors) == (0, [".hidden", "a/", "b.txt"], "")


def test_long_lines_have_size_and_local_time(tfm: RunHere, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "b.txt").write_text("12345")
    (here / "a").mkdir()
    moment = datetime(2026, 1, 2, 3, 4, 5).astimezone()
    for path in (here / "a", here / "b.txt"):
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    lines = sorted(tfm("ls", "-l").lines)
    assert lines == [" " * 15 + "  2026-01-02 03:04:05  a/", f"{5:>15}  2026-01-02 03:04:05  b.txt"]


def test_a_time_that_no_calendar_has_is_left_out() -> None:
    for timestamp in (1e13, -1e13):
        entry = Entry("far", "far", Kind.FILE, 0, timestamp)
        assert modified_text(entry) == ""
        assert entry_record(entry, "far")["modified_at"] is None


def test_recursive_lists_by_path_from_there(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    (here / "a" / "deep").mkdir(parents=True)
    (here / "a" / "deep" / "file").touch()
    moto.put("bucket", {"a/deep/file": b"1", "a/x": b"", "b": b""})
    assert sorted(tfm("ls", "-R", ".").lines) == ["a/", "a/deep/", "a/deep/file"]
    assert tfm("ls", "-R", "s3://bucket").lines == ["a/deep/file", "a/x", "b"]
    assert tfm("ls", "-R", "s3://bucket/a/", "s3://bucket/b").lines == [
        "s3://bucket/a/deep/file",
        "s3://bucket/a/x",
        "s3://bucket/b",
    ]


def test_names_that_are_not_text_stay_exact(tfm: RunHere, here: Path) -> None:
    name = b"\xff\xfe-\x1b[31m\n"
    with open(os.fsencode(here) + b"/" + name, "wb"):
        pass
    assert tfm("ls").output == name + b"\n"
    assert tfm("ls", "-0").output == name + b"\0"
    outcome = tfm("ls", "--json")
    assert outcome.output.isascii()
    assert os.fsencode(outcome.records[0]["path"]) == b"./" + name


@pytest.mark.parametrize("n", [20, 100, 2_500])
def test_a_directory_costs_a_request_for_each_thousand(tfm: RunHere, moto: MotoServer, n: int) -> None:
    moto.put("bucket", {f"d/{number:05}": b"" for number in range(n)})
    assert len(tfm("ls", "s3://bucket/d/").lines) == n
    assert len(moto.requests()) == -(-n // 1000)


def test_without_a_slash_one_more_request_tells_object_from_directory(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/one": b""})
    assert tfm("ls", "s3://bucket/d").lines == ["one"]
    assert len(moto.requests()) == 2


def test_an_object_beside_a_directory_of_its_name(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"x": b"12", "x/inside": b""})
    assert tfm("ls", "s3://bucket/x").lines == ["x"]
    assert tfm("ls", "s3://bucket/x/").lines == ["inside"]
    assert tfm("ls", "s3://bucket/").lines == ["x", "x/"]


def test_the_buckets(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("one", {})
    moto.put("two", {"x": b""})
    outcome = tfm("ls", "s3://")
    assert (outcome.code, outcome.lines) == (0, ["one/", "two/"])
    assert [record["path"] for record in tfm("ls", "--json", "s3://").records] == ["s3://one/", "s3://two/"]
    assert len(moto.requests()) == 2
    refused = tfm("ls", "-R", "s3://")
    assert refused.code == 1
    assert len(refused.errors.splitlines()) == 1


def test_odd_keys_are_exact_in_json_and_with_nul(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {key: key.encode() for key in ODD_KEYS})
    wanted = sorted(ODD_KEYS, key=str.encode)
    outcome = tfm("ls", "-R", "--json", "s3://bucket")
    assert outcome.output.isascii()
    assert [record["path"] for record in outcome.records] == [f"s3://bucket/{key}" for key in wanted]
    assert [record["size_bytes"] for record in outcome.records] == [len(key.encode()) for key in wanted]
    assert tfm("ls", "-R", "-0", "s3://bucket").output == b"".join(key.encode() + b"\0" for key in wanted)
    # Each can be named again as it was printed, and gives its own bytes.
    for key in ("a//b", "a/../b", "../x", "/leading", "with space", "per%2Fcent", "hash#", "escape-\x1b[31m"):
        assert tfm("cat", f"s3://bucket/{key}").output == key.encode()


def test_json_has_every_fact(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"file": b"12345", "d/x": b""}, storage_class="STANDARD_IA")
    directory, file = tfm("ls", "--json", "s3://bucket").records
    assert directory == {
        "path": "s3://bucket/d/", "kind": "directory", "size_bytes": None, "modified_at": None, "etag": None,
        "storage_class": None,
    }  # fmt: skip
    modified = datetime.fromisoformat(file.pop("modified_at"))
    assert modified.utcoffset() is not None
    assert file == {
        "path": "s3://bucket/file", "kind": "file", "size_bytes": 5, "etag": "827ccb0eea8a706c4c34a16891f84e7b",
        "storage_class": "STANDARD_IA",
    }  # fmt: skip


def test_one_that_fails_does_not_hide_the_others(tfm: RunHere, here: Path, moto: MotoServer) -> None:
    moto.put("bucket", {"d/one": b"", "e/two": b""})
    outcome = tfm("ls", "s3://bucket/d/", "s3://bucket/missing/", "s3://no-bucket/", "s3://bucket/e/")
    assert outcome.code == 1
    assert outcome.lines == ["s3://bucket/d/one", "s3://bucket/e/two"]
    missing, bucket = outcome.errors.splitlines()
    assert missing.startswith("tfm: s3://bucket/missing/: ")
    assert "no bucket 'no-bucket'" in bucket


@pytest.mark.parametrize("verb", ["ls", "stat", "cat"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing", "missing: "),
        ("missing/", "missing: "),
        ("", "An empty path names nothing."),
        ("s3:///key", "s3://NAME/KEY"),
        ("s3://im possible/", "im possible"),
        ("gopher://host/", "gopher://"),
        ("s3://buck*/x", "a pattern cannot stand in a bucket's name"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tfm: RunHere, here: Path, verb: str, path: str, said: str) -> None:
    outcome = tfm(verb, path)
    assert (outcome.code, outcome.output) == (2, b"")
    assert len(outcome.errors.splitlines()) == 1
    assert outcome.errors.startswith("tfm: ")
    assert said in outcome.errors


def test_a_failure_in_the_middle_keeps_what_came_before(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {f"d/{number:05}": b"" for number in range(1_500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(403, "AccessDenied", match="continuation-token")
        outcome = tfm("ls", "s3://bucket/d/")
    assert outcome.code == 1
    assert len(outcome.lines) == 1_000
    assert len(outcome.errors.splitlines()) == 1


class TestPatterns:
    @pytest.fixture(autouse=True)
    def _objects(self, moto: MotoServer) -> None:
        keys = ["a.csv", "b.csv", "b.txt", "d/a.csv", "d/e/a.csv", "e/x", "star*", "[ab].csv", "/x.csv", "d//y.csv"]
        moto.put("bucket", {key: key.encode() for key in keys})

    @pytest.mark.parametrize(
        ("pattern", "keys"),
        [
            ("*.csv", ["[ab].csv", "a.csv", "b.csv"]),
            ("?.txt", ["b.txt"]),
            ("[ab].csv", ["a.csv", "b.csv"]),
            ("[[]ab].csv", ["[ab].csv"]),
            ("*/", ["/", "d/", "e/"]),
            ("d*", ["d/"]),
            ("*/a.csv", ["d/a.csv"]),
            ("**/*.csv", ["/x.csv", "[ab].csv", "a.csv", "b.csv", "d//y.csv", "d/a.csv", "d/e/a.csv"]),
            ("d/**", ["d//", "d//y.csv", "d/a.csv", "d/e/", "d/e/a.csv"]),
            ("/*.csv", ["/x.csv"]),
            ("d//*", ["d//y.csv"]),
            ("star*", ["star*"]),
            ("star\\*", None),
            ("*.zip", None),
            ("missing/*", None),
        ],
    )
    def test_what_fits_is_listed_itself(self, tfm: RunHere, pattern: str, keys: list[str] | None) -> None:
        outcome = tfm("ls", f"s3://bucket/{pattern}")
        if keys is None:
            assert (outcome.code, outcome.output) == (1, b"")
            assert outcome.errors == f"tfm: s3://bucket/{pattern}: Nothing fits this pattern.\n"
        else:
            assert (outcome.code, outcome.errors) == (0, "")
            assert sorted(outcome.lines) == [f"s3://bucket/{key}" for key in sorted(keys)]

    def test_requests(self, tfm: RunHere, moto: MotoServer) -> None:
        for pattern, requests in (("*.csv", 1), ("d/e/*", 1), ("**/*.csv", 1), ("*/*", 4), ("*.zip", 1)):
            moto.reset_requests()
            tfm("ls", "-l", f"s3://bucket/{pattern}")
            assert len(moto.requests()) == requests, pattern

    def test_no_request_for_each_match_without_a_cache(
        self, tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TFM_S3_CACHE_TTL", "0")
        for verb in ("ls", "stat"):
            moto.reset_requests()
            assert tfm(verb, "s3://bucket/*.csv").code == 0
            assert len(moto.requests()) == 1

    def test_recursive_lists_what_is_below_too(self, tfm: RunHere) -> None:
        lines = tfm("ls", "-R", "s3://bucket/[de]").lines
        assert lines == [f"s3://bucket/{key}" for key in ("d/", "d//y.csv", "d/a.csv", "d/e/a.csv", "e/", "e/x")]

    def test_a_literal_key_where_nothing_else_fits(self, tfm: RunHere, moto: MotoServer) -> None:
        moto.put("bucket", {"what[now": b"1", "odd[z]": b"2"})
        assert tfm("cat", "s3://bucket/what[now").output == b"1"
        assert tfm("cat", "s3://bucket/odd[z]").output == b"2"

    def test_a_refused_listing_is_not_an_empty_one(
        self, tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with FaultProxy(moto.url) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
            proxy.answer(403, "AccessDenied", times=9)
            outcome = tfm("ls", "s3://bucket/*.csv")
        assert outcome.code == 1
        assert "Access denied" in outcome.errors
