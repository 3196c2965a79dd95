"""From text that somebody types to the place that it names, and to where that is listed."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError
from tfm.core.location import Location, StorageAddress
from tfm.core.uri import LOCAL_SCHEME, SplitAddress, disk_path, split_address
from tfm.storage.session import Session

__all__ = ["PlaceReader", "TypedPlace", "absolute_text"]

_DIRECTORY_ENDINGS: Final = ("/", "/.", "/..")


@dataclass(frozen=True, slots=True)
class TypedPlace:
    """A text taken apart where its last name begins: ``before`` is the text up to there, ``begun`` the rest, the
    beginning of a name or all of it, and ``directory`` the place that ``before`` names."""

    before: str
    begun: str
    directory: Location


class PlaceReader:
    """Reads texts as somebody means them who looks at ``here``: a URI, a path that begins with ``/`` or ``~``, or else
    what is below ``here``. A URI has the profile of the first of ``known`` that has its scheme, then of ``here``; where
    none has, the default one. No request."""

    def __init__(self, session: Session, here: Location, known: Sequence[Location] = ()) -> None:
        self.here: Final = here
        self._session = session
        self._known = (*known, here)

    def location(self, text: str) -> Location:
        """What ``text`` names; a directory where it says so by its end. Raises InvalidPathError for what names
        nothing."""
        if not text:
            raise InvalidPathError("Nothing is typed.", next_step="Type a path or a URI.", operation="read")
        address = self._address(text)
        if address is not None and address.scheme != LOCAL_SCHEME:
            key = address.rest or ""
            return Location(self._storage(text, address, address.authority), key, _kind(key))
        if address is None and not self._is_local(text):
            return replace(self.here, key=self.here.key + text, kind=_kind(text))
        says_directory = text.endswith(_DIRECTORY_ENDINGS) or text in {".", "..", "~"}
        path = self._on_disk(text if address is None else disk_path(address))
        return _on_disk_as(path, Kind.DIRECTORY if says_directory else Kind.FILE)

    def take_apart(self, text: str) -> TypedPlace | None:
        """Where what ``text`` names would be listed; None where nothing lists it, as users after a ``~``. Raises as
        :meth:`location`."""
        address = self._address(text)
        if address is not None:
            return self._of_uri(text, address)
        before, begun = _at_last_slash(text)
        if not self._is_local(text):
            return TypedPlace(before, begun, replace(self.here, key=self.here.key + before, kind=Kind.DIRECTORY))
        return None if begun.startswith("~") and not before else self._listed_on_disk(before, begun, before)

    def names(self, text: str, location: Location) -> bool:
        """Whether ``text`` would be read as that place."""
        try:
            meant = self.location(text)
        except InvalidPathError:
            return False
        return (meant.storage, meant.key) == (location.storage, location.key)

    def profile(self, scheme: str) -> str | None:
        """The one that a URI of that scheme is read under."""
        return next((each.storage.profile for each in self._known if each.storage.scheme == scheme), None)

    def _of_uri(self, text: str, address: SplitAddress) -> TypedPlace | None:
        if address.rest is None:
            top = Location(self._storage(text, address, ""), "", Kind.DIRECTORY)
            before = text.removesuffix(address.authority)
            return None if address.scheme == LOCAL_SCHEME else TypedPlace(before, address.authority, top)
        above, begun = _at_last_slash(address.rest)
        before = text.removesuffix(begun)
        if address.scheme == LOCAL_SCHEME:
            return self._listed_on_disk(before, begun, disk_path(address._replace(rest=above)))
        return TypedPlace(
            before, begun, Location(self._storage(text, address, address.authority), above, Kind.DIRECTORY)
        )

    def _storage(self, text: str, address: SplitAddress, authority: str) -> StorageAddress:
        is_uri = split_address(text) is not None
        profile = self.profile(address.scheme) if is_uri else self.here.storage.profile
        return StorageAddress(address.scheme, authority, profile)

    def _listed_on_disk(self, before: str, begun: str, above: str) -> TypedPlace:
        return TypedPlace(before, begun, _on_disk_as(self._on_disk(above), Kind.DIRECTORY))

    def _address(self, text: str) -> SplitAddress | None:
        """The parts of a URI; below a list of storages (buckets) the first name is one of those."""
        address = split_address(text)
        here = self.here.storage
        if address is not None or here.authority or _begins_on_disk(text):
            return address
        if Capability.LIST_ROOTS not in self._session.storage(here).capabilities:
            return None
        authority, slash, rest = text.partition("/")
        return SplitAddress(here.scheme, authority, rest if slash else None)

    def _on_disk(self, text: str) -> str:
        path = os.path.expanduser(text) if _begins_on_disk(text) else posixpath.join(self.here.key, text)
        return f"/{posixpath.normpath(path).lstrip('/')}"

    def _is_local(self, text: str) -> bool:
        if _begins_on_disk(text):
            return True
        return Capability.LOCAL_PATHS in self._session.storage(self.here.storage).capabilities


def absolute_text(location: Location) -> str:
    """A text that names the place from everywhere, save its profile."""
    address = location.storage
    if address.scheme == LOCAL_SCHEME:
        return location.key
    return f"{address.scheme}://{address.authority}/{location.key}" if address.authority else f"{address.scheme}://"


def _begins_on_disk(text: str) -> bool:
    return text.startswith(("/", "~"))


def _at_last_slash(text: str) -> tuple[str, str]:
    at = text.rfind("/") + 1
    return text[:at], text[at:]


def _kind(key: str) -> Kind:
    return Kind.DIRECTORY if not key or key.endswith("/") else Kind.FILE


def _on_disk_as(path: str, kind: Kind) -> Location:
    key = f"{path}/" if kind is Kind.DIRECTORY and path != "/" else path
    return Location(StorageAddress(LOCAL_SCHEME), key, kind)
