"""The file manager on the screen; the only package that knows Textual, and loads it only when it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfm.path import Path
    from tfm.storage.session import Session

__all__ = ["run"]


def run(session: Session, left: Path, right: Path) -> int:
    """Show two panes until the user quits; returns the exit code. Costs no request by itself: the panes ask."""
    from tfm.ui.app import FileManagerApp

    app = FileManagerApp(session, left.location, right.location)
    app.run()
    return app.return_code or 0
