"""Markdown laid out for reading: text, and the styles of its parts."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, Final

from rich.style import Style

from tfm.ui.sanitise import screen_text
from tfm.ui.viewer_rows import StyledBytes
from tfm.ui.viewer_syntax import TOKEN_STYLES

__all__ = ["laid_out_markdown"]

_PLAIN: Final = Style()

# Rich's own have grounds of their own, and yellow: neither is read on every terminal.
_STYLES: Final = {
    "markdown.code": "cyan",
    "markdown.code_block": "cyan",
    "markdown.block_quote": "magenta",
    "markdown.h1": "bold underline",
    "markdown.h1.border": "none",
    "markdown.h2": "bold blue",
    "markdown.h3": "bold magenta",
    "markdown.h4": "bold",
    "markdown.h7": "italic",
    "markdown.hr": "dim",
    "markdown.item.bullet": "bold",
    "markdown.item.number": "bold",
    "markdown.link": "blue",
    "markdown.link_url": "blue underline",
    "markdown.list": "none",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


def laid_out_markdown(text: str, width: int) -> tuple[bytes, list[StyledBytes]]:
    """Lines of that width. For a thread: Rich's Markdown is loaded here, and takes its time."""
    from pygments.token import string_to_tokentype  # type: ignore[import-untyped]  # it has no types
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.syntax import ANSISyntaxTheme
    from rich.theme import Theme

    harmless = "\n".join(screen_text(line.expandtabs(4)) for line in text.split("\n"))
    console = Console(
        file=io.StringIO(), width=max(20, width), color_system="standard", force_terminal=True, theme=Theme(_STYLES)
    )
    # Rich's types want the name of a theme; it hands on what it gets.
    colours: Any = ANSISyntaxTheme({string_to_tokentype(f"Token.{name}"): own for name, own in TOKEN_STYLES.items()})
    # No links of the terminal: where one leads is written behind it.
    lines = console.render_lines(Markdown(harmless, code_theme=colours, hyperlinks=False), pad=False)
    shown = bytearray()
    styles: list[StyledBytes] = []
    for line in lines:
        begin, first = len(shown), len(styles)
        for segment in line:
            start = len(shown)
            shown += segment.text.encode("utf-8", "surrogateescape")
            if segment.style and segment.style != _PLAIN:
                styles.append(StyledBytes(start, len(shown), segment.style))
        shown[begin:] = shown[begin:].rstrip(b" ")
        styles[first:] = [replace(part, end=min(part.end, len(shown))) for part in styles[first:]]
        shown += b"\n"
    return bytes(shown), [part for part in styles if part.start < part.end]
