"""Regular expressions that are typed: tried elsewhere, with a limit of time."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.core.errors import StorageError
from tfm.operations import expression_process
from tfm.operations.expression_process import ExpressionProcesses
from tfm.operations.needle import text_needle
from tfm.operations.search_bytes import ByteSearch

ENDLESS = r"^(a+)+$"
TEXT = b"a" * 40 + b"b\n"


@pytest.fixture
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_process, "LIMIT_SECONDS", 0.2)


@pytest.mark.usefixtures("short_limit")
def test_one_that_takes_for_ever_is_ended_and_holds_nobody_up() -> None:
    needle = text_needle(ENDLESS, regular=True)
    pauses = []
    ended = threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not ended.is_set():
            time.sleep(0.005)
            now = time.monotonic()
            pauses.append(now - last)
            last = now

    ticking = threading.Thread(target=tick)
    ticking.start()
    with pytest.raises(StorageError, match="takes too long"):
        ByteSearch(lambda start, end: iter([TEXT[start:end]]), len(TEXT), needle).forward(0)
    ended.set()
    ticking.join()
    assert len(pauses) > 10, "the interpreter was free meanwhile"
    began = time.monotonic()
    with pytest.raises(StorageError, match="takes too long"):
        list(needle.spans(TEXT))
    assert time.monotonic() - began < 1, "it is not tried again, for three seconds"


def test_a_process_that_has_ended_is_replaced() -> None:
    processes = ExpressionProcesses("b+", 0)
    assert processes.places(b"abba") == [(1, 3)]
    processes._idle[0].kill()
    processes._idle[0].wait()
    assert processes.places(b"abba") == [(1, 3)]
    assert len(processes._idle) == 1


def test_many_threads_ask_at_once_and_no_process_stays() -> None:
    processes = ExpressionProcesses("x[0-9]+", 0)
    texts = [b"--x%d--" % number for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(processes.places, texts))
    assert [text[start:end] for text, ((start, end),) in zip(texts, found, strict=True)] == [t[2:-2] for t in texts]
    started = list(processes._idle)
    assert 1 <= len(started) <= 4
    del processes
    assert all(process.returncode is not None for process in started)


SHARED = ExpressionProcesses("(?m)a.|é+|^$|x*", re.IGNORECASE)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([b"a", b"A", b"\n", "é".encode(), b"\xff", b"x", b" "]), max_size=12).map(b"".join))
def test_places_are_those_of_each_line_by_itself(data: bytes) -> None:
    expected = []
    offset = 0
    for line in data.split(b"\n"):
        text = line.decode("utf-8", "surrogateescape")
        for match in re.finditer("a.|é+|^$|x*", text, re.IGNORECASE):
            if match.group():
                begin = offset + len(text[: match.start()].encode("utf-8", "surrogateescape"))
                expected.append((begin, begin + len(match.group().encode("utf-8", "surrogateescape"))))
        offset += len(line) + 1
    assert SHARED.places(data) == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=20))
def test_names_fit_each_by_itself_whatever_is_in_them(names: list[str]) -> None:
    names = [*names, "ab\n", "\nab", "é\udcff", "", "xab\0y"]
    for processes, pattern in NAMES:
        assert processes.fitting(names) == [re.search(pattern, name) is not None for name in names]


NAMES = [(ExpressionProcesses(text, 0), text) for text in (r"\Aab\Z|^$|\x00", "(?is)É.", "b$")]


def test_thousands_of_names_are_asked_about_in_pieces() -> None:
    names = [f"name-{number}" for number in range(4500)]
    fits = ExpressionProcesses("[05]0$", 0).fitting(names)
    assert [name for name, one in zip(names, fits, strict=True) if one] == [
        name for name in names if name.endswith(("00", "50"))
    ]


@given(st.lists(st.text("ab1\\\udce9é", max_size=6)), st.sampled_from(["", "-", r"\1", r"\g<1>2", "\\\\", r"\n\061"]))
@settings(max_examples=50, deadline=None)
def test_names_come_back_with_what_fits_replaced_as_the_library_does_it(names: list[str], template: str) -> None:
    expected = [re.sub("(a)?b*", template, name) for name in names]
    assert REPLACING.replaced(names, [template] * len(names)) == expected


REPLACING = ExpressionProcesses("(a)?b*", 0)


def test_thousands_of_names_have_each_its_own_template() -> None:
    names = [f"name-{number}" for number in range(4500)]
    replaced = ExpressionProcesses("name", 0).replaced(names, [str(number) for number in range(4500)])
    assert replaced == [f"{number}-{number}" for number in range(4500)]
