"""What copying costs: the copy, rename and move rows of the request table, counted at the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

import pytest

from tests.servers.moto import MotoServer
from tfm import ConflictError, OperationFailed, Path, count_requests
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
    """A session that knows what moto enforces, which is nothing where it copies, and believes that it deletes no other
    versions than are meant."""
    with use_session(Session(Settings(s3_conditions="create,replace,delete,delete-many"))):
        moto.put("bucket", {"other": b"1"})
        moto.put("target", {})
        yield Ledger(moto)


@pytest.fixture
def doubting_ledger(moto: MotoServer) -> Iterator[Ledger]:
    """A session that is not known to delete only the versions that are meant."""
    with use_session(Session(Settings(s3_conditions="create,replace,delete"))):
        moto.put("bucket", {"other": b"1"})
        moto.put("target", {})
        yield Ledger(moto)


@pytest.fixture
def trusting_ledger(moto: MotoServer) -> Iterator[Ledger]:
    """A session that was told that conditions of copies are enforced too."""
    with use_session(Session(Settings(s3_conditions="create,replace,delete,copy"))):
        moto.put("bucket", {"other": b"1"})
        moto.put("target", {})
        yield Ledger(moto)


def tree(server: MotoServer, number: int, populated: int) -> None:
    server.put("bucket", {f"d/{i % 7}/{i:05}": b"12" for i in range(number)} | {"d2/x": b"beside"})
    server.put("target", {f"d/old/{i:05}": b"3" for i in range(populated)})


def keys(path: str) -> list[str]:
    return [str(each) for each in Path(path).rglob("*") if not each.is_dir()]


@pytest.mark.parametrize(
    ("number", "populated"), [(n, m) for n in NUMBERS for m in (0, 20, 2500) if (n, m) != (2500, 20)]
)
@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_a_directory(ledger: Ledger, number: int, populated: int, move: bool) -> None:
    tree(ledger.server, number, populated)
    source, target = Path("s3://bucket/d/"), Path("s3://target/d")
    work = source.move if move else source.copy
    expected = ceil(number / 1000) + number + max(1, ceil(populated / 1000)) + (ceil(number / 1000) if move else 0)
    # The destination is read along with the source: what lies behind the source's last key is not asked for.
    least = expected - max(0, ceil(populated / 1000) - 1)
    assert least <= ledger.cost(lambda: work(target)) <= expected
    assert len(keys("s3://target/d/")) == number + populated
    assert source.exists() is not move
    assert keys("s3://bucket/d2/") == ["s3://bucket/d2/x"]
    assert 404 not in ledger.server.statuses()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_directory_whose_server_may_delete_what_was_written_since(doubting_ledger: Ledger, number: int) -> None:
    tree(doubting_ledger.server, number, 0)
    listings = ceil(number / 1000)
    looks = 0 if number == 1 else listings  # of one it is asked for that version
    expected = listings + number + 1 + listings + looks
    cost = doubting_ledger.cost(lambda: Path("s3://bucket/d/").move("s3://target/d"))
    # Objects are not done in exactly their order: a page may not reach the last of a thousand.
    assert expected <= cost <= expected + (looks if number > 1000 else 0)
    assert len(keys("s3://target/d/")) == number
    assert keys("s3://bucket/d2/") == ["s3://bucket/d2/x"]


def test_a_directory_that_is_cached_costs_the_same(ledger: Ledger) -> None:
    tree(ledger.server, 20, 20)
    for path in ("s3://bucket/d/", "s3://target/d/"):
        keys(path)
    assert ledger.cost(lambda: Path("s3://bucket/d/").copy("s3://target/d")) == 1 + 20 + 1
    assert ledger.cost(lambda: Path("s3://bucket/d/").move("s3://target/e")) == 1 + 20 + 1 + 1


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_one_object(ledger: Ledger, warm: bool) -> None:
    ledger.server.put("bucket", {"f/x": b"12", "f/y": b"3"})
    if warm:
        list(Path("s3://bucket/f/").iterdir())
    # The destination is looked at, since a copy is not known to be refused.
    assert ledger.cost(lambda: Path("s3://bucket/f/x").copy("s3://target/x")) == (2 if warm else 3)
    assert ledger.cost(lambda: Path("s3://bucket/f/y").rename("s3://bucket/f/z")) == (3 if warm else 4)
    assert ledger.cost(Path("s3://target/x").exists) == 0
    assert ledger.cost(Path("s3://bucket/f/z").stat) == 0
    assert ledger.cost(Path("s3://bucket/f/y").exists) == 0
    assert (Path("s3://bucket/f/z").exists(), Path("s3://bucket/f/y").exists()) == (True, False)
    assert ledger.cost(lambda: list(Path("s3://bucket/f/").iterdir())) == (0 if warm else 1)
    with pytest.raises(ConflictError):
        Path("s3://bucket/f/x").copy("s3://bucket/f/z")
    assert Path("s3://bucket/f/z").read_bytes() == b"3"


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_one_object_where_the_server_refuses_by_itself(trusting_ledger: Ledger, warm: bool) -> None:
    trusting_ledger.server.put("bucket", {"f/x": b"12", "f/y": b"3"})
    if warm:
        list(Path("s3://bucket/f/").iterdir())
    assert trusting_ledger.cost(lambda: Path("s3://bucket/f/x").copy("s3://target/x")) == (1 if warm else 2)
    assert trusting_ledger.cost(lambda: Path("s3://bucket/f/y").rename("s3://bucket/f/z")) == (2 if warm else 3)


def test_up_and_down_cost_one_request_an_object(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = Path(tmp_path_factory.mktemp("place"))
    tree(ledger.server, 20, 0)
    assert ledger.cost(lambda: Path("s3://bucket/d/").copy(place / "d")) == 1 + 20
    assert ledger.cost(lambda: (place / "d").copy("s3://target/d")) == 20 + 1
    assert ledger.cost(lambda: (place / "d").move("s3://target/e")) == 20 + 1
    assert not (place / "d").exists()
    assert ledger.cost(lambda: Path("s3://bucket/d/").move(place / "d")) == 1 + 20 + 1


def test_conflicts_are_seen_in_the_listing(ledger: Ledger) -> None:
    ledger.server.put("bucket", {f"d/{i}": b"new" for i in range(4)})
    ledger.server.put("target", {"d/1": b"old", "d/3": b"old", "d/30": b"old"})

    def refused() -> None:
        with pytest.raises(OperationFailed) as caught:
            Path("s3://bucket/d/").copy("s3://target/d")
        assert [type(failure) for failure in caught.value.failures] == [ConflictError, ConflictError]

    assert ledger.cost(refused) == 1 + 2 + 1
    assert Path("s3://target/d/1").read_bytes() == b"old"
    assert ledger.cost(lambda: Path("s3://bucket/d/").copy("s3://target/d", conflict="skip")) == 1 + 1
    assert ledger.cost(lambda: Path("s3://bucket/d/").copy("s3://target/d", conflict="overwrite")) == 1 + 4 + 1
    assert Path("s3://target/d/1").read_bytes() == b"new"
    assert Path("s3://target/d/30").read_bytes() == b"old"
