"""What was asked when something went wrong, from which its error is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tfm.backends.s3.redaction import redacted
from tfm.core.errors import StorageError
from tfm.core.writing import Precondition

__all__ = ["Asked", "shown_text", "shown_url"]

_MESSAGE_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """The question and its circumstances. ``operation`` is tfm's word for it (list, stat, read, write, copy, delete,
    mkdir, rmdir)."""

    operation: str
    bucket: str = ""
    key: str = ""
    profile: str | None = None
    endpoint_url: str = ""
    anonymous: bool = False
    requester_pays: bool = False
    known_profiles: tuple[str, ...] = ()
    only_if: Precondition | None = None

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}" if self.bucket else "s3://"

    @property
    def object_key(self) -> str:
        """The key if an object was asked for; a listing's prefix is none."""
        return "" if self.operation == "list" else self.key

    @property
    def who(self) -> str:
        if self.anonymous:
            return "anonymous requests"
        return "the default profile" if self.profile is None else f"profile {self.profile}"

    @property
    def server(self) -> str:
        return shown_url(self.endpoint_url) or "S3"

    def error(
        self, kind: type[StorageError], cause: str, next_step: str = "", *, retry_after_seconds: float | None = None
    ) -> StorageError:
        """An error about this question."""
        return kind(
            cause,
            next_step=next_step,
            uri=self.uri,
            operation=self.operation,
            retry_after_seconds=retry_after_seconds,
        )


def shown_url(url: str) -> str:
    """A URL as far as it may be shown: without user, password, path and query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}" if host else ""


def shown_text(text: str) -> str:
    """Foreign text on one line, redacted, at most 300 characters."""
    line = redacted(" ".join(text.split()))
    line = "".join(each for each in line if each.isprintable())
    return line if len(line) <= _MESSAGE_LENGTH else line[:_MESSAGE_LENGTH] + "…"
