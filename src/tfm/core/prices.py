"""What requests and traffic cost, by provider: list prices, so each sum made of them is an estimate.

This is the only place where prices stand. ``PRICES`` in the settings overrides them, and gives some to a server that
has none here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import Final

from tfm.core.errors import SettingsError
from tfm.core.settings import Settings

__all__ = ["PRICE_LISTS", "ClassPrices", "Prices", "RequestKind", "kind_of_request", "price_complaints", "prices_of"]

_GIGABYTE: Final = 10**9


class RequestKind(StrEnum):
    """What is charged alike. A delete costs nothing at any of the providers below."""

    WRITE = "write"
    """PUT, COPY, POST and LIST."""

    READ = "read"
    """GET, HEAD and whatever else only asks."""

    DELETE = "delete"


_READS: Final = ("Get", "Head")
_DELETES: Final = ("Delete", "Abort")


def kind_of_request(operation: str) -> RequestKind:
    """By the provider's name of the operation (``ListObjectsV2``), or HTTP's (``GET``)."""
    name = operation.capitalize() if operation.isupper() else operation
    if name.startswith(_DELETES):
        return RequestKind.DELETE
    return RequestKind.READ if name.startswith(_READS) else RequestKind.WRITE


@dataclass(frozen=True, slots=True)
class ClassPrices:
    """US dollars: for a thousand requests of each kind, and for a gigabyte (10^9 bytes) that is read of the class."""

    write: float = 0.0
    read: float = 0.0
    delete: float = 0.0
    retrieval: float = 0.0

    def dollars(self, kind: RequestKind, count: int = 1) -> float:
        thousand = {RequestKind.WRITE: self.write, RequestKind.READ: self.read, RequestKind.DELETE: self.delete}[kind]
        return thousand / 1000 * count


@dataclass(frozen=True, slots=True)
class Prices:
    """A provider's. ``source`` and ``as_of`` say where they are from. ``traffic`` is what a gigabyte costs that goes
    out to the internet; ``classes`` has the storage classes that cost something else than ``usual``."""

    name: str
    source: str
    as_of: str
    usual: ClassPrices
    traffic: float = 0.0
    classes: Mapping[str, ClassPrices] = field(default_factory=dict)

    def of_class(self, storage_class: str | None) -> ClassPrices:
        return self.classes.get(storage_class or "", self.usual)

    def request(self, operation: str, count: int = 1, *, storage_class: str | None = None) -> float:
        return self.of_class(storage_class).dollars(kind_of_request(operation), count)

    def retrieval(self, size_bytes: int, storage_class: str | None) -> float:
        """What reading so many bytes costs because of their class."""
        return self.of_class(storage_class).retrieval * size_bytes / _GIGABYTE

    def traffic_out(self, size_bytes: int) -> float:
        """What so many bytes cost that leave the provider's network."""
        return self.traffic * size_bytes / _GIGABYTE


_INFREQUENT: Final = ClassPrices(write=0.01, read=0.001, retrieval=0.01)

PRICE_LISTS: Final[Mapping[str, Prices]] = {
    # us-east-1, the cheapest of its regions; traffic at the first tier, behind the free 100 GB a month.
    "aws": Prices(
        "aws",
        "https://aws.amazon.com/s3/pricing/",
        "2025",
        ClassPrices(write=0.005, read=0.0004),
        traffic=0.09,
        classes={
            "STANDARD_IA": _INFREQUENT,
            "ONEZONE_IA": _INFREQUENT,
            "GLACIER_IR": ClassPrices(write=0.02, read=0.01, retrieval=0.03),
            "GLACIER": ClassPrices(write=0.03, read=0.0004),
            "DEEP_ARCHIVE": ClassPrices(write=0.05, read=0.0004),
        },
    ),
    # Class A and B operations; behind the free tier.
    "r2": Prices(
        "r2",
        "https://developers.cloudflare.com/r2/pricing/",
        "2025",
        ClassPrices(write=0.0045, read=0.00036),
        classes={"STANDARD_IA": ClassPrices(write=0.009, read=0.0009, retrieval=0.01)},
    ),
}

_KINDS: Final = ("write", "read", "delete", "retrieval", "traffic")


def prices_of(name: str | None, settings: Settings) -> Prices | None:
    """The prices of that list, with what the user says over them; None where nobody knows any.

    ``name`` is what :meth:`Backend.price_list` says: a list above, or a server's host. Raises SettingsError, in a line
    that names the file and the line in it, for a row of PRICES that cannot be read.
    """
    if name is None:
        return None
    prices = PRICE_LISTS.get(name)
    for row, text in settings.prices:
        words = row.split()
        if words[:1] != [name]:
            continue
        prices = prices or Prices(name, "PRICES in the settings", "", ClassPrices())
        prices = _overridden(prices, row, text, settings.origin("PRICES", row))
    return prices


def price_complaints(settings: Settings) -> list[str]:
    """What is wrong with rows of PRICES, each in a line that names file and line."""
    complaints = []
    for name in dict.fromkeys(row.split()[0] if row.split() else row for row, _text in settings.prices):
        try:
            prices_of(name, settings)
        except SettingsError as error:
            complaints.append(str(error))
    return complaints


def _overridden(prices: Prices, row: str, text: str, where: str) -> Prices:
    words, dollars = row.split(), _dollars(row, text, where)
    kind = words[-1]
    if len(words) not in (2, 3) or kind not in _KINDS or (kind == "traffic" and len(words) == 3):
        raise SettingsError(
            f"{where}: PRICES[{row!r}] must be named like 'aws write', 'aws STANDARD_IA read' or 'HOST traffic'; the "
            f"kinds are {', '.join(_KINDS)}."
        )
    prices = replace(prices, source=f"{prices.source}, and {where}" if where not in prices.source else prices.source)
    if kind == "traffic":
        return replace(prices, traffic=dollars)
    if len(words) == 2:
        return replace(prices, usual=replace(prices.usual, **{kind: dollars}))
    changed = replace(prices.of_class(words[1]), **{kind: dollars})
    return replace(prices, classes={**prices.classes, words[1]: changed})


def _dollars(row: str, text: str, where: str) -> float:
    try:
        dollars = float(text)
    except ValueError:
        dollars = -1.0
    if not isfinite(dollars) or dollars < 0:
        raise SettingsError(f"{where}: PRICES[{row!r}] must be dollars, like '0.005', not {text!r}.")
    return dollars
