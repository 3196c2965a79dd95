"""Renaming many: names made by rule, everything wrong with them seen before, and no entry ever lost on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.memory_panes import Memory, denied, place
from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel, Progress
from tfm.operations import expression_process
from tfm.operations.bulk_rename import BulkRename, RenameSummary, undo_rows
from tfm.operations.rename_rule import NewCase, RenameRule, RuleError, lines_of_names, names_of_lines
from tfm.storage.session import Session


def silent(_progress: Progress) -> None:
    """Nobody listens."""


def entry(name: str, *, directory: bool = False, modified: float | None = None) -> Entry:
    slash, kind = ("/", Kind.DIRECTORY) if directory else ("", Kind.FILE)
    return Entry(name, f"d/{name}{slash}", kind, 1, modified)


# Rules


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (RenameRule(), "same.txt", "same.txt"),
        (RenameRule("a", "b"), "aAa.txt", "bAb.txt"),
        (RenameRule("a", "", ignores_case=True), "aAx.txt", "x.txt"),
        (RenameRule(".", "_"), "a.b.c", "a_b_c"),
        (RenameRule(r"(\w+)-(\d+)", r"\2_\1", regular=True), "img-12.jpg", "12_img.jpg"),
        (RenameRule(r"(?P<year>\d{4})", r"\g<year>!", regular=True), "x2026y", "x2026!y"),
        (RenameRule(replacement="{name}-{n:03}.{ext}", first=7), "a.b.txt", "a.b-007.txt"),
        (RenameRule(replacement="{n}{{{name}}}"), ".hidden", "1{.hidden}"),
        (RenameRule(replacement="x.{ext}"), "plain", "x."),
        (RenameRule("b", "{n}", step=5), "abba", "a11a"),
        (RenameRule(r"b", "{name}", regular=True), r"b\1", r"b\1\1"),
        (RenameRule(r"(a)(b)", r"\1{n}\2", regular=True, first=20), "ab", "a20b"),
        (RenameRule("x*", "-", regular=True), "axb", "-a--b-"),
        (RenameRule("X", r"\{n}", ignores_case=True), "ax", r"a\1"),
        (RenameRule(case=NewCase.UPPER), "straße.txt", "STRASSE.TXT"),
        (RenameRule("x", "y", case=NewCase.TITLE), "fox trot", "Foy Trot"),
    ],
)
def test_rules(rule: RenameRule, old: str, new: str) -> None:
    assert rule.new_names([entry(old)]) == [new]


def test_counters_count_and_directories_have_no_extension() -> None:
    rule = RenameRule(replacement="{n}-{name}", first=10, step=-1)
    assert rule.new_names([entry("a.b", directory=True), entry("c.d")]) == ["10-a.b", "9-c"]


def test_the_date_is_that_of_the_last_change_in_the_readers_zone() -> None:
    moment = time.mktime((2026, 5, 1, 12, 30, 0, 0, 0, -1))
    dated = entry("x", modified=moment)
    assert RenameRule(replacement="{date} {date:%H.%M}").new_names([dated]) == ["2026-05-01 12.30"]
    assert RenameRule(replacement="{date}x").new_names([entry("x")]) == ["x"]


def test_an_expression_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_process, "LIMIT_SECONDS", 0.2)
    rule = RenameRule(r"b|(a+)+$", "x", regular=True)
    with pytest.raises(StorageError, match="takes too long"):
        rule.new_names([entry("b" + "a" * 40 + "c")])


@pytest.mark.parametrize(
    ("find", "replacement", "regular", "said"),
    [
        ("(", "", True, "no regular expression"),
        ("a", r"\1", True, "no group"),
        ("a", "{nam}", False, "brace"),
        ("a", "{n:x}", False, "counter"),
        ("a", "{name:3}", False, "nothing behind"),
        ("a", "}", False, "brace"),
    ],
)
def test_what_is_no_rule_says_why(find: str, replacement: str, *, regular: bool, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        RenameRule(find, replacement, regular=regular)


@given(st.lists(st.text()))
def test_names_survive_an_editor(names: list[str]) -> None:
    lines = lines_of_names(names)
    assert all(line == "" or (line.isprintable() and len(line.splitlines()) == 1) for line in lines)
    assert names_of_lines(lines, len(names)) == names


def test_an_edited_list_of_another_length_is_refused() -> None:
    with pytest.raises(RuleError, match="2 names and there are 1 lines"):
        names_of_lines(["a"], 2)
    with pytest.raises(RuleError, match="backslash"):
        names_of_lines(["a\\z"], 1)


# What is against it


def chosen(memory: Memory, names: Sequence[str]) -> list[Entry]:
    listed = {row.name + "/" * row.is_directory: row for page in memory.storage.scan("d/") for row in page}
    return [listed[name] for name in names]


def bulk(memory: Memory, names: Sequence[str]) -> BulkRename:
    made = BulkRename(memory.session, place("d/"), chosen(memory, names))
    made.look()
    return made


@pytest.mark.parametrize(
    ("new_names", "problems"),
    [
        (["a", "b"], ["", ""]),
        (["b", "a"], ["", ""]),
        (["x", "x"], ["Several", "Several"]),
        (["c", "b"], ["Something there", ""]),
        (["b", "b"], ["Something there", ""]),
        (["b", "c"], ["Something there", "Something there"]),
        (["", "x/y"], ["missing", "no slash"]),
        (["..", "é" * 600], ["", "1024"]),
        (["dir", "b"], ["", ""]),
    ],
)
def test_what_is_in_the_way_is_seen_before(new_names: list[str], problems: list[str]) -> None:
    memory = Memory()
    memory.put(["d/a", "d/b", "d/c", "d/dir/x"])
    rows = bulk(memory, ["a", "b"]).preview(new_names)
    for row, problem in zip(rows, problems, strict=True):
        assert problem in row.problem if problem else not row.problem, row
        assert row.changes is (row.new_name != row.name and not problem)


def test_looking_costs_what_a_listing_does() -> None:
    memory = Memory()
    memory.put([f"d/{number:04}" for number in range(1500)])
    made = BulkRename(memory.session, place("d/"), [entry("0001"), entry("0002")])
    made.look()
    assert memory.requests == {"list": 2}
    made.preview(["x", "y"])
    BulkRename(memory.session, place("d/"), [entry("0003")]).look()
    assert memory.requests == {"list": 2}


# Doing it


def contents(memory: Memory) -> dict[str, bytes]:
    found = {}
    for key in memory.stored():
        with memory.storage.read(key) as reader:
            found[key.removeprefix("d/")] = reader.read()
    return found


def ran(made: BulkRename, new_names: Sequence[str]) -> RenameSummary:
    return made.run(made.preview(new_names), silent, Cancel())


names = st.sampled_from(["a", "b", "c", "d", "e", "f", "é\n", ".."])


@given(st.lists(names, unique=True, min_size=1, max_size=6), st.lists(names, max_size=6), st.data())
def test_swaps_chains_and_circles_arrive_and_can_be_undone(
    renamed: list[str], others: list[str], data: st.DataObject
) -> None:
    memory = Memory()
    before = {name: name.encode() for name in {*renamed, *others}}
    memory.store.put("bucket", {f"d/{name}": content for name, content in before.items()})
    new_names = data.draw(st.lists(names, min_size=len(renamed), max_size=len(renamed)))
    made = bulk(memory, renamed)
    rows = made.preview(new_names)
    expected = dict(before)
    for row in rows:
        if row.changes:
            del expected[row.name]
    expected |= {row.new_name: before[row.name] for row in rows if row.changes}
    assert len(expected) == len(before)  # nothing is written over anything
    summary = made.run(rows, silent, Cancel())
    assert summary.failures == []
    assert contents(memory) == expected
    undone = BulkRename(memory.session, place("d/"), []).run(undo_rows(summary.renamed), silent, Cancel())
    assert undone.failures == []
    assert contents(memory) == before


def test_what_fails_is_told_and_what_waited_for_its_name_stays() -> None:
    memory = Memory()
    memory.store.put("bucket", {"d/a": b"a", "d/b": b"b", "d/x": b"x"})
    made = bulk(memory, ["a", "b", "x"])
    memory.denied.add("d/c")
    summary = ran(made, ["b", "c", "y"])
    assert [error.uri for error in summary.failures] == [denied("d/c").uri, "memory://bucket/d/b"]
    assert contents(memory) == {"a": b"a", "b": b"b", "y": b"x"}


def test_a_circle_that_cannot_close_goes_back() -> None:
    memory = Memory()
    memory.store.put("bucket", {"d/a": b"a", "d/b": b"b"})
    made = bulk(memory, ["a", "b"])
    memory.denied.add("d/a")  # neither b, nor what was there before, gets that name again
    summary = ran(made, ["b", "a"])
    assert len(summary.failures) == 3
    assert "could not have its own name again" in summary.failures[-1].cause
    assert sorted(contents(memory).values()) == [b"a", b"b"]
    memory.denied.clear()
    memory.store.put("bucket", {"d/1": b"1", "d/2": b"2"})
    memory.storage.invalidate("d/", below=True)
    usual, again = memory.storage.copy_from, [True]

    def once(source: object, entry: Entry, key: str, **how: object) -> object:
        if key == "d/1" and again:
            again.clear()
            raise denied(key)
        return usual(source, entry, key, **how)  # type: ignore[arg-type]

    memory.storage.copy_from = once  # type: ignore[method-assign, assignment]
    ran(bulk(memory, ["1", "2"]), ["2", "1"])
    left = contents(memory)
    assert (left["1"], left["2"]) == (b"1", b"2")


def test_what_is_in_a_directory_goes_before_it() -> None:
    memory = Memory()
    memory.put(["d/sub/x"])
    entries = [Entry("sub", "d/sub/", Kind.DIRECTORY), Entry("x", "d/sub/x", Kind.FILE)]
    made = BulkRename(memory.session, place("d/"), entries)
    made.look()
    summary = ran(made, ["other", "y"])
    assert (summary.failures, memory.stored()) == ([], ["d/other/y"])
    made.run(undo_rows(summary.renamed), silent, Cancel())
    assert memory.stored() == ["d/sub/x"]


def test_directories_that_change_places_take_along_what_was_renamed_in_them(tmp_path: DiskPath) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    keys = [f"{tmp_path}/a/", f"{tmp_path}/b/", f"{tmp_path}/a/x", f"{tmp_path}/b/x"]
    entries = [Entry("", key, Kind.DIRECTORY if key.endswith("/") else Kind.FILE) for key in keys]
    start = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)
    made = BulkRename(Session(), start, entries)
    made.look()
    summary = ran(made, ["b", "a", "y", "z"])
    assert summary.failures == []
    assert ((tmp_path / "b" / "y").read_text(), (tmp_path / "a" / "z").read_text()) == ("a", "b")
    assert made.run(undo_rows(summary.renamed), silent, Cancel()).failures == []
    assert ((tmp_path / "a" / "x").read_text(), (tmp_path / "b" / "x").read_text()) == ("a", "b")


def test_it_stops_between_two(tmp_path: DiskPath) -> None:
    cancel = Cancel()
    entries = []
    for name in "abc":
        (tmp_path / name).write_text(name)
        entries.append(Entry(name, f"{tmp_path}/{name}", Kind.FILE))
    start = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)
    made = BulkRename(Session(), start, entries)
    made.look()
    summary = made.run(made.preview(["1", "2", "3"]), lambda _progress: cancel.set(), cancel)
    assert (len(summary.renamed), summary.stopped) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "b", "c"]
    assert made.preview(["..", ".", "x\0"])[0].problem
