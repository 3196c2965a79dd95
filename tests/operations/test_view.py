from __future__ import annotations

import threading

import pytest

from tests.scripted_backend import DEADLINE_SECONDS, SCHEME, Clock, Script, make_session, storage_error
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.view import BLOCK_BYTES, BytesNotLoadedError, View

LOCATION = Location(StorageAddress(SCHEME, "bucket"), "big", Kind.FILE)


class OpenView:
    def __init__(self, script: Script) -> None:
        self._changes = threading.Semaphore(0)
        self.view = View(make_session({SCHEME: script}, Clock()), LOCATION, self._changes.release)

    def wait(self) -> None:
        assert self._changes.acquire(timeout=DEADLINE_SECONDS)

    def bytes_at(self, start: int, end: int) -> bytes:
        while True:
            try:
                return self.view.bytes_at(start, end)
            except BytesNotLoadedError:
                self.wait()


def test_the_end_of_a_large_object_is_read_without_the_rest() -> None:
    content = bytes(range(256)) * 4 * 1024
    script = Script(contents={"big": content})
    opened = OpenView(script)
    opened.view.open()
    opened.wait()
    assert opened.view.size_bytes == len(content)
    assert opened.bytes_at(len(content) - 10, len(content) + 10) == content[-10:]
    assert opened.bytes_at(len(content) - 10, len(content)) == content[-10:]
    last_block = len(content) - BLOCK_BYTES
    assert script.reads == [("big", 0, BLOCK_BYTES), ("big", last_block, BLOCK_BYTES)]
    opened.view.close()


def test_bytes_across_blocks_are_joined() -> None:
    content = b"".join(b"%07d\n" % number for number in range(20_000))
    opened = OpenView(Script(contents={"big": content}))
    opened.view.open()
    assert opened.bytes_at(BLOCK_BYTES - 5, BLOCK_BYTES + 5) == content[BLOCK_BYTES - 5 : BLOCK_BYTES + 5]
    opened.view.close()


def test_an_empty_object_has_no_bytes() -> None:
    opened = OpenView(Script(contents={"big": b""}))
    opened.view.open()
    assert opened.bytes_at(0, 100) == b""
    assert opened.view.size_bytes == 0
    opened.view.close()


def test_an_error_stands_until_it_is_tried_again() -> None:
    script = Script(contents={"big": b"text"}, read_errors={"big": storage_error()})
    opened = OpenView(script)
    opened.view.open()
    opened.wait()
    assert opened.view.error is not None
    assert opened.view.error.next_step == "Call the fire brigade."
    with pytest.raises(BytesNotLoadedError):
        opened.view.bytes_at(0, 1)
    script.read_errors.clear()
    opened.view.retry()
    assert opened.bytes_at(0, 10) == b"text"
    assert len(script.reads) == 2
    opened.view.close()


def test_what_nobody_expected_is_an_error_of_the_view() -> None:
    opened = OpenView(Script(contents={}))
    opened.view.open()
    opened.wait()
    assert opened.view.error is not None
    assert "KeyError" in opened.view.error.cause
    opened.view.close()


def test_an_object_that_grew_is_noticed_for_one_request() -> None:
    script = Script(contents={"big": b"one\n"})
    opened = OpenView(script)
    opened.view.open()
    opened.wait()
    assert opened.bytes_at(0, 10) == b"one\n"
    script.contents["big"] += b"two\n"
    assert opened.view.size_bytes == 4
    opened.view.look_for_change()
    opened.wait()
    assert opened.view.size_bytes == 8
    assert script.reads[1:] == [("big", 0, 0)], "no byte of it is read before somebody looks"
    assert opened.bytes_at(0, 10) == b"one\ntwo\n"
    opened.view.close()


def test_an_object_that_went_and_came_again_is_seen_again() -> None:
    script = Script(contents={"big": b"one\n"})
    opened = OpenView(script)
    opened.view.open()
    opened.wait()
    assert opened.bytes_at(0, 10) == b"one\n"
    script.read_errors["big"] = storage_error()
    opened.view.look_for_change()
    opened.wait()
    failed = opened.view.error
    assert failed is not None
    script.read_errors.clear()
    opened.view.look_for_change()
    opened.wait()
    assert opened.bytes_at(0, 10) == b"one\n"
    opened.view.close()
