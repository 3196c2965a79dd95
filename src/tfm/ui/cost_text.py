"""Money and requests, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tfm.operations.cost import SpentOn, Tally, spending
from tfm.storage.session import Session
from tfm.ui.format import format_size
from tfm.ui.request_text import request_text

__all__ = ["cost_lines", "dollars_text", "meter_text", "spent_lines", "spent_shortly"]


def dollars_text(dollars: float) -> str:
    """``≈ $0.0012``: two digits that say something; an estimate."""
    if dollars >= 0.1:
        return f"≈ ${dollars:,.2f}"
    return f"≈ ${dollars:.2g}" if dollars >= 0.0001 else "≈ $0" if dollars == 0 else "below $0.0001"


def meter_text(requests: str, dollars: float | None, hits: int, misses: int) -> str:
    """``12 LIST 3 GET ≈ $0.0001 · cache 97 %``; the cache has its part once it has saved something."""
    cost = "" if dollars is None else f" {dollars_text(dollars)}"
    cache = f" · cache {100 * hits // (hits + misses)} %" if hits else ""
    return f"{requests}{cost}{cache}"


def spent_lines(session: Session, tally: Tally) -> list[str]:
    """What one piece of work asked, by kind, and what that cost; nothing where no request was sent."""
    spent = spending(session, tally)
    if not any(each.usage.requests for each in spent):
        return []
    line = f"Requests: {_kinds(spent)}{_dollars(spent)}"
    traffic = sum(each.traffic_dollars or 0.0 for each in spent)
    if traffic:
        line += f", and {dollars_text(traffic)} of traffic, unless this machine is in its region"
    return [line]


def spent_shortly(session: Session, tally: Tally) -> str:
    """``1,202 requests ≈ $0.0061``, or nothing."""
    spent = spending(session, tally)
    requests = sum(each.usage.requests for each in spent)
    return f"{requests:,} {'request' if requests == 1 else 'requests'}{_dollars(spent)}" if requests else ""


def _kinds(spent: Sequence[SpentOn]) -> str:
    operations: Counter[str] = Counter()
    for each in spent:
        operations.update(each.usage.operations)
    return request_text(operations)


def _dollars(spent: Sequence[SpentOn]) -> str:
    known = [each.dollars for each in spent if each.dollars is not None]
    return f" {dollars_text(sum(known))}" if known else ""


def cost_lines(session: Session) -> list[str]:
    """By storage and by operation: requests, bytes, cost; what the cache saved; where the prices are from."""
    spent = spending(session)
    lines: list[str] = []
    for each in spent:
        lines += [_storage_line(each), *_operation_lines(each), ""]
    hits, misses = session.cache.hits.hits, session.cache.hits.misses
    lines.append(f"The cache answered {hits:,} of {hits + misses:,} questions: so many requests, at least, were saved.")
    lists = {each.prices.name: each.prices for each in spent if each.prices is not None}
    for prices in lists.values():
        date = f", as of {prices.as_of}" if prices.as_of else ""
        lines.append(f"Prices of {prices.name}: {prices.source}{date}, without what is free each month.")
    lines.append("Requests are charged here as those of the standard class; headers and listings are not in the bytes.")
    if not lists:
        lines.append("Nothing that was asked has prices. PRICES in the settings gives it some.")
    return lines


def _storage_line(spent: SpentOn) -> str:
    where = "elsewhere" if spent.storage is None else f"{spent.storage.scheme}://{spent.storage.authority}"
    profile = f" ({spent.storage.profile})" if spent.storage is not None and spent.storage.profile else ""
    usage = spent.usage
    parts = [f"{usage.requests:,} {'request' if usage.requests == 1 else 'requests'}"]
    parts += [f"{format_size(usage.received_bytes)} received"] if usage.received_bytes else []
    parts += [f"{format_size(usage.sent_bytes)} sent"] if usage.sent_bytes else []
    if spent.dollars is not None:
        parts.append(dollars_text(spent.dollars))
    if spent.traffic_dollars:
        parts.append(f"and {dollars_text(spent.traffic_dollars)} of traffic, unless this machine is in its region")
    return f"{where}{profile}: {', '.join(parts)}"


def _operation_lines(spent: SpentOn) -> list[str]:
    lines = []
    for operation, count in sorted(spent.usage.operations.items(), key=lambda item: (-item[1], item[0])):
        prices = spent.prices
        cost = "" if prices is None else dollars_text(prices.request(operation, count))
        lines.append(f"  {operation:<26} {count:>10,}  {cost}".rstrip())
    return lines
