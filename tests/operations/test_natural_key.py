from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tfm.operations.natural_key import natural_key

NAME = st.text(st.one_of(st.sampled_from("aAbB019.-_ é\0"), st.characters()), max_size=12)


def by_the_book(name: str) -> list[tuple[int, int, str]]:
    """Without case; a run of ASCII digits is a number, which stands among the characters where its digits would."""
    pieces = re.findall("[0-9]+|[^0-9]", name.lower(), re.DOTALL)
    return [_piece(piece) for piece in pieces]


def _piece(piece: str) -> tuple[int, int, str]:
    if piece[0] in "0123456789":
        return 1, int(piece), ""
    return (0 if piece < "0" else 2), 0, piece


@given(st.lists(NAME, unique=True, max_size=8))
def test_numbers_are_compared_as_numbers_and_letters_without_case(names: list[str]) -> None:
    in_order = sorted(names, key=natural_key)
    assert in_order == sorted(in_order, key=by_the_book)


@given(NAME, NAME)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert (natural_key(one) == natural_key(other)) == (one == other)


def test_what_people_expect() -> None:
    wanted = ["a", "a-1", "a1", "A1", "a2", "a10", "a010b", "ab", "b", "B2", "v1.9.0", "v1.10.0", "x9", "x" + "9" * 40]
    assert sorted(set(wanted), key=natural_key) == wanted
