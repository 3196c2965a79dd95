"""Path: one class over every storage, with pathlib's names."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import IO, Any, ClassVar, Final, Self, cast

from tfm.core.capability import Capability
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import IsDirectoryError, NotFoundError, StorageError
from tfm.path.files import BUFFER_BYTES, ObjectFile, refuse_writing
from tfm.path.glob import Match, glob_matches
from tfm.path.info import PathInfo, StatResult, raise_unless_missing, stat_from_entry
from tfm.path.lexical import KeyText, Lexical, LocalText, join_all, read_text
from tfm.path.pure import LexicalPath
from tfm.path.sessions import current_session
from tfm.path.walk import level_reader, walk_levels
from tfm.storage.contract import Reader
from tfm.storage.scan import Scan, twins
from tfm.storage.storage import Storage

__all__ = ["Path"]

# Reading a member off an enum class costs a third of a microsecond on Python 3.11, more than the rest of is_dir().
_FILE: Final = Kind.FILE
_DIRECTORY: Final = Kind.DIRECTORY

_LONGEST_SUFFIX: Final = 32
"""Of a local copy's name; a key may end in a dot and a thousand letters, which no disk takes."""


class Path(LexicalPath):
    """A path on S3, the local disk, or what else a backend speaks: ``Path("s3://bucket/key")``, ``Path("/home/x")``.

    Text is raw (``%``, ``?`` and ``#`` are literal; :meth:`from_uri` decodes), keys are exact, and exactly one trailing
    slash is a hint that a directory is meant, not part of the identity. What a listing told is on the paths it gave:
    asking them costs no request while the listing is fresh. ``profile`` names the credentials to use.

    Local paths are :class:`tfm.LocalPath` and ``os.PathLike``; remote ones are not: :meth:`local` makes a local copy.
    Raises InvalidPathError for a malformed URI; an unknown scheme is said when the path is first used.
    """

    __slots__ = ("_info", "_listed")

    _local_class: ClassVar[type[Path]]
    """What a local path is made as; ``tfm.path.local`` sets it, so that this module need not import it."""

    _info: PathInfo | None

    # What a listing told, the listing, whose lease says how long it holds, and whether an entry of the other kind
    # stands beside this one there (None: not known yet).
    _listed: tuple[Entry, Scan, bool | None] | None

    def __new__(cls, *segments: str | os.PathLike[str] | LexicalPath, profile: str | None = None) -> Self:
        if not segments:
            return cls._make(read_text(""), profile)
        first = segments[0]
        if isinstance(first, LexicalPath):
            lexical = first._lexical
            profile = first._profile if profile is None else profile
        else:
            lexical = read_text(os.fspath(first))
        rest = segments[1:]
        if all(isinstance(segment, str) for segment in rest):
            return cls._make(join_all(lexical, [str(segment) for segment in rest]), profile)
        return cls._make(lexical, profile).joinpath(*rest)

    @classmethod
    def _make(cls, lexical: Lexical, profile: str | None) -> Self:
        return cls._listed_path(lexical, profile, None)

    @classmethod
    def _listed_path(
        cls, lexical: Lexical, profile: str | None, listed: tuple[Entry, Scan, bool | None] | None
    ) -> Self:
        # A local path is a LocalPath whichever class was called: only it is os.PathLike. For a type checker both are
        # the class that was asked for, as pathlib does with PosixPath.
        kind: Any = Path._local_class if isinstance(lexical, LocalText) else Path
        made: Self = object.__new__(kind)
        made._lexical = lexical
        made._profile = None if isinstance(lexical, LocalText) else profile
        made._listed = listed
        made._info = None
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (str(self), self._profile, self._lexical.is_relative))

    # The storage

    def _storage(self) -> Storage:
        return current_session().storage(self._lexical.location(self._profile).storage)

    def _place(self) -> str:
        """The prefix that a directory here has."""
        return self._lexical.location(self._profile, Kind.DIRECTORY).key

    def _object_key(self) -> str:
        return self._lexical.location(self._profile, Kind.FILE).key

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the storage can do; no request."""
        return self._storage().capabilities

    # Questions

    def _lookup(self, *, fresh: bool = False, only: Kind | None = None) -> Lookup:
        storage = self._storage()
        key = self._place() if Capability.FLAT_KEYS in storage.capabilities else self._lexical.key
        answer = storage.lookup(key, fresh=fresh, only=only)
        if fresh:
            self._listed = None
        return answer

    def _listed_entry(self) -> Entry | None:
        """What the listing told of this path, while that stands."""
        listed = self._listed
        if listed is None:
            return None
        lease = listed[1].lease
        return listed[0] if lease is not None and lease.stands() else None

    def _is_listed_as(self, kind: Kind) -> bool | None:
        """Whether the listing has an entry of this name and that kind; None where it does not stand any more."""
        listed = self._listed
        if listed is None:
            return None
        entry, scan, beside = listed
        lease = scan.lease
        if lease is None or not lease.stands():
            return None
        if entry.kind is kind:
            return True
        if beside is None:
            key = entry.key.removesuffix("/")
            beside = scan.has(f"{key}/" if kind is Kind.DIRECTORY else key, kind)
            self._listed = (entry, scan, beside)
        return beside

    @property
    def info(self) -> PathInfo:
        """A snapshot: what the listing told, or else the answer to one question, asked when it is first read. The same
        object each time; a new Path has a new one."""
        if self._info is None:
            known, age_seconds = None, 0.0
            if self._listed is not None:
                entry, scan, _ = self._listed
                known = Lookup(directory=entry) if entry.kind is Kind.DIRECTORY else Lookup(file=entry)
                age_seconds = scan.lease.age() if scan.lease is not None else 0.0
            self._info = PathInfo(
                self._lookup, prefer_directory=self._lexical.directory, lookup=known, age_seconds=age_seconds
            )
        return self._info

    def stat(self, *, fresh: bool = False) -> StatResult:
        """Size, modification time, etag: at most one request, none where the cache knows; ``fresh`` asks the storage.

        Raises NotFoundError, and whatever kept the storage from answering.
        """
        listed = None if fresh else self._listed_entry()
        if listed is not None:
            return stat_from_entry(listed)
        answer = self._lookup(fresh=fresh, only=Kind.DIRECTORY if self._lexical.directory else None)
        entry = answer.best(prefer_directory=self._lexical.directory)
        if entry is None:
            raise self._missing("stat") if answer.directory_error is None else copy(answer.directory_error)
        return stat_from_entry(entry)

    def exists(self, *, fresh: bool = False) -> bool:
        """Whether an object or a directory is here. Requests and errors as :meth:`stat`; a missing bucket is False."""
        if not fresh and self._listed_entry() is not None:
            return True
        answer = self._lookup(fresh=fresh, only=Kind.DIRECTORY)
        if not answer.found:
            raise_unless_missing(answer)
        return answer.found

    def is_dir(self, *, fresh: bool = False) -> bool:
        """Whether a directory is here; an object of the same name does not matter. Requests as :meth:`stat`."""
        if not fresh and (listed := self._is_listed_as(_DIRECTORY)) is not None:
            return listed
        answer = self._lookup(fresh=fresh, only=Kind.DIRECTORY)
        if answer.directory is None:
            raise_unless_missing(answer)
        return answer.directory is not None

    def is_file(self, *, fresh: bool = False) -> bool:
        """Whether an object is here; a directory of the same name does not matter. Requests as :meth:`stat`."""
        if not fresh and (listed := self._is_listed_as(_FILE)) is not None:
            return listed
        answer = self._lookup(fresh=fresh)
        if not answer.found:
            raise_unless_missing(answer)
        return answer.file is not None and answer.file.kind is Kind.FILE

    def is_symlink(self) -> bool:
        """Whether a symbolic link is here; object stores have none. Requests as :meth:`stat`."""
        entry = self._listed_entry() or self._lookup().best(prefer_directory=self._lexical.directory)
        return entry is not None and entry.is_symlink

    def _missing(self, operation: str) -> NotFoundError:
        return NotFoundError("There is nothing here.", uri=str(self), operation=operation)

    # Listings

    def iterdir(self, *, fresh: bool = False) -> Iterator[Self]:
        """The entries of this directory: one request for each thousand of them, none while a listing is fresh.

        Raises at the call: NotFoundError where nothing is here, NotDirectoryError where an object is. Later pages are
        asked for as they are reached.
        """
        scan = self._storage().scan(self._place(), fresh=fresh).start()
        return self._children(scan)

    def _children(self, scan: Scan) -> Iterator[Self]:
        for page in scan:
            beside = twins(page)
            for entry in page:
                lexical = self._lexical.child(entry.name, directory=entry.is_directory)
                yield self._listed_path(lexical, self._profile, (entry, scan, beside(entry)))

    def scan(self, *, recursive: bool = False, fresh: bool = False) -> Scan:
        """The pages of this directory (of the tree below, if ``recursive``), for callers that show them as they come.

        A page has ``len()``, columns, and makes an Entry for each row when iterated. Raises and costs as
        :meth:`iterdir`; no page is asked for before it is wanted, so a dropped iterator asks for none.
        """
        return self._storage().scan(self._place(), recursive=recursive, fresh=fresh).start()

    def walk(
        self,
        top_down: bool = True,
        on_error: Callable[[StorageError], object] | None = None,
        follow_symlinks: bool = False,
    ) -> Iterator[tuple[Self, list[str], list[str]]]:
        """``(directory, names of directories, names of files)`` for this directory and each below.

        On object stores one flat listing, ``ceil(n / 1000)`` requests for a tree of up to 10,000 keys; beyond that, and
        elsewhere, one listing for each directory, when it is reached. Names removed from the first list are not
        entered, and its order is kept. A directory that cannot be read does not hide the others: ``on_error`` gets its
        error, or without one it is raised at the end. A missing directory is raised at once.
        """
        storage, prefix = self._storage(), self._place()
        read_level = level_reader(storage, prefix)
        levels = walk_levels(read_level, prefix, top_down=top_down, follow_symlinks=follow_symlinks, on_error=on_error)
        for place, directories, files in levels:
            names = [entry.name for entry in directories]
            yield self._below(place, prefix), names, [entry.name for entry in files]
            if top_down:
                # As the caller left them, in the caller's order; a name that was added may be a link to follow.
                directories[:] = [Entry(name, f"{place}{name}/", Kind.DIRECTORY) for name in names]

    def _below(self, place: str, prefix: str) -> Self:
        lexical = self._lexical.as_directory()
        for name in place[len(prefix) : -1].split("/") if place != prefix else ():
            lexical = lexical.child(name, directory=True)
        return self._make(lexical, self._profile)

    def glob(self, pattern: str) -> Iterator[Self]:
        """The paths below this one that fit ``pattern``, each once; names that begin with a dot fit ``*`` too.

        One delimited listing for each directory that a pattern without ``**`` must look into (the literal beginning
        costs none); with ``**`` one flat listing on object stores. A missing directory has no matches.
        """
        prefix = self._place()
        return (self._matched(match, prefix) for match in glob_matches(self._storage(), prefix, pattern))

    def rglob(self, pattern: str) -> Iterator[Self]:
        """As ``glob("**/" + pattern)``: ``ceil(n / 1000)`` requests for n keys on object stores."""
        if not pattern:
            raise ValueError("Unacceptable pattern: ''")
        return self.glob(f"**/{pattern}")

    def _matched(self, match: Match, prefix: str) -> Self:
        entry, scan = match
        lexical = self._lexical.as_directory()
        relative = entry.key[len(prefix) :]
        if relative:
            *above, name = relative.removesuffix("/").split("/")
            for segment in above:
                lexical = lexical.child(segment, directory=True)
            lexical = lexical.child(name, directory=entry.is_directory)
        return self._listed_path(lexical, self._profile, None if scan is None else (entry, scan, None))

    # Bytes

    def _reader(self, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """A reader of the object. Where there is none, one more question tells a directory from nothing."""
        if self._lexical.directory:
            raise self._is_directory()
        storage = self._storage()
        try:
            return storage.read(self._object_key(), start=start, length=length, if_match=if_match)
        except NotFoundError as error:
            if Capability.FLAT_KEYS in storage.capabilities and self._directory_is_here():
                raise self._is_directory() from error
            raise

    def _directory_is_here(self) -> bool:
        try:
            return self._lookup(only=Kind.DIRECTORY).directory is not None
        except StorageError:
            return False  # the error being handled, that there is no such object, is the answer

    def _is_directory(self) -> IsDirectoryError:
        return IsDirectoryError("This is a directory, not an object.", uri=str(self), operation="read")

    def read_bytes(self) -> bytes:
        """All bytes of the object; one request. Raises NotFoundError, IsDirectoryError, ObjectArchivedError."""
        with self._reader() as reader:
            return reader.read()

    def read_text(self, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
        """All of the object as text; one request. Line ends become ``\\n`` unless ``newline`` says otherwise."""
        encoding = io.text_encoding(encoding)
        return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding, errors, newline).read()

    def read_range(self, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``, fewer where the object ends; one request. ValueError for negative ones."""
        if start < 0 or length < 0:
            raise ValueError(f"start and length must not be negative: {start}, {length}")
        with self._reader(start, length) as reader:
            return reader.read()

    def open(
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open for reading; one request now, and one more for each seek that is followed by a read.

        All of it is one version of the object: ConflictError if it is replaced in between. Raises as
        :meth:`read_bytes`, and UnsupportedOperation for a mode that writes.
        """
        refuse_writing(mode)
        binary = "b" in mode
        if binary and (encoding, errors, newline) != (None, None, None):
            raise ValueError("binary mode takes no encoding, errors or newline argument")
        if buffering == 0 and not binary:
            raise ValueError("can't have unbuffered text I/O")
        raw = ObjectFile(lambda start, if_match: self._reader(start, None, if_match), str(self))
        if binary and buffering == 0:
            return cast("IO[bytes]", raw)  # typeshed's IO is nominal; a RawIOBase is what open() returns here too
        buffered = io.BufferedReader(raw, buffering if buffering > 1 else BUFFER_BYTES)
        if binary:
            return buffered
        return io.TextIOWrapper(buffered, io.text_encoding(encoding), errors, newline)

    @contextmanager
    def local(self) -> Iterator[Path]:
        """A local copy for programs that want a file, gone at the end of the block; a local path is its own copy.

        One request; the copy has this path's suffix and can be read by nobody else.
        """
        suffix = self.suffix if self.suffix.isascii() and self.suffix.isprintable() else ""
        if len(suffix) > _LONGEST_SUFFIX:
            suffix = ""
        with tempfile.NamedTemporaryFile(prefix="tfm-", suffix=suffix) as file:
            with self.open("rb") as source:
                shutil.copyfileobj(source, file, BUFFER_BYTES)
            file.flush()
            yield Path(file.name)

    def presign(self, expires: int = 3600) -> str:
        """A URL by which anyone can read this object for ``expires`` seconds; no request.

        UnsupportedOperation where the storage cannot sign links, ValueError for a number that is not positive.
        """
        if expires < 1:
            raise ValueError(f"expires must be a number of seconds, 1 or more, not {expires}")
        if self._lexical.directory:
            raise self._is_directory()
        return self._storage().presign(self._object_key(), expires_seconds=expires)

    def invalidate(self, recursive: bool = False) -> None:
        """Forget what is cached about this path and the directories above (and everything below, if ``recursive``)."""
        self._listed = None
        self._storage().invalidate(self._place(), below=recursive)


def _restore(text: str, profile: str | None, relative: bool) -> Path:
    return Path._make(KeyText.part(text), profile) if relative else Path(text, profile=profile)
