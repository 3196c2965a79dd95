"""From the text columns of a ListObjectsV2 answer to a :class:`tfm.core.page.Page`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import nan
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
_DAY_SECONDS: Final = 86_400
_HOURS: Final = {f"T{hour:02}": hour * 3600.0 for hour in range(24)}
_MINUTES: Final = {f":{minute:02}": minute * 60.0 for minute in range(60)}
_WHOLE_SECONDS: Final = {f":{second:02}.000Z": float(second) for second in range(60)}


def make_s3_page(rows: ListingRows, prefix: str, *, recursive: bool, start_after: str | None = None) -> Page:
    """The page that ``rows`` are, in key order, for a listing of ``prefix``: of one level, or of all below.

    Raises InvalidRequestError where the server tells of what was not asked for: a wrong row is worse than none.
    """
    keys = decoded_keys(rows.keys) if rows.url_encoded else list(rows.keys)
    directories = decoded_keys(rows.prefixes) if rows.url_encoded else list(rows.prefixes)
    _check(keys, directories, prefix, recursive=recursive)
    if rows.is_truncated and rows.next_token is None:
        raise InvalidRequestError("The server says that the listing goes on, and does not say where.", operation="list")
    token = rows.next_token if rows.is_truncated else None
    base = prefix[: prefix.rfind(_DELIMITER) + 1]
    return _columns_to_page(rows, keys, directories, base, token, start_after)


def _check(keys: Sequence[str], directories: Sequence[str], prefix: str, *, recursive: bool) -> None:
    beyond = len(prefix)
    strangers = [key for key in keys if not key.startswith(prefix) or not key]
    strangers += [
        name for name in directories if not name.startswith(prefix) or not name.endswith(_DELIMITER) or name == prefix
    ]
    if not recursive:
        strangers += [key for key in keys if _DELIMITER in key[beyond:]]
    if strangers:
        level = "every key" if recursive else "one level"
        raise InvalidRequestError(
            f"The server listed {strangers[0]!r} where {level} of what begins with {prefix!r} was asked for.",
            next_step="This server's listings cannot be trusted.",
            operation="list",
        )


def _columns_to_page(
    rows: ListingRows,
    keys: list[str],
    directories: list[str],
    base: str,
    token: str | None,
    start_after: str | None,
) -> Page:
    count = len(keys)
    extra = len(directories)
    sizes = [*map(int, rows.sizes), *[UNKNOWN_SIZE] * extra]
    times = [*timestamps(rows.times), *[UNKNOWN_TIME] * extra]
    etags: list[str | None] = [*rows.etags, *[""] * extra]
    if "" in etags:
        etags = [etag or None for etag in etags]
    classes: list[str | None] = [*rows.storage_classes, *[""] * extra]
    if "" in classes:
        classes = [each or None for each in classes]
    full = [*keys, *directories]
    own_entry = None
    order: Sequence[int] | None = None
    ordered = all(map(lt, full, full[1:]))
    if not ordered:
        order = sorted(range(count + extra), key=full.__getitem__)
    if base and base in keys:
        own = keys.index(base)
        own_entry = Entry(
            "", base, Kind.DIRECTORY, sizes[own],
            None if times[own] != times[own] else times[own], etags[own], classes[own],
        )  # fmt: skip
        order = [row for row in (order if order is not None else range(count + extra)) if row != own]
    if start_after is not None and any(key <= start_after for key in full):
        # A common prefix in whose middle the listing starts is told again; as an entry it comes before the start.
        order = [row for row in (order if order is not None else range(count + extra)) if full[row] > start_after]
    if order is not None:
        full, sizes, times = _picked(full, order), _picked(sizes, order), _picked(times, order)
        etags, classes = _picked(etags, order), _picked(classes, order)
    start = len(base)
    kinds = bytes(len(full))
    if any(key.endswith(_DELIMITER) for key in full):
        kinds = bytes([key.endswith(_DELIMITER) for key in full])
        names = [key[start:-1] if kind else key[start:] for key, kind in zip(full, kinds, strict=True)]
    else:
        names = [key[start:] for key in full]
    return make_page(
        base, names, kinds, sizes, times, etags=etags, storage_classes=classes, token=token, own_entry=own_entry
    )


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


def timestamps(times: Sequence[str]) -> list[float]:
    """Seconds since the epoch for ISO 8601 texts, NaN for what is none.

    Put together from tables, since parsing each text whole costs as much as all else of a page: days and fractions of a
    second are parsed once a page each, the rest of the clock is known.
    """
    days: dict[str, float] = {}
    rests = dict(_WHOLE_SECONDS)
    parsed = []
    for text in times:
        try:
            parsed.append(days[text[:10]] + _HOURS[text[10:13]] + _MINUTES[text[13:16]] + rests[text[16:]])
        except KeyError:
            value = _timestamp(text)
            seconds = _SECONDS.fullmatch(text, 16)
            if seconds is not None and value == value:
                days[text[:10]] = value - value % _DAY_SECONDS
                rests[text[16:]] = float(seconds[1])
            parsed.append(value)
    return parsed


def _timestamp(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return nan
    # S3 knows no time but UTC; without a zone Python would take the machine's own.
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()
