"""A step that is written down comes back as it was, whatever its keys are."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.journal.some_steps import one_step
from tfm.core.entry import Entry, Kind
from tfm.core.step import Replaced, Step, StepAction
from tfm.core.writing import NOTHING_THERE, Precondition
from tfm.journal.encoding import decode_sizes, decode_steps, encode_block

# A busy machine is no failure, nor is the first use, in which hypothesis builds its tables of characters.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

LINE = one_step().to_json()
TEXTS = some.text(some.characters(), max_size=12)  # lone surrogates, control characters and newlines included
SIZES = some.none() | some.integers(0, 2**63 - 1)
TIMES = some.none() | some.floats(allow_nan=False)
STEPS = some.builds(
    Step,
    source_key=TEXTS,
    kind=some.sampled_from(Kind),
    target_key=TEXTS,
    action=some.sampled_from(StepAction),
    size_bytes=SIZES,
    etag=some.none() | TEXTS,
    modified_timestamp=TIMES,
    storage_class=some.none() | TEXTS,
    mode=some.none() | some.integers(0, 2**32 - 1),
    is_symlink=some.booleans(),
    only_if=some.none() | some.just(NOTHING_THERE) | some.builds(Precondition, TEXTS),
    replaces=some.none() | some.builds(Replaced, SIZES, TIMES),
)


@UNHURRIED
@given(STEPS)
def test_a_row_gives_back_the_step(step: Step) -> None:
    again = Step.from_row(step.to_row())
    assert again == step
    assert (type(again.kind), type(again.action), type(again.is_symlink)) == (Kind, StepAction, bool)


@UNHURRIED
@given(STEPS)
def test_a_line_of_json_gives_back_the_step(step: Step) -> None:
    line = step.to_json()
    assert b"\n" not in line
    assert Step.from_json(line) == step


@UNHURRIED
@given(some.lists(STEPS, min_size=1, max_size=6))
def test_a_block_gives_back_its_steps_and_their_sizes(steps: list[Step]) -> None:
    block = encode_block(steps)
    assert decode_steps(block.content) == steps
    assert list(decode_sizes(block.sizes)) == [step.size_bytes or 0 for step in steps]


def test_json_is_text_that_other_tools_read() -> None:
    step = Step("Grüße/\U0001f600\t", Kind.FILE, "a\nb", StepAction.COPY)
    assert json.loads(step.to_json().decode("utf-8"))[:3] == ["Grüße/\U0001f600\t", 0, "a\nb"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[1",
        b"\xff",
        LINE[:-1],
        LINE.replace(b'"c"', b'"?"'),
        LINE.replace(b",0,", b",9,", 1),
    ],
)
def test_what_is_no_step_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        Step.from_json(line)


def test_a_step_knows_its_source_as_it_was_listed() -> None:
    entry = Entry("x", "a/x/", Kind.DIRECTORY, 0, 5.0, "etag", "STANDARD", False, 0o755)
    step = Step.of(entry, "b/x/", StepAction.DIRECTORY, None, Replaced(3, 4.0))
    assert step.entry == entry
    assert step.replaces == Replaced(3, 4.0)
