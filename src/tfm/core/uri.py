"""Text that names a place: where a scheme ends, where an authority ends, how a URI is encoded. No I/O."""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from tfm.core.errors import InvalidPathError

__all__ = ["LOCAL_SCHEME", "SplitAddress", "decode_uri", "disk_path", "encode_uri", "split_address"]

LOCAL_SCHEME: Final = "file"
"""Text without a scheme is a path of the local disk."""

_SCHEME: Final = r"([A-Za-z][A-Za-z0-9+.\-]*)://"  # https://www.rfc-editor.org/rfc/rfc3986#section-3.1
_SAFE_IN_PATH: Final = "/!$&'()*+,;=:@~"  # https://www.rfc-editor.org/rfc/rfc3986#section-3.3, and the slash


class SplitAddress(NamedTuple):
    """``rest`` is everything behind the slash that ends the authority, exactly; None where there is no such slash."""

    scheme: str
    authority: str
    rest: str | None


def split_address(text: str) -> SplitAddress | None:
    """The parts of ``scheme://authority/rest``, raw (``%``, ``?`` and ``#`` are literal); None for a local path.

    Raises InvalidPathError for ``s3:///key`` (a key without its bucket).
    """
    match = re.match(_SCHEME, text) if "://" in text else None
    if match is None:
        return None
    scheme = match.group(1).lower()
    authority, slash, rest = text[match.end() :].partition("/")
    if not authority and slash and scheme != LOCAL_SCHEME:
        raise InvalidPathError(
            f"{text!r} has no name between '{scheme}://' and the next '/'.",
            next_step=f"Write {scheme}://NAME/KEY, or {scheme}:// alone.",
        )
    return SplitAddress(scheme, authority, rest if slash else None)


def disk_path(split: SplitAddress) -> str:
    """The path of the local disk that a URI of the local scheme names. Raises InvalidPathError for one of another
    machine."""
    if split.authority not in {"", "localhost"} or split.rest is None:
        raise InvalidPathError(
            f"'file://{split.authority}' is not on this machine.", next_step="Write file:///PATH, or the path alone."
        )
    return f"/{split.rest}"


def encode_uri(scheme: str, authority: str, path: str) -> str:
    """A URI by RFC 3986; ``path`` begins with its slash or is empty. Bytes that are not UTF-8 stay those bytes."""
    encoded = quote(_to_bytes(path), safe=_SAFE_IN_PATH)
    return f"{scheme}://{quote(authority, safe='@:[]')}{encoded}"


def decode_uri(uri: str) -> SplitAddress:
    """The parts of an encoded URI, decoded.

    Raises InvalidPathError for text that is no URI, or one with a query or a fragment: a key would hold them encoded.
    """
    split = split_address(uri)
    if split is None:
        raise InvalidPathError(f"{uri!r} is not a URI.", next_step="A URI begins with a scheme, like s3://.")
    for mark in "?#":
        if mark in uri:
            raise InvalidPathError(
                f"{uri!r} has a {mark!r}: a query or a fragment names no file.",
                next_step=f"Encode it as {quote(mark)} where it belongs to the name.",
            )
    if split.rest is None:
        rest = None
    elif split.scheme == LOCAL_SCHEME:
        rest = os.fsdecode(unquote_to_bytes(split.rest))
    else:
        rest = _from_bytes(unquote_to_bytes(split.rest))
    return SplitAddress(split.scheme, unquote(split.authority), rest)


def _to_bytes(text: str) -> bytes:
    """UTF-8; the surrogates by which Python spells other bytes become these bytes where that can be read back."""
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        encoded = None
    return encoded if encoded is not None and _from_bytes(encoded) == text else text.encode("utf-8", "surrogatepass")


def _from_bytes(encoded: bytes) -> str:
    try:
        return encoded.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return encoded.decode("utf-8", "surrogateescape")
