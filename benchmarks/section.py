"""One table of the report, and how numbers are written in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.clients.contract import reason_missing
from benchmarks.measuring import Spread

__all__ = ["Section", "installed_of", "milliseconds", "render", "target", "times"]


@dataclass(slots=True)
class Section:
    """A table: ``note`` says how to read it, ``rows`` are cells as text, ``targets`` say what was hoped for and what
    came, ``left_out`` names every tool that is not measured, with the reason."""

    title: str
    note: str
    headers: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def installed_of(names: tuple[str, ...], section: Section) -> list[str]:
    """Those of ``names`` that can be measured here; the others are named in the section."""
    reasons = {name: reason_missing(name) for name in names}
    section.left_out += [f"{name} ({reason})" for name, reason in reasons.items() if reason is not None]
    return [name for name, reason in reasons.items() if reason is None]


def milliseconds(spread: Spread, *, digits: int = 2) -> tuple[str, str]:
    """Median, and least to greatest, of a spread of seconds, in milliseconds."""
    return (
        f"{spread.median * 1000:,.{digits}f}",
        f"{spread.least * 1000:,.{digits}f} to {spread.greatest * 1000:,.{digits}f}",
    )


def times(value: float, base: float) -> str:
    """How many times ``base`` a value is."""
    return f"{value / base:.2f}x" if value < 10 * base else f"{value / base:,.0f}x"


def target(words: str, measured: str, *, met: bool) -> str:
    """One line that holds a target against what was measured."""
    return f"Target: {words}. Measured: {measured}: {'met' if met else 'NOT MET'}."


def render(section: Section) -> str:
    """The section as Markdown that reads as well in a terminal."""
    table = [section.headers, *section.rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(section.headers))]

    def line(cells: tuple[str, ...]) -> str:
        padded = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [f"{'-' * (width - 1)}{'-' if column == 0 else ':'}" for column, width in enumerate(widths)]
    parts = [f"## {section.title}", "", section.note, "", line(section.headers), f"| {' | '.join(rule)} |"]
    parts += [line(row) for row in section.rows]
    if section.targets:
        parts += ["", *[f"- {words}" for words in section.targets]]
    if section.left_out:
        parts += ["", f"Left out: {', '.join(section.left_out)}."]
    return "\n".join(parts) + "\n"
