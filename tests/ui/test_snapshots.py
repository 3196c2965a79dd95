"""Each screen and dialog at 80 × 24 and 140 × 40, as tests/ui/snapshots/ has it written down.

A new one is one row below; ``TFM_UPDATE_SNAPSHOTS=1 pytest tests/ui/test_snapshots.py -k NAME`` writes it down. Look at
what was written before you commit it.
"""

from __future__ import annotations

import gzip
import pkgutil
import threading
from importlib import import_module

import pytest
from textual.screen import Screen

import tfm.ui
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running
from tests.ui.shots import DIRECTORY, SIZES, Shot, compare, heading, quiet_memory, two_directories
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import NetworkError
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import with_settings
from tfm.operations import known_places
from tfm.operations.mounts import Mount
from tfm.operations.trash import Trashed
from tfm.operations.undo_steps import MovedToTrash
from tfm.storage.contract import BackendContext, Root
from tfm.ui import conflict_dialog
from tfm.ui.conflict_dialog import ConflictDialog
from tfm.ui.delete_dialog import DeleteDialog, Doomed
from tfm.ui.deleting_dialog import DeleteWatch
from tfm.ui.edit_question import BINARY, EditQuestion
from tfm.ui.go_to_dialog import GoToDialog
from tfm.ui.link_dialog import LinkDialog
from tfm.ui.mode_dialog import ModeDialog
from tfm.ui.places_dialog import PlacesDialog
from tfm.ui.properties_dialog import PropertiesDialog


class Connected(Memory):
    connection_settings = (("s3_region", "Region"), ("s3_endpoint_url", "Endpoint"), ("s3_anonymous", "Anonymous"))


def connected() -> Memory:
    memory = Connected()
    memory.store._clock = lambda: 1_700_000_000.0
    memory.store.put("bucket", {"left/a": b"", "right/b": b""})
    return memory


def nothing() -> Memory:
    memory = quiet_memory()
    memory.store.put("bucket", {})
    return memory


def refusing() -> Memory:
    memory = quiet_memory()
    memory.errors["list_page"] = NetworkError(
        "Nobody answers.", next_step="Look whether the server runs.", uri="memory://bucket/left/", operation="list"
    )
    return memory


def strange_names() -> Memory:
    memory = quiet_memory()
    names = [
        "a" * 200,
        "wide 日本語のとても長い名前のファイルです.txt", "emoji 👩‍👩‍👧 🏳️‍🌈.txt", "red\x1b[31m", "line\nbreak",
        "right\u202eto left", "..", "é combined e\u0301", " blanks ", "-n",
    ]  # fmt: skip
    memory.store.put("bucket", {f"left/{name}": b"x" for name in names} | {"left/a//b": b"y", "right/x": b""})
    return memory


def waiting() -> Memory:
    memory = quiet_memory()
    memory.store.put("bucket", {"left/a": b""})
    memory.gates["list_page"] = threading.Event()
    return memory


def copies_held() -> Memory:
    memory = two_directories()
    memory.gates["copy_from"] = threading.Event()
    return memory


def deletes_held() -> Memory:
    memory = two_directories()
    memory.gates["delete_many"] = threading.Event()
    return memory


def compressed_log() -> Memory:
    memory = quiet_memory()
    log = gzip.compress(b"".join(b"line %d\n" % number for number in range(1000)), mtime=0)
    memory.store.put("bucket", {"left/a.log.gz": log, "right/x": b""})
    return memory


async def ask_about_trash(running: Running) -> None:
    """Nothing in memory has a trash: the question is put by hand."""
    browse = running.browse
    chosen = [
        Location(place().storage, "left/batch-01/", Kind.DIRECTORY),
        Location(place().storage, "left/notes.md", Kind.FILE),
    ]
    doomed = Doomed(place("left/"), chosen, to_trash=True)
    watch = DeleteWatch(lambda: None, lambda: None, lambda _: None, lambda _: None)
    browse.push(DeleteDialog(browse.session, doomed, browse.works, watch, remember=browse.undoing.log.add))


async def ask_whether_to_edit(running: Running) -> None:
    """That is asked of files of a disk alone: the question is put by hand."""
    running.browse.push(EditQuestion("program", BINARY))


async def go_to_first_row(running: Running) -> None:
    await running.press("ctrl+g", *"data")
    dialog = running.app.screen
    assert isinstance(dialog, GoToDialog)
    await running.until(lambda: "data.json" in dialog.list.text)
    await running.press("down")


def large_file() -> Memory:
    memory = quiet_memory()
    memory.store.put("bucket", {"left/large.txt": bytes(11 << 20), "right/x": b""})
    return memory


async def bookmark_three(running: Running) -> None:
    places = {"left": place("left/"), "r": place("right/"), "red\x1b[31m": place("a\u202eb/", bucket="other")}
    for name, location in places.items():
        running.browse.keeper.set_bookmark(name, location)


async def bookmarks_listed(running: Running) -> None:
    await bookmark_three(running)
    await running.press("alt+b", "down", "delete")


async def go_to_offers(running: Running) -> None:
    await bookmark_three(running)
    await running.press("ctrl+g")


async def bookmark_again(running: Running) -> None:
    await bookmark_three(running)
    await running.press("alt+m", "ctrl+u", "r")


async def delete_slowly(running: Running) -> None:
    """A delete whose first batch takes its time."""
    await running.press("down", "f8")
    await running.until(lambda: "Delete 2 objects" in " ".join(running.everything()))
    await running.press("left", "enter")
    await running.until(lambda: "Deleting…" in " ".join(running.everything()))


async def ask_about_undo(running: Running) -> None:
    """As after a delete to the trash."""
    gone = [Trashed(Location(place().storage, f"left/{name}", Kind.FILE), name) for name in ("a", "b")]
    running.browse.undoing.log.add(MovedToTrash(gone))
    await running.press("ctrl+z")


def with_menu() -> Memory:
    memory = two_directories()
    menu = {"Count lines": "wc -l {files}", "Compare": "diff -u {file} {TFM_OTHER_DIR}", "Terminal here": "xterm &"}
    memory.session.settings = with_settings(memory.session.settings, {"MENU": menu}, source="config.py")
    return memory


def some_places() -> Memory:
    memory = two_directories()
    memory.session.registry.add("s3", TwoProfiles(BackendContext(memory.session.settings, lambda _name: None)))
    return memory


class WithProfiles(Memory):
    def roots(self) -> list[Root]:
        return [Root("memory://", StorageAddress("memory", "", name), f"profile {name}") for name in (None, "work")]


def with_profiles() -> Memory:
    memory = WithProfiles()
    memory.store._clock = lambda: 1_700_000_000.0
    memory.store.put("bucket", {"left/a": b"", "right/b": b""})
    return memory


class TwoProfiles(MemoryBackendFactory):
    def roots(self) -> list[Root]:
        return [Root("s3://", StorageAddress("s3", "", name), f"profile {name}") for name in ("research", "work")]


async def places_listed(running: Running) -> None:
    await bookmark_three(running)
    mounted = [
        Mount("/", "ext4", "/dev/sda1"),
        Mount("/mnt/lab", "nfs4", "server:/lab"),
        Mount("/proc", "proc", "proc"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", "/home/me")
        patch.setattr(known_places, "mounts", lambda: mounted)
        patch.setattr(known_places, "free_bytes_of", lambda path: 79 << 30 if path == "/" else None)
        await running.press("alt+f1")
        dialog = running.app.screen
        assert isinstance(dialog, PlacesDialog)
        await running.until(lambda: "work" in dialog.list.text and "free" in dialog.list.text)


async def both_sides_compared(running: Running) -> None:
    """Of what is in the way of a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conflict_dialog, "_PAUSE_SECONDS", 0.01)
        await running.press("down", "down", "down", "f5", "enter")
        await running.until(lambda: isinstance(running.app.screen, ConflictDialog))
        await running.press("c")


async def change_metadata(running: Running) -> None:
    await running.press("end", "alt+enter")
    dialog = running.app.screen
    assert isinstance(dialog, PropertiesDialog)
    await running.until(lambda: dialog.properties is not None)
    await running.press("tab", "enter")


async def change_rights(running: Running) -> None:
    """Nothing in memory has permission bits: the dialog is opened by hand."""
    browse = running.browse
    chosen = [Location(place().storage, f"left/{name}", Kind.FILE) for name in ("notes.md", "program.py")]
    names = ["notes.md", "red\x1b[31m"]
    browse.push(ModeDialog(browse.session, chosen, names, 0o644, browse.works, browse.undoing.log.add))


async def make_link(running: Running) -> None:
    """No links to memory are signed: the dialog is opened by hand, and says so."""
    running.browse.push(LinkDialog(running.browse.session, Location(place().storage, "left/notes.md", Kind.FILE)))
    await running.until(lambda: isinstance(running.app.screen, LinkDialog))
    await running.press("enter")


SHOTS = (
    Shot("browse"),
    Shot("browse_empty", world=nothing, left=place(), right=place()),
    Shot("browse_error", world=refusing),
    Shot("browse_listing", world=waiting, listed=False, shows="listing…"),
    Shot("browse_names", world=strange_names),
    Shot("browse_selected", "down insert insert tab"),
    Shot("browse_find", "p r o"),
    Shot("browse_filter", "ctrl+f . m", shows="notes.md"),
    Shot("browse_select", "+ * . c s v", shows="select: *.csv"),
    Shot("browse_range", "ctrl+k down v j j", shows="range: 3 selected"),
    Shot("key_hints", "ctrl+k g", shows="Compare both"),
    Shot("sort", "f9"),
    Shot("help", "f1"),
    Shot("help_search", "f1 / c o p y", shows="/ copy"),
    Shot("palette", "ctrl+p"),
    Shot("viewer_python", "end up f3", shows="[python]"),
    Shot("viewer_hex", "end f3", shows="0000000000"),
    Shot("viewer_table", "down down down f3", shows="table, 3 columns"),
    Shot("viewer_json", "down down down down f3", shows="json, laid out"),
    Shot("viewer_markdown", "down down down down down f3", shows="markdown, laid out"),
    Shot("viewer_gzip", "down f3", world=compressed_log, shows="gzip, text"),
    Shot("viewer_help", "end f3 f1"),
    Shot("viewer_find", "end f3 f7"),
    Shot("viewer_go", "end f3 f5"),
    Shot("preview_file", "alt+v end up", shows="python\n"),
    Shot("preview_directory", "alt+v down", shows="sample-2"),
    Shot("menu", "down shift+f2", world=with_menu),
    Shot("run", "down alt+x"),
    Shot("edit_large", "down f4", world=large_file, shows="fetched as a whole"),
    Shot("edit_binary", "end f4", shows="no text"),
    Shot("edit_question", ask_whether_to_edit, shows="no text"),
    Shot("copy", "down f5", shows="requests"),
    Shot("copy_overwrite", "down down down f5 tab right right", shows="replaced"),
    Shot("move", "end f6", shows="requests"),
    Shot("delete", "down f8", shows="cannot be undone"),
    Shot("delete_to_trash", ask_about_trash, shows="can be undone"),
    Shot("deleting", delete_slowly, world=deletes_held, shows="0 of 2"),
    Shot("undo", ask_about_undo, shows="back from the trash"),
    Shot("make_directory", "f7"),
    Shot("new_file", "shift+f4"),
    Shot("rename", "end shift+f6"),
    Shot("conflict", "down down down f5 enter", shows="Keys: s o n r"),
    Shot("side_by_side", both_sides_compared, shows="differ"),
    Shot("jobs_none", "ctrl+t"),
    Shot("jobs", "end f5 enter ctrl+t", shows="3 entries"),
    Shot("quit", "end f5 enter ctrl+q", world=copies_held, shows="Quit"),
    Shot("chooser_theme", "ctrl+p t h e m e enter", shows="textual-dark"),
    Shot("connection", "alt+e", world=connected),
    Shot("profile", "alt+p", world=with_profiles, shows="work"),
    Shot("costs", "alt+q"),
    Shot("cache", "alt+k"),
    Shot("log", "f12"),
    Shot("properties", "end alt+enter", shows="bytes"),
    Shot("metadata", change_metadata, shows="Metadata:"),
    Shot("rights", change_rights, shows="644"),
    Shot("link", make_link, shows="No links are signed"),
    Shot("history", "down enter alt+left alt+h"),
    Shot("tabs", "alt+t down enter alt+t backspace ctrl+pageup"),
    Shot("search", "alt+f7"),
    Shot("search_results", "alt+f7 b a t c h enter", shows="looked at"),
    Shot("disk_usage", "alt+u", shows=" objects"),
    Shot("disk_usage_keys", "alt+u f1", shows="Keys in disk usage"),
    Shot("go_to", "ctrl+g d a t a", shows="data.json"),
    Shot("go_to_row", go_to_first_row, shows="Go to: data.csv"),
    Shot("go_to_offers", go_to_offers),
    Shot("bookmarks", bookmarks_listed, shows="Forgotten"),
    Shot("bookmark", bookmark_again, shows="would mean"),
    Shot("places", places_listed, world=some_places),
    Shot("compare", "alt+d"),
    Shot("compare_differences", "alt+d enter", shows="only left"),
    Shot("bulk_rename", "end alt+r t a tab X", shows="1 of 1 will be renamed"),
)


@pytest.fixture(autouse=True)
def _in_one_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("shot", SHOTS, ids=[shot.name for shot in SHOTS])
def test_it_looks_as_it_is_written_down(shot: Shot) -> None:
    compare(shot)


def screen_classes() -> set[str]:
    """Those of the program, without what is only there for others to be derived from."""
    for module in pkgutil.walk_packages(tfm.ui.__path__, "tfm.ui."):
        import_module(module.name)
    found: list[type] = []
    bases: list[type] = [Screen]
    for base in bases:
        derived = [each for each in _derived_from(base) if each not in bases]
        bases += derived
        found += [each for each in derived if not any(_is_ours(deeper) for deeper in _derived_from(each))]
    return {each.__name__ for each in found if _is_ours(each)}


def _derived_from(base: type) -> list[type]:
    derived: list[type] = type.__subclasses__(base)
    return derived


def _is_ours(screen: type) -> bool:
    return screen.__module__.startswith("tfm.")


def test_every_screen_and_dialog_is_written_down_at_both_sizes() -> None:
    written = [(DIRECTORY / f"{shot.name}.txt").read_text(encoding="utf-8").splitlines() for shot in SHOTS]
    headings = {line for lines in written for line in lines if line.startswith("── ")}
    missing = [
        f"{name} at {size}"
        for name in sorted(screen_classes())
        for size in SIZES
        if heading(size, name) not in headings
    ]
    assert missing == [], "each wants a row in SHOTS"


def test_nothing_is_written_down_of_what_is_not_looked_at() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.txt") if ".seen" not in path.name} == {shot.name for shot in SHOTS}
