"""What the tests of cp, mv and resume share: what a server and a disk hold, and a line that is slow."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer

__all__ = ["contents", "deny", "disk", "make_files", "slowed", "uploads", "writing_requests"]


def contents(moto: MotoServer, bucket: str = "bucket") -> dict[str, bytes]:
    """Every object of a bucket, with its bytes."""
    client = moto.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [row["Key"] for page in pages for row in page.get("Contents", [])]
    found = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    client.close()
    return found


def make_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Names that end in a slash are directories."""
    for name, data in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def disk(root: Path) -> dict[str, bytes]:
    """Every file below ``root``, hidden ones too, and every empty directory with its slash."""
    found: dict[str, bytes] = {}
    for directory, directories, files in os.walk(root):
        here = os.path.relpath(directory, root)
        for name in files:
            path = Path(directory, name)
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue  # a temporary of a program that is running, which has its name by now
            found[os.path.normpath(os.path.join(here, name))] = content
        if not directories and not files and here != ".":
            found[f"{here}/"] = b""
    return found


def writing_requests(moto: MotoServer) -> list[str]:
    return [record.line for record in moto.records() if record.method not in {"GET", "HEAD"}]


def uploads(moto: MotoServer, bucket: str = "bucket") -> list[str]:
    client = moto.client()
    found = [each["Key"] for each in client.list_multipart_uploads(Bucket=bucket).get("Uploads") or []]
    client.close()
    return found


def deny(moto: MotoServer, action: str, key: str, bucket: str = "bucket") -> None:
    resource = f"arn:aws:s3:::{bucket}/{key}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    client = moto.client()
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    client.close()


@contextmanager
def slowed(
    moto: MotoServer, monkeypatch: pytest.MonkeyPatch, seconds: float, match: str | re.Pattern[str] = ""
) -> Iterator[FaultProxy]:
    """A line to the server on which each request that fits takes longer."""
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.delay(seconds, match=match, times=1_000_000)
        yield proxy
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
