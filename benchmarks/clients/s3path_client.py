"""s3path, asked row by row as a pathlib user asks."""

from __future__ import annotations

from typing import Any

from s3path import S3Path

__all__ = ["make"]


class S3pathClient:
    def listed(self, bucket: str, prefix: str) -> list[Any]:
        return list(S3Path(f"/{bucket}/{prefix}").iterdir())

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        return [(path.name, path.is_dir(), path.stat().st_size) for path in self.listed(bucket, prefix)]


def make() -> S3pathClient:
    return S3pathClient()
