"""Signature Version 4 as S3 wants it, for requests that are put together here.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. botocore's own takes a fifth of a
millisecond, most of it for asking headers in any form; here they come as a dict of lower-case names, and the key of a
day is derived once.
"""

from __future__ import annotations

import hmac
import time
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

__all__ = ["EMPTY_SHA256", "UNSIGNED_PAYLOAD", "Scope", "Signer"]

EMPTY_SHA256: Final = sha256(b"").hexdigest()
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_MOST_KEYS: Final = 64


@lru_cache(maxsize=4)
def _moment(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def _trimmed(value: str) -> str:
    return " ".join(value.split())


class Scope(NamedTuple):
    """What a signature is good for, beside its day."""

    region: str
    service: str


class Signer:
    """Signs requests; keeps the derived keys of the day. Thread-safe."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str, Scope], bytes] = {}

    def sign(
        self, method: str, path: str, query: str, headers: dict[str, str], payload: str,
        *, scope: Scope, access_key: str, secret_key: str, token: str | None,
    ) -> None:  # fmt: skip
        """Add the date, the payload's digest, the session's token and the signature to ``headers``, all signed.

        ``path`` and ``query`` are as sent, the query sorted by name; ``headers`` have lower-case names, ``host``
        among them.
        """
        moment = _moment(int(time.time()))
        day = moment[:8]
        headers["x-amz-date"] = moment
        headers["x-amz-content-sha256"] = payload
        if token:
            headers["x-amz-security-token"] = token
        names = sorted(headers)
        canonical = "".join(
            [f"{name}:{_trimmed(value) if ' ' in (value := headers[name]) else value}\n" for name in names]
        )
        signed = ";".join(names)
        request = f"{method}\n{path}\n{query}\n{canonical}\n{signed}\n{payload}"
        credential = f"{day}/{scope.region}/{scope.service}/aws4_request"
        digest = sha256(request.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{credential}\n{digest}"
        signature = hmac.digest(self._key(secret_key, day, scope), text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={access_key}/{credential}, SignedHeaders={signed}, Signature={signature}"
        )

    def _key(self, secret_key: str, day: str, scope: Scope) -> bytes:
        known = self._keys.get((secret_key, day, scope))
        if known is not None:
            return known
        key = f"AWS4{secret_key}".encode()
        for part in (day, scope.region, scope.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        if len(self._keys) >= _MOST_KEYS:
            # Of days that are over, and of sessions that have been renewed since.
            self._keys = {}
        self._keys[secret_key, day, scope] = key
        return key
