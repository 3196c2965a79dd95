"""What a session's requests cost so far, or those of one piece of work: estimates, at the prices of tfm.core.prices."""

from __future__ import annotations

from typing import NamedTuple

from tfm.core.errors import SettingsError
from tfm.core.location import StorageAddress
from tfm.core.prices import Prices, prices_of
from tfm.storage.metering import Tally, Usage
from tfm.storage.session import Session

__all__ = ["SpentOn", "Tally", "session_dollars", "spending"]


class SpentOn(NamedTuple):
    """One storage's part. ``storage`` None: nobody knows whom they asked. ``dollars`` of its requests, as of the
    standard class, and ``traffic_dollars`` of its bytes if they go out to the internet; both None without prices."""

    storage: StorageAddress | None
    usage: Usage
    prices: Prices | None
    dollars: float | None
    traffic_dollars: float | None


def spending(session: Session, tally: Tally | None = None) -> list[SpentOn]:
    """By storage, what was asked most first: of all the session, or of ``tally``. No request."""
    usage = session.meter.usage() if tally is None else tally.usage()
    spent = [_spent(session, address, used) for address, used in usage.items()]
    return sorted(spent, key=lambda each: -each.usage.requests)


def session_dollars(session: Session) -> float | None:
    """What all requests cost; None where nothing that was asked has prices."""
    known = [each.dollars for each in spending(session) if each.dollars is not None]
    return sum(known) if known else None


def _spent(session: Session, address: StorageAddress | None, usage: Usage) -> SpentOn:
    prices = None if address is None else _prices(session, address)
    if prices is None:
        return SpentOn(address, usage, None, None, None)
    dollars = sum(prices.request(operation, count) for operation, count in usage.operations.items())
    return SpentOn(address, usage, prices, dollars, prices.traffic_out(usage.received_bytes))


def _prices(session: Session, address: StorageAddress) -> Prices | None:
    name = session.storage(address).price_list()
    try:
        return prices_of(name, session.settings)
    except SettingsError:  # told at the start; what is left of the list holds
        return prices_of(name, type(session.settings)())
