"""``tfm [LEFT] [RIGHT]``: the file manager."""

from __future__ import annotations

import argparse
import os

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import NotDirectoryError
from tfm.path.path import Path
from tfm.path.sessions import use_session
from tfm.storage.session import Session

__all__ = ["add_arguments", "open_panes", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("left", nargs="?", default=".", metavar="LEFT", help="a directory or a URI (default: here)")
    parser.add_argument("right", nargs="?", default=".", metavar="RIGHT", help="the same for the right pane")


def open_panes(session: Session, left_text: str, right_text: str, *, profile: str | None = None) -> int:
    """Show both until the user quits; the exit code.

    Raises for text that can name nothing, and for a local path that is not a directory; what a server says is shown in
    its pane.
    """
    from tfm.ui import run as run_panes

    with use_session(session):
        return run_panes(session, _directory(left_text, profile), _directory(right_text, profile))


def _directory(text: str, profile: str | None) -> Path:
    path = Path(text, profile=profile)
    if Capability.LOCAL_PATHS in path.capabilities:
        path = Path(os.path.abspath(os.path.expanduser(text) if text.startswith("~") else str(path)))
        path.stat()
        if not path.is_dir():
            raise NotDirectoryError("This is not a directory.", uri=str(path), operation="open")
    return Path.from_location(path.location_as(Kind.DIRECTORY))


def run(options: argparse.Namespace, session: Session) -> int:
    return open_panes(session, options.left, options.right, profile=options.profile)
