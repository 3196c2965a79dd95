"""What a session learns of S3 servers by the way, from answers that it got anyway."""

from __future__ import annotations

import threading
from typing import Any

from tfm.core.writing import Condition

__all__ = ["Servers"]

# botocore has no types; Any stands for its values throughout this module.


class Servers:
    """Remembers, by endpoint URL, how each server names itself and what it has refused. Thread-safe."""

    def __init__(self) -> None:
        self.changes = 0
        """How often something was learned by which conditions are chosen."""
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._refused: set[tuple[str, Condition]] = set()
        self._without_whole_checksums: set[str] = set()

    def watch(self, client: Any) -> None:
        """Take note of the ``Server`` header of that client's answers, errors included."""
        endpoint_url = str(client.meta.endpoint_url)

        def answered(http_response: Any, **_: Any) -> None:
            self.note_name(endpoint_url, http_response.headers.get("Server"))

        client.meta.events.register("after-call.s3", answered)

    def note_name(self, endpoint_url: str, name: str | None) -> None:
        """An answer from there had that ``Server`` header."""
        if name and self._names.get(endpoint_url) != name:
            with self._lock:
                self._names[endpoint_url] = name
                self.changes += 1

    def name(self, endpoint_url: str) -> str:
        """The last ``Server`` header from there; empty before there was one."""
        with self._lock:
            return self._names.get(endpoint_url, "")

    def note_refused(self, endpoint_url: str, condition: Condition) -> None:
        """The server took a write only without that condition."""
        with self._lock:
            self._refused.add((endpoint_url, condition))
            self.changes += 1

    def has_refused(self, endpoint_url: str, condition: Condition) -> bool:
        with self._lock:
            return (endpoint_url, condition) in self._refused

    def note_no_whole_checksums(self, endpoint_url: str) -> None:
        """The server began an upload in parts only when no checksum of the whole was spoken of."""
        with self._lock:
            self._without_whole_checksums.add(endpoint_url)

    def takes_whole_checksums(self, endpoint_url: str) -> bool:
        """Whether a checksum of the whole may be sent at the end of an upload in parts: yes, unless it was refused."""
        with self._lock:
            return endpoint_url not in self._without_whole_checksums
