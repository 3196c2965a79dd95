"""Answers as servers may write them, read from a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from urllib3 import HTTPConnectionPool, Timeout
from urllib3.exceptions import ProtocolError

from tfm.backends.s3.exchange import Answer, send

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def server_saying(*pieces: bytes, then_close: bool = False) -> Iterator[tuple[Any, list[socket.socket]]]:
    """A pool of connections to a server that answers every request with these pieces, a packet each."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                taken.append(connection)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):  # the test went away
                    while connection.recv(1 << 16):
                        for piece in pieces:
                            connection.sendall(piece)
                        if then_close:
                            connection.close()
                            break

        thread = threading.Thread(target=answer)
        thread.start()
        pool = HTTPConnectionPool("127.0.0.1", listener.getsockname()[1], timeout=Timeout(connect=5, read=0.5))
        try:
            yield pool, taken
        finally:
            pool.close()
            listener.shutdown(socket.SHUT_RDWR)
            for each in taken:
                # Not closed yet: the thread may be reading from it.
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for each in taken:
                each.close()


def ask(pool: Any, *, answers_without_body: bool = False) -> Answer:
    return send(pool, "http://x", HEAD, b"", answers_without_body=answers_without_body)


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], b"hello"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r", b"\n\r\nhel", b"lo"], b"hello"),
        ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], b"hello"),
        ([b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], b""),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx"], b"x"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3;x=y\r\nhel\r\n2\r", b"\nlo\r\n0\r\n\r\n"],
            b"hello",
        ),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: y\r\n\r\n"], b"x"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], b""),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_body_is_read_whole_and_its_connection_used_again(pieces: list[bytes], body: bytes, size: int) -> None:
    with server_saying(*pieces) as (pool, taken):
        for _ in range(2):
            answer = ask(pool)
            read = b""
            while piece := answer.read(size):
                read += piece
            assert read == body
            assert answer.read(1) == b""
            answer, own, read = ask(pool), bytearray(size), b""
            while came := answer.readinto(memoryview(own)):
                read += own[:came]
            assert read == body
            assert ask(pool).read_all() == body
        assert len(taken) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
    ],
)
def test_a_connection_that_ends_is_not_used_again(answer: bytes) -> None:
    with server_saying(answer, then_close=True) as (pool, taken):
        for _ in range(2):
            assert ask(pool).read_all() == b"hello"
        assert len(taken) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!6\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20x\r\n\r\n",
    ],
)
def test_what_breaks_off_is_an_error_and_its_connection_dropped(answer: bytes) -> None:
    with server_saying(answer, then_close=True) as (pool, taken):
        for _ in range(2):
            with pytest.raises(ProtocolError):
                ask(pool).read_all()
        assert len(taken) == 2


def test_silence_is_a_timeout() -> None:
    with server_saying(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello") as (pool, taken):
        for _ in range(2):
            with pytest.raises(TimeoutError):
                ask(pool).read_all()
        assert len(taken) == 2


def test_an_answer_to_head_has_no_body() -> None:
    with server_saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:2\r\n\r\n") as (pool, taken):
        for _ in range(2):
            answer = ask(pool, answers_without_body=True)
            assert answer.headers == {"content-length": "5", "x-a": "1, 2"}
            assert answer.read_all() == b""
        assert len(taken) == 1


def test_an_answer_that_is_closed_early_drops_its_connection() -> None:
    with server_saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel") as (pool, taken):
        answer = ask(pool)
        assert answer.read(3) == b"hel"
        answer.close()
        answer.close()
        assert answer.read(3) == b""
        ask(pool).close()
        assert len(taken) == 2
