"""The colours: the terminal's own sixteen, or those of a theme.

Everything in the panes is drawn by the names of the terminal's colours (``ansi_red``, a plain bold). A theme says what
those names stand for, so no widget knows which theme there is, and drawing a row costs the same with each of them.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any, Final

from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from tfm.core.settings import Settings

# App[Any]: what an app returns at its end matters to nothing here.

__all__ = [
    "TERMINAL",
    "TERMINAL_THEME",
    "Ground",
    "colours_of",
    "contrast",
    "theme_names",
    "theme_now",
    "theme_of_settings",
    "use_theme",
]

TERMINAL: Final = "terminal"
"""No theme: what the terminal makes of its sixteen colours, and its own background."""

TERMINAL_THEME: Final = "ansi-dark"
"""Textual's name for that."""

_LEAST_CONTRAST: Final = 4.5
"""For text to be read: https://www.w3.org/TR/WCAG21/#contrast-minimum."""

_LEAST_CONTRAST_OF_LINES: Final = 3.0
"""For lines and scroll bars: https://www.w3.org/TR/WCAG21/#non-text-contrast."""


def theme_names(app: App[Any]) -> list[str]:
    """What THEME may be: ``terminal`` first, then the dark themes, then the light ones."""
    themes = [theme for theme in app.available_themes.values() if not theme.ansi]
    themes.sort(key=lambda theme: (not theme.dark, theme.name))
    return [TERMINAL, *(theme.name for theme in themes)]


def theme_of_settings(app: App[Any], settings: Settings) -> tuple[str, str]:
    """The theme to start with, and a complaint, in a line that names file and line, where THEME names none."""
    names = theme_names(app)
    if settings.theme in names:
        return settings.theme, ""
    near = difflib.get_close_matches(settings.theme, names, 1)
    right = f"did you mean {near[0]!r}?" if near else f"it may be {', '.join(names)}."
    return TERMINAL, f"{settings.origin('THEME')}: there is no THEME {settings.theme!r}; {right}"


def theme_now(app: App[Any]) -> str:
    """The name of what everything is drawn by."""
    return TERMINAL if app.native_ansi_color else app.theme


def use_theme(app: App[Any], name: str) -> None:
    """Draw everything by that theme from now on. Where NO_COLOR is set there are no colours, so nothing changes."""
    if name == TERMINAL or app.no_color:
        app.ansi_color = True
        app.theme = TERMINAL_THEME
        return
    theme = app.available_themes[name]
    colours = colours_of(theme)
    app.ansi_color = False
    if theme.dark:
        app.ansi_theme_dark = colours
    else:
        app.ansi_theme_light = colours
    app.theme = name


def colours_of(theme: Theme) -> TerminalTheme:
    """What the terminal's colours are in a theme, each dark or light enough to be read on its background."""
    generated = theme.to_color_system().generate()
    background, foreground = (Color.parse(generated[name]) for name in ("background", "foreground"))

    def readable(name: str) -> tuple[int, int, int]:
        return _readable(Color.parse(generated[name]), background, _LEAST_CONTRAST).rgb

    names = ("error", "success", "warning", "primary", "secondary", "accent")
    named = [readable(name) for name in names]
    lines = _readable(background.blend(foreground, 0.3), background, _LEAST_CONTRAST_OF_LINES).rgb
    return TerminalTheme(
        background.rgb,
        foreground.rgb,
        [background.rgb, *named, foreground.rgb],
        [lines, *named, foreground.rgb],
    )


class Ground(LineFilter):
    """Gives what is drawn without a colour the default ones by name, for the theme to say what they are.

    Textual's own filter leaves those to the terminal, whose background is another one than the theme's.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - a filter's signature
        return [Segment(text, _grounded(style), control) for text, style, control in segments]


@lru_cache(1024)
def _grounded(style: Style | None) -> Style:
    if style is None:
        return _GROUND
    return style if style.color is not None and style.bgcolor is not None else _GROUND + style


_GROUND: Final = Style(color="default", bgcolor="default")


def _readable(colour: Color, background: Color, least: float) -> Color:
    """``colour``, with as much black or white in it as it takes."""
    extreme = max((Color(0, 0, 0), Color(255, 255, 255)), key=lambda each: contrast(each, background))
    mixed = (colour.blend(extreme, tenths / 10) for tenths in range(11))
    return next((each for each in mixed if contrast(each, background) >= least), extreme)


def contrast(one: Color, other: Color) -> float:
    """From 1 to 21: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
