"""One measurement in this process: ``python -m benchmarks.clients VERB CLIENT BUCKET [PREFIX]``; answers with JSON."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.clients.contract import Client, made_client
from benchmarks.key_spaces import digest_of
from benchmarks.listing_server import ask_server

TINY = "flat-10"
"""A bucket for warming up: connections, credentials, lazily loaded modules."""


def list_all(client: Client, bucket: str) -> dict[str, Any]:
    return {"count": client.count(client.list_all(bucket))}


def verify(client: Client, bucket: str) -> dict[str, Any]:
    return {"digest": digest_of(client.rows(client.list_all(bucket)))}


def memory(client: Client, bucket: str) -> dict[str, Any]:
    """Resident bytes before and with a listing that is held."""
    client.list_all(TINY)
    gc.collect()
    idle = resident_bytes()
    held = client.list_all(bucket)
    gc.collect()
    grown = resident_bytes() - idle
    said = client.held_bytes()
    peak = resident_bytes("VmHWM") - idle
    return {"resident": grown, "peak": peak, "said": said, "digest": digest_of(client.rows(held))}


def resident_bytes(field: str = "VmRSS") -> int:
    """This process's memory as Linux counts it."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def first_page(client: Client, bucket: str, prefix: str) -> dict[str, Any]:
    """Milliseconds to the first portion and to the last, and the requests that the first took."""
    url = os.environ["AWS_ENDPOINT_URL_S3"]
    for _ in client.pages(TINY, "data/"):
        pass
    ask_server(url, "reset")
    started, cpu_started = time.perf_counter(), time.process_time()
    pages = client.pages(bucket, prefix)
    held = [next(pages)]
    first = time.perf_counter() - started
    requests = int(ask_server(url, "count"))
    resumed = time.perf_counter()
    held.extend(pages)
    whole = first + time.perf_counter() - resumed
    return {
        "first_seconds": first,
        "first_requests": requests,
        "first_count": len(held[0]),
        "whole_seconds": whole,
        "whole_cpu_seconds": time.process_time() - cpu_started,
        "count": sum(map(len, held)),
    }


def draw(client: Client, bucket: str, prefix: str) -> dict[str, Any]:
    return {"rows": sorted(client.draw(bucket, prefix))}


def main() -> None:
    verb, name, *arguments = sys.argv[1:]
    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        "list": list_all,
        "verify": verify,
        "memory": memory,
        "first-page": first_page,
        "draw": draw,
    }
    print(json.dumps(verbs[verb](made_client(name), *arguments)))


if __name__ == "__main__":
    main()
