"""A dead or refusing storage in one pane: the other works, the error tells what to do, and quitting is at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws_files import AwsFiles
from tests.running_program import Terminal, command
from tests.servers.fault_proxy import FaultProxy, silent_port
from tests.servers.moto import MotoServer
from tests.stories.conftest import StartProgram

pytestmark = pytest.mark.tmux


@pytest.fixture
def dead(aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The default profile leads to a port that never answers."""
    with silent_port() as url:
        aws_files.add_profile("default", access_key="test", secret_key="testsecret", endpoint_url=url)
        yield


@pytest.mark.parametrize("key", ["F10", "C-q"])
def test_quitting_while_a_server_is_silent(
    start: StartProgram, dead: None, home: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "60")
    (home / "local.txt").touch()
    program = start("s3://data/", str(home))
    program.until_shown("local.txt", side=1)
    program.until_shown("1 LIST")
    assert "listing…" in program.half(0)
    began = time.monotonic()
    program.press(key)
    assert program.ended() == 0
    assert time.monotonic() - began < 5  # the server is silent for sixty


def test_a_live_endpoint_beside_a_dead_one(
    start: StartProgram, bucket: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both panes have one profile, so one address: the server answers for one bucket and is silent about the other.
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "60")
    with FaultProxy(bucket.url) as proxy:
        bucket.put("dead", {"x": b""})
        stalled = proxy.stall(match="GET /dead", times=100)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        program = start("s3://dead/", "s3://data/")
        program.until_shown("readme.txt", side=1)
        assert stalled.happened.wait(10)
        assert "listing…" in program.half(0)
        program.press("Tab", "Down", "Enter")
        program.until_shown("2,500 entries", side=1)
        program.press("BSpace")
        program.until_shown("readme.txt", side=1)
        program.press("Down", "Enter")
        program.until_shown("2026", side=1)
        assert "listing…" in program.half(0)
        assert "✗" not in program.half(0)
        program.press("F10")
        assert program.ended() == 0


def test_a_dead_endpoint_says_what_is_wrong_and_what_to_do(
    start: StartProgram, bucket: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "4")
    with FaultProxy(bucket.url) as proxy:
        bucket.put("dead", {"x": b""})
        proxy.stall(match="GET /dead", times=100)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        program = start("s3://dead/", "s3://data/")
        shown = " ".join(program.until_shown("✗", "→", side=0).split())
        assert "did not answer in time" in shown
        assert "Check the endpoint URL" in shown
        assert "(empty)" not in shown
        program.until_shown("readme.txt", side=1)
        program.press("BSpace")
        program.until_shown("runs", side=1)
        program.press("F10")
        assert program.ended() == 0


def test_a_refused_listing_keeps_its_rows_and_tries_again(
    start: StartProgram, bucket: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(bucket.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        program = start("s3://data/", str(home))
        program.until_shown("readme.txt", side=0)
        proxy.answer(400, "ExpiredToken")
        program.press("C-r")
        shown = " ".join(program.until_shown("✗", "→", side=0).split())
        assert "have expired" in shown
        assert "aws sso login" in shown
        assert "readme.txt" in shown
        program.press("C-r")
        program.until(lambda: "✗" not in program.half(0))
        program.until_shown("readme.txt", "3 entries", side=0)
        program.press("Down", "Down", "End", "F3")
        program.until_shown("line 0 of the text")
        program.press("F10")
        program.until_shown("3 entries")
        program.press("F10")
        assert program.ended() == 0


def test_no_credentials_and_a_missing_bucket(
    start: StartProgram, bucket: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start("s3://no-such-bucket/", "s3://data/missing/")
    assert "There is no bucket" in " ".join(program.until_shown("✗", "→", side=0).split())
    shown = program.until_shown("✗", "→", side=1)
    assert "(empty)" not in shown
    program.press("F10")
    assert program.ended() == 0


def test_no_foreign_byte_reaches_the_terminal(moto: MotoServer, home: Path) -> None:
    """Everything that the program writes, escape sequences and all, holds none that a name or a content brought."""
    hostile = {
        "title-\x1b]0;owned-title\x07": b"",
        "clear-\x1b[2J\x1b[Hcleared": b"",
        "colour-\x1b[38;5;213mpink": b"",
        "c1-\x9b38;5;213mpink": b"",
        "dcs-\x1bPowned-dcs\x1b\\": b"",
        "bell\x07\x07": b"",
        "rtl-\u202egnp.exe": b"",
        "tab\tand\rreturn": b"",
        "zzz.txt": b"\x1b]0;owned-content\x07\x1b[38;5;213mpink\x9b38;5;213m\n" * 3,
    }
    moto.put("odd", hostile)
    with Terminal(command("s3://odd/", str(home)), columns=160) as terminal:
        terminal.until(b"9 entries")
        terminal.until(b"owned-title")  # the rows may be drawn after the line that counts them
        terminal.type(b"\x1b[F\x1bOR")  # End, F3
        terminal.until(b"zzz.txt")
        terminal.until(b"owned-content")
        terminal.type(b"\x1b[21~")  # F10 leaves the pager
        terminal.until(b"1 GET")
        terminal.type(b"\x11")  # Ctrl-Q
        assert terminal.ended() == 0
    written = terminal.written
    # Nothing but UTF-8; and Textual itself asks for a mouse pointer by a sequence that ends with a bell.
    text = written.decode().replace("\x1b]22;default\x07", "")
    for foreign in ("\x1b]0;owned", "\x1b[38;5;213m", "\x1bP", "\x07", "\x9b", "\u202e", "\t", "\x1b[2J\x1b[Hcleared"):
        assert foreign not in text, repr(foreign)
    for name in ("owned-title", "cleared", "pink", "owned-dcs", "gnp.exe"):
        assert name in text, name


def test_the_demo_starts_and_leaves_nothing_behind(start: StartProgram, home: Path) -> None:
    program = start("demo")
    program.until_shown("odd-keys", "python-stdlib", "twenty-thousand", side=0)
    servers = demo_servers()
    assert len(servers) >= 1
    program.press("Down", "Enter")
    program.until_shown("s3://python-stdlib/", side=0)
    program.press("F10")
    assert program.ended() == 0
    assert not servers & demo_servers()


def demo_servers() -> set[str]:
    """The processes that are a demo's server and belong to nobody else's home."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            arguments = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        home = f"HOME={Path.home()}".encode()
        if entry.name.isdigit() and b"tfm.cli.demo_server" in arguments and home in environment.split(b"\0"):
            found.add(entry.name)
    return found
