"""The preview beside the list: what the entry under the cursor begins with."""

from __future__ import annotations

import gzip

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tests.ui.test_pager import rows
from tfm.core.errors import NetworkError
from tfm.core.settings import Settings, with_settings
from tfm.operations.preview import PREVIEW_BYTES
from tfm.ui.pager_view import PagerView
from tfm.ui.preview import Preview


def memory_with(contents: dict[str, bytes]) -> tuple[Memory, list[tuple[str, int, int | None]]]:
    """With what is read of it."""
    memory = Memory()
    memory.store.put("bucket", contents)
    reads: list[tuple[str, int, int | None]] = []
    storage = memory.storage
    usual = storage.read

    def read(key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> object:
        reads.append((key, start, length))
        if key in memory.denied:
            raise NetworkError("Nobody answers.", uri=f"memory://bucket/{key}", operation="read")
        return usual(key, start=start, length=length, if_match=if_match)

    storage.read = read  # type: ignore[method-assign,assignment]
    return memory, reads


def preview(running: Running) -> Preview:
    return running.browse.query_one(Preview)


async def shown(running: Running, name: str) -> Preview:
    """What is beside the list, when all of it is there."""
    found = preview(running)
    await running.until(lambda: found.title_text.startswith(name) and not found.waits)
    await running.until(lambda: found.body is None or bool(found.body.size.width))
    await running.until(lambda: not isinstance(found.body, PagerView) or not found.body.waits)
    return found


def seen(found: Preview) -> list[str]:
    body = found.body
    assert body is not None
    return rows(body) if isinstance(body, PagerView) else [body.render_line(y).text.rstrip() for y in range(5)]


async def listed(running: Running) -> None:
    await running.until_listed(running.left, "memory://bucket/")
    await running.until_listed(running.right, "memory://bucket/")


def test_it_shows_the_beginning_in_the_other_panes_place_and_the_keys_go_to_the_list() -> None:
    memory, reads = memory_with({"a.txt": b"text of a\n" * 20_000, "b.py": b"def name(): pass\n", "c": b""})

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("alt+v", "down")
        found = await shown(running, "a.txt")
        assert seen(found)[0] == "text of a"
        assert reads == [("a.txt", 0, PREVIEW_BYTES)]
        await running.until(lambda: found.footer.text == "the first 64.0 KB; F3 shows all text")
        assert not running.right.display
        assert found.region.x > running.left.region.x
        await running.press("down")
        assert seen(await shown(running, "b.py"))[0] == "def name(): pass"
        await running.press("down")
        await shown(running, "c")
        assert len(reads) == 2, "an empty file is not read"
        await running.press("up", "up")
        assert seen(await shown(running, "a.txt"))[0] == "text of a"
        assert len(reads) == 2, "what was seen in this version is not read again"
        assert running.app.focused is running.left.list
        # The line is brought up to date once a second.
        await running.until(lambda: "2 read" in running.browse.status.text)

        await running.press("tab")
        assert running.app.focused is running.right.list
        await running.until(lambda: not running.left.display and found.region.x < running.right.region.x)
        await running.press("alt+v")
        await running.until(lambda: not running.browse.query(Preview))
        assert running.left.display
        assert running.right.display

    run_app(memory.session, place(), place(), look)


def test_in_a_wide_terminal_both_panes_stay() -> None:
    memory, _ = memory_with({"a.csv.gz": gzip.compress(b"name,size\nx,1\n")})

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("alt+v", "down")
        found = await shown(running, "a.csv.gz")
        await running.until(lambda: "table, 2 columns" in found.footer.text)
        assert running.right.display
        assert found.region.x > running.right.region.x
        await running.pilot.resize_terminal(80, 24)
        await running.until(lambda: not running.right.display)
        await running.pilot.resize_terminal(140, 40)
        await running.until(lambda: running.right.display)

    run_app(memory.session, place(), place(), look, size=(140, 40))


def test_who_passes_by_asks_for_nothing() -> None:
    memory, reads = memory_with({f"{number:03}": b"text" for number in range(100)})

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("alt+v", *["down"] * 25)
        await shown(running, "024")
        assert len(reads) <= 3, "only where the cursor rested"
        assert reads[-1][0] == "024"

    run_app(memory.session, place(), place(), look)


def test_a_directory_costs_one_request_and_none_where_it_is_cached() -> None:
    memory, _ = memory_with({"d/one": b"1", "d/e/two": b"22", "x": b"1"})

    async def look(running: Running) -> None:
        await listed(running)
        before = sum(memory.requests.values())
        await running.press("alt+v", "down")
        found = await shown(running, "/d")
        assert [row.split() for row in seen(found)[:2]] == [["/e"], ["one", "1", "B"]]
        assert sum(memory.requests.values()) == before + 1
        await running.press("enter")
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("backspace")
        await running.until_listed(running.left, "memory://bucket/")
        await shown(running, "/d")
        await running.press("down")
        await shown(running, "x")
        before = sum(memory.requests.values())
        await running.press("up")
        await shown(running, "/d")
        assert sum(memory.requests.values()) == before

    run_app(memory.session, place(), place(), look)


def test_a_directory_is_not_asked_for_where_that_is_set() -> None:
    memory, _ = memory_with({"d/one": b"1"})
    memory.session.settings = with_settings(Settings(), {"PREVIEW_LISTS": False}, source="test")

    async def look(running: Running) -> None:
        await listed(running)
        before = sum(memory.requests.values())
        await running.press("alt+v", "down")
        found = await shown(running, "/d")
        assert seen(found)[0] == " (not listed yet: Enter lists it)"
        assert sum(memory.requests.values()) == before

    run_app(memory.session, place(), place(), look)


def test_an_error_is_shown_in_its_place_and_the_next_entry_is_none_the_worse() -> None:
    memory, _ = memory_with({"a": b"1", "b": b"fine"})
    memory.denied.add("a")

    async def look(running: Running) -> None:
        await listed(running)
        await running.press("alt+v", "down")
        found = await shown(running, "a")
        await running.until(lambda: "Nobody answers." in found.error_block.text)
        await running.press("down")
        assert seen(await shown(running, "b"))[0] == "fine"
        assert not found.error_block.text

    run_app(memory.session, place(), place(), look)
