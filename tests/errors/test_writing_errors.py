"""Every way in which writing fails: the right error, nothing half-written, nothing lost, no secret told."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path as PlainPath

import pytest

from tests.errors.checks import SECRETS, fails
from tests.errors.conftest import Identity
from tests.memory_world import MemoryWorld, memory_world
from tests.servers.fault_proxy import FaultProxy, refused_port
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import Path
from tfm.core.errors import (
    CredentialsError,
    InvalidPathError,
    IsDirectoryError,
    NetworkError,
    NoSpaceError,
    NotDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    ReadOnlyError,
    StorageError,
)
from tfm.storage.session import Session

LARGE = bytes(20 << 20)


def stream(path: Path, mode: str = "wb", content: bytes = b"new") -> None:
    with path.open(mode) as file:
        file.write(content)


def writes(path: Path) -> dict[str, Callable[[], object]]:
    """Every way to make or to replace an object."""
    return {
        "write_bytes": lambda: path.write_bytes(b"new"),
        "write_text": lambda: path.write_text("new", "utf-8"),
        "open w": lambda: stream(path),
        "open x": lambda: stream(path, "xb"),
        "in parts": lambda: path.write_bytes(LARGE),
        "touch": path.touch,
    }


def changes(path: Path) -> dict[str, Callable[[], object]]:
    """Those, and every other way to change something."""
    return writes(path) | {
        "mkdir": path.mkdir,
        "mkdir -p": lambda: path.mkdir(parents=True, exist_ok=True),
        "unlink": path.unlink,
        "rmdir": path.rmdir,
        "rmtree": path.rmtree,
    }


@pytest.fixture
def bucket(moto: MotoServer, session: Session) -> MotoServer:
    moto.put("bucket", {"d/key": b"old"})
    return moto


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    with memory_world() as made:
        yield made


@pytest.fixture
def mounted(tmp_path: PlainPath) -> Iterator[PlainPath]:
    """A file system of 1 MiB, with one file."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("only root can mount a file system")
    try:
        (place / "key").write_bytes(b"old")
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def keys(moto: MotoServer) -> list[str]:
    client = moto.client()
    found = [each["Key"] for each in client.list_objects_v2(Bucket="bucket").get("Contents", [])]
    assert not client.list_multipart_uploads(Bucket="bucket").get("Uploads")
    client.close()
    return found


def told(question: Callable[[], object], kind: type[BaseException], cause: str = "") -> BaseException:
    """It raises that, and its one line says that and no secret."""
    with pytest.raises(kind) as caught:
        question()
    text = str(caught.value)
    assert cause.lower() in text.lower()
    assert len(text.splitlines()) == 1
    assert not [secret for secret in SECRETS if secret in text]
    return caught.value


# A directory


def test_a_path_written_as_a_directory(bucket: MotoServer) -> None:
    for name in ("d/", "new/"):
        for write in writes(Path(f"s3://bucket/{name}")).values():
            fails(write, IsDirectoryError, "This is a directory")
        fails(Path(f"s3://bucket/{name}").unlink, IsDirectoryError, "This is a directory")
    assert keys(bucket) == ["d/key"]


def test_the_root_of_a_bucket(bucket: MotoServer) -> None:
    for text in ("s3://bucket/", "s3://bucket"):
        for write in writes(Path(text)).values():
            with pytest.raises((StorageError, ValueError)):
                write()
    assert keys(bucket) == ["d/key"]


def test_a_directory_of_a_disk(tmp_path: PlainPath) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "key").write_bytes(b"old")
    for text in (f"{tmp_path}/d", f"{tmp_path}/d/"):
        for name, write in writes(Path(text)).items():
            if name == "touch":
                continue  # as pathlib's, which gives a directory a new time
            with pytest.raises((IsADirectoryError, FileExistsError)):
                write()
        told(Path(text).unlink, IsADirectoryError)
    assert os.listdir(tmp_path) == ["d"]
    assert os.listdir(tmp_path / "d") == ["key"]


def test_below_a_file_of_a_disk(tmp_path: PlainPath) -> None:
    (tmp_path / "f").write_bytes(b"old")
    for name, change in changes(Path(tmp_path / "f" / "key")).items():
        with pytest.raises((NotADirectoryError, FileNotFoundError)) as caught:
            change()
        if name in {"write_bytes", "open w", "open x", "in parts", "mkdir"}:
            assert isinstance(caught.value, NotADirectoryError), name
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_below_an_object(bucket: MotoServer) -> None:
    # A key below another is only a longer key.
    Path("s3://bucket/d/key/below").write_bytes(b"new")
    assert keys(bucket) == ["d/key", "d/key/below"]
    told(Path("s3://bucket/d/key/none").unlink, NotFoundError)
    told(Path("s3://bucket/d/key/below").rmtree, NotDirectoryError)


# Names


def test_a_name_that_is_too_long(bucket: MotoServer, world: MemoryWorld, tmp_path: PlainPath) -> None:
    long = "/".join(["k" * 204] * 5) + "k"
    assert len(long.encode()) == 1025
    for root in ("memory://bucket/", "s3://bucket/"):
        path = Path(f"{root}{long}")
        for name, write in writes(path).items():
            error = told(write, InvalidPathError, "bytes")
            assert isinstance(error, ValueError), name
        told(path.mkdir, InvalidPathError)
    assert keys(bucket) == ["d/key"]
    local = Path(tmp_path / ("k" * 256))
    for name, write in writes(local).items():
        with pytest.raises((OSError, ValueError)) as caught:
            write()
        assert isinstance(caught.value, InvalidPathError) or caught.value.errno == errno.ENAMETOOLONG, name  # type: ignore[attr-defined] # an OSError then
    assert os.listdir(tmp_path) == []


# Buckets


def test_a_missing_bucket(bucket: MotoServer) -> None:
    path = Path("s3://no-such-bucket/d/key")
    for name, change in changes(path).items():
        error = fails(change, NotFoundError, "There is no")
        assert isinstance(error, FileNotFoundError), name
    told(Path("s3://no-such-bucket/").mkdir, NotFoundError, "no such bucket")
    assert not path.exists()


# A disk that takes nothing


def test_a_read_only_disk(mounted: PlainPath) -> None:
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    for name, change in changes(Path(mounted / "new")).items():
        if name not in {"unlink", "rmdir", "rmtree"}:
            with pytest.raises(OSError) as caught:
                change()
            assert caught.value.errno == errno.EROFS, name
    for change in (Path(mounted / "key").unlink, lambda: Path(mounted / "key").write_bytes(b"new")):
        told(change, ReadOnlyError)
    assert (mounted / "key").read_bytes() == b"old"
    assert os.listdir(mounted) == ["key"]


@pytest.mark.parametrize("name", ["key", "new"])
@pytest.mark.parametrize("mode", ["wb", "xb", "at once", "text"])
def test_a_full_disk(mounted: PlainPath, name: str, mode: str) -> None:
    path = Path(mounted / ("fresh" if mode == "xb" else name))
    content = bytes(2 << 20)

    def write() -> None:
        if mode == "at once":
            path.write_bytes(content)
        elif mode == "text":
            with path.open("w", encoding="ascii") as file:
                file.write(content.decode())
        else:
            stream(path, mode, content)

    with pytest.raises(OSError) as caught:
        write()
    assert caught.value.errno == errno.ENOSPC
    if mode == "at once":
        assert isinstance(caught.value, NoSpaceError)
    assert (mounted / "key").read_bytes() == b"old"
    assert os.listdir(mounted) == ["key"]
    Path(mounted / "key").write_bytes(b"there is room again")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_the_right_to_write(tmp_path: PlainPath) -> None:
    (tmp_path / "key").write_bytes(b"old")
    tmp_path.chmod(0o500)
    for change in (lambda: Path(tmp_path / "new").write_bytes(b"new"), Path(tmp_path / "key").unlink):
        told(change, PermissionDeniedError)
    tmp_path.chmod(0o700)
    assert os.listdir(tmp_path) == ["key"]


# Who writes


@pytest.mark.seaweedfs
class TestWhoWrites:
    """SeaweedFS checks keys, signatures and rights, where moto accepts everything."""

    def refused(self, server: SeaweedServer, kind: type[StorageError], cause: str) -> None:
        from tfm.path.sessions import use_session

        with use_session(Session()):
            for change in changes(Path("s3://bucket/d/key")).values():
                fails(change, kind, cause)
        client = server.client()
        found = client.list_objects_v2(Bucket="bucket")["Contents"]
        assert [(each["Key"], each["Size"]) for each in found] == [("d/key", 7)]
        assert not client.list_multipart_uploads(Bucket="bucket").get("Uploads")
        client.close()

    def test_without_the_right(self, identity: Identity, filled_seaweed: SeaweedServer) -> None:
        identity("denied", "deniedsecret")
        self.refused(filled_seaweed, PermissionDeniedError, "Access denied")

    def test_with_a_wrong_secret(self, identity: Identity, filled_seaweed: SeaweedServer) -> None:
        identity("test", "secretofthetest")
        self.refused(filled_seaweed, CredentialsError, "does not belong to its access key")

    def test_with_an_unknown_key(self, identity: Identity, filled_seaweed: SeaweedServer) -> None:
        identity("keyofthetest", "secretofthetest")
        self.refused(filled_seaweed, CredentialsError, "does not know the access key")

    def test_who_may_only_read(self, identity: Identity, filled_seaweed: SeaweedServer) -> None:
        from tfm.path.sessions import use_session

        identity("reader", "readersecret")
        with use_session(Session()):
            path = Path("s3://readable/d/key")
            fails(lambda: path.write_bytes(b"new"), PermissionDeniedError, "Access denied")
            fails(path.unlink, PermissionDeniedError, "Access denied")
            fails(path.parent.rmtree, PermissionDeniedError, "Access denied")
            assert path.read_bytes() == b"content"


# No network


def test_a_refused_port(aws_credentials: None, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refused_port())
    for change in changes(Path("s3://bucket/d/key")).values():
        fails(change, NetworkError, "the connection was refused", "Check the endpoint URL")


@pytest.mark.parametrize("name", ["write_bytes", "write_text", "open w", "touch", "mkdir"])
def test_a_server_that_breaks_every_connection(
    proxy: FaultProxy, moto: MotoServer, session: Session, name: str
) -> None:
    path = Path("s3://bucket/d/new")
    proxy.answer(503, "SlowDown", times=1000)
    with pytest.raises(OSError):
        changes(path)[name]()
    proxy.clear() if hasattr(proxy, "clear") else None
    assert keys(moto) == ["d/key"]


def test_no_credentials(bucket: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    bucket.reset_requests()
    for change in changes(Path("s3://bucket/d/key")).values():
        fails(change, CredentialsError, "No AWS credentials were found", "Run `aws configure`")
    assert bucket.requests() == []
