"""``tfm cp`` on a terminal: what it asks, how far it says it is, what Ctrl-C does."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.cli.copying_world import contents, disk, make_files, slowed
from tests.running_program import RunHere, Terminal, command
from tests.servers.moto import MotoServer

QUESTION = b"with a capital letter for all: "


@pytest.fixture
def in_the_way(here: Path) -> Path:
    make_files(here, {f"d/{name}": b"new" for name in "abc"} | {f"to/d/{name}": b"o" for name in "abc"})
    for name in "abc":
        os.utime(here / "d" / name, (2, 2))
    return here / "to" / "d"


@pytest.mark.parametrize(
    ("answers", "code", "left"),
    [
        (b"ooo", 0, {"a": b"new", "b": b"new", "c": b"new"}),
        (b"O", 0, {"a": b"new", "b": b"new", "c": b"new"}),
        (b"S", 0, {"a": b"o", "b": b"o", "c": b"o"}),
        (b"N", 0, {"a": b"o", "b": b"o", "c": b"o"}),
        (b"R", 0, {f"{name}{more}": data for name in "abc" for more, data in (("", b"o"), (" (1)", b"new"))}),
        (b"x\nO", 0, {"a": b"new", "b": b"new", "c": b"new"}),
        (b"\x04", 1, {"a": b"o", "b": b"o", "c": b"o"}),
    ],
)
def test_each_conflict_is_asked_about(in_the_way: Path, answers: bytes, code: int, left: dict[str, bytes]) -> None:
    with Terminal(command("cp", "-r", "d", "to"), columns=200) as terminal:
        terminal.until(QUESTION)
        assert b"is there already (1 B, 20" in terminal.written
        assert b"and to be written is 3 B, 1970-01-0" in terminal.written
        asked = 1
        for index in range(len(answers)):
            answer = answers[index : index + 1]
            terminal.type(answer if answer in {b"\n", b"\x04"} else answer + b"\n" * (b"\n" not in answers))
            more = index + 1 < len(answers) and answer.islower() and answer != b"x"
            asked += more
            while more and terminal.written.count(QUESTION) < asked:
                terminal._read(0.05, lambda: False)
        if b"\n" in answers:
            terminal.type(b"\n")
        assert terminal.ended() == code
    assert disk(in_the_way) == left


def test_what_is_said_for_all_holds_for_every_job(moto: MotoServer, here: Path) -> None:
    moto.put("bucket", {"a": b"new"})
    moto.put("other", {"b": b"new"})
    make_files(here, {"d/a": b"o", "d/b": b"o"})
    with Terminal(command("cp", "s3://bucket/a", "s3://other/b", "d")) as terminal:
        terminal.until(QUESTION)
        terminal.type(b"O\n")
        assert terminal.ended() == 0
    assert terminal.written.count(QUESTION) == 1
    assert disk(here / "d") == {"a": b"new", "b": b"new"}


@pytest.mark.parametrize("streams", [[0, 1], [1, 2]])
def test_nobody_is_asked_who_could_not_answer_or_see_it(in_the_way: Path, streams: list[int]) -> None:
    with Terminal(command("cp", "-r", "d", "to"), streams=streams) as terminal:
        assert terminal.ended() == 1
    assert QUESTION not in terminal.written
    assert set(disk(in_the_way).values()) == {b"o"}


def test_interrupted_at_the_question(in_the_way: Path) -> None:
    with Terminal(command("cp", "-r", "d", "to")) as terminal:
        terminal.until(QUESTION)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended(seconds=5) == 130
    assert b"Interrupted." in terminal.written
    assert b"Traceback" not in terminal.written
    assert set(disk(in_the_way).values()) == {b"o"}


def test_progress_and_the_last_line(moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {f"d/{i:03}": bytes(1000) for i in range(300)})
    with slowed(moto, monkeypatch, 0.1), Terminal(command("cp", "-r", "s3://bucket/d/", "to"), columns=100) as terminal:
        assert terminal.ended() == 0
    text = terminal.written.decode()
    assert " of 301 entries, " in text
    assert "%, " in text
    assert text.split("\x1b[K")[-1].startswith("tfm: copied 301 entries, 293.0 KB in ")
    with Terminal(command("cp", "-rq", "s3://bucket/d/", "quiet")) as terminal:
        assert terminal.ended() == 0
    assert terminal.written == b""


def test_hostile_names_on_a_terminal_are_harmless(here: Path) -> None:
    make_files(here, {"d/\x1b[2J": b"", "to/d/\x1b[2J": b""})
    with Terminal(command("cp", "-rn", "d", "to")) as terminal:
        assert terminal.ended() == 1
        assert b"\x1b[2J" not in terminal.written
    with Terminal(command("cp", "-r", "d", "to")) as terminal:
        terminal.until(QUESTION)
        terminal.type(b"s\n")
        assert terminal.ended() == 0
    assert b"\x1b[2J" not in terminal.written


def test_ctrl_c_stops_and_says_how_to_go_on(
    tfm: RunHere, moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So many that a busy machine, too, has not copied them all when it hears of the signal.
    objects = {f"d/{i:04}": b"x" * (i % 400) for i in range(1200)}
    moto.put("bucket", objects)
    moto.put("other", {})
    with slowed(moto, monkeypatch, 0.3, match="PUT ") as proxy, Terminal(
        command("cp", "-r", "s3://bucket/d/", "s3://other/")
    ) as terminal:  # fmt: skip
        terminal.until(b" of 1,200 objects")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended(seconds=2.5) == 130
        assert b"Traceback" not in terminal.written
        said = terminal.written.decode().splitlines()[-1]
        assert "tfm resume " in said, terminal.written[-1500:]
        job = said.split("tfm resume ")[1].split(" ")[0]
        before = len(contents(moto, "other"))
        assert 0 < before < 1200
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
        proxy.clear()
        listed = tfm("resume", "--list", "--json").records
        assert [record["id"] for record in listed] == [job]
        assert listed[0]["title"] == "copy d"
        outcome = tfm("resume", job)
        assert (outcome.code, outcome.errors) == (0, "")
    assert contents(moto, "other") == objects
    assert tfm("resume").errors == "tfm: There is nothing to resume.\n"


def test_ctrl_c_while_the_server_is_silent(moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {"d/x": b"1"})
    with slowed(moto, monkeypatch, 0, match="nothing") as proxy:
        stalled = proxy.stall(match="list-type")
        with Terminal(command("cp", "-r", "s3://bucket/d/", "to")) as terminal:
            assert stalled.happened.wait(30)
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.ended(seconds=2.5) == 130
    assert b"Interrupted. Nothing was copied" in terminal.written
    assert b"Traceback" not in terminal.written


def test_a_second_ctrl_c_ends_at_once(moto: MotoServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {"d/x": b"1", "d/y": b"1"})
    with slowed(moto, monkeypatch, 0, match="nothing") as proxy:
        stalled = proxy.stall(match="/d/", times=10)
        with Terminal(command("cp", "-r", "s3://bucket/d/", "to")) as terminal:
            assert stalled.happened.wait(30)
            terminal.process.send_signal(signal.SIGINT)
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.ended(seconds=2) == 130
    assert b"Traceback" not in terminal.written
    state = os.path.join(os.environ["XDG_STATE_HOME"], "tfm", "journal.sqlite")
    with sqlite3.connect(state) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    connection.close()
