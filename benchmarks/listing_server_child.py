"""The child process of :class:`benchmarks.listing_server.ListingServer`.

Prints its port once it listens, and ends when its standard input does: a parent that is killed takes it along.
"""

from __future__ import annotations

import os
import socketserver
import sys
import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from benchmarks.key_spaces import PAGE_KEYS, KeySpace, key_space_of

_CONTROL: Final = "/.control/"
_AFTER_SLASH: Final = "0"  # the character after "/"


@dataclass(slots=True)
class Bucket:
    """The keys of one bucket, and what has been written of their entries, by number of the first."""

    name: str
    space: KeySpace
    keys: list[str]
    written: dict[tuple[int, bool], bytes] = field(default_factory=dict)

    def contents(self, start: int, stop: int, *, url_encoded: bool) -> bytes:
        aligned = start % PAGE_KEYS == 0 and stop == min(start + PAGE_KEYS, len(self.keys))
        place = (start, url_encoded)
        if aligned and place in self.written:
            return self.written[place]
        text = "".join([self.space.contents(number, url_encoded=url_encoded) for number in range(start, stop)])
        body = text.encode()
        if aligned:
            self.written[place] = body
        return body

    def prepare(self) -> None:
        for start in range(0, len(self.keys), PAGE_KEYS):
            stop = min(start + PAGE_KEYS, len(self.keys))
            plain = self.contents(start, stop, url_encoded=False)
            if self.space.spelled(self.keys[start]) == self.keys[start]:
                self.written[start, True] = plain
            else:
                self.contents(start, stop, url_encoded=True)


class Buckets:
    """Every bucket that was asked for, and a count of the requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self._requests = 0

    def named(self, name: str) -> Bucket:
        with self._lock:
            bucket = self._buckets.get(name)
            if bucket is None:
                space, count = key_space_of(name)
                bucket = self._buckets[name] = Bucket(name, space, space.keys(count))
            return bucket

    def count(self) -> None:
        with self._lock:
            self._requests += 1

    def control(self, question: str) -> str:
        verb, _, name = question.partition("/")
        if verb == "prepare":
            self.named(name).prepare()
        elif verb == "forget":
            with self._lock:
                self._buckets.pop(name, None)
        elif verb == "reset":
            with self._lock:
                self._requests = 0
        elif verb != "count":
            raise ValueError(f"no control question {question!r}")
        with self._lock:
            return str(self._requests)


def listing_body(bucket: Bucket, query: dict[str, str]) -> bytes:
    """The answer to a ListObjectsV2 request."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = min(int(query.get("max-keys", PAGE_KEYS)), PAGE_KEYS)
    url_encoded = query.get("encoding-type") == "url"
    spell = bucket.space.spelled if url_encoded else escape
    keys = bucket.keys
    first = bisect_left(keys, prefix)
    if "continuation-token" in query:
        first = int(query["continuation-token"].rpartition("-")[2])
    elif "start-after" in query:
        first = max(first, bisect_right(keys, query["start-after"]))
    end = bisect_left(keys, prefix + "\U0010ffff")
    runs, prefixes, following = _level(keys, first, end, prefix, delimiter, limit)
    count = sum(stop - start for start, stop in runs) + len(prefixes)
    more = following < end
    token = f"<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM-{following}</NextContinuationToken>"
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{bucket.name}</Name><Prefix>{spell(prefix)}</Prefix>{token if more else ''}<KeyCount>{count}</KeyCount>"
        f"<MaxKeys>{limit}</MaxKeys>{f'<Delimiter>{spell(delimiter)}</Delimiter>' if delimiter else ''}"
        f"{'<EncodingType>url</EncodingType>' if url_encoded else ''}<IsTruncated>{str(more).lower()}</IsTruncated>"
    )
    parts = [head.encode()]
    parts += [bucket.contents(start, stop, url_encoded=url_encoded) for start, stop in runs]
    parts += [f"<CommonPrefixes><Prefix>{spell(name)}</Prefix></CommonPrefixes>".encode() for name in prefixes]
    parts.append(b"</ListBucketResult>")
    return b"".join(parts)


def _level(
    keys: list[str], first: int, end: int, prefix: str, delimiter: str, limit: int
) -> tuple[list[tuple[int, int]], list[str], int]:
    """Runs of keys, common prefixes, and the number of the first key after them."""
    stop = min(first + limit, end)
    if delimiter != "/" or not any("/" in key[len(prefix) :] for key in keys[first:stop]):
        return ([(first, stop)] if stop > first else []), [], stop
    runs: list[tuple[int, int]] = []
    prefixes: list[str] = []
    position = first
    while position < end and len(runs) + len(prefixes) < limit:
        slash = keys[position].find("/", len(prefix))
        if slash < 0:
            runs.append((position, position + 1))
            position += 1
        else:
            name = keys[position][: slash + 1]
            prefixes.append(name)
            position = bisect_left(keys, name[:-1] + _AFTER_SLASH, position)
    return runs, prefixes, position


class Handler(socketserver.StreamRequestHandler):
    """HTTP/1.1 as far as a listing needs it: GET and HEAD without bodies, connections kept open."""

    server: Server
    disable_nagle_algorithm = True
    wbufsize = 0

    def handle(self) -> None:
        while True:
            line = self.rfile.readline(65_536)
            if not line.strip():
                return
            while self.rfile.readline(65_536).strip():
                pass
            method, target, _ = line.decode("latin-1").split(" ", 2)
            status, body = self._answer(method, target)
            head = (
                f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nServer: AmazonS3\r\n"
                "x-amz-request-id: 4442587FB7D0A2F9\r\nx-amz-bucket-region: us-east-1\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            self.wfile.write(head if method == "HEAD" else head + body)

    def _answer(self, method: str, target: str) -> tuple[str, bytes]:
        parts = urlsplit(target)
        try:
            if target.startswith(_CONTROL):
                return "200 OK", self.server.buckets.control(target[len(_CONTROL) :]).encode()
            self.server.buckets.count()
            bucket = self.server.buckets.named(unquote(parts.path).strip("/"))
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            if method == "HEAD":
                return "200 OK", b""
            if method == "GET" and query.get("list-type") == "2":
                return "200 OK", listing_body(bucket, query)
        except ValueError as error:
            return "404 Not Found", f"<Error><Code>NoSuchBucket</Code><Message>{error}</Message></Error>".encode()
        return "501 Not Implemented", b"<Error><Code>NotImplemented</Code><Message>only listings</Message></Error>"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        self.buckets = Buckets()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # as the base class has them, untyped
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    with Server() as server:
        threading.Thread(target=_end_with_parent, daemon=True).start()
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
