"""Properties, rights, metadata and links, asked for and changed from the panes."""

from __future__ import annotations

import os
import stat
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.moto import MotoServer
from tests.ui.jobs import memory_with, until_closed
from tests.ui.memory_panes import denied, place
from tests.ui.running import Running, run_app
from tests.ui.test_copying import on_disk, tree
from tfm.core.entry import Kind
from tfm.core.errors import InvalidRequestError
from tfm.core.location import Location, StorageAddress
from tfm.core.writing import ObjectFacts
from tfm.storage.session import Session
from tfm.ui.facts_dialog import FactsDialog, pairs_of_text, text_of_pairs
from tfm.ui.link_dialog import LinkDialog
from tfm.ui.mode_dialog import ModeDialog
from tfm.ui.properties_dialog import PropertiesDialog


def properties(running: Running) -> PropertiesDialog:
    assert isinstance(running.app.screen, PropertiesDialog)
    return running.app.screen


def facts(running: Running) -> FactsDialog:
    assert isinstance(running.app.screen, FactsDialog)
    return running.app.screen


def mode(running: Running) -> ModeDialog:
    assert isinstance(running.app.screen, ModeDialog)
    return running.app.screen


def link(running: Running) -> LinkDialog:
    assert isinstance(running.app.screen, LinkDialog)
    return running.app.screen


# Properties


@pytest.mark.parametrize(("key", "out"), [("alt+enter", "enter"), ("ctrl+y", "q")])
def test_properties_tell_what_is_known_and_what_it_cost(key: str, out: str) -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", key)
        await running.until(lambda: properties(running).properties is not None)
        await running.until(lambda: "5 bytes" in properties(running).table.text)
        assert "Asked by 1 request." in properties(running).body.text
        await running.press(out)
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    assert memory.requests["describe"] == 1


def test_on_the_way_up_they_are_of_the_directory_itself() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("ctrl+y")
        await running.until(lambda: "only what is in it" in properties(running).table.text)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_refusal_is_shown_and_can_be_asked_again() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        usual = memory.storage.describe

        def refused(key: str, *, if_match: str | None = None) -> object:
            raise denied(key)

        memory.storage.describe = refused  # type: ignore[method-assign, assignment]
        await running.press("down", "ctrl+y")
        await running.until(lambda: "Access denied" in properties(running).error_block.text)
        memory.storage.describe = usual  # type: ignore[method-assign]
        properties(running).pressed("again")
        await running.until(lambda: "5 bytes" in properties(running).table.text)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_metadata_is_changed_from_the_properties() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "ctrl+y")
        await running.until(lambda: properties(running).properties is not None)
        await running.press("tab", "enter")
        await running.until(lambda: isinstance(running.app.screen, FactsDialog))
        await running.press(*"text/x", "tab", "tab", *"a=b; c=d;e")
        await running.press("tab", "tab", *"x-odd=1", "enter")
        await running.until(lambda: "'x-odd' is none of" in facts(running).error_block.text)
        await running.press("ctrl+u", "enter")
        await running.until(lambda: "no name=value" in facts(running).error_block.text)
        facts(running).metadata.value = "a=b; c=d\\;e"
        await running.press("enter")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/"), look)
    with memory.storage.read("d/x") as reader:
        assert reader.facts == ObjectFacts("text/x", {"a": "b", "c": "d;e"})
        assert reader.read() == b"12345"


def test_metadata_of_another_version_stays() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "ctrl+y")
        await running.until(lambda: properties(running).properties is not None)
        memory.store.put("bucket", {"d/x": b"another"})
        await running.press("tab", "enter")
        await running.until(lambda: isinstance(running.app.screen, FactsDialog))
        await running.press(*"text/x", "enter")
        await running.until(lambda: "no longer" in facts(running).error_block.text)

    run_app(memory.session, place("d/"), place("d/"), look)
    with memory.storage.read("d/x") as reader:
        assert (reader.facts, reader.read()) == (ObjectFacts(), b"another")


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_pairs_survive_being_written_in_a_line(pairs: dict[str, str]) -> None:
    assert pairs_of_text(text_of_pairs(pairs)) == pairs


@pytest.mark.parametrize("text", ["a", "=b", "a=b; c"])
def test_what_is_no_pair_is_said(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        pairs_of_text(text)


# Rights


@pytest.mark.parametrize("keys", [["alt+a"], ["ctrl+k", "c", "m"]])
def test_rights_of_what_is_selected_are_changed(tmp_path: DiskPath, keys: list[str]) -> None:
    tree(tmp_path / "disk", "a", "b", "c")
    for name in "abc":
        (tmp_path / "disk" / name).chmod(0o644)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        await running.press("down", "insert", "insert", *keys)
        await running.until(lambda: mode(running).field.value == "644")
        await running.press("ctrl+u", *"u=q", "enter")
        await running.until(lambda: "is no mode" in mode(running).error_block.text)
        await running.press("ctrl+u", *"u+x", "enter")
        await until_closed(running)

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    modes = [stat.S_IMODE((tmp_path / "disk" / name).stat().st_mode) for name in "abc"]
    assert modes == [0o744, 0o744, 0o644]


def test_rights_of_all_below_are_changed_and_what_fails_is_told(
    tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path / "disk", "d/x", "d/y")
    for name in "xy":
        (tmp_path / "disk" / "d" / name).chmod(0o600)

    usual = os.chmod

    def chmod(path: str, bits: int, *, dir_fd: int | None = None) -> None:
        if str(path).endswith("y"):
            raise PermissionError(1, "Operation not permitted")
        usual(path, bits, dir_fd=dir_fd)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        monkeypatch.setattr(os, "chmod", chmod)
        await running.press("down", "alt+a", "ctrl+u", *"a=rX,u+w", "tab", "right", "tab", "enter")
        await running.until(lambda: "could not be changed" in mode(running).said.text)
        assert "Operation not permitted" in mode(running).said.text
        await running.press("enter")
        await until_closed(running)

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    assert stat.S_IMODE((tmp_path / "disk" / "d" / "x").stat().st_mode) == 0o644


def test_where_there_are_no_rights_that_is_said() -> None:
    memory = memory_with("d/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "alt+a")
        await until_closed(running)
        assert "has permission bits" in running.browse.status.text
        await running.press("alt+l")
        assert "No links are signed" in running.browse.status.text

    run_app(memory.session, place("d/"), place("d/"), look)


def test_rights_are_reached_from_the_properties(tmp_path: DiskPath) -> None:
    tree(tmp_path / "disk", "a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, f"{tmp_path}/disk/")
        await running.press("down", "ctrl+y")
        await running.until(lambda: properties(running).properties is not None)
        await running.press("tab", "enter")
        await running.until(lambda: isinstance(running.app.screen, ModeDialog))
        await running.press("ctrl+u", *"600", "enter")
        await until_closed(running)

    run_app(Session(), on_disk(tmp_path / "disk"), on_disk(tmp_path / "disk"), look)
    assert stat.S_IMODE((tmp_path / "disk" / "a").stat().st_mode) == 0o600


# Links


def test_a_link_is_made_shown_and_given_to_the_clipboard(moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"12345", "d/sub/y": b""})
    start = Location(StorageAddress("s3", "bucket"), "d/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "s3://bucket/d/")
        await running.press("down", "alt+l")
        await until_closed(running)
        assert "one object" in running.browse.status.text
        await running.press("down", "alt+l")
        await running.press("ctrl+u", *"8d", "enter")
        await running.until(lambda: "604800" in link(running).error_block.text)
        await running.press("ctrl+u", *"2 weeks", "enter")
        await running.until(lambda: "is no time" in link(running).error_block.text)
        moto.reset_requests()
        await running.press("ctrl+u", *"15m", "enter")
        await running.until(lambda: "X-Amz-Expires=900" in link(running).link.text)
        assert running.app.clipboard == link(running).link.text
        assert moto.requests() == []
        assert not any("X-Amz" in notice.text for notice in running.browse.notices.all())

    run_app(Session(), start, start, look)
