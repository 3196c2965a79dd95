"""Local paths: what Path is for text without a scheme."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

from tfm.core.entry import Kind, Lookup
from tfm.core.errors import InvalidPathError, InvalidRequestError, PermissionDeniedError
from tfm.path.files import refuse_writing
from tfm.path.info import StatResult, is_broken_link
from tfm.path.path import Path

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

    def _lookup_with_age(self, *, fresh: bool = False, only: Kind | None = None) -> tuple[Lookup, float]:
        try:
            return super()._lookup_with_age(fresh=fresh, only=only)
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
        """As pathlib's, for reading: a file of the operating system, with a ``fileno()``."""
        refuse_writing(mode)
        return self._pathlib().open(mode, buffering, encoding, errors, newline)

    @contextmanager
    def local(self) -> Iterator[LocalPath]:
        """This path itself: it is local already."""
        yield self


Path._local_class = LocalPath
