"""The demo's S3 server: a process of its own, ``python -m tfm.cli.demo_server``, that ends when its stdin does.

It writes one line of JSON for each thing its parent wants to know: ``{"port": 41235}`` once it answers,
``{"bucket": "odd-keys", "objects": 80}`` for each bucket that is filled, or ``{"missing": "moto"}``.
The only module that imports moto, and what moto serves with.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from tfm.cli.demo_content import BUCKETS, DemoObject

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["DemoServer", "main"]

_REGION: Final = "us-east-1"
_FILLING_SECONDS: Final = 60.0


class DemoServer:
    """moto's S3 on a free port of this machine, filled by a thread while it already answers.

    Every bucket is there from the first moment. A question about one that is still being filled waits until it is
    complete: half of a bucket would be a wrong answer, and caches would keep it. ``contents`` gives the objects by
    bucket, filled in this order; ``report`` is called from the filling thread with each bucket and its objects.
    """

    def __init__(
        self,
        contents: Mapping[str, Callable[[], Iterable[DemoObject]]],
        report: Callable[[str, int], None] | None = None,
    ) -> None:
        # Imported here, so that main() can say what is not installed.
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends
        from moto.server import MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        self._contents = contents
        self._report = report
        self._backend: Any = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]  # moto's types are partial
        self._filled = {bucket: threading.Event() for bucket in contents}
        for bucket in contents:
            self._backend.create_bucket(bucket, _REGION)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line for each request
        application = _wait_until_filled(create_backend_app("s3"), self._filled)
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
        self.port: int = self._server.server_port
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name="demo-serve", daemon=True),
            threading.Thread(target=self._fill, name="demo-fill", daemon=True),
        ]

    def _fill(self) -> None:
        for bucket, objects in self._contents.items():
            count = 0
            for item in objects():
                key = self._backend.put_object(bucket, item.key, item.content, disable_notification=True)
                if item.modified_at is not None:
                    key.last_modified = item.modified_at.replace(tzinfo=None)  # moto keeps naive UTC
                count += 1
            self._filled[bucket].set()
            if self._report is not None:
                self._report(bucket, count)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self._backend.reset()


def _wait_until_filled(application: WSGIApplication, filled: Mapping[str, threading.Event]) -> WSGIApplication:
    def waiting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        bucket = str(environ.get("PATH_INFO", "")).removeprefix("/").partition("/")[0]
        if bucket in filled:
            filled[bucket].wait(_FILLING_SECONDS)
        return application(environ, start_response)

    return waiting


def _say(message: Mapping[str, str | int]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Serve until stdin ends, which it does with the parent, however that ends."""
    try:
        server = DemoServer(BUCKETS, lambda bucket, objects: _say({"bucket": bucket, "objects": objects}))
    except ImportError as error:
        _say({"missing": error.name or str(error)})
        return 1
    _say({"port": server.port})  # it listens from here on; what connects now is answered in a moment
    with server:
        sys.stdin.buffer.read()
        # At once: a request that hangs in a thread must not keep the process.
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
