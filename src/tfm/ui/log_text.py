"""What was said and what went wrong, in the order of time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tfm.storage.session import Session
from tfm.ui.notices import Notice

__all__ = ["log_lines"]


def log_lines(session: Session, notices: Sequence[Notice]) -> list[str]:
    """The oldest first; what failed with its cause and next step."""
    told = [(notice.at, notice.text) for notice in notices]
    told += [(trouble.at, trouble.text) for trouble in session.troubles.all()]
    lines = [f"{time.strftime('%H:%M:%S', time.localtime(at))}  {text}" for at, text in sorted(told)]
    return lines or ["Nothing was said yet."]
