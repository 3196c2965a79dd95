"""s3fs: find() and ls() with details."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sized
from typing import Any

import s3fs

__all__ = ["make"]

# s3fs has no types; Any stands for its values.


class S3fsClient:
    def __init__(self) -> None:
        self._files: Any = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])

    def list_all(self, bucket: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._files.find(bucket, detail=True)
        return found

    def rows(self, held: dict[str, dict[str, Any]]) -> Iterator[tuple[str, int]]:
        return ((entry["Key"].partition("/")[2], entry["Size"]) for entry in held.values())

    def count(self, held: dict[str, dict[str, Any]]) -> int:
        return len(held)

    def pages(self, bucket: str, prefix: str) -> Iterator[Sized]:
        yield self._files.ls(f"{bucket}/{prefix}".rstrip("/"), detail=True)

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        return [
            (path.rpartition("/")[2], self._files.isdir(path), self._files.info(path)["size"])
            for path in self._files.ls(f"{bucket}/{prefix}".rstrip("/"), detail=False)
        ]

    def held_bytes(self) -> int | None:
        return None


def make() -> S3fsClient:
    return S3fsClient()
