"""The documentation as the tests read it: its files, their code blocks, their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["DOCUMENTS", "ROOT", "Block", "blocks_of", "links_of"]

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCUMENTS: Final = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
)

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``line`` is that of its first line of code in the document."""

    language: str
    code: str
    line: int


def blocks_of(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    return [Block(match[1], match[2], text.count("\n", 0, match.start(2)) + 1) for match in _BLOCK.finditer(text)]


def links_of(document: Path) -> list[str]:
    """Where it links to, without the part behind ``#``; links into the document itself are left out."""
    text = _BLOCK.sub("", document.read_text(encoding="utf-8"))
    return [match[1] for match in _LINK.finditer(text)]
