"""Where one could go from anywhere: what this machine has mounted, the storages by profile, hosts of ssh."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.uri import LOCAL_SCHEME
from tfm.operations.disk_facts import free_bytes_of
from tfm.operations.mounts import Mount, mounts
from tfm.operations.ssh_hosts import ssh_hosts
from tfm.storage.session import Session

__all__ = ["KnownPlace", "KnownPlaces", "PlaceGroup", "PlaceKind", "home_place", "local_directory"]

_SSH_SCHEME: Final = "sftp"
_SSH_CONFIG: Final = "~/.ssh/config"


class PlaceKind(StrEnum):
    """What a group of places is, in the order in which they are shown."""

    MACHINE = "This machine"
    STORAGES = "Storages"
    HOSTS = "Hosts"


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """``note`` is what the configuration says of it; ``free_bytes`` is None where nobody knows, or nobody answered."""

    location: Location
    note: str = ""
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """``errors`` are the causes why some of them may be missing, each with its next step."""

    kind: PlaceKind
    places: tuple[KnownPlace, ...]
    errors: tuple[str, ...] = ()


def local_directory(path: str) -> Location:
    """The directory of that absolute path."""
    return Location(StorageAddress(LOCAL_SCHEME), path if path.endswith("/") else f"{path}/", Kind.DIRECTORY)


def home_place() -> KnownPlace:
    return KnownPlace(local_directory(os.path.expanduser("~")), "home")


class KnownPlaces:
    """Finds them in threads of their own, and tells of all that are known whenever there are more: ``deliver`` is
    called in those threads with every group so far, and is short. Nothing is asked of any server.

    A mount on a dead server has no free space told, and holds up nobody.
    """

    def __init__(
        self,
        session: Session,
        deliver: Callable[[Sequence[PlaceGroup]], None],
        *,
        table: Callable[[], Sequence[Mount]] | None = None,
        free_bytes: Callable[[str], int | None] | None = None,
    ) -> None:
        self._session = session
        self._deliver = deliver
        self._table = table or mounts
        self._free_bytes = free_bytes or free_bytes_of
        self._lock = threading.Lock()
        self._groups = {PlaceKind.MACHINE: PlaceGroup(PlaceKind.MACHINE, (home_place(),))}
        self._free: dict[Location, int] = {}
        self._stopped = False

    def begin(self) -> None:
        """Returns at once."""
        for look in (self._look_at_machine, self._look_at_storages, self._look_at_hosts):
            # Daemons: none of them holds up quitting.
            threading.Thread(target=look, name="tfm-places", daemon=True).start()

    def stop(self) -> None:
        """Tell of nothing any more."""
        with self._lock:
            self._stopped = True

    # What follows runs in threads

    def _tell(self, group: PlaceGroup | None = None) -> None:
        with self._lock:
            if group is not None:
                self._groups[group.kind] = group
            if not self._stopped:
                self._deliver([self._with_facts(self._groups[kind]) for kind in PlaceKind if kind in self._groups])

    def _with_facts(self, group: PlaceGroup) -> PlaceGroup:
        known = (replace(place, free_bytes=self._free.get(place.location)) for place in group.places)
        return replace(group, places=tuple(known))

    def _look_at_machine(self) -> None:
        errors: tuple[str, ...] = ()
        found: list[Mount] = []
        try:
            found = [mount for mount in self._table() if mount.is_place]
        except OSError as error:
            errors = (f"The table of mounts cannot be read: {error.strerror}.",)
        places = [home_place(), *map(_mounted, found)]
        self._tell(PlaceGroup(PlaceKind.MACHINE, tuple(places), errors))
        for mount in found:
            # Each in a thread of its own: one that hangs is late alone.
            threading.Thread(target=self._ask, args=(mount,), name="tfm-free-space", daemon=True).start()

    def _ask(self, mount: Mount) -> None:
        free = self._free_bytes(mount.directory)
        if free is not None:
            with self._lock:
                self._free[local_directory(mount.directory)] = free
            self._tell()

    def _look_at_storages(self) -> None:
        places: list[KnownPlace] = []
        errors: list[str] = []
        for scheme in self._session.registry.schemes():
            try:
                roots = self._session.registry.roots(scheme)
            except StorageError as error:
                errors.append(f"{scheme}://: {error.cause} {error.next_step or ''}".strip())
                continue
            except Exception as error:  # noqa: BLE001 - the thread's boundary, and a third party's code: it is shown
                errors.append(f"{scheme}:// failed: {type(error).__name__}: {error}")
                continue
            for root in roots:
                places.append(KnownPlace(Location(root.address, "", Kind.DIRECTORY), root.note))
                places += self._listed_below(root.address)
        self._tell(PlaceGroup(PlaceKind.STORAGES, tuple(places), tuple(errors)))

    def _listed_below(self, address: StorageAddress) -> list[KnownPlace]:
        """The storages below that one, if it was listed in this session; no request."""
        opened = [storage for storage in self._session.storages() if storage.address == address]
        for storage in opened:
            held = storage.peek("") if Capability.LIST_ROOTS in storage.capabilities else None
            if held is not None:
                below = [replace(address, authority=entry.name) for entry in held.listing]
                return [KnownPlace(Location(each, "", Kind.DIRECTORY)) for each in below]
        return []

    def _look_at_hosts(self) -> None:
        if _SSH_SCHEME not in self._session.registry.schemes():
            return  # nothing here goes there
        hosts: list[str] = []
        errors: tuple[str, ...] = ()
        try:
            hosts = ssh_hosts(os.path.expanduser(_SSH_CONFIG))
        except OSError as error:
            errors = (f"{_SSH_CONFIG} cannot be read: {error.strerror}.",)
        places = [KnownPlace(Location(StorageAddress(_SSH_SCHEME, host), "", Kind.DIRECTORY)) for host in hosts]
        self._tell(PlaceGroup(PlaceKind.HOSTS, tuple(places), errors))


def _mounted(mount: Mount) -> KnownPlace:
    note = f"{mount.kind} {mount.source}" if mount.is_network else mount.kind
    return KnownPlace(local_directory(mount.directory), note)
