"""The system's trash. On Linux and its like by the freedesktop.org specification, 1.0:
https://specifications.freedesktop.org/trash-spec/1.0/ . On macOS by Send2Trash, since Finder alone knows its own.

Of its own where there is a specification, because who puts something back must know where exactly it went: Send2Trash
does not tell, and takes a name that another program may take in the same moment.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import quote_from_bytes

from tfm.backends.local.places import Places
from tfm.backends.local.system import translating
from tfm.core.errors import ConflictError, MissingDependencyError, NotFoundError, UnsupportedOperation
from tfm.storage.exclusive_rename import rename_exclusively

__all__ = ["put_back", "to_trash"]

_INFO: Final = ".trashinfo"
_NAME_BYTES: Final = 255
_MOST_NAMES: Final = 10_000


def to_trash(places: Places, key: str) -> str:
    """Move what is at ``key`` to the trash; text by which :func:`put_back` finds it, empty where only the system can.

    Raises UnsupportedOperation where there is no trash for it: then it is as it was.
    """
    with places.at(key, "trash") as place, translating(key, "trash"):
        if place.is_confined:
            raise UnsupportedOperation("Nothing of a copy goes to the trash.", uri=key, operation="trash")
        path = os.path.abspath(place.name)
        facts = os.lstat(path)
        if sys.platform == "darwin":
            return _to_finders_trash(path, key)
        return _to_trash(path, facts, key)


def put_back(key: str, trashed: str) -> None:
    """Move what :func:`to_trash` has told of back to ``key``, if nothing is there. Raises NotFoundError where it is not
    in the trash any more, ConflictError where the name is taken."""
    if not trashed:
        raise UnsupportedOperation(
            "The system does not tell where in the trash it is.",
            next_step="Put it back by the system's own trash.",
            uri=key,
            operation="restore",
        )
    info, files = trashed, _files_of(trashed)
    with translating(key, "restore"):
        if not os.path.lexists(files):
            raise NotFoundError("It is not in the trash any more.", uri=key, operation="restore")
        try:
            rename_exclusively(files, key.rstrip("/"))
        except FileExistsError as error:
            raise ConflictError(
                "Something of that name is there again.",
                next_step="Move it away first.",
                uri=key,
                operation="restore",
            ) from error
        try:
            os.unlink(info)
        except FileNotFoundError:
            pass


def _to_finders_trash(path: str, key: str) -> str:
    try:
        from send2trash import send2trash
    except ImportError as error:
        raise MissingDependencyError(
            "The trash needs Send2Trash.", next_step="pip install Send2Trash", uri=key, operation="trash"
        ) from error
    send2trash(path)
    return ""


def _to_trash(path: str, facts: os.stat_result, key: str) -> str:
    trash, top = _trash_for(path, facts, key)
    if _is_in(path, trash):
        raise UnsupportedOperation("This is in the trash already.", uri=key, operation="trash")
    for directory in (trash, f"{trash}/files", f"{trash}/info"):
        os.makedirs(directory, mode=0o700, exist_ok=True)
    shown = path if top is None else os.path.relpath(path, top)
    text = "[Trash Info]\n"
    text += f"Path={quote_from_bytes(os.fsencode(shown))}\n"
    text += f"DeletionDate={datetime.now().astimezone().strftime('%Y-%m-%dT%H:%M:%S')}\n"
    for name in _names(os.fsencode(os.path.basename(path))):
        info = f"{trash}/info/{os.fsdecode(name)}{_INFO}"
        try:
            # The info first, exclusively: by the specification that is how a name is taken.
            descriptor = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(text)
            rename_exclusively(path, _files_of(info))
        except FileExistsError:
            os.unlink(info)  # a file without its info, of a program that died
            continue
        except OSError as error:
            os.unlink(info)
            if error.errno == errno.EXDEV:  # one disk that is mounted in two places
                raise _no_trash(os.path.dirname(path), key) from error
            raise
        return info
    raise UnsupportedOperation("The trash has too many of that name.", uri=key, operation="trash")


def _names(name: bytes) -> Iterator[bytes]:
    stem, dot, extension = name.rpartition(b".")
    if not stem:
        stem, dot, extension = name, b"", b""
    for number in range(1, _MOST_NAMES):
        ending = (b"" if number == 1 else b" %d" % number) + dot + extension
        room = _NAME_BYTES - len(_INFO) - len(ending)
        yield stem[: max(1, room)] + ending[-(_NAME_BYTES - len(_INFO) - 1) :]


def _files_of(info: str) -> str:
    above, name = os.path.split(info.removesuffix(_INFO))
    return os.path.join(os.path.dirname(above), "files", name)


def _trash_for(path: str, facts: os.stat_result, key: str) -> tuple[str, str | None]:
    """The trash directory for it and, where that is of another disk than the home's, the top of this disk."""
    data = os.environ.get("XDG_DATA_HOME") or ""
    home = os.path.join(data if os.path.isabs(data) else os.path.expanduser("~/.local/share"), "Trash")
    if _device_of_nearest(home) == facts.st_dev:
        return home, None
    top = _top_of_disk(path, facts.st_dev)
    for trash in _trashes_of(top):
        return trash, top
    raise _no_trash(top, key)


def _no_trash(top: str, key: str) -> UnsupportedOperation:
    return UnsupportedOperation(
        f"The disk at {top} has no trash, and none can be made.",
        next_step="Delete it permanently, or move it away.",
        uri=key,
        operation="trash",
    )


def _trashes_of(top: str) -> Iterator[str]:
    user = os.getuid()
    shared = os.path.join(top, ".Trash")
    try:
        facts = os.lstat(shared)
        if stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX and _made_own(f"{shared}/{user}"):
            yield f"{shared}/{user}"
    except OSError:
        pass
    if _made_own(f"{shared}-{user}"):
        yield f"{shared}-{user}"


def _made_own(path: str) -> bool:
    """Whether it is this user's directory, made where it was missing."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError:
        return False
    facts = os.lstat(path)
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid()


def _device_of_nearest(path: str) -> int | None:
    """Of the directory that is there or that it will be made in."""
    while True:
        try:
            return os.stat(path).st_dev
        except OSError:
            above = os.path.dirname(path)
            if above == path:
                return None
            path = above


def _top_of_disk(path: str, device: int) -> str:
    top = os.path.realpath(os.path.dirname(path))
    while top != "/" and os.lstat(os.path.dirname(top)).st_dev == device:
        top = os.path.dirname(top)
    return top


def _is_in(path: str, trash: str) -> bool:
    real, trash = os.path.realpath(os.path.dirname(path)), os.path.realpath(trash)
    return (
        real == trash
        or real.startswith(f"{trash}/")
        or trash.startswith(f"{os.path.join(real, '')}{os.path.basename(path)}/")
    )
