"""What ``tfm doctor`` found out about S3 servers, kept from one session to the next in the user's state directory."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from platformdirs import user_state_dir

from tfm.backends.s3.asked import shown_url
from tfm.core.writing import Condition

__all__ = ["KnownServers"]

_FILE: Final = "s3-servers.json"
_LOGGER: Final = logging.getLogger("tfm.s3")

# What a JSON file holds may be anything; Any stands for it throughout this module.


class KnownServers:
    """Reads the file when it is first asked, and writes it when something is recorded. Thread-safe.

    The file maps endpoint URLs, of which only scheme, host and port are kept, to ``{"conditions": [...], "server": the
    Server header, "found_at": ISO 8601}``. A file that cannot be used is as good as none, and said once in the log.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._found: dict[str, Any] | None = None

    def conditions(self, endpoint_url: str) -> frozenset[Condition] | None:
        """The conditions that this server was found to enforce; None where nobody has tried."""
        with self._lock:
            found = self._read().get(shown_url(endpoint_url))
        names = found.get("conditions") if isinstance(found, Mapping) else None
        if not isinstance(names, list):
            return None
        return frozenset(each for each in Condition if each in names)

    def record(self, endpoint_url: str, conditions: Iterable[Condition], *, server: str, found_at: datetime) -> None:
        """Keep what was found, in place of what was known of that server. Raises OSError where it cannot be written."""
        with self._lock:
            found = dict(self._read())
            found[shown_url(endpoint_url)] = {
                "conditions": sorted(conditions),
                "server": server,
                "found_at": found_at.isoformat(),
            }
            self._write(found)
            self._found = found

    def path(self) -> str:
        """Where it is kept."""
        return os.path.join(self._directory or user_state_dir("tfm"), _FILE)

    def _read(self) -> dict[str, Any]:
        if self._found is None:
            path = self.path()
            try:
                self._found = _read_own(path)
            except FileNotFoundError:
                self._found = {}
            except (OSError, ValueError) as error:
                _LOGGER.warning("%s cannot be used: %s. Run tfm doctor to write it anew.", path, error)
                self._found = {}
        return self._found

    def _write(self, found: Mapping[str, Any]) -> None:
        path = self.path()
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{_FILE}.", dir=os.path.dirname(path))  # with mode 0600
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(found, file, indent=2, sort_keys=True)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def _read_own(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        if os.fstat(file.fileno()).st_uid != os.geteuid():
            # Whoever writes it decides what may be overwritten without a look.
            raise PermissionError("it belongs to another user")
        value = json.load(file)
    if not isinstance(value, dict):
        raise ValueError("it holds no table of servers")  # noqa: TRY004 - the file's content is wrong, not a type
    return value
