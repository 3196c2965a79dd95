"""obstore: its list stream. (It has no notion of a directory to ask rows of.)"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sized
from typing import Any

import obstore
from obstore.store import S3Store

__all__ = ["make"]


class ObstoreClient:
    # Any: obstore's types of stream and entry are known to type checkers only where it is installed.
    def _store(self, bucket: str) -> Any:
        return S3Store(
            bucket,
            endpoint=os.environ["AWS_ENDPOINT_URL_S3"],
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def list_all(self, bucket: str) -> list[Any]:
        return list(obstore.list(self._store(bucket), chunk_size=1000))

    def rows(self, held: list[Any]) -> Iterator[tuple[str, int]]:
        return ((entry["path"], entry["size"]) for chunk in held for entry in chunk)

    def count(self, held: list[Any]) -> int:
        return sum(map(len, held))

    def pages(self, bucket: str, prefix: str) -> Iterator[Sized]:
        return iter(obstore.list(self._store(bucket), prefix, chunk_size=1000))

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        raise NotImplementedError

    def held_bytes(self) -> int | None:
        return None


def make() -> ObstoreClient:
    return ObstoreClient()
