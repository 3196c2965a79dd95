"""What a measured tool is asked to do, and how it is found."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sized
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

__all__ = ["Client", "made_client", "reason_missing", "version_of"]

_OLDEST: Final = {"s3fs": 2025}
"""The major version below which a package is another library of the same name: s3fs 0.4 is of 2020."""


class Client(Protocol):
    """A tool, pointed at a server by AWS's own environment variables. Values are held as the tool gives them."""

    def list_all(self, bucket: str) -> Any:
        """Every entry of the bucket, all levels; whatever the tool makes of it, to be held on to."""

    def rows(self, held: Any) -> Iterator[tuple[str, int]]:
        """Key and size in bytes of everything in ``held``."""

    def count(self, held: Any) -> int:
        """How many entries ``held`` has; costs next to nothing."""

    def pages(self, bucket: str, prefix: str) -> Iterator[Sized]:
        """The entries of one directory, in the portions in which the tool gives them."""

    def draw(self, bucket: str, prefix: str) -> list[tuple[str, bool, int]]:
        """Name, whether it is a directory, and size in bytes of each entry of one directory, each row asked as a
        user of the tool would ask it."""

    def held_bytes(self) -> int | None:
        """What the tool itself says that its last listing weighs, if it says anything."""


def reason_missing(name: str) -> str | None:
    """Why the tool of that name cannot be measured here; None if it can be. Tools are named as their packages are."""
    found = version_of(name)
    if found is None or importlib.util.find_spec(name) is None:
        return "not installed"
    if int(found.partition(".")[0]) < _OLDEST.get(name, 0):
        return f"{found} is too old"
    return None


def version_of(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def made_client(name: str) -> Client:
    """The client of that name; imports its tool."""
    module = importlib.import_module(f"benchmarks.clients.{name}_client")
    client: Client = module.make()
    return client
