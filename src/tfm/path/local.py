"""Local paths: what Path is for text without a scheme."""

from __future__ import annotations

import os
import pathlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

from tfm.core.entry import Asked, Lookup
from tfm.core.errors import InvalidPathError, InvalidRequestError, PermissionDeniedError
from tfm.core.writing import Content
from tfm.path.files import mode_letters
from tfm.path.info import StatResult, is_broken_link
from tfm.path.output import AtomicOutput, opened_for_writing
from tfm.path.path import Path
from tfm.storage.atomic_file import AtomicFile

__all__ = ["LocalPath"]


class LocalPath(Path):
    """A path of the local disk: what :class:`Path` gives for text without a scheme. ``os.PathLike``.

    What only a disk has (links, the working directory) is pathlib's own, with pathlib's names.
    """

    __slots__ = ()

    def __fspath__(self) -> str:
        return str(self)

    def __bytes__(self) -> bytes:
        return os.fsencode(str(self))

    @classmethod
    def cwd(cls) -> LocalPath:
        return cls(os.getcwd())

    @classmethod
    def home(cls) -> LocalPath:
        return cls(os.path.expanduser("~"))

    def _pathlib(self) -> pathlib.Path:
        return pathlib.Path(self)

    def _lookup_with_age(self, *, fresh: bool = False, asked: Asked = Asked.BOTH) -> tuple[Lookup, float]:
        try:
            return super()._lookup_with_age(fresh=fresh, asked=asked)
        except InvalidPathError:
            # A NUL, a segment of 256 bytes, links that lead in a circle: nothing is there, as pathlib has it.
            return Lookup(), 0.0

    def stat(self, *, fresh: bool = False) -> StatResult:  # noqa: ARG002 - the disk is always asked
        """As :meth:`Path.stat`, with all that :func:`os.stat` gives. NotFoundError for a link to nothing."""
        try:
            native = os.stat(self)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._missing("stat") from error
        except PermissionError as error:
            raise PermissionDeniedError(f"{error.strerror}.", uri=str(self), operation="stat") from error
        except OSError as error:
            raise InvalidRequestError(
                f"{error.strerror}.", uri=str(self), operation="stat", error_number=error.errno
            ) from error
        except ValueError as error:
            raise InvalidPathError(f"{error}.".capitalize(), uri=str(self), operation="stat") from error
        modified_at = datetime.fromtimestamp(native.st_mtime, UTC)
        return StatResult(native.st_mode, native.st_size, native.st_mtime, modified_at, native=native)

    def exists(self, *, fresh: bool = False) -> bool:  # noqa: ARG002 - the disk is always asked
        """As :meth:`Path.exists`; a link to nothing does not exist, as pathlib has it."""
        entry = self._lookup().best()
        return entry is not None and not is_broken_link(entry)

    def lstat(self) -> os.stat_result:
        return self._pathlib().lstat()

    def is_symlink(self) -> bool:
        return self._pathlib().is_symlink()

    def is_mount(self) -> bool:
        return self._pathlib().is_mount()

    def is_junction(self) -> bool:
        """False: only Windows has junctions."""
        return False

    def is_fifo(self) -> bool:
        return self._pathlib().is_fifo()

    def is_socket(self) -> bool:
        return self._pathlib().is_socket()

    def is_block_device(self) -> bool:
        return self._pathlib().is_block_device()

    def is_char_device(self) -> bool:
        return self._pathlib().is_char_device()

    def owner(self) -> str:
        return self._pathlib().owner()

    def group(self) -> str:
        return self._pathlib().group()

    def readlink(self) -> LocalPath:
        return LocalPath(self._pathlib().readlink())

    def resolve(self, strict: bool = False) -> LocalPath:
        return LocalPath(self._pathlib().resolve(strict))

    def absolute(self) -> LocalPath:
        return LocalPath(self._pathlib().absolute())

    def expanduser(self) -> LocalPath:
        return LocalPath(self._pathlib().expanduser())

    def samefile(self, other: str | os.PathLike[str]) -> bool:
        return self._pathlib().samefile(other)

    def open(
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """As pathlib's: a file of the operating system, with a ``fileno()``; save that "w" and "x" write a new file
        beside the old one, which takes its name when it is closed in order: until then, and where the block raises, the
        old one stays. What is no regular file (a pipe, a device), "a" and "r+" are written in place.
        """
        letters = mode_letters(mode, buffering, (encoding, errors, newline))
        if "r" in letters or "a" in letters or self._is_written_in_place():
            return self._pathlib().open(mode, buffering, encoding, errors, newline)
        file = AtomicFile(str(self), only_if_free="x" in letters)
        raw = AtomicOutput(file, str(self), "wb+" if "+" in letters else "wb")
        return opened_for_writing(
            raw,
            text="b" not in letters,
            update="+" in letters,
            buffering=buffering,
            encoding=encoding,
            errors=errors,
            newline=newline,
        )

    def _is_written_in_place(self) -> bool:
        try:
            mode = os.stat(self).st_mode
        except (OSError, ValueError):
            return False  # opening it says what is wrong
        return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)

    def write_bytes(self, data: Content) -> int:
        """As :meth:`Path.write_bytes`; a pipe or a device is written in place."""
        view = memoryview(data).cast("B")
        if not self._is_written_in_place():
            return super().write_bytes(view)
        return self._pathlib().write_bytes(view)

    def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:
        """As pathlib's: an existing file keeps its content and gets a new time."""
        self._pathlib().touch(mode, exist_ok)

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        self._pathlib().chmod(mode, follow_symlinks=follow_symlinks)

    def symlink_to(self, target: str | os.PathLike[str], target_is_directory: bool = False) -> None:
        self._pathlib().symlink_to(os.fspath(target), target_is_directory)

    @contextmanager
    def local(self) -> Iterator[LocalPath]:
        """This path itself: it is local already."""
        yield self


Path._local_class = LocalPath
