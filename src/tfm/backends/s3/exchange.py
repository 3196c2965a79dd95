"""One HTTP/1.1 request and its answer, on a connection from botocore's own pool.

The pool knows proxies, certificates and timeouts, and keeps connections alive; what urllib3 and http.client do between
a connection and an answer takes half a millisecond, most of it for headers that nobody asks for.
"""

from __future__ import annotations

import queue
import select
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any, Final, TypeVar

from tfm.core.awaited import Awaited
from tfm.core.writing import Content, PartContent, pieces_of

__all__ = ["Answer", "begin", "send"]

_Told = TypeVar("_Told")

# urllib3's pools and connections are used beyond what its types tell; Any stands for them throughout this module.

_RECEIVED_BYTES: Final = 1 << 16
_MOST_HEAD_BYTES: Final = 1 << 18
_TOGETHER_BYTES: Final = 1 << 17
"""Up to this size head and body go out by one call: copying them costs less than a second packet."""

_PIECE_BYTES: Final = 1 << 20


def send(pool: Any, url: str, head: bytes, body: PartContent, *, answers_without_body: bool) -> Answer:
    """Send a request, and take the head of its answer. Raises botocore's and urllib3's errors, and TimeoutError."""
    return begin(pool, url, head, body, answers_without_body=answers_without_body)()


def begin(pool: Any, url: str, head: bytes, body: PartContent, *, answers_without_body: bool) -> Awaited[Answer]:
    """Send a request; what is given waits for the head of its answer, and is called once. Both raise as :func:`send`.

    Between the two the connection is nobody else's, so who begins many takes as many connections.
    """
    connection = _connected(pool, url)

    def sending() -> None:
        # What reads the pieces has errors of its own, which are no broken connection.
        for piece in _heading(head, body):
            try:
                connection.sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return  # a server that refuses need not wait for the whole body: its answer may be there already

    _or_drop(pool, connection, sending)
    answered = partial(Answer, pool, connection, answers_without_body=answers_without_body)
    return Awaited(partial(_or_drop, pool, connection, answered), connection.sock.fileno())


def _heading(head: bytes, body: PartContent) -> Iterable[Content]:
    """What is sent by one call each."""
    if isinstance(body, (bytes, bytearray)) and len(body) <= _TOGETHER_BYTES:
        return (head + body,)
    return chain((head,), pieces_of(body, sends=True))


def _or_drop(pool: Any, connection: Any, exchange: Callable[[], _Told]) -> _Told:
    try:
        return exchange()
    except TimeoutError:
        _drop(pool, connection)
        raise
    except OSError as error:
        from urllib3.exceptions import ProtocolError

        _drop(pool, connection)
        raise ProtocolError("The connection broke.", error) from error
    except BaseException:
        _drop(pool, connection)
        raise


def _connected(pool: Any, url: str) -> Any:
    connection = _from_pool(pool)
    if connection.sock is None:
        _connect(pool, connection, url)
    seconds = pool.timeout.read_timeout
    if connection.sock.gettimeout() != seconds:  # to set it is a call of the system
        connection.sock.settimeout(seconds)
    return connection


def _from_pool(pool: Any) -> Any:
    """As the pool's own method, which takes four times as long to see that nobody has closed the other end."""
    try:
        connection = pool.pool.get(block=False)
    except (AttributeError, queue.Empty):  # closed, or all are out
        return pool._get_conn()
    if connection is None:
        return pool._new_conn()
    if connection.sock is not None and _has_something(connection.sock):
        connection.close()  # and will be opened again
    return connection


def _has_something(sock: Any) -> bool:
    """Whether there is something to read where nothing is expected: mostly the end."""
    if not hasattr(select, "poll"):
        from urllib3.util.wait import wait_for_read

        return wait_for_read(sock, timeout=0.0)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _connect(pool: Any, connection: Any, url: str) -> None:
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, SSLError
    from urllib3 import exceptions

    try:
        connection.timeout = pool.timeout.connect_timeout
        connection.connect()
    # As botocore's session tells them; a connection that is refused is a timeout to urllib3, too.
    except exceptions.SSLError as error:
        _drop(pool, connection)
        raise SSLError(endpoint_url=url, error=error) from error
    except exceptions.ConnectTimeoutError as error:
        _drop(pool, connection)
        refused = isinstance(error, exceptions.NewConnectionError)
        raise (EndpointConnectionError if refused else ConnectTimeoutError)(endpoint_url=url, error=error) from error
    except (exceptions.HTTPError, OSError) as error:
        _drop(pool, connection)
        raise EndpointConnectionError(endpoint_url=url, error=error) from error
    except BaseException:
        _drop(pool, connection)
        raise


def _drop(pool: Any, connection: Any) -> None:
    connection.close()
    pool._put_conn(connection)


class Answer:
    """Status, headers by lower-case name, and the body as it streams in. The connection goes back to its pool as soon
    as the last byte was read, or is dropped by :meth:`close`."""

    __slots__ = (
        "_at", "_between_chunks", "_buffer", "_chunked", "_closes", "_connection", "_left", "_pool", "_socket",
        "headers", "status",
    )  # fmt: skip

    def __init__(self, pool: Any, connection: Any, *, answers_without_body: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._socket = connection.sock
        self._buffer = b""
        self._at = 0
        version, self.status, lines = self._head()
        while 100 <= self.status < 200:
            version, self.status, lines = self._head()
        self.headers = _headers(lines)
        connection_says = self.headers.get("connection", "").lower()
        self._closes = "close" in connection_says or (version < "HTTP/1.1" and "keep-alive" not in connection_says)
        self._chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self._between_chunks = False
        if answers_without_body or self.status in {204, 304}:
            self._left: int | None = 0
            self._end()
            return
        self._left = 0 if self._chunked else self._length()
        if self._left == 0 and not self._chunked:
            self._end()

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes of the body, fewer only at its end. Raises ProtocolError where it breaks off."""
        if self._connection is None or size <= 0:
            return b""
        try:
            return self._chunks(size) if self._chunked else self._plain(size)
        except TimeoutError:
            self.close()
            raise
        except (OSError, ValueError) as error:
            from urllib3.exceptions import ProtocolError

            self.close()
            raise ProtocolError("The answer broke off.", error) from error
        except BaseException:
            self.close()
            raise

    def readinto(self, view: memoryview) -> int:
        """As :meth:`read`, into memory of the caller's, as much as it holds."""
        if self._connection is None or self._chunked or self._left is None or not len(view):
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        try:
            size = self._fill(view[: self._left])
            self._left -= size
            if not self._left:
                self._end()
        except TimeoutError:
            self.close()
            raise
        except OSError as error:
            from urllib3.exceptions import ProtocolError

            self.close()
            raise ProtocolError("The answer broke off.", error) from error
        except BaseException:
            self.close()
            raise
        return size

    def read_all(self) -> bytes:
        pieces = []
        while piece := self.read(_PIECE_BYTES if self._left is None or self._chunked else self._left):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Drop the connection if there is still something on it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _drop(self._pool, connection)

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if self._closes:
            _drop(self._pool, connection)
        else:
            self._pool._put_conn(connection)

    def _head(self) -> tuple[str, int, list[str]]:
        end = self._buffer.find(b"\r\n\r\n", self._at)
        while end < 0:
            if len(self._buffer) > _MOST_HEAD_BYTES:
                raise _nonsense("The answer's head does not end.")
            self._receive()
            end = self._buffer.find(b"\r\n\r\n", self._at)
        first, *lines = self._buffer[self._at : end].decode("latin-1").split("\r\n")
        self._at = end + 4
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdecimal() and len(code) == 3):
            raise _nonsense("The answer is not HTTP/1.1.")
        return version, int(code), lines

    def _length(self) -> int | None:
        """None where only the end of the connection tells."""
        text = self.headers.get("content-length", "")
        if text.isascii() and text.isdecimal():
            return int(text)
        self._closes = True
        return None

    def _receive(self) -> None:
        """More bytes in the buffer, at least one."""
        data = self._socket.recv(_RECEIVED_BYTES)
        if not data:
            raise ConnectionError("closed by the server")
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def _plain(self, size: int) -> bytes:
        wanted = size if self._left is None else min(size, self._left)
        data = self._taken(wanted)
        if self._left is None:
            if len(data) < wanted:
                self._end()
            return data
        self._left -= len(data)
        if not self._left:
            self._end()
        return data

    def _taken(self, wanted: int) -> bytes:
        """The next ``wanted`` bytes; fewer only where the length is unknown and the connection ends."""
        if self._at + wanted <= len(self._buffer):
            data = self._buffer[self._at : self._at + wanted]
            self._at += wanted
            return data
        view = memoryview(bytearray(wanted))
        return bytes(view[: self._fill(view)])

    def _fill(self, view: memoryview) -> int:
        data = self._buffer[self._at : self._at + len(view)]
        self._at += len(data)
        have = len(data)
        view[:have] = data
        while have < len(view):
            received = self._socket.recv_into(view[have:])
            if not received:
                if self._left is None:
                    break
                raise ConnectionError("closed by the server")
            have += received
        return have

    def _chunks(self, size: int) -> bytes:
        pieces = []
        while size and self._connection is not None:
            if not self._left:
                self._next_chunk()
                continue
            piece = self._taken(min(size, self._left))
            pieces.append(piece)
            self._left -= len(piece)
            size -= len(piece)
        if not self._left and self._connection is not None:
            # So that the connection is free when the last byte was read, not when somebody asks for one more.
            self._next_chunk()
        return b"".join(pieces)

    def _next_chunk(self) -> None:
        if self._between_chunks and self._line():
            raise ValueError("no end of a chunk")
        self._between_chunks = True
        self._left = int(self._line().partition(b";")[0], 16)
        if not self._left:
            while self._line():
                pass  # trailers
            self._end()

    def _line(self) -> bytes:
        end = self._buffer.find(b"\r\n", self._at)
        while end < 0:
            if len(self._buffer) - self._at > _MOST_HEAD_BYTES:
                raise ValueError("no end of a line")
            self._receive()
            end = self._buffer.find(b"\r\n", self._at)
        line = self._buffer[self._at : end]
        self._at = end + 2
        return line


def _nonsense(text: str) -> Exception:
    from urllib3.exceptions import ProtocolError

    return ProtocolError(text)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip()
        # As urllib3 puts them together.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
