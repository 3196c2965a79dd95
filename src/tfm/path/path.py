"""Path: one class over every storage, with pathlib's names."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, ClassVar, Final, Self, cast

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import IsDirectoryError, NotFoundError, StorageError, UnsupportedOperation
from tfm.path.copying import CopyingPath
from tfm.path.files import BUFFER_BYTES, ObjectFile, mode_letters, refuse_update
from tfm.path.glob import Match, glob_matches
from tfm.path.lexical import KeyText, Lexical, LocalText, join_all, read_text
from tfm.path.output import ObjectOutput, Output, opened_for_writing
from tfm.path.pattern import ANY_DEPTH, has_wildcard
from tfm.path.pure import LexicalPath
from tfm.path.walk import level_reader, walk_levels
from tfm.storage.contract import Reader
from tfm.storage.scan import Scan, twins

__all__ = ["Path"]

_LONGEST_SUFFIX: Final = 32
"""Of a local copy's name; a key may end in a dot and a thousand letters, which no disk takes."""


class Path(CopyingPath):
    """A path on S3, the local disk, or what else a backend speaks: ``Path("s3://bucket/key")``, ``Path("/home/x")``.

    Text is raw (``%``, ``?`` and ``#`` are literal; :meth:`from_uri` decodes), keys are exact, and exactly one trailing
    slash is a hint that a directory is meant, not part of the identity. What a listing told is on the paths it gave:
    asking them costs no request while the listing is fresh. ``profile`` names the credentials to use.

    Local paths are :class:`tfm.LocalPath` and ``os.PathLike``; remote ones are not: :meth:`local` makes a local copy.
    Raises InvalidPathError for a malformed URI; an unknown scheme is said when the path is first used.
    """

    __slots__ = ()

    _local_class: ClassVar[type[Path] | None] = None
    """What a local path is made as; ``tfm.path.local``, which is loaded for the first of them, sets it."""

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
    def _of_text(cls, text: str, profile: str | None) -> Self:
        return cls(text, profile=profile)

    @classmethod
    def _listed_path(
        cls, lexical: Lexical, profile: str | None, listed: tuple[Entry, Scan, bool | None] | None
    ) -> Self:
        # A local path is a LocalPath whichever class was called: only it is os.PathLike. For a type checker both are
        # the class that was asked for, as pathlib does with PosixPath.
        kind: Any = Path
        if isinstance(lexical, LocalText):
            if Path._local_class is None:
                import_module("tfm.path.local")  # by its name: it is made of this one
            kind = Path._local_class
        made: Self = object.__new__(kind)
        made._lexical = lexical
        made._profile = None if isinstance(lexical, LocalText) else profile
        made._listed = listed
        made._info = None
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (str(self), self._profile, self._lexical.is_relative))

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
        if self._lists_roots():
            yield from self._walk_roots(top_down, on_error, follow_symlinks)
            return
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
        first, _, rest = pattern.partition("/")
        if first and self._lists_roots() and (rest or first == ANY_DEPTH):
            return self._glob_roots(first, rest)
        prefix = self._place()
        return (self._matched(match, prefix) for match in glob_matches(self._storage(), prefix, pattern))

    def rglob(self, pattern: str) -> Iterator[Self]:
        """As ``glob("**/" + pattern)``: ``ceil(n / 1000)`` requests for n keys on object stores."""
        if not pattern:
            raise ValueError("Unacceptable pattern: ''")
        return self.glob(f"**/{pattern}")

    # Below ``s3://`` each bucket is a storage of its own.

    def _lists_roots(self) -> bool:
        return isinstance(self._lexical, KeyText) and self._lexical.is_absolute and not self._lexical.authority

    def _glob_roots(self, first: str, rest: str) -> Iterator[Self]:
        if first == ANY_DEPTH:
            raise UnsupportedOperation(
                "'**' begins in one bucket, not in all of them.", uri=str(self), operation="glob"
            )
        roots = self.glob(first) if has_wildcard(first) else iter([self / first])
        return (found for root in roots for found in root.glob(rest))

    def _walk_roots(
        self, top_down: bool, on_error: Callable[[StorageError], object] | None, follow_symlinks: bool
    ) -> Iterator[tuple[Self, list[str], list[str]]]:
        names = [root.name or root.bucket for root in self.iterdir()]
        failed: StorageError | None = None
        if top_down:
            yield self, names, []
        for name in list(names):
            try:
                yield from (self / name).walk(top_down, on_error, follow_symlinks)
            except StorageError as error:
                failed = failed or error
                if on_error is not None:
                    on_error(error)
        if not top_down:
            yield self, names, []
        if failed is not None and on_error is None:
            raise failed

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
            return self._lookup(asked=Asked.DIRECTORY).directory is not None
        except StorageError:
            return False  # the error being handled, that there is no such object, is the answer

    def _is_directory(self) -> IsDirectoryError:
        return IsDirectoryError("This is a directory, not an object.", uri=str(self), operation="read")

    def read_bytes(self) -> bytes:
        """All bytes of the object; one request. They are compared with its checksum, or with an etag that is one. Where
        it has neither (an object that is encrypted by KMS, and was written without a checksum) they are as they came.
        For an object in parts of unusual sizes that has no other checksum than theirs, one request more for each part.

        Raises DamagedError where the bytes are not those of the checksum, NotFoundError, IsDirectoryError,
        ObjectArchivedError.
        """
        with self._reader() as reader:
            return reader.read()

    def read_text(self, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
        """All of the object as text; one request. Line ends become ``\\n`` unless ``newline`` says otherwise."""
        encoding = io.text_encoding(encoding)
        return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding, errors, newline).read()

    def read_range(self, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``, fewer where the object ends; one request. No checksum tells of a range: they
        are as they came. ValueError for negative ones."""
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
        """Open for reading: one request now, and one more for each seek that is followed by a read. All of it is one
        version of the object: ConflictError if it is replaced in between. Raises as :meth:`read_bytes`.

        What is read from the first byte to the last, without a seek, is compared with the object's checksum before the
        last bytes are given; what was given before may be damaged then. Not compared is what :meth:`read_bytes` cannot
        compare, and an object in parts of unusual sizes that has no other checksum than theirs.

        Open for writing ("w", or "x" for a key that must be free): nothing is sent before there is a part's worth, and
        what is written is seen when the file is closed, whole. Where the block raises, or the file is never closed,
        nothing is written and what was there stays. Raises as :meth:`write_bytes`, mostly when it is closed, and
        ConflictError with "x". UnsupportedOperation for "a" and "+", save on the local disk.
        """
        letters = mode_letters(mode, buffering, (encoding, errors, newline))
        refuse_update(letters, str(self))
        binary = "b" in letters
        if "r" not in letters:
            raw: Output = ObjectOutput(self._writer(exclusive="x" in letters), str(self))
            return opened_for_writing(
                raw,
                text=not binary,
                update=False,
                buffering=buffering,
                encoding=encoding,
                errors=errors,
                newline=newline,
            )
        source = ObjectFile(lambda start, if_match: self._reader(start, None, if_match), str(self))
        if binary and buffering == 0:
            return cast("IO[bytes]", source)  # typeshed's IO is nominal; a RawIOBase is what open() returns here too
        buffered = io.BufferedReader(source, buffering if buffering > 1 else BUFFER_BYTES)
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
        import shutil
        import tempfile

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
