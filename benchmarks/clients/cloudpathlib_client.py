"""cloudpathlib, asked row by row as a pathlib user asks."""

from __future__ import annotations

import os
from typing import Any

from cloudpathlib import S3Client

__all__ = ["make"]


class CloudpathlibClient:
    def __init__(self) -> None:
        self._client: Any = S3Client(endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])

    def listed(self, bucket: str, prefix: str) -> list[Any]:
        return list(self._client.CloudPath(f"s3://{bucket}/{prefix}").iterdir())

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        return [(path.name, path.is_dir(), path.stat().st_size) for path in self.listed(bucket, prefix)]


def make() -> CloudpathlibClient:
    return CloudpathlibClient()
