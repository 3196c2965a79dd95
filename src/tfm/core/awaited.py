"""An answer that is on its way, and how to see that it came without waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["Awaited"]

Told = TypeVar("Told")
More = TypeVar("More")


class Awaited(Generic[Told]):
    """Called once, it waits for the answer and gives it, or raises what the ordinary call would.

    ``descriptor`` is readable, for select or poll, when the answer begins to come; None where there is nothing to wait
    for, or nobody can tell. It may seem to come too early (TLS has more to say than answers): the call waits then.
    """

    __slots__ = ("_take", "descriptor")

    def __init__(self, take: Callable[[], Told], descriptor: int | None = None) -> None:
        self._take = take
        self.descriptor: Final = descriptor

    def __call__(self) -> Told:
        return self._take()

    def then(self, take: Callable[[], More]) -> Awaited[More]:
        """The same answer with more made of it by ``take``, which is what calls this one."""
        return Awaited(take, self.descriptor)
