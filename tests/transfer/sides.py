"""Buckets of real servers and all that their objects say of themselves, written and read by botocore alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest

from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import Path
from tfm.backends.local.backend import _LocalBackend
from tfm.backends.s3.backend import S3Backend
from tfm.core.writing import UploadLimits
from tfm.transfer import parted

__all__ = ["ALL", "MTIME", "PART_BYTES", "Pair", "Said", "Server", "Side", "let_parts_be"]

Server = MotoServer | SeaweedServer

MTIME: Final = 1_234_567_890.25
PART_BYTES: Final = 5 << 20


@dataclass(frozen=True, slots=True)
class Said:
    """What an object says of itself; ``headers`` by botocore's names."""

    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    headers: Mapping[str, str] = field(default_factory=dict)

    def without_tags(self) -> Said:
        return replace(self, tags={})


ALL: Final = Said(
    "text/x-tfm",
    {"colour": "blue", "mtime": str(MTIME)},
    {"a": "1 + 2=\u00fc", "team": "a b", "nothing": ""},
    "STANDARD_IA",
    {"CacheControl": "no-cache", "ContentDisposition": "inline"},
)
"""All at once."""


class Side:
    """A bucket: ``client`` is botocore's, and ``profile`` that of the paths."""

    def __init__(self, client: Any, bucket: str, profile: str | None = None) -> None:  # botocore has no types
        self.client = client
        self.bucket = bucket
        self.profile = profile

    def path(self, key: str = "") -> Path:
        return Path(f"s3://{self.bucket}/{key}", profile=self.profile)

    def put(self, key: str, content: bytes, said: Said | None = None) -> None:
        """Without ``said`` the server has it all its own way."""
        parameters: dict[str, Any] = {}
        if said is not None:
            pairs = urlencode(said.tags, quote_via=quote)
            parameters = {
                "ContentType": said.content_type, "Metadata": dict(said.metadata),
                "StorageClass": said.storage_class, **said.headers, **({"Tagging": pairs} if pairs else {}),
            }  # fmt: skip
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **parameters)

    def said(self, key: str) -> Said:
        told = self.client.head_object(Bucket=self.bucket, Key=key)
        tags = self.client.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
        headers = {name: told[name] for name in ("CacheControl", "ContentDisposition") if told.get(name)}
        return Said(
            told["ContentType"],
            told["Metadata"],
            {each["Key"]: each["Value"] for each in tags},
            told.get("StorageClass", "STANDARD"),
            headers,
        )

    def holds(self, key: str, content: bytes) -> bool:
        """A bool: pytest takes hours to tell how two contents of megabytes differ."""
        return bool(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() == content)

    def modified(self, key: str) -> float:
        """When the server says that it was written."""
        return float(self.client.head_object(Bucket=self.bucket, Key=key)["LastModified"].timestamp())

    def listed(self, prefix: str = "") -> set[str]:
        told = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        assert not told["IsTruncated"]
        return {each["Key"] for each in told.get("Contents", [])}

    def contents(self, prefix: str = "") -> dict[str, bytes]:
        """Small ones, by what follows the prefix."""
        found = {}
        for key in self.listed(prefix):
            found[key[len(prefix) :]] = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return found


@dataclass(frozen=True, slots=True)
class Pair:
    """What is in the one goes to the other."""

    source: Side
    target: Side


def let_parts_be(monkeypatch: pytest.MonkeyPatch, part_bytes: int) -> None:
    """As those of an object of many terabytes; larger ones are copied in parts by servers, too."""
    limits = UploadLimits(whole_bytes=part_bytes, part_bytes=part_bytes, most_parts=10_000)
    for backend in (S3Backend, _LocalBackend):
        monkeypatch.setattr(backend, "upload_limits", limits)
    monkeypatch.setattr(S3Backend, "copy_whole_bytes", part_bytes)
    monkeypatch.setattr(parted, "_LEAST_PART_BYTES", part_bytes)
    monkeypatch.setattr(parted, "_COPIED_PART_BYTES", part_bytes)
