"""A library that transfers, in a process that stays: ``python -m benchmarks.children.transferring tfm|boto3``.

Reads ``[verb, source, target]`` as JSON, a line each, does it, and answers with its seconds of CPU and of wall time and
the bytes that this process took at the most meanwhile. Ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.clients.__main__ import resident_bytes

_WORKERS = 32

Verbs = dict[str, Callable[[str, str], object]]


def tfm_verbs() -> Verbs:
    """As a script uses it; copies are written down in the journal, as they are for every script."""
    from tfm import Path

    def copy(source: str, target: str) -> None:
        Path(source).copy(target)

    def delete(source: str, _target: str) -> None:
        Path(f"{source}/").rmtree()

    def copy_tree(source: str, target: str) -> None:
        slash = "/" if source.startswith("s3://") else ""
        Path(f"{source}{slash}").copy(target)

    return {"up": copy_tree, "down": copy_tree, "copy": copy_tree, "delete": delete, "put": copy, "get": copy}


class Boto3Verbs:
    """Plain put_object and get_object on threads for small objects, where s3transfer costs several times as much; for
    a large one s3transfer, which sends and asks for parts. boto3 has no types; Any stands for its values."""

    def __init__(self) -> None:
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        self._client: Any = boto3.client("s3", config=Config(max_pool_connections=_WORKERS))
        self._pool = ThreadPoolExecutor(_WORKERS)
        self._parts: Any = TransferConfig(max_concurrency=_WORKERS)

    def verbs(self) -> Verbs:
        return {
            "up": self.up, "down": self.down, "copy": self.copy, "delete": self.delete, "put": self.put, "get": self.get
        }  # fmt: skip

    def up(self, source: str, target: str) -> None:
        bucket, prefix = _bucket_and_key(f"{target}/")
        files = [os.path.join(parent, name) for parent, _, names in os.walk(source) for name in names]

        def put(path: str) -> None:
            with open(path, "rb") as file:
                self._client.put_object(Bucket=bucket, Key=prefix + os.path.relpath(path, source), Body=file.read())

        self._all(put, files)

    def down(self, source: str, target: str) -> None:
        bucket, prefix = _bucket_and_key(f"{source}/")

        def get(key: str) -> None:
            path = os.path.join(target, key[len(prefix) :])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            content = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            with open(path, "wb") as file:
                file.write(content)

        self._all(get, [key for page in self._pages(bucket, prefix) for key in page])

    def copy(self, source: str, target: str) -> None:
        bucket, prefix = _bucket_and_key(f"{source}/")
        to_bucket, to_prefix = _bucket_and_key(f"{target}/")

        def copy(key: str) -> None:
            self._client.copy_object(
                Bucket=to_bucket, Key=to_prefix + key[len(prefix) :], CopySource={"Bucket": bucket, "Key": key}
            )

        self._all(copy, [key for page in self._pages(bucket, prefix) for key in page])

    def delete(self, source: str, _target: str) -> None:
        bucket, prefix = _bucket_and_key(f"{source}/")

        def delete(keys: list[str]) -> None:
            objects = [{"Key": key} for key in keys]
            answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                raise RuntimeError(str(answer["Errors"][:3]))

        self._all(delete, list(self._pages(bucket, prefix)))

    def put(self, source: str, target: str) -> None:
        bucket, key = _bucket_and_key(target)
        self._client.upload_file(source, bucket, key, Config=self._parts)

    def get(self, source: str, target: str) -> None:
        bucket, key = _bucket_and_key(source)
        self._client.download_file(bucket, key, target, Config=self._parts)

    def _all(self, do: Callable[[Any], None], values: list[Any]) -> None:
        for _ in self._pool.map(do, values):
            pass  # raises what one of them raised

    def _pages(self, bucket: str, prefix: str) -> Iterator[list[str]]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            if keys := [entry["Key"] for entry in page.get("Contents", [])]:
                yield keys


def _bucket_and_key(place: str) -> tuple[str, str]:
    bucket, _, key = place.removeprefix("s3://").partition("/")
    return bucket, key


def forget_peak() -> None:
    """From here on the peak of memory is counted anew, where Linux allows that: proc_pid_clear_refs(5)."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass  # then it is the peak since the start, which is no less


def main() -> None:
    verbs = tfm_verbs() if sys.argv[1] == "tfm" else Boto3Verbs().verbs()
    for line in sys.stdin:
        verb, source, target = json.loads(line)
        forget_peak()
        cpu, wall = time.process_time(), time.perf_counter()
        verbs[verb](source, target)
        cost = [time.process_time() - cpu, time.perf_counter() - wall, resident_bytes("VmHWM")]
        print(json.dumps(cost), flush=True)
    os._exit(0)  # a pool's idle threads, and whatever else a library would wait for


if __name__ == "__main__":
    main()
