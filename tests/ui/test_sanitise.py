from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tfm.ui.sanitise import cell_width, fit, fit_right, screen_text

ANYTHING = st.text(st.characters(), max_size=40)  # with surrogates, unassigned and private characters
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANYTHING)
@example("\x1b]0;owned\x07\x1b[31m")
@example("\u202egnp.exe")
@example("\u0301\u0301\u0301\u0301\u0301\u0301")
@example("a\ufe0f\u200d\U0001f3fd\U000e0061\u3164")
def test_nothing_that_acts_or_hides_gets_through(text: str) -> None:
    shown = screen_text(text)
    assert not [character for character in shown if unicodedata.category(character) in HARMFUL]
    assert cell_width(shown) == sum(map(cell_len, shown))
    assert not shown or cell_len(shown[0]) > 0, "nothing joins what stands before it"
    assert screen_text(shown) == shown


@given(ANYTHING, st.integers(-1, 50))
@example("漢" * 10, 5)
@example("ᅠ" + "ᆢ" * 400, 5)
def test_what_is_fitted_takes_exactly_its_cells(text: str, width: int) -> None:
    assert cell_width(fit(text, width)) == max(0, width)
    assert cell_width(fit_right(text, width)) == max(0, width)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_stays_as_it_is(text: str) -> None:
    assert screen_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.txt", "plain.txt"),
        ("\x1b[31mred", "␛[31mred"),
        ("two\nlines\ttab\rreturn\x00\x7f", "two␊lines␉tab␍return␀␡"),
        ("invoice\u202efdp.exe", "invoice‹202E›fdp.exe"),
        ("zero\u200bwidth", "zero‹200B›width"),
        ("\x9b31m", "‹009B›31m"),
        ("byte\udcff", "byte‹xFF›"),
        ("half\ud83d", "half‹D83D›"),
        ("[bold red]not markup[/]", "[bold red]not markup[/]"),
        ("日本語 naïve Ελλάδα 👍", "日本語 naïve Ελλάδα 👍"),
        ("e\u0301", "e\u0301"),
        ("\u0301", "◌\u0301"),
    ],
)
def test_each_is_shown_visibly(text: str, shown: str) -> None:
    assert screen_text(text) == shown


def test_a_name_that_is_too_long_ends_in_an_ellipsis() -> None:
    assert fit("abcdefgh", 5) == "abcd…"
    assert fit("日本語日本語", 6) == "日本 …"
    assert fit("ab", 4) == "ab  "


def test_a_path_that_is_too_long_keeps_its_end() -> None:
    assert fit_right("s3://bucket/deep/down/", 8) == "…p/down/"
    assert fit_right("/日本語/日本語/", 8) == "…日本語/"
