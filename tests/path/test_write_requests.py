"""What writing costs: the writing part of the request table, counted at the server, and the look after each write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

import pytest

from tests.servers.moto import MotoServer
from tfm import ConflictError, NotEmptyError, NotFoundError, Path, count_requests
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session

NUMBERS = [1, 20, 2500]


class Ledger:
    """Counts at the server what ``tfm.count_requests`` counts here, and insists that both say the same."""

    def __init__(self, server: MotoServer) -> None:
        self.server = server

    def cost(self, work: Callable[[], object]) -> int:
        self.server.reset_requests()
        with count_requests() as requests:
            work()
        statuses = self.server.statuses()
        assert requests.total == len(statuses), (requests, self.server.requests())
        return len(statuses)


@pytest.fixture
def ledger(moto: MotoServer) -> Iterator[Ledger]:
    """A session that knows what moto enforces, as one on AWS knows it of AWS."""
    with use_session(Session(Settings(s3_conditions="create,replace,delete"))):
        moto.put("bucket", {"other": b"1"})
        yield Ledger(moto)


@pytest.fixture
def plain_ledger(moto: MotoServer) -> Iterator[Ledger]:
    """A session that knows nothing of the server."""
    with use_session(Session()):
        moto.put("bucket", {"other": b"1"})
        yield Ledger(moto)


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_one_object_costs_one_request_to_write(ledger: Ledger, warm: bool) -> None:
    directory = Path("s3://bucket/d/")
    ledger.server.put("bucket", {"d/there": b"1"})
    if warm:
        names(directory)
    assert ledger.cost(lambda: (directory / "bytes").write_bytes(b"content")) == 1
    assert ledger.cost(lambda: (directory / "text").write_text("content", "utf-8")) == 1
    assert ledger.cost(lambda: (directory / "there").write_bytes(b"22")) == 1
    assert ledger.cost((directory / "touched").touch) == 1
    assert ledger.cost((directory / "made").mkdir) == 1

    def by_open() -> None:
        with (directory / "opened").open("wb") as file:
            for _ in range(100):
                file.write(b"ten bytes.")

    assert ledger.cost(by_open) == 1
    for name, size in (("bytes", 7), ("text", 7), ("there", 2), ("touched", 0), ("opened", 1000)):
        # What was written is known, whether or not its directory was listed.
        assert ledger.cost((directory / name).exists) == 0
        assert ledger.cost((directory / name).is_file) == 0
        assert ledger.cost((directory / name).stat) == 0
        assert (directory / name).stat().st_size == size
    expected = ["bytes", "made", "opened", "text", "there", "touched"]
    assert ledger.cost(lambda: names(directory)) == (0 if warm else 1)
    assert names(directory) == expected
    fresh = {
        each.name: (each.stat().st_size, each.stat().etag, each.is_dir()) for each in directory.iterdir(fresh=True)
    }
    assert list(fresh) == expected
    assert fresh["there"][0] == 2


@pytest.mark.parametrize("number", NUMBERS)
def test_a_directory_stays_cached_through_writes_into_it(ledger: Ledger, number: int) -> None:
    ledger.server.put("bucket", {f"d/{i:05}": b"1" for i in range(number)})
    directory = Path("s3://bucket/d")
    before = list(directory.iterdir())
    tops = list(Path("s3://bucket/").iterdir())

    def write_and_look() -> None:
        (directory / "00000x").write_bytes(b"22")
        assert len(list(directory.iterdir())) == number + 1
        (directory / "00000").write_bytes(b"333")
        (directory / "00000x").unlink()
        assert len(list(directory.iterdir())) == number
        assert not (directory / "00000x").exists()
        assert before[0].stat().st_size == 3
        assert all(each.is_file() and each.exists() and not each.is_dir() for each in before)
        assert all(each.exists() for each in tops)
        assert {each.name for each in Path("s3://bucket/").iterdir()} == {"d", "other"}

    assert ledger.cost(write_and_look) == 3
    fresh = [(each.name, each.stat().st_size, each.stat().etag) for each in directory.iterdir(fresh=True)]
    assert fresh[0] == ("00000", 3, "310dcbbf4cce62f762a2aaa148d556bd")
    assert len(fresh) == number


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_unlink_costs_two_requests_cold_and_one_warm(ledger: Ledger, warm: bool) -> None:
    ledger.server.put("bucket", {"d/x": b"1", "d/y": b"1"})
    if warm:
        names(Path("s3://bucket/d/"))
    path = Path("s3://bucket/d/x")
    assert ledger.cost(path.unlink) == (1 if warm else 2)
    assert ledger.cost(lambda: path.exists() or path.is_file()) == 0
    assert not path.exists()
    assert ledger.cost(lambda: names(Path("s3://bucket/d/"))) == (0 if warm else 1)
    with pytest.raises(NotFoundError):
        path.unlink()
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_rmtree_costs_two_requests_for_a_thousand(ledger: Ledger, number: int, warm: bool) -> None:
    ledger.server.put("bucket", {f"t/{i % 7}/{i:05}": b"12" for i in range(number)} | {"tt": b"", "t": b"beside"})
    tree = Path("s3://bucket/t/")
    if warm:
        list(tree.rglob("*"))
        names(Path("s3://bucket/"))
    dry = tree.rmtree(dry_run=True)
    assert (dry.objects, dry.size_bytes, dry.dry_run) == (number, 2 * number, True)
    progress: list[int] = []
    assert ledger.cost(lambda: tree.rmtree(progress=lambda each: progress.append(each.objects_done))) == 2 * ceil(
        number / 1000
    )
    assert progress[-1] == number
    assert ledger.cost(tree.is_dir) == (0 if warm else 1)
    assert not tree.is_dir()
    assert Path("s3://bucket/t").read_bytes() == b"beside"
    assert ledger.cost(lambda: names(Path("s3://bucket/"))) == (0 if warm else 1)
    assert names(Path("s3://bucket/")) == ["other", "t", "tt"]
    assert [each.name for each in Path("s3://bucket/").iterdir(fresh=True)] == ["other", "t", "tt"]


def test_a_key_that_a_batch_cannot_carry_costs_one_request_more(ledger: Ledger) -> None:
    ledger.server.put("bucket", {"t/plain": b"", "t/bell\x07": b"", "t/return\r": b"", "t/tab\t": b""})
    assert ledger.cost(Path("s3://bucket/t").rmtree) == 2 + 2
    assert names(Path("s3://bucket/")) == ["other"]


def test_mkdir_and_rmdir(ledger: Ledger) -> None:
    directory = Path("s3://bucket/d")
    assert ledger.cost(directory.mkdir) == 1
    with pytest.raises(FileExistsError):
        directory.mkdir()
    assert ledger.cost(lambda: directory.mkdir(exist_ok=True)) <= 1
    assert (directory.is_dir(), names(directory)) == (True, [])
    assert ledger.cost(directory.rmdir) == 2
    assert not directory.exists()
    with pytest.raises(NotFoundError):
        directory.rmdir()
    (directory / "x").write_bytes(b"1")
    with pytest.raises(NotEmptyError):
        directory.rmdir()
    assert directory.is_dir()


def test_where_the_server_is_not_known_to_refuse_it_is_asked_first(plain_ledger: Ledger) -> None:
    assert plain_ledger.cost(Path("s3://bucket/d/touched").touch) == 2
    assert plain_ledger.cost(Path("s3://bucket/d/touched").touch) == 0
    assert plain_ledger.cost(Path("s3://bucket/d/made").mkdir) == 2
    plain_ledger.server.put("bucket", {"v/x": b"1", "f": b"old"})
    with pytest.raises(ConflictError):
        Path("s3://bucket/v").mkdir()
    with pytest.raises(ConflictError), Path("s3://bucket/f").open("x") as file:
        file.write("new")
    assert Path("s3://bucket/f").read_bytes() == b"old"
    assert plain_ledger.cost(lambda: Path("s3://bucket/g").write_bytes(b"1")) == 1


def test_a_large_object_costs_its_parts_and_two_more(ledger: Ledger) -> None:
    part = bytes(1 << 20)
    path = Path("s3://bucket/large")

    def write() -> None:
        with path.open("wb") as file:
            for _ in range(40):
                file.write(part)

    assert ledger.cost(write) == 5 + 2  # parts of 8 MiB
    assert ledger.cost(path.stat) == 0
    assert path.stat().st_size == 40 << 20
    assert path.stat().etag == path.stat(fresh=True).etag
    with pytest.raises(RuntimeError, match="stop"), path.open("wb") as file:
        for _ in range(20):
            file.write(part)
        raise RuntimeError("stop")
    assert path.stat(fresh=True).st_size == 40 << 20
    client = ledger.server.client()
    assert client.list_multipart_uploads(Bucket="bucket").get("Uploads") in (None, [])
    client.close()


def test_the_tree_that_was_listed_stays_cached_too(ledger: Ledger) -> None:
    ledger.server.put("bucket", {"t/a/1": b"1", "t/b/2": b"2"})
    tree = Path("s3://bucket/t")
    list(tree.rglob("*"))

    def change() -> None:
        (tree / "a" / "new" / "deep").write_bytes(b"333")
        (tree / "b" / "2").unlink()

    assert ledger.cost(change) == 2
    look: Callable[[], list[str]] = lambda: sorted(str(each) for each in tree.rglob("*"))  # noqa: E731
    assert ledger.cost(look) == 0
    assert look() == [f"s3://bucket/t/{name}" for name in ("a/", "a/1", "a/new/", "a/new/deep")]
    assert ledger.cost(lambda: names(tree / "a" / "new")) == 0
    assert not (tree / "b").exists()
    assert ledger.cost((tree / "b").exists) == 0
    tree.invalidate(recursive=True)
    assert look() == [f"s3://bucket/t/{name}" for name in ("a/", "a/1", "a/new/", "a/new/deep")]
