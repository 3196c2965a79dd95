"""Local paths: what Path is for text without a scheme."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, Any

from tfm.core.errors import InvalidPathError
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

    def stat(self, *, fresh: bool = False) -> StatResult:  # noqa: ARG002 - the disk is always asked
        """As :meth:`Path.stat`, with every attribute that :func:`os.stat` gives."""
        found = super().stat()
        try:
            native = os.stat(self)
        except FileNotFoundError as error:  # a broken link
            raise self._missing("stat") from error
        return replace(found, st_mode=native.st_mode, native=native)

    # Text that can name nothing here (a NUL in it, a segment of 256 bytes) is answered as pathlib does: no.

    def exists(self, *, fresh: bool = False) -> bool:  # noqa: ARG002 - the disk is always asked
        """As :meth:`Path.exists`; a link to nothing does not exist, as pathlib has it."""
        try:
            entry = self._lookup().best()
        except InvalidPathError:
            return False
        return entry is not None and not is_broken_link(entry)

    def is_dir(self, *, fresh: bool = False) -> bool:
        try:
            return super().is_dir(fresh=fresh)
        except InvalidPathError:
            return False

    def is_file(self, *, fresh: bool = False) -> bool:
        try:
            return super().is_file(fresh=fresh)
        except InvalidPathError:
            return False

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
