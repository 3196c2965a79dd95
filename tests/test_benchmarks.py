"""That the benchmarks work: they list what is there, notice what is wrong, and name what they leave out.

Nothing here is timed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from benchmarks.key_spaces import digest_of, expected_digest, key_space_of
from benchmarks.listing_server import ListingServer, ask_server
from benchmarks.rows import page_cpu
from benchmarks.scale import QUICK
from benchmarks.section import Section, render

from tfm import Path
from tfm.path.sessions import use_session
from tfm.storage.session import Session

TINY = replace(QUICK, pages=1)


@pytest.fixture(scope="module")
def server() -> Iterator[ListingServer]:
    with ListingServer() as running:
        yield running


@pytest.fixture
def listing_server(
    server: ListingServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ListingServer]:
    """The server, at which AWS's own configuration and a session of this test's own point."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    with use_session(Session()):
        yield server


@pytest.mark.parametrize("bucket", ["plain-2500", "encoded-2500", "checksums-2500", "flat-2500"])
def test_listing_server_tells_of_every_generated_key(listing_server: ListingServer, bucket: str) -> None:
    ask_server(listing_server.url, "reset")
    pages = list(Path(f"s3://{bucket}/").scan(recursive=True))

    rows = [(page.base + name, size) for page in pages for name, size in zip(page.names(), page.sizes, strict=True)]
    assert digest_of(rows) == expected_digest(bucket)
    assert ask_server(listing_server.url, "count") == "3"


def test_generated_keys_are_in_the_order_in_which_s3_lists() -> None:
    for bucket in ("plain-30000", "encoded-30000", "flat-30000"):
        space, count = key_space_of(bucket)
        keys = space.keys(count)
        assert keys == sorted(keys)


def test_listing_server_tells_of_one_level(listing_server: ListingServer) -> None:
    names = [path.name for path in Path("s3://encoded-2500/warehouse/events/year=2026/month=000").iterdir()]

    assert names == [f"day={number:02}" for number in range(25)]


def test_page_table_names_every_tool_as_measured_or_left_out(server: ListingServer) -> None:
    section = page_cpu.measure_space(server, "encoded", TINY)

    assert section.rows[0][0] == "tfm"
    assert {row[-1] for row in section.rows} == {"yes"}
    assert {row[0] for row in section.rows} | {words.split()[0] for words in section.left_out} == {
        "tfm",
        "s5cmd",
        "obstore",
        "boto3",
        "s3fs",
    }


def test_wrong_listing_is_not_measured(server: ListingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cpu, "expected_digest", lambda bucket: "another")

    with pytest.raises(RuntimeError, match="tfm does not list what is in encoded-2000"):
        page_cpu.measure_space(server, "encoded", TINY)


def test_table_says_what_was_left_out() -> None:
    section = Section(
        "Title", "How to read it.", ("tool", "ms"), rows=[("tfm", "1.0")], left_out=["s5cmd (not installed)"]
    )

    assert render(section).splitlines() == [
        "## Title",
        "",
        "How to read it.",
        "",
        "| tool |  ms |",
        "| ---- | --: |",
        "| tfm  | 1.0 |",
        "",
        "Left out: s5cmd (not installed).",
    ]
