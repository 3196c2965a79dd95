"""moto's S3 in a child process of its own, with its requests counted where they arrive."""

from __future__ import annotations

import base64
import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["MotoServer", "RequestRecord"]

_CHILD = Path(__file__).with_name("moto_child.py")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request as the server saw it. ``target`` is the path and query as sent; ``headers`` have lower-case names."""

    method: str
    target: str
    status: int
    headers: Mapping[str, str]

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


class MotoServer:
    """A context manager; :attr:`url` answers as long as it is open. Any credentials are accepted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip():
            self.close()
            raise RuntimeError("moto's child process ended before it listened; its own output says why")
        self.port = int(line)
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.requests()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and wait for it."""
        if self._connection is not None:
            self._connection.close()
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def records(self) -> list[RequestRecord]:
        """The requests since :meth:`reset_requests`, control requests left out, in the order of their arrival."""
        return [RequestRecord(**record) for record in self._control("records")]

    def requests(self) -> list[str]:
        """The same as text, ``GET /bucket?list-type=2&prefix=...``."""
        return [record.line for record in self.records()]

    def statuses(self) -> list[int]:
        """The HTTP status of each of :meth:`requests`."""
        return [record.status for record in self.records()]

    def reset_requests(self) -> None:
        self._control("forget")

    def reset(self) -> None:
        """Drop all buckets, objects and counts."""
        self._control("reset")
        self._control("forget")

    def put(
        self,
        bucket: str,
        objects: Mapping[str, bytes],
        *,
        storage_class: str = "STANDARD",
        region: str = "us-east-1",
    ) -> None:
        """Store objects by key without a request each; makes the bucket where it is missing."""
        encoded = {key: base64.b64encode(value).decode() for key, value in objects.items()}
        self._control("put", {"bucket": bucket, "objects": encoded, "storage_class": storage_class, "region": region})

    def client(self) -> Any:  # botocore has no types
        """A botocore S3 client for this server; close it when done."""
        from botocore.session import Session

        return Session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="testsecret",
        )

    def _control(self, verb: str, value: object = None) -> Any:  # whatever JSON the child answers
        assert self._connection is not None
        with self._lock:
            self._connection.request("POST", f"/.control/{verb}", json.dumps(value))
            response = self._connection.getresponse()
            body = response.read()
        if response.status != 200:
            raise RuntimeError(f"moto's control request {verb} failed: {response.status} {body[:300]!r}")
        return json.loads(body)
