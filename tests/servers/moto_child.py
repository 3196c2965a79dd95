"""The child process of :class:`tests.servers.moto.MotoServer`: moto's S3, a count of requests, and a control address.

Started as a file, so it imports nothing of the tests. Prints its port on one line once it listens, and ends when its
standard input does: a parent that is killed takes it along.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from moto.core import serialize
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

# WSGI and moto are untyped here; Any stands for their values.
Environ = dict[str, Any]
StartResponse = Callable[..., Any]

CONTROL = "/.control/"
ACCOUNT = "123456789012"


class CountingApplication:
    """Records every request beside the control address's own: method, target as sent, headers, status.

    Lets one of several creates at once win.
    """

    def __init__(self, inner: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._creating = threading.Lock()
        self._records: list[dict[str, Any]] = []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
        if target.startswith(CONTROL):
            return self._control(target[len(CONTROL) :], environ, start_response)
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and isinstance(value, str)
        }
        record = {"method": environ["REQUEST_METHOD"], "target": target, "headers": headers, "status": 0}
        with self._lock:
            self._records.append(record)

        def started(status: str, *arguments: Any, **options: Any) -> Any:
            record["status"] = int(status.split(" ", 1)[0])
            return start_response(status, *arguments, **options)

        length = environ.get("CONTENT_LENGTH")
        if environ["REQUEST_METHOD"] != "PUT" or headers.get("if-none-match") != "*" or not length:
            return self._inner(environ, started)
        # moto looks for the key and then writes it: of several at once more than one would win. The body comes in
        # before the lock is held, so that nobody waits for another one's slow line.
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        with self._creating:
            return self._inner(environ, started)

    def _control(self, verb: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer: object = None
        status = "200 OK"
        if verb == "records":
            with self._lock:
                answer = list(self._records)
        elif verb == "forget":
            with self._lock:
                self._records.clear()
        elif verb == "reset":
            s3_backends.reset()
        elif verb == "put":
            try:
                put_objects(**json.loads(body))
            except Exception as error:  # told to the test, which is the other side of this process boundary
                answer = f"{type(error).__name__}: {error}"
                status = "500 Internal Server Error"
        payload = json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]


def put_objects(bucket: str, objects: dict[str, str], storage_class: str, region: str) -> None:
    """Store base64 ``objects`` by key, in this process; makes the bucket where it is missing."""
    backend = s3_backends[ACCOUNT]["aws"]
    if bucket not in backend.buckets:
        backend.create_bucket(bucket, region)
    for key, text in objects.items():
        backend.put_object(
            bucket, key, base64.b64decode(text), storage=storage_class, disable_notification=True
        ).set_metadata({"Content-Type": "binary/octet-stream"})


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def hurry() -> None:
    """Without this a third of the tests' time is moto's, and the garbage collector's."""
    # moto makes text of each time in a listing, and this makes a time of the text, to be written as text again.
    serialize.parse_to_aware_datetime = lru_cache(10_000)(serialize.parse_to_aware_datetime)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def main() -> None:
    hurry()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = CountingApplication(create_backend_app("s3"))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=end_with_parent, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
