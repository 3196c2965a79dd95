"""Each screen and dialog at 80 × 24 and 140 × 40, as tests/ui/snapshots/ has it written down.

A new one is one row below; ``TFM_UPDATE_SNAPSHOTS=1 pytest tests/ui/test_snapshots.py -k NAME`` writes it down. Look at
what was written before you commit it.
"""

from __future__ import annotations

import gzip
import threading

import pytest

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running
from tests.ui.shots import Shot, compare, quiet_memory, two_directories
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
from tfm.ui.delete_dialog import DeleteDialog, Doomed
from tfm.ui.deleting_dialog import DeleteWatch
from tfm.ui.edit_question import BINARY, EditQuestion
from tfm.ui.go_to_dialog import GoToDialog
from tfm.ui.places_dialog import PlacesDialog


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
    Shot("move", "end f6", shows="requests"),
    Shot("delete", "down f8", shows="cannot be undone"),
    Shot("delete_to_trash", ask_about_trash, shows="can be undone"),
    Shot("deleting", delete_slowly, world=deletes_held, shows="0 of 2"),
    Shot("undo", ask_about_undo, shows="back from the trash"),
    Shot("make_directory", "f7"),
    Shot("new_file", "shift+f4"),
    Shot("rename", "end shift+f6"),
    Shot("conflict", "down down down f5 enter", shows="Overwrite"),
    Shot("jobs_none", "ctrl+t"),
    Shot("jobs", "end f5 enter ctrl+t", shows="3 entries"),
    Shot("quit", "end f5 enter ctrl+q", world=copies_held, shows="Quit"),
    Shot("chooser_theme", "ctrl+p t h e m e enter", shows="textual-dark"),
    Shot("connection", "alt+e", world=connected),
    Shot("costs", "alt+q"),
    Shot("cache", "alt+k"),
    Shot("log", "f12"),
    Shot("properties", "end alt+enter", shows="bytes"),
    Shot("history", "down enter alt+left alt+h"),
    Shot("tabs", "alt+t down enter alt+t backspace ctrl+pageup"),
    Shot("search", "alt+f7"),
    Shot("search_results", "alt+f7 b a t c h enter", shows="looked at"),
    Shot("disk_usage", "alt+u", shows=" objects"),
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
