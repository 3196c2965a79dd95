"""What is transferred, and whether it arrived: names and MD5 digests of all of it, by code that no tool shares."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

__all__ = [
    "Digests",
    "bucket_digests",
    "directory_digests",
    "object_digest",
    "require_same",
    "write_file",
    "write_tree",
]

Digests = Mapping[str, str]
"""Names below some place, and the MD5 of what each holds."""

_BELOW_ONE: Final = 100
"""Files of one directory."""

_BLOCK_BYTES: Final = 4 << 20
_SPACE: Final = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def write_tree(directory: str, count: int, size_bytes: int) -> Digests:
    """``count`` files of random bytes, a hundred to a directory."""
    digests = {}
    for number in range(count):
        name = f"{number // _BELOW_ONE:04}/object-{number:06}.bin"
        if number % _BELOW_ONE == 0:
            os.makedirs(os.path.join(directory, os.path.dirname(name)))
        content = os.urandom(size_bytes)
        with open(os.path.join(directory, name), "wb") as file:
            file.write(content)
        digests[name] = _md5(content)
    return digests


def write_file(path: str, size_bytes: int) -> str:
    """One file of random bytes; its digest."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "wb") as file:
        left = size_bytes
        while left:
            content = os.urandom(min(left, _BLOCK_BYTES))
            file.write(content)
            digest.update(content)
            left -= len(content)
    return digest.hexdigest()


def directory_digests(directory: str) -> Digests:
    """Of every file below, whatever else is there: temporaries that were left show up as well."""
    digests = {}
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                digests[os.path.relpath(path, directory)] = hashlib.file_digest(file, _new_md5).hexdigest()
    return digests


def bucket_digests(client: Any, bucket: str, prefix: str) -> Digests:  # botocore has no types
    """Of every object below a prefix, by its etag where that is the MD5 of the content, else by the content.

    Read from signed addresses: botocore takes a quarter of a second for a page.
    """
    digests: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        parameters = {"Bucket": bucket, "Prefix": prefix, **token}
        root = ET.fromstring(_got(client.generate_presigned_url("list_objects_v2", Params=parameters)))
        for entry in root.iterfind(f"{_SPACE}Contents"):
            key = entry.findtext(f"{_SPACE}Key") or ""
            etag = (entry.findtext(f"{_SPACE}ETag") or "").strip('"')
            plain = len(etag) == 32
            digests[key[len(prefix) :]] = etag if plain else object_digest(client, bucket, key)
        following = root.findtext(f"{_SPACE}NextContinuationToken")
        if following is None:
            return digests
        token = {"ContinuationToken": following}


def object_digest(client: Any, bucket: str, key: str) -> str:  # botocore has no types
    """Of the content itself, read a block at a time."""
    address = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    digest = hashlib.md5(usedforsecurity=False)
    with _opener().open(address, timeout=600) as answer:
        while block := answer.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def require_same(who: str, found: Digests, expected: Digests) -> None:
    """RuntimeError where anything is missing, is there beside it, or is not what it was."""
    if found == expected:
        return
    missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
    other = [name for name in expected.keys() & found.keys() if expected[name] != found[name]]
    example = next(iter([*missing, *more, *other]))
    raise RuntimeError(
        f"{who}: the result is wrong: {len(missing)} missing, {len(more)} too many, {len(other)} of other content, "
        f"of {len(expected)}; such as {example!r}"
    )


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _new_md5() -> Any:  # hashlib's own type of digest has no public name
    return hashlib.md5(usedforsecurity=False)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _got(address: str) -> bytes:
    with _opener().open(address, timeout=600) as answer:
        return bytes(answer.read())
