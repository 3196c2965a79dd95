"""A proxy between a client and a server that delays, breaks, cuts and forges answers, for a number of requests.

The client is given the proxy's address; ``Host`` goes on as sent, so that signatures stay valid. One request a
connection: every answer closes it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

__all__ = ["Exchange", "Fault", "FaultProxy", "refused_port", "silent_port", "tls_context", "untrusted_tls_port"]

Match = str | re.Pattern[str]

_HEAD_LIMIT: Final = 1 << 20
_REASONS: Final = {200: "OK", 301: "Moved Permanently", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
                   429: "Too Many Requests", 500: "Internal Server Error", 503: "Slow Down"}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` requests in whose first line ``match`` is found, a text or a pattern.

    Made by the methods of :class:`FaultProxy`. ``after_bytes`` counts bytes of the answer's body.
    """

    kind: str
    match: Match
    times: int
    after_bytes: int = 0
    seconds: float = 0
    answer: bytes = b""
    happened: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Exchange:
    """A request by its first line (``PUT /bucket/key``), and how many bytes of bodies went either way."""

    line: str
    sent_bytes: int = 0
    answered_bytes: int = 0


@dataclass(slots=True)
class _Alarm:
    """``call`` when ``left`` more requests in which ``match`` is found, or bytes where that is None, have come."""

    left: int
    match: Match | None
    call: Callable[[], None]


class FaultProxy:
    """A context manager; :attr:`url` stands for ``upstream_url``. Without faults it only passes on.

    ``latency_seconds`` go by before each request, and all bodies together have ``bytes_per_second`` (0: no limit); both
    may be set at any time. With ``tls``, clients come by TLS.
    """

    def __init__(self, upstream_url: str, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(upstream_url)
        self._tls = tls
        assert parts.hostname is not None
        assert parts.port is not None
        self._upstream = (parts.hostname, parts.port)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._requests: list[str] = []
        self._exchanges: list[Exchange] = []
        self._alarms: list[_Alarm] = []
        self._line_is_free_at = 0.0
        self._told: list[tuple[Match, bytes]] = []
        self.latency_seconds = 0.0
        self.bytes_per_second = 0
        self._closing = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Break every connection and wait for the threads."""
        self._closing.set()
        _shut(self._listener)
        with self._lock:
            for each in list(self._sockets):
                _shut(each)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def requests(self) -> list[str]:
        """The first line of each request that arrived here, faulty answers included: ``GET /bucket?list-type=2``."""
        with self._lock:
            return list(self._requests)

    def exchanges(self) -> list[Exchange]:
        """What was passed on so far, in the order in which it began."""
        with self._lock:
            return list(self._exchanges)

    def clear(self) -> None:
        """Forget the faults and the calls that are left, what answers say beside, and the requests that were."""
        with self._lock:
            self._faults.clear()
            self._requests.clear()
            self._exchanges.clear()
            self._alarms.clear()
            self._told.clear()

    def at_request(self, number: int, call: Callable[[], None], *, match: Match = "") -> None:
        """Call, in the proxy's own thread, when the ``number``-th request from now on in whose first line ``match`` is
        found has come, before it is passed on."""
        self._set_alarm(_Alarm(number, match, call))

    def at_byte(self, number: int, call: Callable[[], None]) -> None:
        """Call, as :meth:`at_request`, when so many bytes of bodies have passed, in either direction."""
        self._set_alarm(_Alarm(number, None, call))

    def _set_alarm(self, alarm: _Alarm) -> None:
        with self._lock:
            self._alarms.append(alarm)

    def _ring(self, due: Callable[[_Alarm], int]) -> None:
        ringing = []
        with self._lock:
            for alarm in list(self._alarms):
                alarm.left -= due(alarm)
                if alarm.left <= 0:
                    self._alarms.remove(alarm)
                    ringing.append(alarm)
        for alarm in ringing:
            alarm.call()

    def _came(self, line: str) -> None:
        self._ring(lambda alarm: int(alarm.match is not None and _found(alarm.match, line)))
        if self.latency_seconds:
            self._closing.wait(self.latency_seconds)

    def _passed(self, size_bytes: int) -> None:
        """So many bytes went by: whoever waits for them hears of it, and the line is busy as long as they take."""
        self._ring(lambda alarm: size_bytes if alarm.match is None else 0)
        if not self.bytes_per_second or not size_bytes:
            return
        with self._lock:
            now = time.monotonic()
            self._line_is_free_at = max(now, self._line_is_free_at) + size_bytes / self.bytes_per_second
            seconds = self._line_is_free_at - now
        self._closing.wait(seconds)

    def delay(self, seconds: float, *, match: Match = "", times: int = 1) -> Fault:
        """Wait before passing a request on."""
        return self._add(Fault("delay", match, times, seconds=seconds))

    def answer(
        self, status: int, code: str, *, match: Match = "", times: int = 1, message: str = "injected",
        headers: dict[str, str] | None = None, body: bytes | None = None,
    ) -> Fault:  # fmt: skip
        """Answer with S3's error document for ``code`` (or with ``body``), without asking the server."""
        if body is None:
            body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}", f"Content-Length: {len(body)}"]
        lines += ["Content-Type: application/xml", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return self._add(Fault("answer", match, times, answer="\r\n".join(lines).encode() + b"\r\n\r\n" + body))

    def tell(self, headers: dict[str, str], *, match: Match = "") -> None:
        """Let each answer of the server say that too, beside whatever happens to it; not those to ranges, of which S3
        tells no checksum."""
        lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
        with self._lock:
            self._told.append((match, lines.encode()))

    def reset(self, *, after_bytes: int = 0, match: Match = "", times: int = 1) -> Fault:
        """Reset the connection after that many bytes of the answer's body."""
        return self._add(Fault("reset", match, times, after_bytes))

    def truncate(self, *, after_bytes: int = 0, match: Match = "", times: int = 1) -> Fault:
        """Close the connection in good order after that many bytes of the answer's body."""
        return self._add(Fault("truncate", match, times, after_bytes))

    def stall(self, *, after_bytes: int = 0, match: Match = "", times: int = 1) -> Fault:
        """Fall silent after that many bytes of the answer's body, until the proxy is closed."""
        return self._add(Fault("stall", match, times, after_bytes))

    def flip(self, *, after_bytes: int = 0, match: Match = "", times: int = 1) -> Fault:
        """Flip one bit of the byte after that many bytes of the answer's body."""
        return self._add(Fault("flip", match, times, after_bytes))

    def flip_request(self, *, after_bytes: int = 0, match: Match = "", times: int = 1) -> Fault:
        """Flip one bit of the byte after that many bytes of the request's body."""
        return self._add(Fault("flip request", match, times, after_bytes))

    def lose_answer(self, *, match: Match = "", times: int = 1) -> Fault:
        """Reset the connection once the server has done what was asked, and pass on nothing of its answer."""
        return self._add(Fault("lose answer", match, times))

    def hold_answer(self, *, match: Match = "", times: int = 1) -> Fault:
        """Once the server has done what was asked, let nobody hear of it until the proxy is closed."""
        return self._add(Fault("hold answer", match, times))

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def _take(self, line: str) -> Fault | None:
        with self._lock:
            self._requests.append(line.rsplit(" ", 1)[0])
            for fault in self._faults:
                if fault.times > 0 and _found(fault.match, line):
                    fault.times -= 1
                    return fault
        return None

    def _start(self, target: object, *arguments: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    @contextmanager
    def _held(self, each: socket.socket) -> Iterator[socket.socket]:
        """Known to :meth:`close` while it is used, and closed afterwards whatever happens."""
        with self._lock:
            self._sockets.add(each)
        if self._closing.is_set():
            _shut(each)
        try:
            yield each
        finally:
            with self._lock:
                self._sockets.discard(each)
            each.close()

    def _serve(self, client: socket.socket) -> None:
        with self._held(client):
            try:
                if self._tls is None:
                    self._exchange(client)
                else:
                    with self._tls.wrap_socket(client, server_side=True) as wrapped:
                        self._exchange(wrapped)
            except OSError:
                pass  # one of the two sides went away, which is what this program is for

    def _exchange(self, client: socket.socket) -> None:
        request = _read_head(client)
        if not request:
            return
        line = request.split(b"\r\n", 1)[0].decode("latin-1")
        self._came(line)
        fault = self._take(line)
        exchange = Exchange(line.rsplit(" ", 1)[0])
        with self._lock:
            self._exchanges.append(exchange)
        if fault is not None and fault.kind == "delay":
            fault.happened.set()
            self._closing.wait(fault.seconds)
        if fault is not None and fault.kind == "answer":
            head, _, body = fault.answer.partition(b"\r\n\r\n")
            client.sendall(head + b"\r\n\r\n" + (b"" if line.startswith("HEAD ") else body))
            fault.happened.set()
            return
        with self._held(socket.create_connection(self._upstream)) as server:
            flipped = fault if fault is not None and fault.kind == "flip request" else None

            def sent(size_bytes: int) -> None:
                exchange.sent_bytes += size_bytes
                self._passed(size_bytes)

            _pass_request(request, client, server, flipped, sent)
            self._pass_answer(server, client, None if flipped else fault, exchange)

    def _pass_answer(
        self, server: socket.socket, client: socket.socket, fault: Fault | None, exchange: Exchange
    ) -> None:
        head, _, data = _read_head(server).partition(b"\r\n\r\n")
        if fault is not None and fault.kind in {"lose answer", "hold answer"}:
            self._break(client, fault)
            return
        also = b"" if b" 206 " in head[:16] else self._also_told(exchange.line)
        client.sendall(head + also + b"\r\n\r\n")
        passed = 0
        while True:
            if fault is not None and fault.kind != "delay" and passed + len(data) >= fault.after_bytes:
                keep = fault.after_bytes - passed
                if fault.kind != "flip":
                    client.sendall(data[:keep])
                    self._break(client, fault)
                    return
                if keep < len(data):
                    data = data[:keep] + bytes([data[keep] ^ 1]) + data[keep + 1 :]
                    fault.happened.set()
                    fault = None
            self._passed(len(data))
            client.sendall(data)
            passed += len(data)
            exchange.answered_bytes += len(data)
            data = server.recv(65536)
            if not data:
                return

    def _also_told(self, line: str) -> bytes:
        with self._lock:
            return b"".join(lines for match, lines in self._told if _found(match, line))

    def _break(self, client: socket.socket, fault: Fault) -> None:
        if fault.kind in {"reset", "lose answer"}:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        fault.happened.set()
        if fault.kind in {"stall", "hold answer"}:
            self._closing.wait()


def _found(match: Match, line: str) -> bool:
    return match in line if isinstance(match, str) else match.search(line) is not None


def _read_head(source: socket.socket) -> bytes:
    """Bytes up to the end of the head and whatever came with them; empty if the other side closed."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _HEAD_LIMIT:
        more = source.recv(65536)
        if not more:
            return b""
        data += more
    return data


def _pass_request(
    request: bytes, client: socket.socket, server: socket.socket, flipped: Fault | None, sent: Callable[[int], None]
) -> None:
    """Send a request on whose head, and perhaps some of its body, was read already; ``sent`` hears of its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    if headers.get(b"expect", b"").lower() == b"100-continue":
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    kept = [line for line in lines if not line.lower().startswith((b"expect:", b"connection:"))]
    server.sendall(b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n" + _flipped(body, 0, flipped))
    sent(len(body))
    passed = len(body)
    chunked = headers.get(b"transfer-encoding", b"").lower() == b"chunked"
    left = int(headers.get(b"content-length", b"0")) - len(body)
    tail = b"\r\n" + body
    while (not tail.endswith(b"\r\n0\r\n\r\n")) if chunked else left > 0:
        more = client.recv(65536)
        if not more:
            raise ConnectionAbortedError("the client went away in the middle of its request")
        sent(len(more))
        server.sendall(_flipped(more, passed, flipped))
        passed += len(more)
        left -= len(more)
        tail = (tail + more)[-7:]


def _flipped(data: bytes, start: int, fault: Fault | None) -> bytes:
    """``data``, whose first byte is the body's byte ``start``, with one bit other than it was if it is in there."""
    place = -1 if fault is None else fault.after_bytes - start
    if fault is None or not 0 <= place < len(data):
        return data
    fault.happened.set()
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def _shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


@contextmanager
def silent_port() -> Iterator[str]:
    """The URL of a port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refused_port() -> str:
    """The URL of a port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def tls_context(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for 127.0.0.1 that it signed itself, and that certificate's file: whoever
    takes it for an authority trusts the server. ``directory`` takes key and certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    day = timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(
        key, hashes.SHA256()
    )
    public = directory / "server.crt"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path = directory / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + public.read_bytes()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, public


@contextmanager
def untrusted_tls_port(directory: Path) -> Iterator[str]:
    """The URL of a TLS server whose certificate it signed itself; ``directory`` takes its key."""
    context, _ = tls_context(directory)

    def refuse_all(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(client, server_side=True).close()
            except OSError:
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse_all, args=(listener,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        _shut(listener)
        thread.join(5)
