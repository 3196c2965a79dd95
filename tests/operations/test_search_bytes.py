from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tfm.core.progress import Cancel, Progress
from tfm.operations.needle import LiteralNeedle, Needle, NeedleError, hexadecimal_needle, text_needle
from tfm.operations.search_bytes import ByteSearch, Hit


class Content:
    """Bytes given in pieces of ``chunk_bytes``; counts what is asked for."""

    def __init__(self, data: bytes, chunk_bytes: int = 7) -> None:
        self.data = data
        self.chunk_bytes = chunk_bytes
        self.asked: list[tuple[int, int]] = []

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        self.asked.append((start, end))
        data = self.data[start:end]
        for offset in range(0, len(data), self.chunk_bytes):
            yield data[offset : offset + self.chunk_bytes]

    def search(self, needle: Needle, *, first_range: int = 16, cancel: Cancel | None = None) -> ByteSearch:
        return ByteSearch(
            self.chunks,
            len(self.data),
            needle,
            cancel=cancel or Cancel(),
            ranges=(first_range, 8 * first_range, 2 * first_range),
        )


def next_of(spans: list[tuple[int, int]], start: int) -> Hit | None:
    """The model: all occurrences are known."""
    found = [Hit(*span) for span in spans if span[0] >= start] + [Hit(*span, wrapped=True) for span in spans]
    return found[0] if found else None


def previous_of(spans: list[tuple[int, int]], before: int) -> Hit | None:
    found = [Hit(*span, wrapped=True) for span in spans] + [Hit(*span) for span in spans if span[0] < before]
    return found[-1] if found else None


def literal_spans(data: bytes, literal: bytes, *, fold: bool) -> list[tuple[int, int]]:
    data, literal = (data.lower(), literal.lower()) if fold else (data, literal)
    size = len(literal)
    return [(i, i + size) for i in range(len(data) - size + 1) if data[i : i + size] == literal]


def pattern_spans(data: bytes, pattern: str, *, fold: bool) -> list[tuple[int, int]]:
    compiled = re.compile(pattern, re.IGNORECASE if fold else 0)
    spans, base = [], 0
    for line in data.split(b"\n"):
        text = line.decode("utf-8", "surrogateescape")
        for match in compiled.finditer(text):
            start, end = [len(text[:at].encode("utf-8", "surrogateescape")) for at in match.span()]
            if end > start:
                spans.append((base + start, base + end))
        base += len(line) + 1
    return spans


FEW_BYTES = st.text(st.sampled_from("aAb\n"), max_size=120).map(str.encode)


@given(
    st.one_of(st.binary(max_size=200), FEW_BYTES),
    st.one_of(st.binary(min_size=1, max_size=3), FEW_BYTES.filter(bool).map(lambda needle: needle[:5])),
    st.integers(1, 40),
    st.integers(1, 64),
    st.integers(0, 200),
    st.booleans(),
)
def test_bytes_are_found_where_they_are(
    data: bytes, literal: bytes, chunk: int, first: int, at: int, fold: bool
) -> None:
    at = min(at, len(data))
    spans = literal_spans(data, literal, fold=fold)
    needle = LiteralNeedle(literal.lower() if fold else literal, fold=fold)
    assert Content(data, chunk).search(needle, first_range=first).forward(at) == next_of(spans, at)
    assert Content(data, chunk).search(needle, first_range=first).backward(at) == previous_of(spans, at)


PATTERNS = ["a", "a+", "a.b", "[^a]+", "a|bb", "^a", "b$", r"\s*a\s*b", "é", "É.", "(a|é)+", r"a\b", "ab?$", "b[^b]*"]
LINES = st.one_of(
    st.text(st.sampled_from("aAbBéÉ \n\r日"), max_size=120).map(str.encode), st.binary(max_size=100), FEW_BYTES
)


@given(LINES, st.sampled_from(PATTERNS), st.integers(1, 40), st.integers(1, 64), st.integers(0, 200), st.booleans())
@example(b"ab\na b\n", r"\s*a\s*b", 1, 1, 3, True)
def test_an_expression_is_found_in_each_line(
    data: bytes, pattern: str, chunk: int, first: int, at: int, fold: bool
) -> None:
    at = min(at, len(data))
    spans = pattern_spans(data, pattern, fold=fold)
    needle = text_needle(pattern, regular=True, fold=fold)
    assert Content(data, chunk).search(needle, first_range=first).forward(at) == next_of(spans, at)
    assert Content(data, chunk).search(needle, first_range=first).backward(at) == previous_of(spans, at)


@given(
    st.text(st.sampled_from("aéÉß\n日K"), max_size=100), st.sampled_from(["é", "É", "éa", "日"]), st.integers(0, 150)
)
def test_letters_beyond_ascii_match_both_ways(text: str, literal: str, at: int) -> None:
    data = text.encode()
    at = min(at, len(data))
    spans = pattern_spans(data, re.escape(literal), fold=True)
    assert Content(data).search(text_needle(literal)).forward(at) == next_of(spans, at)


def test_a_search_asks_for_few_ranges_that_grow() -> None:
    content = Content(b"x" * 10_000 + b"needle" + b"x" * 10_000, chunk_bytes=64)
    hit = content.search(text_needle("needle"), first_range=100).forward(0)
    assert hit == Hit(10_000, 10_006)
    sizes = [end - start for start, end in content.asked]
    assert sizes[:3] == [100, 400, 800]
    assert max(sizes) == 800


def test_what_is_found_near_costs_one_request() -> None:
    content = Content(b"x" * 100 + b"needle" + b"x" * 100_000)
    content.search(text_needle("needle"), first_range=1024).forward(50)
    content.search(text_needle("needle"), first_range=1024).backward(1000)
    assert len(content.asked) == 2


def test_a_line_without_end_is_searched_in_pieces() -> None:
    most_held = 0

    class Watched(Content):
        def chunks(self, start: int, end: int) -> Iterator[bytes]:
            nonlocal most_held
            most_held = max(most_held, end - start)
            return super().chunks(start, end)

    content = Watched("é".encode() * 3_000_000 + b"needle42", chunk_bytes=65_536)
    search = ByteSearch(content.chunks, len(content.data), text_needle(r"needle\d+", regular=True))
    assert search.forward(0) == Hit(6_000_000, 6_000_008)
    assert search.backward(len(content.data)) == Hit(6_000_000, 6_000_008)
    missing = ByteSearch(content.chunks, len(content.data), text_needle("missing", regular=True))
    assert missing.forward(5) is None
    assert missing.backward(5) is None


def test_a_search_that_is_stopped_finds_nothing_and_asks_no_more() -> None:
    cancel, told = Cancel(), list[Progress]()
    content = Content(b"x" * 10_000)

    def tell(progress: Progress) -> None:
        told.append(progress)
        cancel.set()

    search = ByteSearch(content.chunks, 10_000, text_needle("needle"), tell=tell, cancel=cancel, ranges=(100, 100, 100))
    assert search.forward(0) is None
    assert search.backward(10_000) is None
    assert len(told) == 2
    assert len(content.asked) <= 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7f 45 4C46", b"\x7fELF"),
        ('7f "ELF" 00', b"\x7fELF\0"),
        ("7f'ELF'", b"\x7fELF"),
        ('"é"', "é".encode()),
    ],
)
def test_bytes_are_written_in_hexadecimal_and_quotes(text: str, found: bytes) -> None:
    assert hexadecimal_needle(text) == LiteralNeedle(found)


def test_text_in_quotes_alone_is_found_in_either_case() -> None:
    assert hexadecimal_needle('"ELF"') == LiteralNeedle(b"elf", fold=True)
    assert hexadecimal_needle('"ELF"', fold=False) == LiteralNeedle(b"ELF")


@pytest.mark.parametrize("text", ["", "7", "xyz", '"open', "7f 4"])
def test_what_is_not_hexadecimal_is_told(text: str) -> None:
    with pytest.raises(NeedleError, match="hexadecimal"):
        hexadecimal_needle(text)


@pytest.mark.parametrize(("pattern", "why"), [("(", "no regular expression"), ("a*", "everywhere"), ("", "nothing to")])
def test_what_is_no_expression_is_told(pattern: str, why: str) -> None:
    with pytest.raises(NeedleError, match=why):
        text_needle(pattern, regular=True)
