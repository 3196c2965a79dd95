"""Source code in the terminal's own sixteen colours: for what is seen and some way around it, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rich.style import Style

from tfm.ui.viewer_rows import StyledBytes

__all__ = ["LOOK_AROUND_BYTES", "TOKEN_STYLES", "Coloured", "coloured", "language_of"]

LOOK_AROUND_BYTES: Final = 16 * 1024
"""So much before and after the screen is read along. A comment that began further up is taken for code."""

_LANGUAGES: Final = {
    "bash": "bash .bashrc .profile",
    "batch": "bat cmd",
    "c": "c h",
    "cmake": "cmake CMakeLists.txt",
    "cpp": "cc cpp cxx hpp hh hxx",
    "csharp": "cs",
    "css": "css",
    "diff": "diff patch",
    "docker": "Dockerfile dockerfile",
    "elixir": "ex exs",
    "erlang": "erl",
    "fortran": "f f90 f95",
    "go": "go",
    "groovy": "groovy gradle Jenkinsfile",
    "haskell": "hs",
    "html": "html htm xhtml",
    "ini": "ini cfg conf .gitconfig .editorconfig",
    "java": "java",
    "javascript": "js mjs cjs jsx",
    "json": "json jsonl ndjson geojson ipynb",
    "julia": "jl",
    "kotlin": "kt kts",
    "lua": "lua",
    "make": "mk Makefile makefile GNUmakefile",
    "markdown": "md markdown",
    "matlab": "m",
    "nix": "nix",
    "ocaml": "ml mli",
    "perl": "pl pm",
    "php": "php",
    "properties": "properties",
    "protobuf": "proto",
    "python": "py pyi pyw",
    "r": "r R",
    "restructuredtext": "rst",
    "ruby": "rb Rakefile Gemfile",
    "rust": "rs",
    "scala": "scala sbt",
    "scss": "scss",
    "sh": "sh ksh zsh",
    "sql": "sql",
    "swift": "swift",
    "tcl": "tcl",
    "terraform": "tf hcl",
    "tex": "tex sty bib",
    "toml": "toml",
    "typescript": "ts tsx",
    "xml": "xml xsd xsl svg",
    "yaml": "yaml yml",
    "zig": "zig",
}
"""By Pygments' names: the ending, or the whole name. Its own search would load every plug-in that is installed."""

_BY_ENDING: Final = {ending: language for language, endings in _LANGUAGES.items() for ending in endings.split()}

# None is yellow or white, which nobody reads on a light ground, nor bright black, which some dark themes hide.
TOKEN_STYLES: Final = {
    "Comment": Style(dim=True, italic=True),
    "Comment.Preproc": Style(color="magenta"),
    "Generic.Deleted": Style(color="red"),
    "Generic.Heading": Style(bold=True),
    "Generic.Inserted": Style(color="green"),
    "Generic.Subheading": Style(color="magenta"),
    "Keyword": Style(color="magenta"),
    "Keyword.Constant": Style(color="cyan"),
    "Keyword.Type": Style(color="cyan"),
    "Literal.Number": Style(color="cyan"),
    "Literal.String": Style(color="green"),
    "Name.Attribute": Style(color="cyan"),
    "Name.Builtin": Style(color="cyan"),
    "Name.Class": Style(color="blue", bold=True),
    "Name.Decorator": Style(color="magenta"),
    "Name.Function": Style(color="blue", bold=True),
    "Name.Tag": Style(color="blue", bold=True),
    "Operator.Word": Style(color="magenta"),
}


@dataclass(frozen=True, slots=True)
class Coloured:
    """The styles of the bytes between ``start`` and ``end``, in their order."""

    start: int
    end: int
    styles: list[StyledBytes]

    def covers(self, start: int, end: int) -> bool:
        return self.start <= start and end <= self.end


def language_of(name: str) -> str | None:
    """The language that a file of that name is written in, by Pygments' name; None for plain text. Loads nothing."""
    return _BY_ENDING.get(name) or _BY_ENDING.get(name.rpartition(".")[2]) if name else None


def coloured(
    language: str, read: Callable[[int, int], bytes], start: int, end: int, stopped: Callable[[], bool]
) -> Coloured:
    """Read that range and find its styles. For a thread: Pygments is loaded here, and takes some milliseconds."""
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # it has no types

    data = read(start, end)
    if start:
        # From the beginning of a line, if there is one: most languages are in order again there.
        cut = data.find(b"\n") + 1
        start, data = start + cut, data[cut:]
    text = data.decode("utf-8", "surrogateescape")
    lexer: Any = get_lexer_by_name(language)
    styles: list[StyledBytes] = []
    offset = start
    for style, part in _styled_tokens(lexer, text):
        if stopped():
            break
        size = len(part) if part.isascii() else len(part.encode("utf-8", "surrogateescape"))
        if style is not None:
            styles.append(StyledBytes(offset, offset + size, style))
        offset += size
    return Coloured(start, end, styles)


def _styled_tokens(lexer: Any, text: str) -> Iterator[tuple[Style | None, str]]:  # Pygments' lexer
    known: dict[Any, Style | None] = {}
    position = 0
    for index, kind, part in lexer.get_tokens_unprocessed(text):
        if index > position:
            yield None, text[position:index]
        if kind not in known:
            known[kind] = _style_of(str(kind).removeprefix("Token."))
        yield known[kind], part
        position = index + len(part)


def _style_of(kind: str) -> Style | None:
    while kind and kind not in TOKEN_STYLES:
        kind = kind.rpartition(".")[0]
    return TOKEN_STYLES.get(kind)
