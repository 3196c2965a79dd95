"""How it looks: themes."""

from __future__ import annotations

from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.themes import TERMINAL, theme_names, use_theme

__all__ = ["change_theme"]


async def change_theme(screen: PanesScreen, argument: str) -> None:
    """Draw everything by the theme of that name; without a name, choose one."""
    from tfm.ui.theme_dialog import ThemeDialog

    if screen.app.no_color:
        screen.say("NO_COLOR is set, so there are no colours to choose.")
    elif not argument:
        await screen.open(ThemeDialog(screen.app), lambda name: None if name is None else _say(screen, name))
    elif argument in theme_names(screen.app):
        use_theme(screen.app, argument)
        _say(screen, argument)
    else:
        screen.say(f"There is no theme {argument!r}; there are {', '.join(theme_names(screen.app))}.")


def _say(screen: PanesScreen, name: str) -> None:
    what = "The terminal's own colours" if name == TERMINAL else f"The colours of {name}"
    screen.say(f"{what}. THEME = {name!r} in config.py keeps them for the next start.")
