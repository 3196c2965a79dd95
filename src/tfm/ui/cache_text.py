"""What the listing cache holds, in words."""

from __future__ import annotations

from tfm.operations.cached import held_by_storage
from tfm.storage.session import Session
from tfm.ui.format import format_age, format_size

__all__ = ["cache_lines"]


def cache_lines(session: Session) -> list[str]:
    """The whole, then each storage's part, the largest first. No request."""
    tier, hits = session.cache.tier, session.cache.hits
    asked = hits.hits + hits.misses
    rate = f"{100 * hits.hits // asked} %" if asked else "nothing asked yet"
    used = f"{format_size(tier.size_bytes)} of {format_size(tier.max_bytes)} used"
    lines = [
        f"{used}, {len(tier):,} of {tier.max_entries:,} listings and answers held",
        f"{hits.hits:,} hits, {hits.misses:,} misses: {rate}",
        f"{tier.evictions:,} had to go for want of room",
        "",
    ]
    held = held_by_storage(session)
    for each in held:
        size, age = format_size(each.listing_bytes), format_age(each.oldest_seconds)
        where = f"{each.scheme}://{each.authority}"
        lines.append(f"{where}: {each.entries:,} held, {size} of listings, the oldest {age}")
    return lines if held else [*lines, "Nothing is held."]
