"""What asking costs: the reading part of the request table, counted at the server, and the reference's own claims."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from math import ceil

import pytest

from tests.memory_world import BUCKET, MemoryWorld
from tests.scripted_backend import Script, ScriptedBackend
from tests.servers.moto import MotoServer
from tfm import (
    NetworkError,
    NotDirectoryError,
    NotFoundError,
    Path,
    PermissionDeniedError,
    cache_policy,
    count_requests,
)
from tfm.core.errors import StorageError
from tfm.core.location import StorageAddress
from tfm.core.page import Page, make_page
from tfm.s3 import get_s3_cache_stats
from tfm.storage.contract import Backend
from tfm.storage.session import Session

pytestmark = pytest.mark.usefixtures("session")

NUMBERS = [20, 100, 2500]


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
def ledger(moto: MotoServer) -> Ledger:
    return Ledger(moto)


def keys(number: int) -> list[str]:
    """``number`` rows of ``d/``: files, a virtual directory, one with a marker, and a name that is both."""
    return ["d/both", "d/both/x", "d/virtual/x", "d/marked/", *(f"d/file{i:05}" for i in range(number - 4))]


def ask_all(path: Path) -> tuple[bool, bool, bool, int]:
    return path.exists(), path.is_dir(), path.is_file(), path.stat().st_size


@pytest.mark.parametrize("number", NUMBERS)
def test_a_directory_whose_every_row_is_asked_costs_its_listing(moto: MotoServer, ledger: Ledger, number: int) -> None:
    moto.put("bucket", dict.fromkeys(keys(number), b"content"))
    directory = Path("s3://bucket/d/")
    assert ledger.cost(lambda: [ask_all(child) for child in directory.iterdir()]) == ceil(number / 1000)
    assert 404 not in moto.statuses()
    children = list(directory.iterdir())
    assert len(children) == number
    assert ledger.cost(lambda: [ask_all(child) for child in children]) == 0
    assert ledger.cost(lambda: [ask_all(Path(str(child))) for child in children]) == 0
    assert ledger.cost(lambda: [child.exists() for child in directory.iterdir()]) == 0
    assert ledger.cost(lambda: [child.exists() for child in directory.iterdir(fresh=True)]) == ceil(number / 1000)
    assert ledger.cost(lambda: [ask_all(child) for child in Path("s3://bucket/d").iterdir()]) == 0
    assert ask_all(Path("s3://bucket/d/virtual")) == (True, True, False, 0)
    assert ask_all(Path("s3://bucket/d/both/")) == (True, True, True, 0)
    assert ask_all(Path("s3://bucket/d/both")) == (True, True, True, 7)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_tree_costs_its_keys_and_answers_for_everything_in_it(moto: MotoServer, ledger: Ledger, number: int) -> None:
    moto.put("bucket", dict.fromkeys(keys(number), b"content"))
    tree = Path("s3://bucket/d/")
    pages = ceil(number / 1000)
    assert ledger.cost(lambda: [ask_all(each) for each in tree.rglob("*")]) == pages
    assert ledger.cost(lambda: [ask_all(each) for each in tree.rglob("*")]) == 0
    assert ledger.cost(lambda: list(tree.glob("**/*"))) == 0
    assert ledger.cost(lambda: list(tree.walk())) == 0
    assert ledger.cost(lambda: [ask_all(Path(str(each))) for each in tree.rglob("*")]) == 0
    assert ledger.cost(lambda: list(Path("s3://bucket/d/virtual").iterdir())) == 0
    assert ledger.cost(lambda: Path("s3://bucket/d/none").exists()) == 0
    tree.invalidate(recursive=True)
    assert ledger.cost(lambda: list(tree.walk())) == pages
    assert ledger.cost(lambda: list(tree.iterdir())) == 0


@pytest.mark.parametrize("question", ["exists", "is_dir", "is_file", "stat"])
@pytest.mark.parametrize("name", ["file", "virtual", "marked", "marked/", "missing", "virtual/", "missing/"])
def test_a_question_about_one_path_costs_one_request_and_then_none(
    moto: MotoServer, ledger: Ledger, question: str, name: str
) -> None:
    moto.put("bucket", {"file": b"1", "virtual/x": b"2", "marked/": b"", "missing-not": b""})

    def ask() -> None:
        try:
            getattr(Path(f"s3://bucket/{name}"), question)()
        except NotFoundError:
            assert (question, name.rstrip("/")) == ("stat", "missing")

    assert ledger.cost(ask) == 1
    assert 404 not in moto.statuses()
    assert ledger.cost(ask) == 0


def test_iterdir_of_what_is_no_directory_costs_two_requests_and_then_none(moto: MotoServer, ledger: Ledger) -> None:
    moto.put("bucket", {"file": b"1"})

    def refused(name: str, kind: type[StorageError]) -> None:
        with pytest.raises(kind):
            Path(f"s3://bucket/{name}").iterdir()

    assert ledger.cost(lambda: refused("missing", NotFoundError)) == 2
    assert ledger.cost(lambda: refused("missing", NotFoundError)) == 0
    assert ledger.cost(lambda: refused("file", NotDirectoryError)) == 2
    assert ledger.cost(lambda: refused("file", NotDirectoryError)) == 0
    assert 404 not in moto.statuses()


def test_bytes_cost_one_request_each_time(moto: MotoServer, ledger: Ledger) -> None:
    moto.put("bucket", {"file.txt": b"content"})
    path = Path("s3://bucket/file.txt")
    for _ in range(2):
        assert ledger.cost(path.read_bytes) == 1
        assert ledger.cost(path.read_text) == 1
        assert ledger.cost(lambda: path.read_range(2, 3)) == 1
        assert ledger.cost(lambda: path.open("rb").read()) == 1
    assert path.read_range(2, 3) == b"nte"


@pytest.mark.parametrize("number", [20, 100])
def test_the_reference_21_and_101_requests_are_one(moto: MotoServer, ledger: Ledger, number: int) -> None:
    moto.put("bucket", {f"d/{i:03}": b"content" for i in range(number)})
    client = moto.client()
    moto.reset_requests()
    listed = client.list_objects_v2(Bucket="bucket", Prefix="d/", Delimiter="/")["Contents"]
    for each in listed:
        client.head_object(Bucket="bucket", Key=each["Key"])
    client.close()
    assert len(moto.requests()) == number + 1
    assert ledger.cost(lambda: [child.stat() for child in Path("s3://bucket/d").iterdir()]) == 1
    assert ledger.cost(lambda: [child.stat() for child in Path("s3://bucket/d").iterdir()]) == 0


def test_a_repeated_session_is_answered_by_the_cache(moto: MotoServer) -> None:
    moto.put("bucket", {f"d/{i:03}": b"content" for i in range(50)})
    for _ in range(3):
        for child in Path("s3://bucket/d").iterdir():
            ask_all(Path(str(child)))
    statistics = get_s3_cache_stats()
    assert statistics["hit_rate"] >= 0.95
    assert statistics["requests"] == {"ListObjectsV2": 1}
    assert statistics["total_entries"] == 1


class _Pages:
    """A storage of one directory of 100,000 objects, whose pages cost little to make."""

    def open(self, address: StorageAddress) -> Backend:
        return _PagesBackend(Script(), address, lambda operation: None)


class _PagesBackend(ScriptedBackend):
    def list_page(self, prefix: str, *, token: object | None = None, **options: object) -> Page:
        first = token if isinstance(token, int) else 0
        names = [f"{row:040}" for row in range(first, first + 1000)]
        etags = [f"{row:032x}" for row in range(first, first + 1000)]
        end = first + 1000
        return make_page(
            prefix, names, bytes(1000), range(first, end), [1.5e9 + row for row in range(1000)], etags=etags,
            storage_classes=["STANDARD"] * 1000, token=end if end < 100_000 else None,
        )  # fmt: skip


def test_a_hundred_thousand_names_are_cached_in_ten_megabytes(session: Session) -> None:
    session.registry.add("pages", _Pages())
    directory = Path("pages://bucket/d/")
    directory.capabilities  # noqa: B018 - opens the storage, whose own weight is not the listing's
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in directory.scan():
            pass
        held_bytes = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held_bytes <= 10_000_000
    assert 0.9 <= session.cache.tier.size_bytes / held_bytes <= 1.1
    assert session.cache.tier.size_bytes <= 10_000_000
    assert (directory / f"{77_777:040}").stat().st_size == 77_777


def test_a_directory_beyond_the_first_page_costs_a_second_request(moto: MotoServer, ledger: Ledger) -> None:
    crowd = {f"x-{i:04}": b"" for i in range(1100)}
    moto.put("bucket", {**crowd, "x/inside": b"1", "x": b"22", "y": b""})
    assert ledger.cost(lambda: Path("s3://bucket/x").is_dir()) == 2
    assert ledger.cost(lambda: ask_all(Path("s3://bucket/x"))) == 0
    assert ask_all(Path("s3://bucket/x")) == (True, True, True, 2)
    moto.put("crowded", crowd)
    assert ledger.cost(lambda: Path("s3://crowded/x").exists()) == 2
    assert not Path("s3://crowded/x").exists()


def test_a_missing_directory_beside_a_full_page_is_not_listed_twice(world: MemoryWorld) -> None:
    world.put(*[f"f/0{number:04d}" for number in range(1_200)])
    missing = Path("memory://bucket/f/0/")

    def look() -> None:
        with pytest.raises(NotFoundError):
            missing.iterdir()

    assert world.cost(look) == 2
    assert world.cost(look) == 0


def test_what_a_full_first_page_proves_needs_no_second_request(moto: MotoServer, ledger: Ledger) -> None:
    moto.put("bucket", {f"x{i:04}/y": b"" for i in range(1100)} | {"x/y": b"", "x": b"1"})
    assert ledger.cost(lambda: Path("s3://bucket/x").is_dir()) == 1
    assert ask_all(Path("s3://bucket/x")) == (True, True, True, 1)


def test_a_missing_bucket_does_not_exist_and_cannot_be_listed(moto: MotoServer, ledger: Ledger) -> None:
    for path in (Path("s3://nothing-here"), Path("s3://nothing-here/x")):
        assert ledger.cost(path.exists) == 1
        assert ledger.cost(path.is_dir) == ledger.cost(path.is_file) == ledger.cost(path.exists) == 0
        assert not path.exists()
        with pytest.raises(FileNotFoundError):
            path.iterdir()
        with pytest.raises(FileNotFoundError):
            path.stat()


def test_buckets_are_the_entries_of_the_top(moto: MotoServer, ledger: Ledger) -> None:
    for bucket in ("one", "two"):
        moto.put(bucket, {"x": b""})
    top = Path("s3://")
    assert ledger.cost(lambda: [(child.is_dir(), child.is_file(), child.exists()) for child in top.iterdir()]) == 1
    assert [str(child) for child in top.iterdir()] == ["s3://one/", "s3://two/"]
    assert top.is_dir()
    assert [child.name for child in next(top.iterdir()).iterdir()] == ["x"]


def test_ttl_zero_asks_each_time(moto: MotoServer, ledger: Ledger) -> None:
    moto.put("bucket", {"x": b""})
    with cache_policy(ttl=0):
        assert ledger.cost(lambda: [Path("s3://bucket/x").exists() for _ in range(3)]) == 3


# Listing denied


@pytest.fixture
def denied(world: MemoryWorld) -> MemoryWorld:
    def refuse(prefix: str) -> None:
        world.session.meter.record("refused")
        raise PermissionDeniedError("You may not list.", uri=prefix)

    world.put("d/file", "d/other", "e/file")
    world.before_list = refuse
    return world


def test_where_listing_is_denied_the_object_is_asked_and_that_is_remembered(denied: MemoryWorld) -> None:
    base = Path(f"memory://{BUCKET}/d")
    assert denied.cost(lambda: (base / "file").exists()) == 2
    assert (base / "file").is_file()
    assert (base / "file").stat().st_size == 6
    assert denied.cost(lambda: (base / "other").is_file()) == 1
    assert denied.cost(lambda: Path(f"memory://{BUCKET}/e/file").exists()) == 2
    denied.clock.now += 61
    assert denied.cost(lambda: (base / "file").exists()) == 2


def test_where_listing_is_denied_nothing_is_answered_that_only_a_listing_proves(denied: MemoryWorld) -> None:
    base = Path(f"memory://{BUCKET}/d")
    questions: list[Callable[[], object]] = [
        (base / "file").is_dir, (base / "none").exists, (base / "none").is_file, (base / "none").stat, base.is_dir,
        (base / "none").is_symlink, lambda: (base / "none").info.is_file(), lambda: (base / "none").info.size,
        base.iterdir, lambda: list(base.rglob("*")), lambda: list(base.walk()), lambda: (base / "none").info.exists(),
    ]  # fmt: skip
    for _ in range(2):
        for ask in questions:
            with pytest.raises(PermissionDeniedError):
                ask()
    assert (base / "file").read_bytes() == b"d/file"


def test_a_refusal_that_is_remembered_names_what_is_asked_about_now(denied: MemoryWorld) -> None:
    base = Path(f"memory://{BUCKET}/d")
    assert (base / "file").is_file()
    for name in ("none", "another"):
        with pytest.raises(PermissionDeniedError) as caught:
            (base / name).stat()
        assert caught.value.uri == caught.value.filename == f"memory://{BUCKET}/d/{name}"


@pytest.fixture
def reader_only(seaweed: object, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    from tests.servers.seaweedfs import SeaweedServer
    from tfm.path.sessions import use_session

    assert isinstance(seaweed, SeaweedServer)
    seaweed.fill("readable", {"d/file": b"content"})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "readersecret")
    with use_session(Session()) as made:
        yield made


@pytest.mark.seaweedfs
@pytest.mark.usefixtures("reader_only")
def test_an_object_opens_without_the_right_to_list() -> None:
    path = Path("s3://readable/d/file")
    with count_requests() as requests:
        assert path.is_file()
        assert path.stat().st_size == 7
        assert path.read_bytes() == b"content"
    assert requests.by_operation == {"ListObjectsV2": 1, "HeadObject": 1, "GetObject": 1}
    with pytest.raises(PermissionDeniedError):
        path.is_dir()
    with pytest.raises(PermissionDeniedError):
        path.parent.iterdir()


def test_no_network_is_an_error_and_not_an_answer(world: MemoryWorld) -> None:
    def broken(prefix: str) -> None:
        raise NetworkError("No route.", uri=prefix)

    world.before_list = broken
    path = Path(f"memory://{BUCKET}/x")
    for ask in (path.exists, path.is_dir, path.is_file, path.stat, path.iterdir):
        with pytest.raises(NetworkError):
            ask()
