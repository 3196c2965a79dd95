"""tfm, as a script uses it."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from tfm import Path
from tfm.core.page import Page
from tfm.s3 import get_s3_cache_stats

__all__ = ["make"]


class TfmClient:
    def list_all(self, bucket: str) -> list[Page]:
        return list(Path(f"s3://{bucket}/").scan(recursive=True))

    def rows(self, held: list[Page]) -> Iterator[tuple[str, int]]:
        for page in held:
            for name, size_bytes in zip(page.names(), page.sizes, strict=True):
                yield page.base + name, size_bytes

    def count(self, held: list[Page]) -> int:
        return sum(map(len, held))

    def pages(self, bucket: str, prefix: str) -> Iterator[Sized]:
        yield from Path(f"s3://{bucket}/{prefix}").scan()

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        return [(path.name, path.is_dir(), path.stat().st_size) for path in Path(f"s3://{bucket}/{prefix}").iterdir()]

    def held_bytes(self) -> int | None:
        return int(get_s3_cache_stats()["bytes"])


def make() -> TfmClient:
    return TfmClient()
