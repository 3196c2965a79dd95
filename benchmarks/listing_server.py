"""A server that answers ListObjectsV2 for generated keys from bodies it has ready, in a child process.

What a listing costs beside it is the client's own cost.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import ProxyHandler, build_opener

__all__ = ["ListingServer", "ask_server"]


class ListingServer:
    """A context manager; :attr:`url` answers as long as it is open. Buckets are named as ``key_spaces`` says."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listing_server_child"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip():
            self.close()
            raise RuntimeError("the listing server ended before it listened; its own output says why")
        self.url = f"http://127.0.0.1:{int(line)}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and wait for it."""
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

    def prepare(self, bucket: str) -> None:
        """Have every page of that bucket ready, so that no client waits for it."""
        ask_server(self.url, f"prepare/{bucket}")

    def forget(self, bucket: str) -> None:
        """Give back the memory that the bucket's pages take."""
        ask_server(self.url, f"forget/{bucket}")


def ask_server(url: str, question: str) -> str:
    """A control request: ``prepare/BUCKET``, ``forget/BUCKET``, ``count`` (of S3 requests since the last ``reset``)."""
    with build_opener(ProxyHandler({})).open(f"{url}/.control/{question}", timeout=600) as answer:
        return str(answer.read().decode())
