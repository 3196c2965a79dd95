"""The S3 listing cache by its documented names: bounds, statistics, and forgetting.

>>> from tfm.s3 import *
>>> configure_s3_cache(ttl=30)
>>> get_s3_cache_stats()["default_ttl"]
30
"""

from __future__ import annotations

from typing import Any, Final

from tfm.path.sessions import current_session
from tfm.storage.lease import Change, PrefixChange
from tfm.storage.listing_cache import ListingSpace

__all__ = ["S3Cache", "clear_s3_cache", "configure_s3_cache", "get_s3_cache", "get_s3_cache_stats"]

_SCHEME: Final = "s3"


def configure_s3_cache(
    *, ttl: float | None = None, max_entries: int | None = None, max_bytes: int | None = None
) -> None:
    """Change what is named, and nothing else: the TTL in seconds (0 caches nothing), the most listings and answers, the
    most bytes. What is over a new bound goes at once. ValueError for a negative number."""
    for name, value in (("ttl", ttl), ("max_entries", max_entries), ("max_bytes", max_bytes)):
        if value is not None and not value >= 0:
            raise ValueError(f"{name} must be 0 or more, not {value!r}")
    session = current_session()
    if ttl is not None:
        session.cache.terms(_SCHEME, ttl).ttl = ttl
    session.cache.tier.resize(max_bytes=max_bytes, max_entries=max_entries)


def get_s3_cache() -> S3Cache:
    """The S3 cache of this process's session."""
    return S3Cache()


def clear_s3_cache() -> None:
    """Forget every S3 listing and answer; the next look asks again. The statistics go on."""
    get_s3_cache().clear()


def get_s3_cache_stats() -> dict[str, Any]:
    """As :meth:`S3Cache.get_stats`."""
    return get_s3_cache().get_stats()


class S3Cache:
    """A handle on the cache, not a cache: any number of them are the same."""

    def get_stats(self) -> dict[str, Any]:  # numbers of two kinds, and one dict: the documented shape
        """Figures of this moment.

        ``total_entries`` (listings and answers that are held), ``expired_entries`` (of these, too old to be believed),
        ``max_entries``, ``max_bytes``, ``bytes``, ``default_ttl`` (seconds), ``hits``, ``misses``, ``hit_rate`` (0.0 to
        1.0), ``evictions``, and ``requests``, a dict of how many were sent, by operation.
        """
        session = current_session()
        cache = session.cache
        held = cache.entries(_SCHEME)
        return {
            "total_entries": len(held),
            "expired_entries": sum(not fresh for _, fresh in held),
            "max_entries": cache.tier.max_entries,
            "max_bytes": cache.tier.max_bytes,
            "bytes": cache.tier.size_bytes,
            "default_ttl": cache.terms(_SCHEME, session.settings.cache_ttl(_SCHEME)).ttl,
            "hits": cache.hits.hits,
            "misses": cache.hits.misses,
            "hit_rate": cache.hits.hit_rate,
            "evictions": cache.tier.evictions,
            "requests": session.meter.snapshot(),
        }

    def invalidate_bucket(self, bucket: str) -> None:
        """Forget everything about one bucket, and the list of buckets."""
        for space in self._spaces(bucket):
            space.change(Change("", below=True))
        for space in self._spaces(""):
            space.change(Change(f"{bucket}/", below=False))

    def invalidate_prefix(self, bucket: str, prefix: str) -> None:
        """Forget what is known about every key that begins with ``prefix``."""
        for space in self._spaces(bucket):
            space.change(PrefixChange(prefix))

    def invalidate_key(self, bucket: str, key: str) -> None:
        """Forget what is known about one key, as object and as directory, and about the directories above it."""
        for space in self._spaces(bucket):
            space.change(Change(f"{key.removesuffix('/')}/" if key else "", below=False))

    def clear(self) -> None:
        """Forget everything."""
        for space in current_session().cache.spaces(_SCHEME):
            space.change(Change("", below=True))

    @staticmethod
    def _spaces(bucket: str) -> list[ListingSpace]:
        return current_session().cache.spaces(_SCHEME, bucket)
