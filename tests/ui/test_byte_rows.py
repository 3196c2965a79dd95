from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.ui.byte_rows import ByteRows, Row, looks_binary
from tfm.ui.sanitise import cell_width, fit

CONTENT = st.one_of(
    st.binary(max_size=300),
    st.text(st.sampled_from("ab \n\t\r日é👍\u0301\x1b"), max_size=120).map(lambda text: text.encode()),
)


def rows_of(content: bytes, width: int, *, hexadecimal: bool = False) -> ByteRows:
    return ByteRows(
        lambda start, end: content[start:end], size_bytes=len(content), width=width, hexadecimal=hexadecimal
    )


def every_row(rows: ByteRows, start: int = 0) -> list[Row]:
    found: list[Row] = []
    while page := rows.from_offset(start, 3):
        found += page
        start = page[-1].end
    return found


@given(CONTENT, st.integers(2, 12), st.booleans())
def test_rows_follow_on_each_other_and_leave_nothing_out(content: bytes, width: int, hexadecimal: bool) -> None:
    found = every_row(rows_of(content, width, hexadecimal=hexadecimal))
    assert [row.start for row in found] == [0, *[row.end for row in found]][: len(found)]
    assert (found[-1].end if found else 0) == len(content)


@given(st.text(st.sampled_from("ab \n\t日é👍\x1b"), max_size=120), st.integers(8, 20))
def test_rows_of_text_fit_the_width(text: str, width: int) -> None:
    for row in every_row(rows_of(text.encode(), width)):
        assert cell_width(row.text) <= width
        assert cell_width(fit(row.text, width)) == width


@given(CONTENT, st.integers(8, 12), st.integers(1, 9), st.booleans())
def test_going_back_lands_on_the_rows_that_were_passed(
    content: bytes, width: int, count: int, hexadecimal: bool
) -> None:
    rows = rows_of(content, width, hexadecimal=hexadecimal)
    starts = [row.start for row in every_row(rows)]
    for number, start in enumerate(starts):
        assert rows.back_from(start, count) == starts[max(0, number - count)]
    if starts:
        assert rows.back_from(len(content), count) == starts[max(0, len(starts) - count)]


def test_a_line_without_end_is_gone_through_in_pieces() -> None:
    asked: list[int] = []
    content = b"x" * 5_000_000

    def read(start: int, end: int) -> bytes:
        asked.append(end - start)
        return content[start:end]

    rows = ByteRows(read, size_bytes=len(content), width=80, hexadecimal=False)
    top = rows.back_from(len(content), 24)
    assert len(content) - 24 * 80 <= top < len(content)
    assert sum(asked) < 100_000


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (b"one\ntwo\r\n\nfour", ["one", "two", "", "four"]),
        (b"a\tb\n", ["a       b"]),
        (b"\x1b[31mred\xff\n", ["␛[31mred‹xFF›"]),
        ("é\u0301".encode(), ["é\u0301"]),
    ],
)
def test_text_is_shown_harmlessly(content: bytes, texts: list[str]) -> None:
    assert [row.text for row in every_row(rows_of(content, 40))] == texts


def test_hexadecimal_rows_show_offset_digits_and_text() -> None:
    (first, second) = every_row(rows_of(bytes(range(60, 80)), 80, hexadecimal=True))
    assert first.text == "000000003c  3c 3d".replace("3c  ", "00  ", 1) + first.text[17:]
    assert first.text.endswith("<=>?@ABCDEFGHIJK")
    assert second.text.startswith("0000000010  4c 4d 4e 4f")
    assert len(first.text) < 80


def test_a_nul_is_what_tells_binary_from_text() -> None:
    assert looks_binary(b"\x7fELF\0")
    assert not looks_binary("naïve\n".encode())
