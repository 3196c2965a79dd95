"""From the text in the line of a copy's destination to where that is."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import replace

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError
from tfm.core.location import Location
from tfm.path import Path
from tfm.storage.session import Session

__all__ = ["location_of_text"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def location_of_text(session: Session, text: str, *, here: Location, there: Location) -> Location:
    """A URI or a path; what is neither absolute nor a URI is a name in ``here``. The credentials are those of
    ``there``, the other pane, or of ``here``, where that is of the same kind. It is a directory's where it ends in a
    slash. No request.

    Raises InvalidPathError for text that names nothing.
    """
    if not text:
        raise InvalidPathError("The destination is missing.", next_step="Type one.", operation="copy")
    if _SCHEME.match(text):
        scheme = text.partition("://")[0].lower()
        profiles = [each.storage.profile for each in (there, here) if each.storage.scheme == scheme]
        return Path(text, profile=profiles[0] if profiles else None).location
    local = text.startswith(("/", "~"))
    if not local and Capability.FLAT_KEYS in session.storage(here.storage).capabilities:
        kind = Kind.DIRECTORY if text.endswith("/") else Kind.FILE
        return replace(here, key=here.key + text, kind=kind)
    joined = os.path.expanduser(text) if local else posixpath.join(here.key, text)
    slash = "/" if text.endswith(("/", "/.", "/..")) or text in {".", "..", "~"} else ""
    path = Path(posixpath.normpath(joined) + slash)
    return path.location_as(Kind.DIRECTORY) if slash else path.location
