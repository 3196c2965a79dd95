"""What nothing can be compared with is copied, counted, and never deleted where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as Disk
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session as BotocoreSession

from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm import Path
from tfm.core.errors import DamagedError
from tfm.core.step import Step
from tfm.journal import Journal, StepState, null_journal
from tfm.operations.conflict import Conflicts
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_plan import CopyPlanner
from tfm.operations.copy_spec import CopySpec
from tfm.operations.resume import resume
from tfm.path.sessions import current_session, use_session
from tfm.storage.session import Session

MEBIBYTE = 1 << 20
SMALL = b"encrypted with a key of its owner's"
LARGE = bytes(range(256)) * (17 << 12) + b"the end"
ODD_SIZES = (5 * MEBIBYTE, 6 * MEBIBYTE + 3, 6 * MEBIBYTE + 4)
"""Of the parts of LARGE: sizes that no program uses."""


def quiet_client(url: str) -> Any:  # botocore has no types
    """One that sends no checksums, so that the server keeps none."""
    return BotocoreSession().create_client(
        "s3", endpoint_url=url, config=Config(request_checksum_calculation="when_required")
    )


@pytest.fixture
def encrypted(moto: MotoServer) -> Iterator[tuple[Path, bytes]]:
    """Its etag is no digest: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html."""
    moto.put("bucket", {})
    client = quiet_client(moto.url)
    client.put_object(Bucket="bucket", Key="d/x", Body=SMALL, ServerSideEncryption="aws:kms")
    client.close()
    with use_session(Session()):
        yield Path("s3://bucket/d/x"), SMALL


@pytest.fixture
def odd_parts(
    seaweed: SeaweedServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, bytes]]:
    """Its etag is one of parts, and the server does not tell how large they are."""
    seaweed.fill("unverified", {})
    client = quiet_client(seaweed.url)
    upload = {"Bucket": "unverified", "Key": "d/x"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    parts, start = [], 0
    for number, size in enumerate(ODD_SIZES, 1):
        told = client.upload_part(**upload, PartNumber=number, Body=LARGE[start : start + size])
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
        start += size
    assert start == len(LARGE)
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    client.close()
    with FaultProxy(seaweed.url) as proxy, use_session(Session()):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(200, "", match=re.compile("HEAD .*partNumber="), body=b"", times=99)
        yield Path("s3://unverified/d/x"), LARGE


@pytest.fixture(params=["encrypted", pytest.param("odd_parts", marks=pytest.mark.seaweedfs)])
def unverifiable(request: pytest.FixtureRequest) -> tuple[Path, bytes]:
    found: tuple[Path, bytes] = request.getfixturevalue(request.param)
    return found


def spec_for(source: Path, target: Disk, *, move: bool) -> CopySpec:
    return CopySpec((source.location,), Path(target).location, into=False, move=move)


def test_it_is_copied_and_counted(unverifiable: tuple[Path, bytes], tmp_path: Disk) -> None:
    source, content = unverifiable
    summary = CopyJob(current_session(), spec_for(source, tmp_path / "x", move=False)).run()
    assert (summary.done, summary.failed, summary.unverified) == (1, 0, 1)
    assert (tmp_path / "x").read_bytes() == content


def test_it_is_not_moved_away(unverifiable: tuple[Path, bytes], tmp_path: Disk) -> None:
    source, content = unverifiable
    with pytest.raises(DamagedError, match=r"nothing tells whether the copy is right: the source was kept") as caught:
        source.move(tmp_path / "x")
    assert caught.value.uri == str(source)
    assert (tmp_path / "x").read_bytes() == content
    assert source.exists(fresh=True)


def test_of_a_tree_the_others_are_moved(encrypted: tuple[Path, bytes], moto: MotoServer, tmp_path: Disk) -> None:
    source, _ = encrypted
    moto.put("bucket", {f"d/{number}": b"1" for number in range(5)})
    summary = CopyJob(current_session(), spec_for(Path("s3://bucket/d/"), tmp_path / "d", move=True)).run()
    assert [each.uri for each in summary.failures] == [str(source)]
    assert summary.listed == summary.done + summary.failed
    assert [each.name for each in Path("s3://bucket/d/").iterdir(fresh=True)] == ["x"]
    assert sorted(each.name for each in (tmp_path / "d").iterdir()) == ["0", "1", "2", "3", "4", "x"]


def planned(spec: CopySpec, journal: Journal) -> str:
    """As a run that was killed when it had its plan."""
    session = current_session()
    job = journal.begin_job("move" if spec.move else "copy", "x", spec.record())
    source, target = session.storage(spec.source_storage), session.storage(spec.target_storage)
    for batch in CopyPlanner(source, target, spec, Conflicts(spec.policy)).batches():
        job.add_steps([each for each in batch if isinstance(each, Step)])
    job.steps_added()
    job.release()
    job.flush()
    return job.id


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_a_killed_run_may_have_copied_it_whole_and_still_nothing_tells(
    unverifiable: tuple[Path, bytes], tmp_path: Disk, move: bool
) -> None:
    """Its size and its time do not say that its bytes are right."""
    source, content = unverifiable
    journal = null_journal()
    job_id = planned(spec_for(source, tmp_path / "x", move=move), journal)
    source.copy(tmp_path / "x")
    summary = resume(current_session(), journal, job_id).run()
    if move:
        assert [type(each) for each in summary.failures] == [DamagedError]
        assert "the source was kept" in str(summary.failures[0])
    else:
        assert (summary.done, summary.failed, summary.unverified) == (1, 0, 1)
    assert (tmp_path / "x").read_bytes() == content
    assert source.exists(fresh=True)
    journal.close()


def test_trying_it_again_does_not_delete_it(unverifiable: tuple[Path, bytes], tmp_path: Disk) -> None:
    source, content = unverifiable
    journal = null_journal()
    job = CopyJob(current_session(), spec_for(source, tmp_path / "x", move=True), journal=journal)
    assert job.run().failed == 1
    assert job.id is not None
    for _ in range(2):
        summary = resume(current_session(), journal, job.id, retry_failed=True).run()
        assert [type(each) for each in summary.failures] == [DamagedError]
        assert source.exists(fresh=True)
    assert (tmp_path / "x").read_bytes() == content
    (record,) = journal.jobs()
    assert record.counts[StepState.FAILED].steps == 1
    journal.close()
