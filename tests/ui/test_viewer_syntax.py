from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from tfm.ui.viewer_syntax import coloured, language_of

SOURCE = (
    '"""A docstring.\n\nOf three lines."""\n\nclass Größe:\n    # why\n    def lang(self):\n        return "ü" + 12\n'
)


def styles_of(source: bytes, language: str = "python", start: int = 0) -> dict[bytes, Style]:
    found = coloured(language, lambda first, last: source[first:last], start, len(source), lambda: False)
    return {source[part.start : part.end].strip(): part.style for part in found.styles}


def test_colours_stand_on_the_bytes_that_they_are_of() -> None:
    found = styles_of(SOURCE.encode())
    assert found[b"class"].color is not None
    assert found["Größe".encode()].bold
    assert found[b"# why"].dim
    assert found[b"12"] != found["ü".encode()]


def test_a_piece_begins_with_a_whole_line() -> None:
    source = SOURCE.encode()
    found = coloured("python", lambda first, last: source[first:last], 5, len(source), lambda: False)
    assert found.start == source.index(b"\n") + 1


@given(st.binary(max_size=300), st.sampled_from(["python", "json", "c", "html", "diff"]))
def test_any_bytes_can_be_coloured(source: bytes, language: str) -> None:
    found = coloured(language, lambda first, last: source[first:last], 0, len(source), lambda: False)
    ends = [0, *[part.end for part in found.styles]]
    assert all(end <= part.start < part.end <= len(source) for end, part in zip(ends, found.styles, strict=False))


def test_only_colours_that_every_ground_bears_are_used() -> None:
    words = " ".join(keyword.kwlist)
    for style in styles_of(f"{words} @a 1.5 'x' True int # c\n".encode()).values():
        assert style.color is None or style.color.name in {"blue", "cyan", "green", "magenta", "red"}
        assert style.bgcolor is None


def test_names_tell_the_language() -> None:
    assert language_of("main.py") == "python"
    assert language_of("Makefile") == "make"
    assert language_of("a.tar") is None
    assert language_of("py") is None or language_of("py") == "python"
    assert language_of("") is None


def test_every_language_is_known_to_pygments() -> None:
    from tfm.ui.viewer_syntax import _LANGUAGES

    for language in _LANGUAGES:
        coloured(language, lambda first, last: b"", 0, 0, lambda: False)
