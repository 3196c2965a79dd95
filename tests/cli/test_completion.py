"""Completion: what could follow, and the shell's own script that asks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.copying_world import make_files
from tests.running_program import RunHere, Terminal, command
from tests.servers.fault_proxy import silent_port
from tests.servers.moto import MotoServer
from tfm.cli import completing


@pytest.fixture
def world(moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(completing, "_SECONDS", 30.0)  # a busy machine is no silent server
    moto.put("bucket", {"data/one": b"", "data/two words": b"", "dust": b"", "x\ty": b""})
    moto.put("budget", {})
    make_files(here, {"data-local/x": b"", "dot": b"", ".hidden": b"", "a b": b""})
    return here


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["c"], ["cache", "cat", "clean", "completion", "cp"]),
        (["d"], ["data-local/", "demo", "doctor", "dot", "du"]),
        (["cp", "--ov"], ["--overwrite"]),
        (["mv", "--rec"], ["--recursive"]),
        (["mv", "-r", "x", "s3://bucket/d"], ["s3://bucket/data/", "s3://bucket/dust"]),
        (["find", "--n"], ["--name", "--newer", "--no-sign-request", "--null"]),
        (["--prof"], ["--profile"]),
        (["ls", "d"], ["data-local/", "dot"]),
        (["ls", "."], [".hidden"]),
        (["ls", "data-local/"], ["data-local/x"]),
        (["ls", "s3"], ["s3://"]),
        (["ls", "s3://bu"], ["s3://bucket/", "s3://budget/"]),
        (["ls", "s3://bucket/"], ["s3://bucket/data/", "s3://bucket/dust"]),
        (["cp", "-r", "x", "s3://bucket/d"], ["s3://bucket/data/", "s3://bucket/dust"]),
        (["cat", "s3://bucket/data/t"], ["s3://bucket/data/two words"]),
        (["ls", "--profile", ""], []),
        (["ls", "--config", "dot"], ["dot"]),
        (["cache", ""], ["clear", "stats"]),
        (["completion", "z"], ["zsh"]),
        (["resume", ""], []),
        (["clean", ""], []),
        (["ls", "s3:///"], []),
        (["ls", "gopher://x/"], []),
        (["ls", "s3://no-bucket/x"], []),
        ([], []),
    ],
)
def test_what_could_follow(tfm: RunHere, world: Path, words: list[str], found: list[str]) -> None:
    outcome = tfm("--complete", "words", *words)
    assert (outcome.code, outcome.errors) == (0, "")
    assert outcome.lines == found


def test_one_request_for_a_remote_path(tfm: RunHere, moto: MotoServer, world: Path) -> None:
    moto.reset_requests()
    tfm("--complete", "words", "ls", "s3://bucket/d")
    assert len(moto.requests()) == 1


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("tfm ls s3://buc", ["//bucket/"]),
        ("tfm   ls 's3://buc", ["s3://bucket/"]),
        ("tfm ls s3://bucket/data/two\\ w", ["//bucket/data/two words"]),
        ("tfm ls a\\ ", ["a b"]),
        ('tfm ls "a b" s3://bucket/du', ["//bucket/dust"]),
        ("tfm ls --config=d", []),
        ("tfm c", ["cache", "cat", "clean", "completion", "cp"]),
        ("tf", []),
    ],
)
def test_bash_lines(tfm: RunHere, world: Path, line: str, found: list[str]) -> None:
    assert tfm("--complete", "bash", line, str(len(line))).lines == found


def test_a_silent_server_is_not_waited_for(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        began = time.monotonic()
        done = subprocess.run(command("--complete", "words", "ls", "s3://bucket/"), capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert time.monotonic() - began < 10


def test_bash_itself(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PS1", "ready> ")
    with Terminal(["bash", "--norc", "--noprofile", "-i"], columns=200) as terminal:
        terminal.until(b"ready> ")
        terminal.type(b'eval "$(tfm completion bash)"; echo do""ne\n')
        terminal.until(b"done\r\n")
        terminal.type(b"echo tfm; tfm ls s3://bucket/data/tw\t\n")
        terminal.until(b"two\\ words")
        terminal.until(b"two words\r\n")
        terminal.type(b"tfm pres\t")
        terminal.until(b"tfm presign ")
        terminal.type(b"\x15exit\n")
        terminal.ended()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(tfm: RunHere, shell: str) -> None:
    script = tfm("completion", shell).output.decode()
    assert "tfm --complete" in script
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=script.encode(), check=False).returncode == 0
    assert tfm("completion", "tcsh").code == 2
