"""Which provider's prices hold for an endpoint."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

__all__ = ["price_list_of"]

_BY_HOST: Final = ((".amazonaws.com", "aws"), (".amazonaws.com.cn", "aws"), (".r2.cloudflarestorage.com", "r2"))


def price_list_of(endpoint_url: str) -> str | None:
    """The name of the list, or the host with its port: a user may have given that a price. None where there is no
    endpoint yet."""
    try:
        parts = urlsplit(endpoint_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    named = next((name for ending, name in _BY_HOST if host.endswith(ending)), None)
    return named or (f"{host}:{port}" if port else host)
