"""The terminal the program runs on: what comes from it, and how it is left."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.running_program import Terminal, command

_MODES = ("?1049", "?1000", "?1003", "?1006", "?2004")
"""The other screen, three kinds of mouse reports, bracketed paste."""

_LAST_MODE = b"\x1b[?7l"
"""What the program says last to the terminal before it draws."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(number: signal.Signals, tmp_path: Path) -> None:
    with Terminal(command(str(tmp_path), str(tmp_path))) as terminal:
        usual_modes = terminal.modes()
        terminal.until(_LAST_MODE)
        assert terminal.modes() != usual_modes
        terminal.process.send_signal(number)
        code = terminal.ended(seconds=10)
        assert code == 128 + number
        assert terminal.modes() == usual_modes
        for mode in _MODES:
            on, off = f"\x1b[{mode}h".encode(), f"\x1b[{mode}l".encode()
            assert on in terminal.written
            assert terminal.written.rfind(off) > terminal.written.rfind(on)
        assert b"\x1b[?25h" in terminal.written.rpartition(b"\x1b[?25l")[2]
        assert b"Traceback" not in terminal.written


def test_a_cursor_move_writes_few_bytes_also_where_rows_scroll(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"row-{number:03}").touch()
    moves = 60
    with Terminal(command(str(tmp_path), str(tmp_path))) as terminal:
        terminal.until(b"300 entries")
        terminal.type(b"\x1b[B")
        terminal.until(b"row-000")
        before = len(terminal.written)
        for number in range(1, moves + 1):
            start = len(terminal.written)
            terminal.type(b"\x1b[B")
            terminal.until(f"row-{number:03}".encode(), start=start)
        assert (len(terminal.written) - before) / moves <= 600


def test_alt_works_with_characters_of_which_the_terminal_only_says_escape(tmp_path: Path) -> None:
    (tmp_path / ".dot").touch()
    (tmp_path / "first").touch()
    with Terminal(command(str(tmp_path), str(tmp_path))) as terminal:
        terminal.until(b"2 entries")
        terminal.type(b"\x1b.")
        terminal.until(b"1 hidden")
        terminal.type(b"\x1b\r")
        terminal.until(b"drwx")


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root may put bytes where any terminal reads them")
def test_what_is_typed_behind_the_key_that_starts_a_program_is_the_programs(tmp_path: Path) -> None:
    editor, directory, typed = tmp_path / "editor.py", tmp_path / "d", tmp_path / "typed"
    directory.mkdir()
    (directory / "file").touch()
    editor.write_text(
        "import os, termios, tty\n"
        "tty.setraw(0, termios.TCSANOW)\n"
        "data = b''\n"
        "while not data.endswith(b'q'):\n"
        "    data += os.read(0, 100)\n"
        f"open({str(typed)!r}, 'wb').write(data)\n"
    )
    environment = {"TFM_EDITOR": f"{sys.executable} {editor}"}
    with Terminal(command(str(directory), str(directory)), environment=environment) as terminal:
        terminal.until(b"1 entry")
        terminal.until(_LAST_MODE)
        keys = b"i \r\x1b[A\x1bx\xc3\xa9q"
        terminal.type(b"\x1b[B\x1bOS" + keys)
        terminal.until_met(lambda: typed.exists() and typed.read_bytes() == keys, "all keys in the editor")
        terminal.until(b"1 entry", start=terminal.written.rfind(_LAST_MODE))
        terminal.type(b"\x11")
        assert terminal.ended(seconds=10) == 0


def test_a_terminal_that_goes_while_another_program_has_it_ends_both(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    environment = {"TFM_EDITOR": "sleep 60"}
    with Terminal(command(str(tmp_path), str(tmp_path)), environment=environment) as terminal:
        terminal.until(b"1 entry")
        terminal.until(_LAST_MODE)
        terminal.type(b"\x1b[B\x1bOS")
        terminal.until(b"\x1b[?1049l")
        terminal.hang_up(says_so=True)
        assert terminal.process.wait(15) == 128 + signal.SIGHUP


@pytest.mark.parametrize("says_so", [True, False])
def test_it_ends_with_its_terminal(tmp_path: Path, *, says_so: bool) -> None:
    with Terminal(command(str(tmp_path), str(tmp_path))) as terminal:
        terminal.until(_LAST_MODE)
        terminal.hang_up(says_so=says_so)
        assert terminal.process.wait(15) == 128 + signal.SIGHUP


def test_bytes_that_are_not_utf_8_are_no_keys(tmp_path: Path) -> None:
    (tmp_path / "first").touch()
    with Terminal(command(str(tmp_path), str(tmp_path))) as terminal:
        terminal.until(_LAST_MODE)
        # In Latin-1, then a paste of it longer than one read, whose end must still be the paste's.
        terminal.type(b"\xe9\xff\x1b[200~" + b"\xe9 " * 4000 + b"\x1b[201~\x1b[B ")
        terminal.until(b"1 selected")
        terminal.type(b"\x11")
        assert terminal.ended(seconds=10) == 0
        assert b"Traceback" not in terminal.written
        assert b"UnicodeDecodeError" not in terminal.written
