"""What is compressed is viewed as what it holds."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app
from tests.ui.test_pager import open_pager, rows
from tfm.core.entry import Kind
from tfm.core.errors import StorageError
from tfm.core.location import Location, StorageAddress
from tfm.operations import unpacked
from tfm.operations.view import BLOCK_BYTES
from tfm.ui.pager_view import PagerView

LINES = b"".join(b"line %07d\n" % number for number in range(100_000))


def look_at(name: str, content: bytes, look: Callable[[Running, PagerView], Awaitable[None]]) -> Script:
    script = Script({"": [name]}, contents={name: content})

    async def opened(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: not view.waits)
        await look(running, view)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), opened)
    return script


@pytest.mark.parametrize(
    ("kind", "content"),
    [("gzip", gzip.compress(LINES)), ("bzip2", bz2.compress(LINES)), ("xz", lzma.compress(LINES, preset=0))],
)
def test_its_lines_are_seen_whatever_it_is_called(kind: str, content: bytes) -> None:
    async def look(running: Running, view: PagerView) -> None:
        assert rows(view)[0] == "line 0000000"
        assert view.mode_text == f"{kind}, text"
        assert view.position_text.startswith("byte 0 of what ")
        await running.press("pagedown")
        assert rows(view)[0].startswith("line 00000")
        await running.press("end")
        await running.until(lambda: rows(view)[-1] == "line 0099999")
        assert view.position_text == f"byte {view.top:,} of 1,300,000 (1.2 MB)  100 %"
        await running.press("home")
        await running.until(lambda: rows(view)[0] == "line 0000000")

    look_at("file", content, look)


def test_f8_shows_the_compressed_bytes_and_f4_what_they_hold_in_hexadecimal() -> None:
    async def look(running: Running, view: PagerView) -> None:
        await running.press("f4")
        assert rows(view)[0].startswith("0000000000  6c 69 6e 65")
        await running.press("f4", "f8")
        await running.until(lambda: not view.waits)
        assert rows(view)[0].startswith("0000000000  1f 8b 08")
        assert view.mode_text == "gzip, as it is, hex"
        await running.press("f8")
        assert rows(view)[0] == "line 0000000"

    look_at("a.gz", gzip.compress(LINES), look)


def test_json_tables_and_colours_are_told_from_the_name_inside() -> None:
    async def table(running: Running, view: PagerView) -> None:
        await running.until(lambda: "table, 2 columns" in view.mode_text)
        await running.press("f8")
        assert rows(view)[0] == "a,b"
        await running.press("f8")
        assert view.mode_text == "gzip, as it is, text" or "hex" in view.mode_text
        await running.press("f8")
        await running.until(lambda: "table, 2 columns" in view.mode_text)

    look_at("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 50), table)

    async def laid_out(running: Running, view: PagerView) -> None:
        await running.until(lambda: view.mode_text == "gzip, json, laid out")
        assert rows(view)[1] == '  "a": ['

    look_at("x.json.gz", gzip.compress(json.dumps({"a": [1, 2]}).encode()), laid_out)

    async def coloured(running: Running, view: PagerView) -> None:
        assert view.mode_text == "gzip, python"
        await running.until(lambda: any(s.style and s.style.color for s in view.render_line(0)))

    look_at("x.py.gz", gzip.compress(b"def name(): pass\n" * 9000), coloured)


def test_what_is_found_is_counted_in_what_it_holds() -> None:
    async def look(running: Running, view: PagerView) -> None:
        await running.press("/", *"0054321", "enter")
        await running.until(lambda: "found at byte 706,178" in running.pager.status.text)
        assert "line 0054321" in rows(view)
        await running.press("n")
        await running.until(lambda: "from the beginning on" in running.pager.status.text)
        await running.press(":", *"777", "enter")
        await running.until(lambda: rows(view)[0] == "line 0000776")
        await running.press("F")
        assert "what is compressed is not followed" in running.pager.status.text

    look_at("a.gz", gzip.compress(LINES), look)


def test_what_is_damaged_shows_what_is_before_it_and_says_where() -> None:
    content = bytearray(gzip.compress(LINES, 1))
    content[len(content) // 2 : len(content) // 2 + 2000] = random.Random(7).randbytes(2000)

    async def look(running: Running, view: PagerView) -> None:
        assert rows(view)[0] == "line 0000000"
        await running.press("end")
        await running.until(lambda: "damaged near byte" in running.pager.status.text)
        assert rows(view)[0] == "line 0000000"

    look_at("a.gz", bytes(content), look)


def test_without_its_library_it_is_shown_as_it_is_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_kind: object) -> None:
        raise StorageError("zstd needs a library.", next_step="pip install 'tfm[viewer]'", operation="view")

    monkeypatch.setattr(unpacked, "decoder_of", missing)

    async def look(_running: Running, view: PagerView) -> None:
        assert rows(view)[0].startswith("0000000000  28 b5 2f fd")
        assert view.mode_text == "zstd needs a library: pip install 'tfm[viewer]', hex"

    look_at("a.zst", b"\x28\xb5\x2f\xfd\0\0\0\0", look)


def test_ten_gigabytes_open_at_once_wherever_one_looks(tmp_path: Path) -> None:
    huge = tmp_path / "huge.log"
    with huge.open("wb") as file:
        file.write(b"the first line\n")
        file.seek(10 * 1024**3)
        file.write(b"\nthe last line\n")
    session = make_session({}, Clock())
    from tfm.backends.local import LocalBackendFactory
    from tfm.storage.contract import BackendContext

    session.registry.add("file", LocalBackendFactory(BackendContext(session.settings, session.meter.record)))
    reads: list[tuple[int, int | None]] = []
    storage = session.storage(StorageAddress("file", ""))
    usual = storage._backend.read

    def counted(key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> object:
        reads.append((start, length))
        return usual(key, start=start, length=length, if_match=if_match)

    storage._backend.read = counted  # type: ignore[method-assign,assignment]
    place = Location(StorageAddress("file", ""), f"{tmp_path}/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        await running.until(lambda: running.left.update_shown is not None)
        await running.press("end", "f3")
        await running.until(lambda: len(running.app.screen_stack) == 2)
        view = running.pager.pager
        await running.until(lambda: not view.waits)
        await running.press("f4")
        assert rows(view)[0] == "the first line"
        assert len(reads) == 1
        await running.press("end")
        await running.until(lambda: rows(view)[-1] == "the last line")
        await running.press(":", *"50%", "enter")
        await running.until(lambda: 5 * 1024**3 - 10_000 < view.top <= 5 * 1024**3)
        assert len(reads) <= 6
        assert {length for _, length in reads} == {BLOCK_BYTES}

    run_app(session, place, place, look)
