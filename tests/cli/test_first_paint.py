"""What stands on the terminal before the panes are loaded: the same as after, and never in anybody's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_program import Terminal, command
from tests.screen_cells import Cells
from tfm.cli import first_paint
from tfm.cli.first_paint import LOOK_SETTINGS, painted
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, setting_names
from tfm.operations.history import Visited
from tfm.operations.kept_state import KeptPane, KeptState, KeptTab, StateFile
from tfm.path.lexical import read_text
from tfm.ui.first_screen import FirstScreen
from tfm.ui.keymaps import KEYMAP_NAMES, keymap_of
from tfm.ui.keymaps.key_names import shown_keys
from tfm.ui.keymaps.tables import function_keys
from tfm.ui.places import directory_location, location_text
from tfm.ui.tabs import tab_name
from tfm.ui.usual_key_bar import USUAL_KEYS, USUAL_PALETTE_KEYS

TAKEN_OVER = b"\x1b[?1000h"
"""The first of what Textual writes."""

STRANGE_NAMES = (
    "wide 日本語.txt",
    "red\x1b[31m",
    "line\nbreak",
    "right\u202eto",
    "é e\u0301",
    "emoji 👩‍👩‍👧.txt",
    "-n",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / ".config" / "tfm").mkdir(parents=True, mode=0o700)
    return home


def terminal(home: Path, *places: str | Path, columns: int = 80, lines: int = 24) -> Terminal:
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "TZ": "UTC"}
    words = command(*map(str, places))
    return Terminal(words, columns=columns, lines=lines, environment=environment, directory=home.parent)


def config(home: Path, text: str) -> None:
    path = home / ".config" / "tfm" / "config.py"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def keep(home: Path, *places: tuple[str, str | None], active_pane: int = 0, left_percent: int = 50) -> None:
    """Let both panes have been left at these directories, each with the cursor on that file."""
    panes = tuple(
        KeptPane((KeptTab((Visited(disk(directory), None if file is None else (file, Kind.FILE)),)),))
        for directory, file in places
    )
    StateFile(str(home / ".local/state/tfm/state.json")).write(KeptState(panes, active_pane, left_percent))


def tabs(*kept: tuple[Location | str, str], active: int = 0, cursor: tuple[str, Kind] | None = None) -> KeptPane:
    """A pane of these tabs, each on that directory with rows shown in those words; the cursor is in the active one."""
    made = []
    for number, (where, view) in enumerate(kept):
        location = disk(where) if isinstance(where, str) else where
        made.append(KeptTab((Visited(location, cursor if number == active else None),), view=view))
    return KeptPane(tuple(made), active)


def keep_state(home: Path, state: KeptState) -> None:
    StateFile(str(home / ".local/state/tfm/state.json")).write(state)


def disk(key: str) -> Location:
    return Location(StorageAddress("file"), key, Kind.DIRECTORY)


def directory_of_all_sorts(path: Path) -> Path:
    path.mkdir()
    for number in range(12):
        (path / f"file-{number}.txt").write_bytes(b"x" * number**4)
        (path / f"File-{number}0").mkdir()
    for name in STRANGE_NAMES:
        (path / name).touch()
    (path / "link to a directory").symlink_to(path)
    (path / "broken").symlink_to("nowhere")
    (path / "old").touch()
    os.utime(path / "old", (1_600_000_000, 1_600_000_000))
    open(os.fsencode(path) + b"/not \xff UTF-8", "w").close()
    return path


# It shows what the panes show


@pytest.mark.parametrize(("columns", "lines", "cursor"), [(80, 24, "file-7.txt"), (141, 40, None)])
def test_what_is_painted_first_is_what_the_panes_draw(
    columns: int, lines: int, cursor: str | None, home: Path, tmp_path: Path
) -> None:
    full = directory_of_all_sorts(tmp_path / ("a long name of a directory, of which the end matters" * 2))
    empty = tmp_path / "empty"
    empty.mkdir()
    if cursor is not None:
        keep(home, (f"{full}/", f"{full}/{cursor}"), (f"{empty}/", None), active_pane=1, left_percent=57)
    before = painted_and_drawn_alike(home, *([full, empty] if cursor is None else []), columns=columns, lines=lines)
    assert any("(empty)" in row for row in before.rows)
    assert before.rows[-3].startswith(" 35 entries")


def painted_and_drawn_alike(home: Path, *places: Path, columns: int = 80, lines: int = 24, titles: int = 1) -> Cells:
    """What was painted first, which is what Textual has drawn then, save the ``titles`` lines that soon say more."""
    with terminal(home, *places, columns=columns, lines=lines) as screen:
        screen.until(TAKEN_OVER)
        first = screen.written.partition(TAKEN_OVER)[0]
        before = Cells(columns, lines)
        before.feed(first)
        assert any(before.rows), "nothing was painted"
        screen.until_met(lambda: draws_alike(before, screen.written, titles), f"the same: {before.rows}")
    assert screen.written.count(b"\x1b[?1049h") == 1  # which would clear it
    return before


def directory_in_order(path: Path) -> Path:
    """Of which each order is another one, and only one entry is hidden of each kind."""
    path.mkdir()
    for number, name in enumerate(
        ("b.txt", "a.zip", "c", "B10.txt", "B9.txt", "é.TXT", ".dot", "a.b.c", "same", "Same")
    ):
        (path / name).write_bytes(b"x" * (number * 37 % 11 * 1000))
        os.utime(path / name, (1_600_000_000 + number * 7919 % 13 * 86_400,) * 2)
    for number, name in enumerate(("dir", "Dir2", "dir10", ".hidden")):
        (path / name).mkdir()
        os.utime(path / name, (1_600_000_000 + number * 5 % 3 * 86_400 + number,) * 2)
    (path / "link").symlink_to("a.zip")
    return path


BUCKET = Location(StorageAddress("s3", "bucket", "nobody"), "a/", Kind.DIRECTORY)

ORDERS = ("extension", "extension reverse", "size", "size reverse no-hidden", "time", "time reverse", "name no-hidden")


@pytest.mark.parametrize(("left", "right"), [*zip(ORDERS, [*ORDERS[1:], ORDERS[0]], strict=True)])
def test_other_orders_are_painted_as_they_are_drawn(left: str, right: str, home: Path, tmp_path: Path) -> None:
    full = f"{directory_in_order(tmp_path / 'full')}/"
    panes = tabs((full, left), cursor=(f"{full}B9.txt", Kind.FILE)), tabs((full, right))
    keep_state(home, KeptState(panes, keymap="vim"))
    before = painted_and_drawn_alike(home, lines=14)
    assert any("▲" in before.rows[1][side : side + 40] or "▼" in before.rows[1][side : side + 40] for side in (0, 40))
    assert (" · 2 hidden" in before.rows[-3]) == ("no-hidden" in f"{left} {right}")


def test_settings_of_a_plain_configuration_are_followed(home: Path, tmp_path: Path) -> None:
    full = directory_in_order(tmp_path / "full")
    keep_state(home, KeptState((tabs((f"{full}/", "size")), tabs((f"{full}/", "")))))
    config(home, "class Config:\n    SORT = 'time'\n    SHOW_HIDDEN = False\n    KEYMAP = \"vim\"\n")
    before = painted_and_drawn_alike(home)
    assert "▲ Size" in before.rows[1][:40]
    assert "Modified ▲" in before.rows[1][40:]
    assert before.rows[-3].count("hidden") == 1


def test_tabs_are_painted_as_they_are_drawn(home: Path, tmp_path: Path) -> None:
    places = [directory_in_order(tmp_path / name) for name in ("one", "two \x1b[31m", "日本語" * 9)]
    many = [(f"{place}/", "") for place in (*places, *places, *places)]
    # The cursor is on the first row below those that are seen, so that half of them come at once.
    left = tabs((f"{places[0]}/", ""), ("/", ""), (BUCKET, ""), cursor=(f"{places[0]}/b.txt", Kind.FILE))
    keep_state(home, KeptState((left, tabs(*many, active=3)), active_pane=1, left_percent=40))
    before = painted_and_drawn_alike(home, lines=14, titles=2)
    assert before.rows[0].startswith(" 1 one  2 /  3 a ")
    assert "‹" in before.rows[0]
    assert "›" in before.rows[0]


def test_what_is_elsewhere_is_painted_as_being_listed(home: Path, tmp_path: Path) -> None:
    full = f"{directory_in_order(tmp_path / 'full')}/"
    keep_state(home, KeptState((tabs((BUCKET, "time")), tabs((full, "")))))
    before = Cells(80, 24)
    with terminal(home) as screen:
        screen.until(TAKEN_OVER)
        before.feed(screen.written.partition(TAKEN_OVER)[0])
    assert before.rows[0].startswith(" s3://bucket/a/")
    assert before.rows[0][:39].endswith("nobody ")
    assert before.rows[2].startswith(" listing…")
    assert " 15 entries" in before.rows[-3]


def test_each_keymap_has_the_same_function_keys() -> None:
    for name in KEYMAP_NAMES:
        keymap = keymap_of(name, Settings(), print)
        assert [(str(number), action.label) for number, action in function_keys(keymap)] == list(USUAL_KEYS)
        assert shown_keys(keymap.keys_of("palette")[0]) == USUAL_PALETTE_KEYS


def draws_alike(before: Cells, written: bytes, titles: int) -> bool:
    """Whether all that was drawn after the first screen, and nothing before, makes the same screen."""
    drawn, end, _ = written.partition(TAKEN_OVER)[2].rpartition(b"\x1b[1;1H")  # what comes then may be cut off
    after = Cells(len(before.at[0]), len(before.at))
    after.feed(drawn)
    # The titles say soon how old the listing is, or what disk that is: then the rest is compared.
    first_line = 0 if "now" in after.rows[0] else titles
    same = [[seen(row) for row in cells.at[first_line:]] for cells in (before, after)]
    return bool(end and after.rows[0]) and before.rows[first_line:] == after.rows[first_line:] and same[0] == same[1]


def seen(row: list[tuple[str, frozenset[str]]]) -> list[tuple[str, frozenset[str]]]:
    """Of a blank's style only what can be seen."""
    return [(text, style - {"1", "2"} if "7" in style or text != " " else style & {"4"}) for text, style in row]


def test_a_directory_that_takes_longer_is_told_as_being_listed(
    monkeypatch: pytest.MonkeyPatch, shown: list[str], tmp_path: Path
) -> None:
    (tmp_path / "one").touch()
    monkeypatch.setattr("tfm.cli.first_rows._MOST_ENTRIES", 1)
    assert painted([str(tmp_path)]) is not None
    assert "1 entry" in shown[0]
    (tmp_path / "two").touch()
    assert painted([str(tmp_path)]) is not None
    cells = Cells(80, 24)
    cells.feed(shown[1].encode())
    assert cells.rows[2].startswith(" listing…")
    assert cells.rows[21].startswith(" listing…")


def test_a_named_directory_goes_before_what_was_kept(shown: list[str], home: Path) -> None:
    for name in ("one", "two", "three"):
        (home / name).mkdir()
        (home / name / "file").touch()
    keep(home, (f"{home}/one/", f"{home}/one/file"), (f"{home}/two/", f"{home}/two/gone"), active_pane=1)
    for named, titles, rows in (([], ("one", "two"), (3, 3)), (["three"], ("three", "two"), (2, 3))):
        assert painted(named) is not None
        cells = Cells(80, 24)
        cells.feed(shown.pop().encode())
        assert [f"/{title}/ now" in cells.rows[0] for title in titles] == [True, True]
        styles = [[cells.at[line][column][1] for line in range(24)] for column in (1, 41)]
        cursor_styles = ("7", "4") if named else ("4", "7")
        assert [cursor_styles[side] in styles[side][rows[side]] for side in range(2)] == [True, True]


def test_a_named_directory_opens_in_the_tab_that_is_shown(shown: list[str], home: Path) -> None:
    (home / "here").mkdir()
    keep_state(home, KeptState((tabs(("/", ""), ("/tmp/", "time"), active=1), tabs((BUCKET, "")))))
    assert painted(["here", "here"]) is not None
    cells = Cells(80, 24)
    cells.feed(shown[0].encode())
    assert cells.rows[0].startswith(" 1 /  2 here ")
    assert f"{home.name}/here/ now" in cells.rows[1][:40]
    assert "Modified ▲" in cells.rows[2][:40]
    assert f"{home.name}/here/ now" in cells.rows[0][40:]


@pytest.mark.parametrize(
    ("text", "title", "tab"),
    [
        ("s3://bucket", "s3://bucket/", "bucket"),
        ("s3://bucket/a b/c", "s3://bucket/a b/c/", "c"),
        ("S3://", "s3://", "s3://"),
        ("s3://bucket//", "s3://bucket//", "bucket"),
    ],
)
def test_a_place_that_is_named_elsewhere_is_painted_as_being_listed(
    text: str, title: str, tab: str, shown: list[str], home: Path
) -> None:
    keep_state(home, KeptState((tabs(("/", "time"), ("/tmp/", "")), tabs(("/tmp/", "")))))
    assert painted([text]) is not None
    cells = Cells(80, 24)
    cells.feed(shown[0].encode())
    location = named_location(text)
    assert (title, tab) == (location_text(location), tab_name(location))
    assert cells.rows[0].startswith(f" 1 {tab}  2 tmp ")
    assert cells.rows[1].startswith(f" {title} ")
    assert cells.rows[3].startswith(" listing…")


def named_location(text: str) -> Location:
    return directory_location(read_text(text).location(None, Kind.DIRECTORY))


def test_as_the_storage_lists_is_left_to_the_panes(shown: list[str], home: Path) -> None:
    keep_state(home, KeptState((tabs(("/", "unsorted")), tabs(("/", "")))))
    assert painted([]) is None
    assert shown == []


# Keys


def test_keys_typed_before_the_panes_are_there_are_theirs(home: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).touch()
    with terminal(home, tmp_path, tmp_path) as screen:
        usual_modes = screen.modes()
        screen.until(b"3 entries")
        assert TAKEN_OVER not in screen.written
        screen.type(b"\x1b[B  \x1a\x1c")
        screen.until(b"2 selected")
        assert b"^[" not in screen.written
        screen.type(b"\x11")
        assert screen.ended(seconds=10) == 0
        assert screen.modes() == usual_modes
        assert screen.written.rfind(b"\x1b[?1049l") > screen.written.rfind(b"\x1b[?1049h")


# Ending before the panes are there


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_ended_before_the_panes_are_there_the_terminal_is_as_it_was(
    number: signal.Signals, code: int, home: Path
) -> None:
    config(home, "import sys, time\nprint('asleep', file=sys.stderr)\nwhile True:\n    time.sleep(0.02)\n")
    with terminal(home) as screen:
        usual_modes = screen.modes()
        screen.until(b"asleep")
        assert b"Ctrl-P" in screen.written
        screen.process.send_signal(number)
        assert screen.ended(seconds=10) == code
        assert screen.modes() == usual_modes
        assert screen.written.endswith(b"\x1b[?1049l\x1b[?25h")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", ["tfm.ui.first_screen._write", "tfm.ui.first_screen.termios.tcsetattr"])
def test_ended_while_the_first_screen_is_painted_the_terminal_is_as_it_was(
    step: str, number: signal.Signals, home: Path
) -> None:
    module, _, name = step.rpartition(".")
    code = (
        "import os, termios, tfm.ui.first_screen\n"
        "from tfm.cli import main\n"
        f"usual = {step}\n"
        "def ended_after(*arguments):\n"
        "    usual(*arguments)\n"
        f"    {step} = usual\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        f"{module}.{name} = ended_after\n"
        "main([])"
    )
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""}
    with Terminal([sys.executable, "-c", code], environment=environment, directory=home) as screen:
        usual_modes = screen.modes()
        assert screen.ended(seconds=10) == -number
        assert screen.modes() == usual_modes
        assert screen.written.rfind(b"\x1b[?1049l") >= screen.written.rfind(b"\x1b[?1049h")
        assert TAKEN_OVER not in screen.written


def test_an_error_on_the_way_is_said_on_the_usual_screen(home: Path, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    config(home, f"import os\nos.rmdir({str(tmp_path / 'place')!r})\n")
    with terminal(home, tmp_path / "place") as screen:
        assert screen.ended() == 2
        assert screen.written.count(b"\x1b[?1049h") == 1
        assert b"There is nothing here." in screen.written.partition(b"\x1b[?1049l")[2]


# Where nothing is painted


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[list[str]]:
    """What would be painted, on a terminal that is none."""
    texts: list[str] = []
    monkeypatch.setattr(FirstScreen, "show", lambda _self, text: texts.append(text))
    monkeypatch.setattr(os, "isatty", lambda _descriptor: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size((80, 24)))
    for name in list(os.environ):
        if name.startswith(("TFM_", "TEXTUAL")) or name in {"NO_COLOR", "COLUMNS", "LINES", "XDG_CONFIG_HOME"}:
            monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    with open(os.devnull, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "__stderr__", stream)
        yield texts


def test_with_nothing_unusual_it_is_painted(shown: list[str], home: Path) -> None:
    assert painted([]) is not None
    assert f"{home.name}/ now" in shown[0]
    config(home, "class Config:\n    S3_CACHE_TTL = 5\n")
    assert painted(["~", "/"]) is not None
    assert shown[1].count("..") == 1  # the root has none


@pytest.mark.parametrize(
    ("name", "value"),
    [("TERM", "dumb"), ("NO_COLOR", "1"), ("TEXTUAL_COLOR_SYSTEM", "standard"), ("COLUMNS", "10"), ("TFM_THEME", "x")],
)
def test_an_unusual_environment_is_left_to_the_panes(
    name: str, value: str, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert painted([]) is None
    assert shown == []


@pytest.mark.parametrize("name", LOOK_SETTINGS)
def test_settings_of_looks_are_left_to_the_panes(name: str, shown: list[str], home: Path) -> None:
    config(home, f"class Config:\n    {name} = 'x'\n")
    assert painted([]) is None
    assert shown == []


@pytest.mark.parametrize(
    "lines", ["SORT = 'time'\n    SORT = 'name'", "SORT = 'ti' + 'me'", "KEYMAP = SORT = 'time'", "# SORT = 'time'"]
)
def test_what_is_not_plainly_said_is_left_to_the_panes(lines: str, shown: list[str], home: Path) -> None:
    keep_state(home, KeptState())
    config(home, f"class Config:\n    {lines}\n")
    assert painted([]) is None
    config(home, "class Config:\n    SORT = 'time'\n")
    assert painted([]) is not None


def test_the_first_words_of_other_keys_are_left_to_the_panes(shown: list[str], home: Path) -> None:
    config(home, "class Config:\n    KEYMAP = 'vim'\n")
    assert painted([]) is None
    keep_state(home, KeptState())
    assert painted([]) is not None


def test_a_configuration_that_is_no_file_is_left_to_the_panes(shown: list[str], home: Path) -> None:
    os.mkfifo(home / ".config" / "tfm" / "config.py")
    assert painted([]) is None


def test_each_setting_is_known_to_change_looks_or_not() -> None:
    others = {name for name in setting_names() if not name.startswith(("S3_", "CACHE_"))}
    others -= {"CONNECT_TIMEOUT_SECONDS", "INTERACTIVE_TIMEOUT_SECONDS", "READ_TIMEOUT_SECONDS", "TRANSFER_WORKERS"}
    others -= {"MAX_ATTEMPTS", "PRICES", "PREVIEW_LISTS", "IMAGES", "TRASH", "EDITOR", "OPENERS", "MENU"}
    assert others == set(LOOK_SETTINGS)


@pytest.mark.parametrize("place", ["nowhere", "file", "//tmp", "file:///tmp", "s3:///key", "a+b://c"])
def test_an_unusual_place_is_left_to_the_panes(place: str, shown: list[str], home: Path) -> None:
    (home / "file").touch()
    assert painted([place]) is None
    assert shown == []


def test_a_terminal_that_is_too_small_is_left_to_the_panes(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size((39, 24)))
    assert painted([]) is None
    assert shown == []


def test_a_mistake_in_it_is_no_reason_not_to_start(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise ValueError("a mistake")

    monkeypatch.setattr(first_paint, "frame_text", fails)
    assert painted([]) is None
    assert shown == []


# What it costs


def test_little_is_loaded_before_it_is_painted() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tfm.cli import main\n"
        "from tfm.cli.first_paint import FirstView, _pane, _places, frame_text\n"
        "pane = _pane(_places([], None)[0], FirstView(), 24)\n"
        "assert 'entr' in frame_text((pane, pane), 80, 24, 0.0)\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = done.stdout.split()
    assert {name for name in loaded if not name.startswith("tfm")} <= {"__future__", "_json", "gc", "termios"}
    assert len(loaded) <= 24
