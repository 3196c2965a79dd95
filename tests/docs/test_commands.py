"""The commands in docs/external-programs.md, run on names that no shell may read."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, blocks_of
from tests.ui.memory_panes import Memory, place
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.operations.external import Invocation, Side, editor_command, filled, panes_environment, run_program
from tfm.operations.programs import Program, menu_of, names_for, opener_of, typed_program

PAGE = ROOT / "docs" / "external-programs.md"
NAMES = ["$(touch pwned)", "-rf", "a\nb", "'quoted' \"twice\"", "`id`; x"]


@pytest.fixture
def settings() -> Settings:
    """All that the page's examples set."""
    values: dict[str, object] = {}
    for block in blocks_of(PAGE):
        if block.language == "python":
            namespace: dict[str, type] = {}
            exec(block.code, namespace)
            values |= {name: value for name, value in vars(namespace["Config"]).items() if name.isupper()}
    assert {"EDITOR", "OPENERS", "MENU", "KEYS"} == set(values)
    return with_settings(Settings(), values, source="the page")


@pytest.fixture
def here(tmp_path: Path) -> Location:
    (tmp_path / "here").mkdir()
    for name in NAMES:
        (tmp_path / "here" / name).write_text("one\ntwo\nthree\nfour\n")
    return Location(StorageAddress("file"), f"{tmp_path}/here/", Kind.DIRECTORY)


def run(program: Program, here: Location, output: Path, file: str | None = None) -> None:
    session = Memory().session
    chosen = [Location(here.storage, here.key + name, Kind.FILE) for name in NAMES]
    with panes_environment(session, Side(here, chosen), Side(place("d/")), left_is_this=True) as environment:
        names = names_for(session, here, chosen) if program.takes_names else []
        arguments = filled(program.command, file=file, names=names, environment=environment)
        collecting = ["sh", "-c", 'out="$1"; shift; exec "$@" > "$out"', "sh", str(output), *arguments]
        assert run_program(Invocation(collecting, here.key, environment)) == 0


def test_the_menus_commands_do_what_they_say(settings: Settings, here: Location, tmp_path: Path) -> None:
    menu = dict(menu_of(settings))
    run(menu["Count lines"], here, tmp_path / "counted")
    assert (tmp_path / "counted").read_text().strip().endswith(f"{4 * len(NAMES)} total")
    run(menu["Archive what is selected"], here, tmp_path / "said")
    with tarfile.open(tmp_path / "here" / "selected.tar.gz") as archive:
        assert sorted(name.removeprefix("./") for name in archive.getnames()) == sorted(NAMES)
    assert menu["Terminal here"].beside
    assert not (tmp_path / "here" / "pwned").exists()


def test_an_opener_may_be_a_shell_that_gets_the_name_as_an_argument(
    settings: Settings, here: Location, tmp_path: Path
) -> None:
    path = f"{here.key}$(touch pwned).tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(f"{here.key}-rf", "inside")
    run(opener_of(settings, "$(touch pwned).tar.gz", {}), here, tmp_path / "listed", file=path)
    assert "inside" in (tmp_path / "listed").read_text()
    assert not (tmp_path / "here" / "pwned").exists()
    assert editor_command(settings, {}) == ["code", "--wait"]


def test_the_typed_line_and_the_shells_line_do_what_they_say(here: Location, tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    line = """sh -c 'head -n 3 "$@"' sh {files}"""
    assert f"`{line}`" in text
    run(typed_program(line), here, tmp_path / "heads")
    assert (tmp_path / "heads").read_text().count("three") == len(NAMES)
    (script,) = [block.code for block in blocks_of(PAGE) if block.language == "sh"]
    run(Program(("sh", "-c", script)), here, tmp_path / "listed")
    assert (tmp_path / "listed").read_text().count("-rw") == len(NAMES)
    assert not (tmp_path / "here" / "pwned").exists()
