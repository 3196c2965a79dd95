"""Where a symbolic link of a disk leads, and why that is nowhere."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from tfm.core.errors import NotFoundError
from tfm.core.location import Location
from tfm.operations.external import local_path
from tfm.storage.session import Session

__all__ = ["LinkEnd", "link_end"]

_PROBLEMS: Final = {
    errno.ENOENT: "is not there",
    errno.ENOTDIR: "is not there",
    errno.ELOOP: "leads in a circle",
    errno.EACCES: "may not be looked at",
}


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """``target`` is what the link says; ``problem`` why nothing is found there, as the rest of a sentence, or empty."""

    location: Location
    target: str
    problem: str

    @property
    def sentence(self) -> str:
        """``lost leads nowhere: ../gone is not there.``"""
        name = self.location.key.removesuffix("/").rpartition("/")[2]
        if not self.problem:
            return f"{name} leads to {self.target}, which is there now: refresh shows it."
        return f"{name} leads nowhere: {self.target} {self.problem}."


def link_end(session: Session, location: Location) -> LinkEnd | None:
    """Of the link ``location``; None where no disk has it. Looks at the disk, so it may take its time.

    Raises NotFoundError where no link is there any more.
    """
    path = local_path(session, location)
    if path is None:
        return None
    try:
        target = os.readlink(path)
    except OSError as error:
        raise NotFoundError("There is no such link any more.", uri=path, operation="read link") from error
    try:
        os.stat(path)
    except OSError as error:
        return LinkEnd(location, target, _PROBLEMS.get(error.errno or 0, f"cannot be reached ({error.strerror})"))
    return LinkEnd(location, target, "")
