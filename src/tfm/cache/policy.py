"""How old an answer may be: the storage's TTL, unless the block of code says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Final, Literal

__all__ = ["NEGATIVE_SECONDS", "allowed_age", "cache_policy", "fixed_age", "is_offline", "negative_age"]

NEGATIVE_SECONDS: Final = 10.0
""""Not there" is believed for this long at most: something new should not stay invisible for a whole TTL."""

_age: ContextVar[float | None] = ContextVar("tfm_cache_age", default=None)


@contextmanager
def cache_policy(*, ttl: float | Literal["offline"]) -> Iterator[None]:
    """Within the block, cached answers up to ``ttl`` seconds old are believed; 0 asks every time.

    ``"offline"`` believes whatever the cache holds, however old, and asks nothing: a listing or an answer that it does
    not hold raises NetworkError (bytes are still read from the storage). Holds for the code of the block in this thread
    and in asyncio tasks started from it, not for other threads. Raises ValueError for a negative ``ttl``.
    """
    age = inf if ttl == "offline" else float(ttl)
    if not age >= 0:
        raise ValueError(f"ttl must be a number of seconds, 0 or more, or 'offline', not {ttl!r}")
    token = _age.set(age)
    try:
        yield
    finally:
        _age.reset(token)


fixed_age: Final = _age.get
"""What :func:`cache_policy` set in this context, in seconds, or None. The context variable's own method: a listed path
asks it each time, within a microsecond."""


def allowed_age(ttl: float) -> float:
    """The age in seconds up to which an answer is fresh, for a storage whose own TTL is ``ttl``."""
    age = _age.get()
    return ttl if age is None else age


def negative_age(ttl: float) -> float:
    """As :func:`allowed_age`, for the answer that nothing is there."""
    age = allowed_age(ttl)
    return age if age == inf else min(age, NEGATIVE_SECONDS)


def is_offline() -> bool:
    """Whether the block of code wants no question asked that the cache cannot answer."""
    return _age.get() == inf
