"""``tfm`` as a process: pipes, terminals, signals, full disks, and what it loads."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running_program import DEADLINE_SECONDS, Terminal, command, run_in_process
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer

HOSTILE = ["\x1b]0;owned\x07", "\x9b31mred", "rtl-\u202egpj", "bell\x07\r\n"]


def test_a_local_listing_loads_neither_the_sdk_nor_the_screen(here: Path) -> None:
    (here / "file").touch()
    code = (
        "import sys\nfrom tfm.cli import main\nassert main(['ls', '-l', '.']) == 0\n"
        "heavy = {'botocore', 'boto3', 'urllib3', 'textual', 'rich', 'moto', 'asyncio', 'concurrent.futures'}\n"
        "print(sorted(heavy & sys.modules.keys()), sorted(name for name in sys.modules if name.startswith('tfm.ui')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] []"


def test_a_reader_that_leaves_is_no_error(moto: MotoServer) -> None:
    moto.put("bucket", {"big": b"x" * 3_000_000, **{f"d/{number:04}": b"" for number in range(500)}})
    pipeline = "{} | head -c 1; code=${{PIPESTATUS[0]}}; echo; echo $code"
    for arguments in (["cat", "s3://bucket/big"], ["cat", "s3://bucket/big", "s3://bucket/big"]):
        script = pipeline.format(" ".join(command(*arguments)))
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
        assert (done.stdout.splitlines(), done.stderr) == (["x", str(128 + signal.SIGPIPE)], "")


@pytest.mark.parametrize("arguments", [["ls", "."], ["--help"], ["stat", "."]])
def test_little_output_for_a_reader_that_has_left(
    here: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    (here / "file").touch()
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command(*arguments), stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_full_disk_is_one_line(here: Path, size: int) -> None:
    (here / "file").write_bytes(b"x" * size)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("cat", "file", "file"), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"tfm: standard output: No space left on device\n")


def test_closed_streams_are_no_traceback(here: Path) -> None:
    line = " ".join(command("ls", "."))
    for closing in (">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{line} {closing}"], capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_interrupted_while_a_server_is_silent(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        stalled = proxy.stall()
        process = subprocess.Popen(
            command("ls", "s3://bucket/"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert stalled.happened.wait(DEADLINE_SECONDS)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=DEADLINE_SECONDS)
        # Unheard it would take until the server's silence is given up, ten seconds; a busy machine takes two to exit.
        assert time.monotonic() - began < 5
    assert (process.returncode, output, errors) == (128 + signal.SIGINT, "", "")


def test_names_on_a_terminal_are_harmless_and_in_a_pipe_exact(moto: MotoServer) -> None:
    moto.put("bucket", dict.fromkeys([*HOSTILE[:3], "d/\x1b[2J"], b""))
    with Terminal(command("ls", "-R", "s3://bucket/")) as terminal:
        assert terminal.ended() == 0
    shown = terminal.written.decode()
    assert not {letter for letter in shown if not letter.isprintable()} - {"\r", "\n"}
    assert "\N{SYMBOL FOR ESCAPE}]0;owned" in shown
    exact = run_in_process("ls", "-R", "-0", "s3://bucket/").output
    assert sorted(exact.split(b"\0")) == sorted([*(name.encode() for name in HOSTILE[:3]), b"d/\x1b[2J", b""])


def test_local_names_stat_and_errors_on_a_terminal_are_harmless(here: Path) -> None:
    for name in HOSTILE:
        (here / name).touch()
    for arguments in (["ls"], ["ls", "-l"], ["ls", "--json"], ["stat", *HOSTILE], ["cat", "no\x1b[2J"], ["ls\x1b[2J"]):
        with Terminal(command(*arguments)) as terminal:
            terminal.ended()
        assert not set(terminal.written.decode()) & {"\x1b", "\x07", "\x9b", "\u202e"}, arguments


def test_an_ascii_terminal_gets_what_it_can_show(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "日本").touch()
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with Terminal(command("ls")) as terminal:
        assert terminal.ended() == 0
    assert terminal.written == b"\\u65e5\\u672c\r\n"


def test_progress_of_a_long_listing(moto: MotoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    moto.put("bucket", {f"{number:04}": b"" for number in range(2_500)})
    with FaultProxy(moto.url) as proxy, (tmp_path / "listed").open("wb") as file:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(0.3, match="continuation-token", times=2)
        with Terminal(command("ls", "s3://bucket/"), streams=[0, 2], elsewhere=file.fileno()) as terminal:
            assert terminal.ended() == 0
    assert re.search("\r1,\\d\\d\\d entries…\r", terminal.written.decode())
    assert terminal.written.endswith(b"\r\x1b[K")
    assert b"\n" not in terminal.written
    assert len((tmp_path / "listed").read_bytes().splitlines()) == 2_500


def test_no_progress_among_the_rows_nor_into_a_file(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {f"{number:04}": b"" for number in range(1_500)})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(0.3, match="continuation-token", times=2)
        with Terminal(command("ls", "s3://bucket/")) as terminal:
            terminal.ended()
        assert "entries" not in terminal.written.decode()
        assert run_in_process("ls", "s3://bucket/").errors == ""


@pytest.mark.parametrize(
    ("arguments", "streams", "named"),
    [
        (["s3://bucket/", "."], [], "input, output, error are"),
        (["s3://bucket/", "."], [0, 1], "error is"),
        (["s3://bucket/", "."], [0, 2], "output is"),
        (["s3://bucket/", "."], [1, 2], "input is"),
        (["demo"], [0, 1], "error is"),
    ],
)
def test_the_panes_refuse_what_is_no_terminal(arguments: list[str], streams: list[int], named: str) -> None:
    with Terminal(command(*arguments), streams=streams, elsewhere=subprocess.PIPE) as terminal:
        assert terminal.ended() == 1
        said = terminal.written
        for stream in (terminal.process.stdout, terminal.process.stderr):
            said += stream.read() if stream is not None else b""
    assert f"The panes need a terminal, and standard {named} not one.".encode() in said
    assert b"\x1b" not in said


@pytest.mark.parametrize(("terminal_name", "encoding"), [("dumb", "utf-8"), ("xterm-256color", "ascii")])
def test_the_panes_refuse_a_terminal_that_cannot_draw_them(
    here: Path, monkeypatch: pytest.MonkeyPatch, terminal_name: str, encoding: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    with Terminal(command(), terminal_name=terminal_name) as terminal:
        assert terminal.ended() == 1
    assert f"TERM is {terminal_name}, and text is {encoding}".encode() in terminal.written
    assert b"tfm ls" in terminal.written
    assert b"\x1b" not in terminal.written
