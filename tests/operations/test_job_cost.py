"""What a copy asked of a real server, with its requests under way by dozens, is counted up as its own."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from tests.scripted_backend import DEADLINE_SECONDS
from tests.servers.moto import MotoServer
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings, with_settings
from tfm.operations.copy_spec import CopySpec
from tfm.operations.cost import spending
from tfm.operations.jobs import JobQueue
from tfm.operations.queued_job import QueuedJob
from tfm.storage.session import Session

S3 = StorageAddress("s3", "data")


def asked(job: QueuedJob) -> Counter[str]:
    return sum((Counter(each.operations) for each in job.tally.usage().values()), Counter())


def test_an_upload_and_a_move_on_the_server_at_once(moto: MotoServer, tmp_path: Path) -> None:
    moto.put("data", {f"old/{number}": b"x" for number in range(12)})
    host = moto.url.removeprefix("http://")
    settings = with_settings(
        Settings(), {"PRICES": {f"{host} write": "0.005", f"{host} read": "0.0004"}}, source="a test"
    )
    session, over = Session(settings), threading.Event()
    (tmp_path / "tree").mkdir()
    for number in range(30):
        (tmp_path / "tree" / str(number)).write_text("text")
    queue = JobQueue(session, None, changed=lambda: None if queue.active() else over.set())
    tree = Location(StorageAddress("file"), f"{tmp_path}/tree/", Kind.DIRECTORY)
    moto.reset_requests()
    upload = queue.submit(CopySpec((tree,), Location(S3, "new/", Kind.DIRECTORY), into=True))
    move = queue.submit(
        CopySpec((Location(S3, "old/", Kind.DIRECTORY),), Location(S3, "moved/", Kind.DIRECTORY), into=True, move=True)
    )
    while queue.active():
        assert over.wait(DEADLINE_SECONDS), "they do not end"
        over.clear()
    assert not [*upload.failures(), *move.failures()]
    assert asked(upload)["PutObject"] == 30
    assert asked(move)["CopyObject"] == 12
    assert asked(move)["DeleteObjects"] == 1
    assert asked(upload) + asked(move) == session.meter.snapshot(), "nobody else has asked"
    assert asked(upload).total() + asked(move).total() == len(moto.requests())
    (spent,) = [each for each in spending(session, upload.tally) if each.storage == S3]
    assert spent.dollars is not None
    assert 30 * 0.005 / 1000 <= spent.dollars < 34 * 0.005 / 1000
    assert spent.usage.sent_bytes == 30 * len("text")
