"""boto3: its paginator, and a HEAD for each row, as scripts commonly have it."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

import boto3

__all__ = ["make"]

# boto3 has no types; Any stands for its values.


class Boto3Client:
    def __init__(self) -> None:
        self._client: Any = boto3.client("s3")

    def _contents(self, bucket: str, **options: str) -> Iterator[list[dict[str, Any]]]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, **options):
            yield page.get("Contents", [])

    def list_all(self, bucket: str) -> list[dict[str, Any]]:
        return [entry for contents in self._contents(bucket) for entry in contents]

    def rows(self, held: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
        return ((entry["Key"], entry["Size"]) for entry in held)

    def count(self, held: list[dict[str, Any]]) -> int:
        return len(held)

    def pages(self, bucket: str, prefix: str) -> Iterator[Sized]:
        return self._contents(bucket, Prefix=prefix, Delimiter="/")

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        drawn = []
        for contents in self._contents(bucket, Prefix=prefix, Delimiter="/"):
            for entry in contents:
                size_bytes = self._client.head_object(Bucket=bucket, Key=entry["Key"])["ContentLength"]
                drawn.append((entry["Key"].rpartition("/")[2], False, size_bytes))
        return drawn

    def held_bytes(self) -> int | None:
        return None


def make() -> Boto3Client:
    return Boto3Client()
