"""Copies, moves and renames by every public name: what is there before and after, on each storage and between two."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from tests.servers.moto import MotoServer
from tfm import ConflictError, NotEmptyError, NotFoundError, OperationFailed, Path, UnsupportedOperation
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.progress import Progress
from tfm.path.sessions import use_session
from tfm.storage.contract import BackendContext
from tfm.storage.session import Session

PAIRS = [("disk", "disk"), ("memory", "memory"), ("s3", "s3"), ("disk", "s3"), ("s3", "disk"), ("memory", "s3")]

Content = dict[str, bytes]


@pytest.fixture
def places(moto: MotoServer, tmp_path: pathlib.Path) -> Iterator[dict[str, Path]]:
    """An empty directory on each storage, all in one session."""
    session = Session()
    memory = MemoryBackendFactory(BackendContext(session.settings, session.meter.record))
    session.registry.add("memory", memory)
    memory.store.put("bucket", {})
    moto.put("bucket", {})
    (tmp_path / "place").mkdir()
    with use_session(session):
        yield {"disk": Path(tmp_path / "place"), "memory": Path("memory://bucket/"), "s3": Path("s3://bucket/")}


@pytest.fixture(params=["disk", "memory", "s3"])
def place(request: pytest.FixtureRequest, places: dict[str, Path]) -> Path:
    return places[request.param]


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest, places: dict[str, Path]) -> tuple[Path, Path]:
    """Two directories, of one storage or of two."""
    source, target = request.param
    return places[source] / "from", places[target] / "to"


def put(place: Path, content: Content) -> None:
    for key, data in content.items():
        path = place / key
        if not is_flat(place):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def is_flat(place: Path) -> bool:
    return "://" in str(place)


def content_of(place: Path) -> Content:
    """Of the files, asked of the storage itself; of a directory that is not there it is empty."""
    found: Content = {}
    for each in place.iterdir(fresh=True) if place.exists(fresh=True) else ():
        if each.is_dir():
            found.update({f"{each.name}/{key}": data for key, data in content_of(each).items()})
        else:
            found[each.name] = each.read_bytes()
    return found


TREE = {"d/a": b"1", "d/e/b": b"22", "x": b"new"}


# copy_into, move_into


@pytest.mark.parametrize("name", ["x", "d"])
@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_into_a_directory_under_its_own_name(pair: tuple[Path, Path], move: bool, name: str) -> None:
    source, target = pair
    put(source, TREE)
    put(target, {"other": b"old"})
    made = (source / name).move_into(target) if move else (source / name).copy_into(target)
    assert made == target / name
    assert str(made).endswith("/") is (name == "d" and is_flat(target)), "a directory is known to be one"
    moved = {key: data for key, data in TREE.items() if key.startswith(name)}
    assert content_of(target) == {"other": b"old", **moved}
    assert content_of(source) == ({key: TREE[key] for key in TREE.keys() - moved} if move else TREE)


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_into_a_directory_where_the_name_is_taken(pair: tuple[Path, Path], move: bool) -> None:
    source, target = pair
    put(source, TREE)
    put(target, {"x": b"old", "d/a": b"old", "d/kept": b"old"})
    work = Path.move_into if move else Path.copy_into
    with pytest.raises(ConflictError):
        work(source / "x", target)
    with pytest.raises(OperationFailed) as caught:
        work(source / "d", target)
    assert [type(each) for each in caught.value.failures] == [ConflictError]
    assert content_of(target) == {"x": b"old", "d/a": b"old", "d/kept": b"old", "d/e/b": b"22"}
    assert content_of(source) == ({"x": b"new", "d/a": b"1"} if move else TREE), "what was not moved is kept"
    work(source / "x", target, conflict="skip")
    assert content_of(target)["x"] == b"old"
    told: list[Progress] = []
    for name in ("x", "d"):
        work(source / name, target, conflict="overwrite", progress=told.append)
    assert content_of(target) == {**TREE, "d/kept": b"old"}
    assert content_of(source) == ({} if move else TREE)
    assert told[-1].objects_done == told[-1].objects_total


def test_into_a_directory_that_is_missing(place: Path) -> None:
    """It is no obstacle where there are none."""
    put(place, {"x": b"new"})
    if is_flat(place):
        assert (place / "x").move_into(place / "no") == place / "no" / "x"
        assert content_of(place) == {"no/x": b"new"}
        return
    for work in (Path.copy_into, Path.move_into):
        with pytest.raises(NotFoundError):
            work(place / "x", place / "no")
    assert content_of(place) == {"x": b"new"}


# copy_to, move_to


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_by_the_earlier_names(pair: tuple[Path, Path], move: bool) -> None:
    source, target = pair
    put(source, TREE)
    put(target, {"y": b"old"})
    work = Path.move_to if move else Path.copy_to
    with pytest.raises(ConflictError):
        work(source / "x", target / "y")
    with pytest.raises(ConflictError):
        work(source / "x", target / "y", overwrite=False)
    assert (content_of(source), content_of(target)) == (TREE, {"y": b"old"})
    told: list[Progress] = []
    made = work(source / "x", target / "y", overwrite=True, progress_callback=told.append)
    assert made == target / "y"
    assert content_of(target) == {"y": b"new"}
    assert content_of(source) == ({"d/a": b"1", "d/e/b": b"22"} if move else TREE)
    assert told[-1] == Progress(1, 1, 3, 3, (source / "x").key)


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_a_tree_by_the_earlier_names(pair: tuple[Path, Path], move: bool) -> None:
    source, target = pair
    put(source, TREE)
    put(target, {"other": b"old"})
    told: list[Progress] = []
    work = Path.move_to if move else Path.copy_to
    made = work(source / "d", target / "new", progress_callback=told.append)
    assert str(made) == f"{target / 'new'}{'/' if is_flat(target) else ''}"
    assert content_of(target) == {"other": b"old", "new/a": b"1", "new/e/b": b"22"}
    assert content_of(source) == ({"x": b"new"} if move else TREE)
    last = told[-1]
    assert (last.objects_done, last.bytes_done) == (last.objects_total, last.bytes_total)
    if move and not is_flat(source) and not is_flat(target):
        assert (last.objects_done, last.bytes_done) == (1, 0), "one step of the disk's own"
    else:
        assert last.bytes_done == 3


# rename, replace


def test_another_name_for_a_file(place: Path) -> None:
    put(place, {"x": b"new", "other": b"old"})
    assert (place / "x").rename(place / "y") == place / "y"
    assert content_of(place) == {"y": b"new", "other": b"old"}
    assert not (place / "x").exists()
    assert (place / "y").rename(str(place / "z")) == place / "z", "text will do"
    assert (place / "z").replace(place / "w") == place / "w"
    assert content_of(place) == {"w": b"new", "other": b"old"}


def test_a_name_that_is_taken_is_replaced_only_by_replace(place: Path) -> None:
    put(place, {"x": b"new", "y": b"old"})
    with pytest.raises(ConflictError):
        (place / "x").rename(place / "y")
    assert content_of(place) == {"x": b"new", "y": b"old"}
    assert (place / "x").replace(place / "y") == place / "y"
    assert content_of(place) == {"y": b"new"}
    for work in (Path.rename, Path.replace):
        with pytest.raises(NotFoundError):
            work(place / "x", place / "y")
    assert content_of(place) == {"y": b"new"}


def test_another_name_for_a_directory_of_a_disk(places: dict[str, Path]) -> None:
    place = places["disk"]
    put(place, {**TREE, "f/old": b"old", "x": b"old"})
    (place / "empty").mkdir()
    before = content_of(place)
    inode = (place / "d" / "a").stat().st_ino
    for taken in ("f", "empty", "x"):
        with pytest.raises(ConflictError):
            (place / "d").rename(place / taken)
    with pytest.raises(NotEmptyError):
        (place / "d").replace(place / "f")
    assert content_of(place) == before
    made = (place / "d").rename(place / "new")
    assert made == place / "new"
    assert content_of(place) == {"new/a": b"1", "new/e/b": b"22", "f/old": b"old", "x": b"old"}
    assert (place / "new" / "a").stat().st_ino == inode, "it is the same file"
    (place / "new").replace(place / "empty")
    assert content_of(place) == {"empty/a": b"1", "empty/e/b": b"22", "f/old": b"old", "x": b"old"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_directory_of_an_object_store_is_moved_not_renamed(
    places: dict[str, Path], moto: MotoServer, slash: str
) -> None:
    for place in (places["memory"], places["s3"]):
        put(place, TREE)
        moto.reset_requests()
        for work in (Path.rename, Path.replace):
            with pytest.raises(UnsupportedOperation, match="Move it"):
                work(place / f"d{slash}", place / "new")
        assert {record.method for record in moto.records()} <= {"GET", "HEAD"}
        assert content_of(place) == TREE
        (place / f"d{slash}").move(place / "new")
        assert content_of(place) == {"new/a": b"1", "new/e/b": b"22", "x": b"new"}


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] != pair[1]])
def test_nothing_is_renamed_across_storages(places: dict[str, Path], source: str, target: str) -> None:
    here, there = places[source], places[target]
    put(here, TREE)
    put(there, {"taken": b"old"})
    for work in (Path.rename, Path.replace):
        for name in ("x", "d"):
            for new in ("new", "taken"):
                with pytest.raises(UnsupportedOperation, match="Move it"):
                    work(here / name, there / new)
    assert (content_of(here), content_of(there)) == (TREE, {"taken": b"old"})
