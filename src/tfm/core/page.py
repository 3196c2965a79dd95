"""A part of a listing in columns: what arrives from one request, what the cache holds, what the panes draw from.

A million entries as objects would cost half a gigabyte; here one costs its name, four bytes of offset, and sixteen to
forty bytes of facts. A page is immutable, so that threads share it without locks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import isnan, nan
from typing import Final, cast

from tfm.core.entry import Entry, Kind

__all__ = ["UNKNOWN_MODE", "UNKNOWN_SIZE", "UNKNOWN_TIME", "Page", "make_page", "page_from_entries"]

UNKNOWN_SIZE: Final = -1
UNKNOWN_TIME: Final = nan
UNKNOWN_MODE: Final = 2**32 - 1

# UTF-8 that also carries the lone surrogates by which Python spells undecodable file names. Its byte order is the
# order of code points, which is the order in which S3 lists.
_ENCODING: Final = "utf-8"
_SURROGATES: Final = "surrogatepass"

_KIND_MASK: Final = 0b0011
_SYMLINK: Final = 0b0100
_KINDS: Final = tuple(Kind)
_FACT_BYTES: Final = 160
"""What a page weighs besides its columns: the object itself and the headers of its bytes and arrays."""


class _Etags:
    """Etags of a page: sixteen bytes each where they are the usual 32 hexadecimal digits, text where they are not."""

    __slots__ = ("_packed", "_texts")

    def __init__(self, etags: Sequence[str | None]) -> None:
        unusual = [index for index, etag in enumerate(etags) if etag is None or len(etag) != 32]
        self._texts = {index: etags[index] for index in unusual}
        usual = list(etags)
        for index in unusual:
            usual[index] = "0" * 32
        joined = "".join(cast("list[str]", usual))
        try:
            self._packed = bytes.fromhex(joined)
            exact = self._packed.hex() == joined
        except ValueError:
            exact = False
        if not exact:
            self._packed = b""
            self._texts = dict(enumerate(etags))

    def __getitem__(self, index: int) -> str | None:
        if index in self._texts:
            return self._texts[index]
        return self._packed[index * 16 : index * 16 + 16].hex()

    def spliced(self, start: int, stop: int, new: Sequence[str | None], length: int) -> _Etags:
        """These etags, ``length`` of them, with ``new`` in place of those from ``start`` to ``stop``."""
        middle = _Etags(new)
        if len(self._packed) != 16 * length or len(middle._packed) != 16 * len(new):
            every = [self[index] for index in range(length)]
            every[start:stop] = new
            return _Etags(every)
        made = _Etags(())
        made._packed = self._packed[: 16 * start] + middle._packed + self._packed[16 * stop :]
        shift = len(new) - (stop - start)
        made._texts = {start + index: text for index, text in middle._texts.items()}
        for index, text in self._texts.items():
            if index < start:
                made._texts[index] = text
            elif index >= stop:
                made._texts[index + shift] = text
        return made

    @property
    def size_bytes(self) -> int:
        texts = sum(140 + len(text or "") for text in self._texts.values())
        return len(self._packed) + texts


class Page:
    """Entries of one request, in columns.

    ``base`` is the text that stands before every name to make its key. ``token`` is what the storage wants to hear to
    give the next page, ``None`` on the last one. ``own_entry`` is the listed directory's own marker, if there is one.
    Iterating makes :class:`Entry` values; :meth:`name`, :meth:`kind`, ``sizes`` and ``times`` read the columns.
    """

    __slots__ = (
        "_blob",
        "_classes",
        "_etags",
        "_flags",
        "_modes",
        "_offsets",
        "_sorted",
        "base",
        "own_entry",
        "sizes",
        "times",
        "token",
    )

    # One constructor call for each column is the point of this class; make_page() is what others call.
    def __init__(
        self,
        base: str,
        blob: bytes,
        offsets: array[int],
        flags: bytes,
        sizes: array[int],
        times: array[float],
        etags: _Etags | None,
        classes: tuple[str | None, ...] | str | None,
        modes: array[int] | None,
        token: object | None,
        own_entry: Entry | None,
        is_sorted: bool | None,
    ) -> None:
        self.base = base
        self._blob = blob
        self._offsets = offsets
        self._flags = flags
        self.sizes = sizes
        self.times = times
        self._etags = etags
        self._classes = classes
        self._modes = modes
        self.token = token
        self.own_entry = own_entry
        self._sorted = is_sorted

    def __len__(self) -> int:
        return len(self._flags)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.entry, range(len(self._flags)))

    def __getitem__(self, index: int) -> Entry:
        return self.entry(index)

    def name(self, index: int) -> str:
        return self._blob[self._offsets[index] : self._offsets[index + 1]].decode(_ENCODING, _SURROGATES)

    def names(self) -> list[str]:
        """All names of the page, in its order."""
        blob, offsets = self._blob, self._offsets
        if blob.isascii():
            text = blob.decode("ascii")
            return [text[offsets[i] : offsets[i + 1]] for i in range(len(self._flags))]
        return [self.name(i) for i in range(len(self._flags))]

    def kind(self, index: int) -> Kind:
        return _KINDS[self._flags[index] & _KIND_MASK]

    def is_directory(self, index: int) -> bool:
        return self._flags[index] & _KIND_MASK == 1

    def is_symlink(self, index: int) -> bool:
        return bool(self._flags[index] & _SYMLINK)

    def storage_class(self, index: int) -> str | None:
        return self._classes[index] if isinstance(self._classes, tuple) else self._classes

    def entry(self, index: int) -> Entry:
        """The entry at ``index``, made now; raises IndexError outside the page."""
        if index < 0:
            raise IndexError(index)
        flags = self._flags[index]
        name = self.name(index)
        size = self.sizes[index]
        time = self.times[index]
        mode = UNKNOWN_MODE if self._modes is None else self._modes[index]
        kind = _KINDS[flags & _KIND_MASK]
        return Entry(
            name,
            f"{self.base}{name}/" if kind is Kind.DIRECTORY else self.base + name,
            kind,
            None if size == UNKNOWN_SIZE else size,
            None if isnan(time) else time,
            None if self._etags is None else self._etags[index],
            self.storage_class(index),
            bool(flags & _SYMLINK),
            None if mode == UNKNOWN_MODE else mode,
        )

    @property
    def size_bytes(self) -> int:
        """The memory that this page holds."""
        columns = len(self._blob) + len(self._flags) + 8 * (len(self.sizes) + len(self.times))
        columns += self._offsets.itemsize * len(self._offsets)
        if self._etags is not None:
            columns += self._etags.size_bytes
        if isinstance(self._classes, tuple):
            columns += 8 * len(self._classes)
        if self._modes is not None:
            columns += self._modes.itemsize * len(self._modes)
        return columns + 6 * _FACT_BYTES

    def without_token(self) -> Page:
        """The same columns for keeping: a token may hold an open directory or belong to one connection."""
        if self.token is None:
            return self
        return Page(
            self.base, self._blob, self._offsets, self._flags, self.sizes, self.times,
            self._etags, self._classes, self._modes, None, self.own_entry, self._sorted,
        )  # fmt: skip

    def with_own_entry(self, own_entry: Entry | None) -> Page:
        """The same rows with that marker of the listed directory."""
        return Page(
            self.base, self._blob, self._offsets, self._flags, self.sizes, self.times,
            self._etags, self._classes, self._modes, self.token, own_entry, self._sorted,
        )  # fmt: skip

    def spliced(self, start: int, stop: int, entries: Sequence[Entry]) -> Page:
        """A page with these entries in place of the rows from ``start`` to ``stop``, in a tenth of a millisecond for a
        thousand rows. Where this page is sorted and they fit between their neighbours, so is the new one."""
        new = page_from_entries(self.base, entries)
        first, end = self._offsets[start], self._offsets[stop]
        shift = len(new._blob) - (end - first)
        offsets = self._offsets[:start]
        offsets.extend([first + offset for offset in new._offsets])
        offsets.extend([offset + shift for offset in self._offsets[stop + 1 :]])
        length = len(self)
        return Page(
            self.base,
            self._blob[:first] + new._blob + self._blob[end:],
            offsets,
            self._flags[:start] + new._flags + self._flags[stop:],
            self.sizes[:start] + new.sizes + self.sizes[stop:],
            self.times[:start] + new.times + self.times[stop:],
            self._etags_spliced(start, stop, new, length),
            _same_or_all(self._class_list(length), start, stop, new._class_list(len(new))),
            _modes_spliced(self._modes, start, stop, new._modes, length, len(new)),
            self.token,
            self.own_entry,
            True if self._sorted and self._fits(start, stop, new) else None,
        )

    def _etags_spliced(self, start: int, stop: int, new: Page, length: int) -> _Etags | None:
        if self._etags is None and new._etags is None:
            return None
        mine = self._etags or _Etags([None] * length)
        theirs = new._etags or _Etags([None] * len(new))
        return mine.spliced(start, stop, [theirs[index] for index in range(len(new))], length)

    def _class_list(self, length: int) -> list[str | None]:
        return list(self._classes) if isinstance(self._classes, tuple) else [self._classes] * length

    def _fits(self, start: int, stop: int, new: Page) -> bool:
        keys = [self.sort_key(start - 1)] if start else []
        keys += [new.sort_key(index) for index in range(len(new))]
        keys += [self.sort_key(stop)] if stop < len(self) else []
        return all(a < b for a, b in pairwise(keys))

    def sort_key(self, index: int) -> bytes:
        """The bytes by which entries are ordered: the name, with the slash that a directory's prefix ends in."""
        name = self._blob[self._offsets[index] : self._offsets[index + 1]]
        return name + b"/" if self._flags[index] & _KIND_MASK == 1 else name

    def is_sorted(self) -> bool:
        """Whether :meth:`sort_key` rises strictly. Found out once."""
        if self._sorted is None:
            keys = [self.sort_key(i) for i in range(len(self))]
            self._sorted = all(a < b for a, b in pairwise(keys))
        return self._sorted

    def position(self, sort_key: bytes) -> int:
        """Where an entry of that key is or would be; only for a page that :meth:`is_sorted`."""
        return bisect_left(range(len(self)), sort_key, key=self.sort_key)

    def find(self, name: str, kind: Kind) -> int | None:
        """The index of the entry of that name and kind, or None. Requires no order."""
        wanted = name.encode(_ENCODING, _SURROGATES)
        is_directory = kind is Kind.DIRECTORY
        if self._sorted:
            index = self.position(encode_sort_key(name, directory=is_directory))
            return index if index < len(self) and self._is_entry(index, wanted, is_directory) else None
        if not wanted:
            found = (index for index in range(len(self)) if self._is_entry(index, wanted, is_directory))
            return next(found, None)
        # The names stand in one row of bytes: where these are, natively, and whether a name begins there.
        start = self._blob.find(wanted)
        while start >= 0:
            index = bisect_right(self._offsets, start) - 1
            if self._offsets[index] == start and self._is_entry(index, wanted, is_directory):
                return index
            start = self._blob.find(wanted, start + 1)
        return None

    def rows_holding(self, text: str) -> list[tuple[int, bool]]:
        """The indices of the names that hold ``text``, capitals and small letters being the same, and of each whether
        it begins with it. Looked for natively; ``text`` is in small letters and not empty."""
        if not self._blob.isascii():
            names = enumerate(name.lower() for name in self.names())
            return [(index, name.startswith(text)) for index, name in names if text in name]
        blob, wanted, offsets = self._blob.lower(), text.encode(_ENCODING, _SURROGATES), self._offsets
        found = []
        start = blob.find(wanted)
        while start >= 0:
            index = bisect_right(offsets, start) - 1
            end = offsets[index + 1]
            if start + len(wanted) <= end:
                found.append((index, start == offsets[index]))
                start = blob.find(wanted, end)  # one place in a name is enough
            else:
                start = blob.find(wanted, start + 1)  # it reaches into the next name
        return found

    def _is_entry(self, index: int, name: bytes, is_directory: bool) -> bool:
        exact = self._blob[self._offsets[index] : self._offsets[index + 1]] == name
        # The bytes alone would take the directory ``x`` for a file whose name is ``x/``.
        return exact and self.is_directory(index) == is_directory


def _same_or_all(
    classes: list[str | None], start: int, stop: int, new: list[str | None]
) -> tuple[str | None, ...] | str | None:
    classes[start:stop] = new
    if not classes or classes.count(classes[0]) == len(classes):
        return classes[0] if classes else None
    return tuple(classes)


def _modes_spliced(
    modes: array[int] | None, start: int, stop: int, new: array[int] | None, length: int, new_length: int
) -> array[int] | None:
    if modes is None and new is None:
        return None
    mine = array("I", [UNKNOWN_MODE]) * length if modes is None else modes
    theirs = array("I", [UNKNOWN_MODE]) * new_length if new is None else new
    return mine[:start] + theirs + mine[stop:]


def encode_sort_key(name: str, *, directory: bool) -> bytes:
    """The bytes by which :meth:`Page.sort_key` orders an entry of that name."""
    encoded = name.encode(_ENCODING, _SURROGATES)
    return encoded + b"/" if directory else encoded


def make_page(
    base: str,
    names: Sequence[str],
    kinds: bytes,
    sizes: Iterable[int],
    times: Iterable[float],
    *,
    etags: Sequence[str | None] | None = None,
    storage_classes: Sequence[str | None] | None = None,
    modes: Iterable[int] | None = None,
    symlinks: bytes | None = None,
    token: object | None = None,
    own_entry: Entry | None = None,
    is_sorted: bool | None = None,
) -> Page:
    """A page from parallel columns.

    ``names`` are relative to ``base``, a directory's without its trailing slash; ``kinds`` holds one :class:`Kind` a
    byte; ``sizes`` are bytes, :data:`UNKNOWN_SIZE` where not known; ``times`` are seconds since the epoch,
    :data:`UNKNOWN_TIME` where not known; ``modes`` likewise :data:`UNKNOWN_MODE`; ``symlinks`` holds a one for each
    symbolic link. ``is_sorted`` is what :meth:`Page.is_sorted` would find, where the caller knows it already.

    Columns of different lengths raise ValueError: one row's facts must never be told of another.
    """
    joined = "".join(names)
    if joined.isascii():
        blob = joined.encode("ascii")
        lengths: Iterable[int] = map(len, names)
    else:
        encoded = [name.encode(_ENCODING, _SURROGATES) for name in names]
        blob = b"".join(encoded)
        lengths = map(len, encoded)
    offsets = array("I", accumulate(lengths, initial=0))
    if symlinks is not None:
        kinds = bytes([kind | _SYMLINK if link else kind for kind, link in zip(kinds, symlinks, strict=True)])
    size_column = array("q", sizes)
    time_column = array("d", times)
    mode_column = None if modes is None else array("I", modes)
    for column in (kinds, size_column, time_column, mode_column, etags, storage_classes):
        if column is not None and len(column) != len(names):
            raise ValueError(f"columns of a page differ in length: {len(names)} names beside {len(column)} values")
    classes: tuple[str | None, ...] | str | None = None
    if storage_classes:
        first = storage_classes[0]
        same = storage_classes.count(first) == len(storage_classes)
        classes = first if same else tuple(storage_classes)
    some_etags = etags is not None and any(etag is not None for etag in etags)
    etag_column = _Etags(etags) if some_etags and etags is not None else None
    return Page(
        base, blob, offsets, kinds, size_column, time_column, etag_column, classes, mode_column, token, own_entry,
        is_sorted,
    )  # fmt: skip


def page_from_entries(
    base: str, entries: Sequence[Entry], *, token: object | None = None, own_entry: Entry | None = None
) -> Page:
    """A page that holds these entries, whose keys must begin with ``base``."""
    modes = [entry.mode for entry in entries]
    return make_page(
        base,
        [entry.key[len(base) : -1 if entry.is_directory else None] for entry in entries],
        bytes([entry.kind for entry in entries]),
        [UNKNOWN_SIZE if entry.size_bytes is None else entry.size_bytes for entry in entries],
        [UNKNOWN_TIME if entry.modified_timestamp is None else entry.modified_timestamp for entry in entries],
        etags=[entry.etag for entry in entries],
        storage_classes=[entry.storage_class for entry in entries],
        modes=[UNKNOWN_MODE if mode is None else mode for mode in modes]
        if any(mode is not None for mode in modes)
        else None,
        symlinks=bytes([entry.is_symlink for entry in entries]),
        token=token,
        own_entry=own_entry,
    )
