"""The choices that libraries make differently, row by row, where something is written: on S3, in memory, on a disk.

"Choices where libraries differ" of the design; the rows that only read are tried with listings and questions.
"""

from __future__ import annotations

import errno
import gc
import io
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

import pytest

from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import (
    IsDirectoryError,
    LocalPath,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    Path,
    UnsupportedOperation,
)
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session

BUCKETS: Final = ["memory", "moto", pytest.param("seaweedfs", marks=pytest.mark.seaweedfs)]


_numbers: Final = itertools.count()


def opened(request: pytest.FixtureRequest) -> Path:
    """An empty place on the storage that the parameter names."""
    if request.param == "disk":
        tmp_path: pathlib.Path = request.getfixturevalue("tmp_path")
        (tmp_path / "place").mkdir()
        return Path(tmp_path / "place")
    if request.param == "memory":
        request.getfixturevalue("world")
        return Path("memory://bucket/")
    request.getfixturevalue("aws_credentials")
    if request.param == "moto":
        moto: MotoServer = request.getfixturevalue("moto")
        moto.put("bucket", {})
        return Path("s3://bucket/")
    seaweed: SeaweedServer = request.getfixturevalue("seaweed")
    request.getfixturevalue("monkeypatch").setenv("AWS_ENDPOINT_URL_S3", seaweed.url)
    # A directory of its own: SeaweedFS keeps those that are empty.
    seaweed.fill("choices", {})
    return Path(f"s3://choices/{next(_numbers)}/")


@pytest.fixture(params=[*BUCKETS, "disk"])
def place(request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty directory on every storage."""
    path = opened(request)
    if request.param in {"memory", "disk"}:
        yield path
    else:
        with use_session(Session(Settings())):
            yield path


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty bucket on every object store."""
    path = opened(request)
    if request.param == "memory":
        yield path
    else:
        with use_session(Session(Settings())):
            yield path


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir(fresh=True))


# open("w"), write_bytes, write_text: replace, as pathlib's


def test_writing_replaces(place: Path) -> None:
    path = place / "x"
    assert path.write_bytes(b"a longer first content") == 22
    assert path.write_text("sh\u00f6rt", "utf-8") == 5
    assert path.read_bytes() == "sh\u00f6rt".encode()
    with path.open("w", encoding="utf-8") as file:
        file.write("again")
    assert path.read_bytes() == b"again"
    assert path.stat().st_size == path.stat(fresh=True).st_size == 5
    assert names(place) == ["x"]


def test_writing_takes_whatever_holds_bytes(place: Path) -> None:
    path = place / "x"
    for content in (b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), memoryview(b"b-y-t-e-s-")[::2]):
        contiguous = content if not isinstance(content, memoryview) or content.contiguous else bytes(content)
        path.write_bytes(contiguous)
        assert path.read_bytes() == b"bytes"
    with pytest.raises(TypeError):
        path.write_bytes("text")  # type: ignore[arg-type] # that it is refused is what is tried
    with pytest.raises(TypeError):
        path.write_text(b"bytes")  # type: ignore[arg-type] # as above
    assert path.read_bytes() == b"bytes"


def test_x_wants_the_name_to_be_free(place: Path) -> None:
    path = place / "x"
    with path.open("x", encoding="utf-8") as file:
        file.write("first")
    for invalidate in (False, True):
        if invalidate:
            path.invalidate()
        with pytest.raises(FileExistsError), path.open("xb") as raw:
            raw.write(b"second")
    assert path.read_bytes() == b"first"


LAYERS: Final[dict[str, Callable[[Path], IO[Any]]]] = {
    "text": lambda path: path.open("w", encoding="utf-8"),
    "lines": lambda path: path.open("w", 1, "utf-8"),
    "binary": lambda path: path.open("wb"),
    "small buffer": lambda path: path.open("wb", 4),
    "unbuffered": lambda path: path.open("wb", 0),
    "exclusive": lambda path: path.with_name("free").open("xb"),
}


def put_half(file: IO[Any]) -> None:
    half = "half of it\n" * 10
    file.write(half if is_text(file) else half.encode())
    file.flush()


def is_text(file: object) -> bool:
    return isinstance(file, io.TextIOBase)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_inside_the_block_writes_nothing(place: Path, layers: str, error: type[BaseException]) -> None:
    path = place / "x"
    path.write_bytes(b"old")
    with pytest.raises(error), LAYERS[layers](path) as file:
        put_half(file)
        raise error
    assert path.read_bytes() == b"old"
    assert names(place) == ["x"]
    assert path.stat().st_size == 3


@pytest.mark.parametrize("layers", LAYERS)
def test_a_file_that_is_never_closed_writes_nothing_and_says_so(place: Path, layers: str) -> None:
    path = place / "x"
    path.write_bytes(b"old")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        file = LAYERS[layers](path)
        put_half(file)
        del file
        gc.collect()
    assert [each.category for each in caught] == [ResourceWarning]
    assert "nothing was written" in str(caught[0].message)
    assert path.read_bytes() == b"old"
    assert names(place) == ["x"]


@pytest.mark.parametrize("layers", LAYERS)
def test_a_file_that_is_closed_by_hand_is_written_when_it_is_closed(place: Path, layers: str) -> None:
    path = place / "x"
    path.write_bytes(b"old")
    file = LAYERS[layers](path)
    put_half(file)
    assert path.read_bytes() == b"old"
    file.close()
    file.close()
    written = path.with_name("free") if layers == "exclusive" else path
    assert written.read_bytes() == b"half of it\n" * 10
    with pytest.raises(ValueError, match="closed"):
        file.write("" if is_text(file) else b"")


@pytest.mark.parametrize("newline", [None, "", "\n", "\r", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_text_is_written_as_python_writes_it(
    place: Path, tmp_path: pathlib.Path, encoding: str, newline: str | None
) -> None:
    text = "one\ntw\u00f6\r\nthree\r\n\n"
    with open(tmp_path / "theirs", "w", encoding=encoding, newline=newline) as theirs:
        theirs.write(text)
    expected = (tmp_path / "theirs").read_bytes()
    for buffering in (-1, 1, 7):
        with (place / "x").open("w", buffering, encoding, newline=newline) as ours:
            for letter in text:
                ours.write(letter)
        assert (place / "x").read_bytes() == expected
    (place / "x").write_text(text, encoding, newline=newline)
    assert (place / "x").read_bytes() == expected


def test_text_that_the_encoding_has_not_writes_nothing(place: Path) -> None:
    path = place / "x"
    path.write_bytes(b"old")
    with pytest.raises(UnicodeEncodeError):
        path.write_text("\u20ac", "latin-1")
    with pytest.raises(UnicodeEncodeError), path.open("w", encoding="latin-1") as file:
        file.write("\u20ac")
    assert path.read_bytes() == b"old"
    path.write_text("\u20ac", "latin-1", "replace")
    assert path.read_bytes() == b"?"


def test_the_error_of_the_last_buffer_leaves_the_old_content(place: Path) -> None:
    path = place / "x"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), path.open("w", encoding="utf-8") as file:
        print("first", file=file)
        print("second", file=file, flush=True)
        raise RuntimeError
    assert path.read_bytes() == b"old"


# Append: never replaces


def test_append_is_refused_and_replaces_nothing(bucket: Path) -> None:
    path = bucket / "x"
    path.write_bytes(b"old")
    for mode in ("a", "ab", "a+", "r+", "w+b", "x+"):
        with pytest.raises(UnsupportedOperation):
            path.open(mode)
    assert path.read_bytes() == b"old"
    assert names(bucket) == ["x"]


# touch


def test_touch_keeps_the_content(place: Path) -> None:
    path = place / "x"
    path.touch()
    assert path.read_bytes() == b""
    path.write_bytes(b"content")
    path.touch()
    path.invalidate()
    path.touch()
    assert path.read_bytes() == b"content"
    with pytest.raises(FileExistsError):
        path.touch(exist_ok=False)
    assert path.stat(fresh=True).st_size == 7


# mkdir, rmdir


def test_mkdir_and_rmdir(place: Path) -> None:
    directory = place / "d"
    directory.mkdir()
    assert directory.is_dir()
    assert names(place) == ["d"]
    assert names(directory) == []
    with pytest.raises(FileExistsError):
        directory.mkdir()
    directory.mkdir(exist_ok=True)
    (directory / "x").write_bytes(b"1")
    with pytest.raises(OSError, match="not empty") as caught:
        directory.rmdir()
    assert caught.value.errno == errno.ENOTEMPTY
    assert isinstance(caught.value, NotEmptyError)
    assert (directory / "x").read_bytes() == b"1"
    (directory / "x").unlink()
    assert directory.is_dir()
    directory.rmdir()
    assert names(place) == []
    with pytest.raises(NotFoundError):
        directory.rmdir()
    (place / "f").write_bytes(b"1")
    with pytest.raises(NotDirectoryError):
        (place / "f").rmdir()
    (place / "p" / "q").mkdir(parents=True)
    (place / "p" / "q").mkdir(parents=True, exist_ok=True)
    with pytest.raises(FileExistsError):
        (place / "p" / "q").mkdir(parents=True)
    assert names(place) == ["f", "p"]
    assert names(place / "p") == ["q"]


def test_a_missing_parent_is_no_obstacle_on_an_object_store(bucket: Path) -> None:
    (bucket / "no" / "such" / "x").write_bytes(b"1")
    (bucket / "none" / "d").mkdir()
    (bucket / "nor" / "t").touch()
    assert names(bucket) == ["no", "none", "nor"]
    assert (bucket / "no" / "such").is_dir()


def test_a_missing_parent_is_one_on_a_disk(tmp_path: pathlib.Path) -> None:
    place = Path(tmp_path)
    for write in (
        (place / "no" / "x").touch,
        (place / "no" / "d").mkdir,
        lambda: (place / "no" / "x").write_bytes(b""),
    ):
        with pytest.raises(FileNotFoundError):
            write()
    assert names(place) == []


def test_a_marker_is_the_directory_itself(bucket: Path) -> None:
    directory = bucket / "d"
    directory.mkdir()
    (directory / "x").write_bytes(b"1")
    assert [str(each) for each in directory.iterdir(fresh=True)] == [str(directory / "x")]
    summary = directory.rmtree()
    assert (summary.objects, summary.failed) == (2, 0)
    assert not directory.exists(fresh=True)


# unlink, rmtree


def test_what_unlink_and_rmtree_refuse(place: Path) -> None:
    (place / "d").mkdir()
    (place / "d" / "x").write_bytes(b"1")
    with pytest.raises(NotFoundError):
        (place / "missing").unlink()
    (place / "missing").unlink(missing_ok=True)
    for path in (place / "d", Path(f"{place / 'd'}/")):
        with pytest.raises(IsDirectoryError):
            path.unlink()
    with pytest.raises(NotDirectoryError):
        (place / "d" / "x").rmtree()
    with pytest.raises(NotFoundError):
        (place / "missing").rmtree()
    assert (place / "d" / "x").read_bytes() == b"1"
    dry = (place / "d").rmtree(dry_run=True)
    assert dry.dry_run
    assert (place / "d" / "x").read_bytes() == b"1"
    (place / "d").rmtree()
    assert names(place) == []


def test_an_object_and_a_directory_of_one_name_are_two(bucket: Path) -> None:
    (bucket / "x").write_bytes(b"object")
    (bucket / "x" / "y").write_bytes(b"below")
    both = bucket / "x"
    assert (both.is_file(), both.is_dir()) == (True, True)
    assert sorted(str(each) for each in bucket.iterdir(fresh=True)) == [f"{bucket / 'x'}", f"{bucket / 'x'}/"]
    both.unlink()
    assert (both.is_file(), both.is_dir()) == (False, True)
    both.write_bytes(b"object")
    Path(f"{both}/").rmtree()
    assert both.read_bytes() == b"object"
    assert not both.is_dir(fresh=True)


# Only a disk


KILLED: Final = """
import sys
from tfm import Path
with Path(sys.argv[1]).open("wb") as file:
    file.write(b"half of the new content")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def test_a_kill_in_the_middle_of_a_write_leaves_the_old_content(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "x")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "x").read_bytes() == b"old"
    left = [name for name in os.listdir(tmp_path) if name != "x"]
    assert len(left) <= 1
    assert all(name.startswith(".tfm-") and name.endswith(".part") for name in left)


def test_a_disk_appends_and_updates_in_place(tmp_path: pathlib.Path) -> None:
    path = Path(tmp_path / "x")
    path.write_bytes(b"one")
    with path.open("ab") as file:
        file.write(b" two")
    with path.open("r+b") as file:
        file.write(b"ONE")
    assert path.read_bytes() == b"ONE two"
    with path.open("w+", encoding="utf-8") as text:
        text.write("three")
        text.seek(0)
        assert text.read() == "three"
        assert path.read_bytes() == b"ONE two"
    assert path.read_bytes() == b"three"


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: pathlib.Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("d/real")
    (tmp_path / "broken").symlink_to("d/new")
    Path(tmp_path / "link").write_bytes(b"new")
    with Path(tmp_path / "broken").open("w", encoding="utf-8") as file:
        file.write("made")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "broken").is_symlink()
    assert (tmp_path / "d" / "real").read_bytes() == b"new"
    assert (tmp_path / "d" / "new").read_bytes() == b"made"
    assert sorted(os.listdir(tmp_path / "d")) == ["new", "real"]
    Path(tmp_path / "link").unlink()
    assert (tmp_path / "d" / "real").exists()
    (tmp_path / "to d").symlink_to("d")
    with pytest.raises(OSError):
        Path(tmp_path / "to d").rmtree()
    assert sorted(os.listdir(tmp_path / "d")) == ["new", "real"]


def test_a_pipe_and_a_device_are_written_in_place(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[bytes] = []
    for write in (
        lambda path: path.write_bytes(b"through"),
        lambda path: path.write_text("through", "utf-8"),
        lambda path: through(path.open("wb")),
    ):
        reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_bytes()))
        reader.start()
        write(Path(tmp_path / "pipe"))
        reader.join(20)
    assert heard == [b"through"] * 3
    assert Path("/dev/null").write_bytes(b"nowhere") == 7
    with Path("/dev/null").open("w", encoding="utf-8") as file:
        file.write("nowhere")
    assert os.listdir(tmp_path) == ["pipe"]
    Path(tmp_path / "pipe").unlink()


def through(file: IO[Any]) -> None:
    with file:
        file.write(b"through")


def test_permissions_are_kept_and_new_files_have_the_umasks(tmp_path: pathlib.Path) -> None:
    path = Path(tmp_path / "x")
    before = os.umask(0o027)
    try:
        path.write_bytes(b"1")
        assert os.stat(str(path)).st_mode & 0o777 == 0o640
    finally:
        os.umask(before)
    os.chmod(str(path), 0o751)
    path.write_text("2", "utf-8")
    with path.open("wb") as file:
        file.write(b"3")
    assert os.stat(str(path)).st_mode & 0o777 == 0o751


def test_relative_paths_and_what_has_fspath(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(b"1")
    with Path("y").open("w", encoding="utf-8") as file:
        file.write("2")
    Path("d").mkdir()
    Path(pathlib.Path("d"), "z").touch()
    Path("d/../w").write_bytes(b"4")
    assert sorted(os.listdir()) == ["d", "w", "x", "y"]
    assert os.listdir("d") == ["z"]
    with open(LocalPath("x"), "rb") as native:
        assert native.read() == b"1"
    Path("d").rmtree()
    Path("x").unlink()
    assert sorted(os.listdir()) == ["w", "y"]


def test_an_open_file_has_a_descriptor_and_is_seen_whole(tmp_path: pathlib.Path) -> None:
    path = Path(tmp_path / "x")
    with path.open("wb") as file:
        file.write(b"content")
        file.flush()
        assert os.fstat(file.fileno()).st_size == 7
        assert not path.exists()
    assert path.read_bytes() == b"content"
