"""From the text columns of a ListObjectsV2 answer to a :class:`tfm.core.page.Page`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from math import isnan, nan
from operator import lt
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes

from tfm.backends.s3.listing_rows import ListingRows
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidRequestError
from tfm.core.page import UNKNOWN_SIZE, UNKNOWN_TIME, Page, make_page

__all__ = ["decoded_keys", "make_s3_page", "timestamps"]

Value = TypeVar("Value")

_DELIMITER: Final = "/"
_ASCII_CODE: Final = re.compile(r"[0-7][0-9A-Fa-f]")
_HIGH_CODES: Final = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_SECONDS: Final = re.compile(r":([0-5][0-9](?:\.[0-9]+)?)Z")


def make_s3_page(rows: ListingRows, prefix: str, *, recursive: bool, start_after: str | None = None) -> Page:
    """The page that ``rows`` are, in key order, for a listing of ``prefix``: of one level, or of all below.

    Raises InvalidRequestError where the server tells of what was not asked for: a wrong row is worse than none.
    """
    keys = decoded_keys(rows.keys) if rows.url_encoded else list(rows.keys)
    directories = decoded_keys(rows.prefixes) if rows.url_encoded else list(rows.prefixes)
    if rows.is_truncated and rows.next_token is None:
        raise InvalidRequestError("The server says that the listing goes on, and does not say where.", operation="list")
    token = rows.next_token if rows.is_truncated else None
    base = prefix[: prefix.rfind(_DELIMITER) + 1]
    full = [*keys, *directories] if directories else keys
    rising = all(map(lt, full, islice(full, 1, None)))
    _check(keys, directories, prefix, recursive=recursive, rising=rising)
    columns = _Columns(rows, len(directories))
    order = None if rising else sorted(range(len(full)), key=full.__getitem__)
    own_entry = None
    if base and base in (keys[:1] if rising else keys):
        own = keys.index(base)
        own_entry = columns.marker(own, base)
        order = [row for row in (range(len(full)) if order is None else order) if row != own]
    if start_after is not None and full and full[0 if order is None else order[0] if order else 0] <= start_after:
        # A common prefix in whose middle the listing starts is told again; as an entry it comes before the start.
        order = [row for row in (range(len(full)) if order is None else order) if full[row] > start_after]
    if order is not None:
        full = _picked(full, order)
        columns.pick(order)
    names, kinds = _names_and_kinds(full, len(base))
    return make_page(
        base, names, kinds, columns.sizes, columns.times, etags=columns.etags, storage_classes=columns.storage_classes,
        token=token, own_entry=own_entry, is_sorted=rising or None,
    )  # fmt: skip


def _check(keys: Sequence[str], directories: Sequence[str], prefix: str, *, recursive: bool, rising: bool) -> None:
    beyond = len(prefix)
    # Between two texts that begin with the prefix stand, in the order of texts, only such.
    suspects = [*keys[:1], *keys[-1:]] if rising and not directories else keys
    strangers = [key for key in suspects if not key.startswith(prefix) or not key]
    strangers += [
        name for name in directories if not name.startswith(prefix) or not name.endswith(_DELIMITER) or name == prefix
    ]
    if not recursive and _DELIMITER in "".join([key[beyond:] for key in keys]):
        strangers += [key for key in keys if _DELIMITER in key[beyond:]]
    if strangers:
        level = "every key" if recursive else "one level"
        raise InvalidRequestError(
            f"The server listed {strangers[0]!r} where {level} of what begins with {prefix!r} was asked for.",
            next_step="This server's listings cannot be trusted.",
            operation="list",
        )


class _Columns:
    """The facts of rows, and behind them those of as many directories as were told of, which have none."""

    def __init__(self, rows: ListingRows, directories: int) -> None:
        self.sizes = list(map(int, rows.sizes))
        self.times = timestamps(rows.times)
        self.etags = _texts(rows.etags)
        self.storage_classes = _texts(rows.storage_classes)
        if directories:
            self.sizes += [UNKNOWN_SIZE] * directories
            self.times += [UNKNOWN_TIME] * directories
            self.etags = [*self.etags, *[None] * directories]
            self.storage_classes = [*self.storage_classes, *[None] * directories]

    def marker(self, row: int, key: str) -> Entry:
        """The directory ``key`` with the facts of that row, which is its marker."""
        time = self.times[row]
        modified = None if isnan(time) else time
        return Entry("", key, Kind.DIRECTORY, self.sizes[row], modified, self.etags[row], self.storage_classes[row])

    def pick(self, order: Sequence[int]) -> None:
        """Keep these rows, in this order."""
        self.sizes, self.times = _picked(self.sizes, order), _picked(self.times, order)
        self.etags, self.storage_classes = _picked(self.etags, order), _picked(self.storage_classes, order)


def _texts(column: Sequence[str]) -> Sequence[str | None]:
    return [text or None for text in column] if "" in column else column


def _names_and_kinds(keys: list[str], start: int) -> tuple[list[str], bytes]:
    """Names behind the first ``start`` characters, a directory's without its slash, and a kind a byte."""
    if "/\n" not in "\n".join(keys) + "\n":  # no key ends in a slash, nor does one have a slash before a newline
        return keys if start == 0 else [key[start:] for key in keys], bytes(len(keys))
    kinds = bytes([key.endswith(_DELIMITER) for key in keys])
    return [key[start:-1] if kind else key[start:] for key, kind in zip(keys, kinds, strict=True)], kinds


def _picked(column: Sequence[Value], order: Sequence[int]) -> list[Value]:
    return [column[row] for row in order]


def decoded_keys(encoded: Sequence[str]) -> list[str]:
    """Keys as they are, from keys as ``EncodingType=url`` spells them (``+`` is a space).

    Bytes that are not UTF-8, which S3 itself never lists, become lone surrogates, so that no two keys become one.
    """
    joined = "\n".join(encoded)
    if "+" in joined:
        joined = joined.replace("+", " ")
    if "%" in joined:
        whole = _decoded(joined)
        if whole is None:
            return [_decoded_one(key) for key in encoded]
        joined = whole
    keys = joined.split("\n") if encoded else []
    # A key with a raw newline, which url-encoding spells %0A, has taken the joint for its own.
    return keys if len(keys) == len(encoded) else [_decoded_one(key) for key in encoded]


def _decoded(joined: str) -> str | None:
    """All keys decoded at once, each distinct code replaced once: a page of ``%2F`` is one replacement, not 5,000.

    None where that is not safe: a newline among the codes, or a ``%`` that begins none.
    """
    if "%0A" in joined or "%0a" in joined:
        return None
    position = 0
    percent = False
    while (position := joined.find("%", position)) >= 0:
        code = joined[position + 1 : position + 3]
        if code == "25":
            # Last of all, so that what it leaves behind is never taken for a code.
            percent = True
            position += 3
        elif _ASCII_CODE.fullmatch(code):
            joined = joined.replace("%" + code, chr(int(code, 16)))
        elif _HIGH_CODES.match(joined, position):
            joined = _decoded_high(joined)
        else:
            return None
    return joined.replace("%25", "%") if percent else joined


def _decoded_high(joined: str) -> str:
    """The text with each run of codes beyond ASCII decoded as UTF-8."""
    known: dict[str, str] = {}

    def replacement(match: re.Match[str]) -> str:
        run = match[0]
        text = known.get(run)
        if text is None:
            text = known[run] = bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape")
        return text

    return _HIGH_CODES.sub(replacement, joined)


def _decoded_one(key: str) -> str:
    return unquote_to_bytes(key.replace("+", " ")).decode("utf-8", "surrogateescape")


class _Days(dict[str, float]):
    """Seconds since the epoch at the beginning of each day, filled as days are met; ValueError for what is none."""

    def __missing__(self, day: str) -> float:
        if len(self) > _MOST_DAYS:
            self.clear()
        seconds = self[day] = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
        return seconds


class _Rests(dict[str, float]):
    """Seconds of what follows the minute, filled as they are met; ValueError for what is no such thing."""

    def __missing__(self, text: str) -> float:
        if len(self) > _MOST_RESTS:
            self.clear()
        match = _SECONDS.fullmatch(text)
        if match is None:
            raise ValueError(text)
        seconds = self[text] = float(match[1])
        return seconds


# Memos of pure functions, bounded: 27 years, and every millisecond of a minute.
_MOST_DAYS: Final = 10_000
_MOST_RESTS: Final = 60_000
_DAYS: Final = _Days()
_RESTS: Final = _Rests()
_CLOCK: Final = {f"T{hour:02}:{minute:02}": (hour * 60 + minute) * 60.0 for hour in range(24) for minute in range(60)}


def timestamps(times: Sequence[str]) -> list[float]:
    """Seconds since the epoch for ISO 8601 texts, NaN for what is none.

    Put together from tables, since parsing each text whole costs as much as all else of a page.
    """
    days, rests, clock = _DAYS, _RESTS, _CLOCK
    try:
        return [days[text[:10]] + clock[text[10:16]] + rests[text[16:]] for text in times]
    except (KeyError, ValueError):
        return [_timestamp(text) for text in times]


def _timestamp(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return nan
    # S3 knows no time but UTC; without a zone Python would take the machine's own.
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()
