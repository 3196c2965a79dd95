"""What was copied and cannot be compared with anything is said, each object and all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.config import Config
from botocore.session import Session

from tests.cli.copying_world import contents, disk
from tests.running_program import RunHere, Terminal, command
from tests.servers.moto import MotoServer

SAID = "; of 1 nothing tells whether the copy is right."
OBJECTS = {"d/a": b"1", "d/encrypted": b"22", "d/z": b"333"}
COPIES = {name.removeprefix("d/"): data for name, data in OBJECTS.items()}


@pytest.fixture
def filled(moto: MotoServer) -> MotoServer:
    """The etag of what is encrypted with a key of one's own is no digest, and there is no checksum."""
    moto.put("bucket", OBJECTS)
    client = Session().create_client(
        "s3", endpoint_url=moto.url, config=Config(request_checksum_calculation="when_required")
    )
    client.put_object(Bucket="bucket", Key="d/encrypted", Body=b"22", ServerSideEncryption="aws:kms")
    client.close()
    return moto


def test_each_is_told_as_json(tfm: RunHere, filled: MotoServer, here: Path) -> None:
    outcome = tfm("cp", "-r", "--json", "s3://bucket/d/", "to")
    assert outcome.code == 0
    assert disk(here / "to") == COPIES
    *objects, total = outcome.records
    verified = {each["source"]: each["verified"] for each in objects if each["size_bytes"] is not None}
    assert verified == {"s3://bucket/d/a": True, "s3://bucket/d/encrypted": False, "s3://bucket/d/z": True}
    assert (total["failed"], total["unverified"], total["complete"]) == (0, 1, True)


@pytest.mark.parametrize("options", [["-r"], ["-rq"]])
def test_it_is_said_without_a_terminal_too(tfm: RunHere, filled: MotoServer, here: Path, options: list[str]) -> None:
    outcome = tfm("cp", *options, "s3://bucket/d/", "to")
    assert (outcome.code, outcome.output) == (0, b"")
    (line,) = outcome.errors.splitlines()
    assert line.startswith("tfm: copied 4 entries, ")
    assert line.endswith(SAID)


def test_on_a_terminal(filled: MotoServer, here: Path) -> None:
    with Terminal(command("cp", "-r", "s3://bucket/d/", "to"), columns=200) as terminal:
        assert terminal.ended() == 0
    assert SAID.encode() in terminal.written
    with Terminal(command("cp", "s3://bucket/d/a", "a"), columns=200) as terminal:
        assert terminal.ended() == 0
    assert b"nothing tells" not in terminal.written


def test_a_move_keeps_it_and_says_what_to_do(tfm: RunHere, filled: MotoServer, here: Path) -> None:
    outcome = tfm("mv", "--json", "s3://bucket/d/", "to")
    assert outcome.code == 1
    said, total = outcome.errors.splitlines()
    assert said == (
        "tfm: s3://bucket/d/encrypted: It was copied, but nothing tells whether the copy is right: the source was kept."
        " Compare both, then delete the source."
    )
    assert total.endswith("; 1 not.")
    assert disk(here / "to") == COPIES
    assert contents(filled) == {"d/encrypted": b"22"}
    assert {"path": "s3://bucket/d/encrypted", "error": said.removeprefix("tfm: ")} in outcome.records
    assert (outcome.records[-1]["failed"], outcome.records[-1]["unverified"]) == (1, 0)


def test_a_move_that_is_tried_again_keeps_it_again(tfm: RunHere, filled: MotoServer, here: Path) -> None:
    assert tfm("mv", "s3://bucket/d/", "to").code == 1
    outcome = tfm("resume", "--retry-failed")
    assert outcome.code == 1
    assert "the source was kept" in outcome.errors
    assert contents(filled) == {"d/encrypted": b"22"}
    assert disk(here / "to") == COPIES
