"""``tfm doctor``."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.aws_files import AwsFiles
from tests.running_program import DEADLINE_SECONDS, Outcome, RunHere, Terminal, command
from tests.servers.fault_proxy import FaultProxy, refused_port, silent_port
from tests.servers.moto import MotoServer
from tests.servers.seaweedfs import SeaweedServer
from tfm.backends.s3.known_servers import KnownServers
from tfm.core.writing import Condition

KEY_ID = "AKIAABCDEFGHIJKLMNOP"
SECRET = "topsecretkey0123456789abcdefghijklmnopqr"
TOKEN = "FwoGZXIvYXdzEBYaDHNlc3Npb250b2tlbg=="
WRITING = {"PUT", "POST", "DELETE"}


def found(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """What ``--json`` told, by subject."""
    return {record["subject"]: record for record in outcome.records}


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {record["subject"]: record["verdict"] for record in outcome.records}


def left_in(server: MotoServer | SeaweedServer, bucket: str) -> tuple[list[str], object]:
    """The keys in a bucket, with every version of them, and its unfinished uploads."""
    client = server.client()
    try:
        keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return keys, client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    finally:
        client.close()


# In general


def test_without_a_uri_nobody_is_asked(tfm: RunHere, moto: MotoServer, aws_files: AwsFiles) -> None:
    aws_files.add_profile("work", access_key=KEY_ID, secret_key=SECRET)
    aws_files.add_profile("lab", region="eu-central-1")
    outcome = tfm("doctor", "--json")
    told = found(outcome)
    assert (outcome.code, outcome.errors) == (0, "")
    assert told["profiles"]["text"] == "lab, work (not contacted)"
    assert told["botocore"]["text"].startswith("1.")
    assert {"tfm", "textual", "platform", "settings file"} <= told.keys()
    assert "AWS_ENDPOINT_URL_S3" in told["variables"]["text"]
    assert moto.requests() == []


def test_lines_are_aligned(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {})
    lines = tfm("doctor", "s3://bucket/").lines
    assert all(line[:6] in {"ok    ", "note  ", "bad   ", "      "} for line in lines)
    assert all(line[25] == " " != line[26] for line in lines)
    assert any(line.startswith("ok    tfm                 0.") for line in lines)


def test_settings_that_differ_are_shown_without_secrets(
    tfm: RunHere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "class Config:\n    S3_CACHE_TTL = 300\n    S3_ENDPOINT_URL = 'http://me:topsecret@host:1/?key=hidden'\n"
    )
    outcome = tfm("doctor", "--config", str(file))
    shown = outcome.output.decode()
    assert str(file) in shown
    assert "S3_CACHE_TTL = 300" in shown
    assert "S3_ENDPOINT_URL = 'http://…host:1/…'" in shown
    assert "topsecret" not in shown
    assert "hidden" not in shown
    assert "MAX_ATTEMPTS" not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--write"], "--write needs a place"),
        (["nothing://x"], "Nothing here speaks"),
        (["s3://no_such!/"], "cannot be a bucket's name"),
        (["./nowhere"], "There is nothing here"),
        ([""], "An empty path"),
        (["--frob"], "--frob"),
    ],
)
def test_asked_wrongly(tfm: RunHere, here: Path, arguments: list[str], said: str) -> None:
    outcome = tfm("doctor", *arguments)
    assert outcome.code == 2
    assert said in outcome.errors


def test_the_memory_has_nothing_to_examine(tfm: RunHere) -> None:
    assert tfm("doctor", "memory://x/").code == 0


# The local disk


def test_a_local_directory(tfm: RunHere, here: Path) -> None:
    (here / "Name").touch()
    outcome = tfm("doctor", "--json", ".")
    told = found(outcome)
    assert outcome.code == 0
    assert told["longest name"]["text"] == "255 bytes"
    assert told["upper and lower"]["text"] == "differ in names"
    assert told["writing"]["text"] == "allowed here"
    assert told["file system"]["text"]
    assert "shared blocks" not in told
    assert os.listdir(here) == ["Name"]


def test_a_local_directory_with_writing(tfm: RunHere, here: Path) -> None:
    (here / "file").touch()
    told = found(tfm("doctor", "--json", "--write", "file"))
    assert {"extended attributes", "shared blocks"} <= told.keys()
    assert os.listdir(here) == ["file"]


# Reading on S3


def test_a_bucket_in_good_order(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/empty": b"", "d/x": b"123", "e": b"1"})
    outcome = tfm("doctor", "--json", "s3://bucket/d/")
    told = found(outcome)
    assert (outcome.code, outcome.errors) == (0, "")
    assert told["credentials"]["text"].startswith("from the environment, profile default, key id …")
    assert told["endpoint"]["text"] == moto.url
    assert told["region"]["text"] == "us-east-1, as the bucket"
    assert "Werkzeug" in told["server"]["text"]
    assert told["clock"]["verdict"] == "good"
    assert told["addressing"]["text"] == "the bucket in the path"
    assert [told[each]["text"] for each in ("list bucket", "list prefix", "head object", "read object")] == [
        "allowed"
    ] * 4
    assert told["versions"]["text"].startswith("off")
    assert "not known" in told["conditions"]["text"]
    assert told["conditions"]["next_step"].endswith("tfm doctor --write s3://bucket/d/")
    records = moto.records()
    assert not {record.method for record in records} & WRITING
    assert len(records) == 6
    assert [record.headers.get("range") for record in records if record.line == "GET /bucket/d/x"] == ["bytes=0-0"]


@pytest.mark.parametrize(
    ("objects", "uri", "read"),
    [
        ({}, "s3://bucket/", "note"),
        ({"a": b"1"}, "s3://bucket/b/", "note"),
        ({"a": b""}, "s3://bucket/", "good"),
        ({"d/": b""}, "s3://bucket/d/", "good"),
        ({"a": b"1", "ab": b"1"}, "s3://bucket/ab", "good"),
    ],
)
def test_what_there_is_to_read(tfm: RunHere, moto: MotoServer, objects: dict[str, bytes], uri: str, read: str) -> None:
    moto.put("bucket", objects)
    outcome = tfm("doctor", "--json", uri)
    assert (outcome.code, verdicts(outcome)["read object"]) == (0, read)
    assert all("/bucket/a " not in f"{line} " for line in moto.requests() if uri.endswith("ab"))


def test_an_archived_object_is_no_fault(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"a": b"1"}, storage_class="GLACIER")
    outcome = tfm("doctor", "--json", "s3://bucket/")
    assert (outcome.code, verdicts(outcome)["read object"]) == (0, "note")
    assert "restore-object" in found(outcome)["read object"]["next_step"]


def test_the_buckets_region_is_told(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {}, region="eu-central-1")
    told = found(tfm("doctor", "--json", "s3://bucket/"))["region"]
    assert told["verdict"] == "note"
    assert told["text"].startswith("us-east-1, but the bucket is in eu-central-1")
    assert "eu-central-1" in told["next_step"]


@pytest.mark.parametrize(("status", "verdict"), [("Enabled", "good"), ("Suspended", "note")])
def test_versions(tfm: RunHere, moto: MotoServer, status: str, verdict: str) -> None:
    moto.put("bucket", {})
    client = moto.client()
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": status})
    client.close()
    told = found(tfm("doctor", "--json", "s3://bucket/"))["versions"]
    assert told["verdict"] == verdict
    assert told["text"].startswith(status.lower())


@pytest.mark.parametrize("count", [0, 3])
def test_the_list_of_buckets(tfm: RunHere, moto: MotoServer, count: int) -> None:
    for number in range(count):
        moto.put(f"bucket-{number}", {})
    outcome = tfm("doctor", "--json", "s3://")
    assert outcome.code == 0
    assert found(outcome)["buckets"]["text"] == str(count)
    assert moto.requests() == ["GET /?max-buckets=1000"]


def test_the_list_of_buckets_is_refused(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(403, "AccessDenied")
        outcome = tfm("doctor", "--json", "s3://")
    assert (outcome.code, verdicts(outcome)["buckets"]) == (1, "bad")


def test_no_such_bucket(tfm: RunHere, moto: MotoServer) -> None:
    outcome = tfm("doctor", "s3://nowhere/")
    assert outcome.code == 1
    assert outcome.lines[-2].startswith("bad   bucket              There is no bucket 'nowhere'")
    assert outcome.lines[-1] == " " * 26 + "Check the name, the profile and the endpoint."
    assert len(moto.requests()) == 1


# Credentials


def test_no_credentials(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    outcome = tfm("doctor", "--json", "s3://bucket/")
    assert (outcome.code, list(verdicts(outcome).items())[-1]) == (1, ("credentials", "bad"))
    assert moto.requests() == []


def test_no_credentials_are_wanted(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    moto.put("bucket", {})
    outcome = tfm("doctor", "--json", "--no-sign-request", "s3://bucket/")
    assert found(outcome)["credentials"]["text"].startswith("none: requests are not signed")


def test_no_such_profile(tfm: RunHere, moto: MotoServer) -> None:
    outcome = tfm("doctor", "--json", "--profile", "nobody", "s3://bucket/")
    assert outcome.code == 1
    assert "nobody" in found(outcome)["credentials"]["text"]


@pytest.mark.parametrize(
    ("minutes", "verdict", "said"), [(-5, "bad", "expired"), (2, "note", "soon"), (90, "good", "")]
)
def test_temporary_credentials_say_until_when(
    tfm: RunHere, moto: MotoServer, aws_files: AwsFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    minutes: int, verdict: str, said: str,
) -> None:  # fmt: skip
    moto.put("bucket", {})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    given = {"Version": 1, "AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "SessionToken": TOKEN}
    given["Expiration"] = until.isoformat()
    (tmp_path / "given.json").write_text(json.dumps(given))
    aws_files.add_profile("work", credential_process=f"cat {tmp_path / 'given.json'}")
    told = found(tfm("doctor", "--json", "--profile", "work", "s3://bucket/"))["credentials"]
    assert told["verdict"] == verdict
    assert said in told["text"]
    if minutes > 0:
        assert "from credential_process, profile work, key id …MNOP, temporary, until" in told["text"]


@pytest.mark.parametrize("level", [logging.WARNING, logging.DEBUG])
def test_no_secret_is_told(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    moto.put("bucket", {"a": b"1"})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    with caplog.at_level(level):
        outcomes = [tfm("doctor", "--write", "s3://bucket/"), tfm("doctor", "--json", "s3://bucket/"), tfm("doctor")]
    everything = "\n".join(
        [*(outcome.output.decode() + outcome.errors for outcome in outcomes)]
        + [logging.Formatter().format(record) for record in caplog.records]
    )
    assert "key id …MNOP, temporary" in everything
    assert [secret for secret in (SECRET, TOKEN, KEY_ID) if secret in everything] == []


def test_a_short_key_id_is_not_told_at_all(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {})
    assert found(tfm("doctor", "--json", "s3://bucket/"))["credentials"]["text"].endswith("key id …")


# The server and the clock


def test_nothing_answers(tfm: RunHere, aws_credentials: None) -> None:
    outcome = tfm("doctor", "--json", "--endpoint-url", refused_port(), "s3://bucket/")
    assert (outcome.code, list(verdicts(outcome).items())[-1]) == (1, ("server", "bad"))


def test_a_silent_server_is_told_in_time(tfm: RunHere, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "1")
    with silent_port() as url:
        began = time.monotonic()
        outcome = tfm("doctor", "--json", "--write", "--endpoint-url", url, "s3://bucket/")
    assert time.monotonic() - began < 9  # of which a busy machine takes some to begin; ten is the default
    assert (outcome.code, list(verdicts(outcome).items())[-1]) == (1, ("server", "bad"))


@pytest.mark.parametrize(
    ("seconds", "verdict", "said"),
    [
        (30, "good", "as the server's"),
        (-100, "note", "seconds ahead of the server's"),
        (600, "note", "10 minutes behind the server's"),
        (-3 * 3600, "bad", "3 hours ahead of the server's"),
        (1200, "bad", "20 minutes behind the server's"),
    ],
)
def test_the_clock(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch, seconds: int, verdict: str, said: str
) -> None:
    moto.put("bucket", {})
    there = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(200, "", match="HEAD /bucket", headers={"Date": there}, body=b"")
        outcome = tfm("doctor", "--json", "s3://bucket/")
    told = found(outcome)["clock"]
    assert (outcome.code, told["verdict"]) == (int(verdict == "bad"), verdict)
    assert said in told["text"]


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_server_without_a_date(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    moto.put("bucket", {})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(200, "", match="HEAD /bucket", headers={"Date": date} if date else {}, body=b"")
        assert verdicts(tfm("doctor", "--json", "s3://bucket/"))["clock"] == "note"


def test_a_clock_that_the_server_refuses_is_named(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(403, "RequestTimeTooSkewed", times=9, headers={"Date": there})
        outcome = tfm("doctor", "--json", "s3://bucket/")
    told = found(outcome)
    assert outcome.code == 1
    assert told["clock"]["verdict"] == "bad"
    assert "clock differs" in told["list bucket"]["text"]


# Writing


def test_what_moto_enforces(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {"d/x": b"123"})
    outcome = tfm("doctor", "--json", "--write", "s3://bucket/d/")
    told = found(outcome)
    assert (outcome.code, outcome.errors) == (0, "")
    assert verdicts(outcome) | {"create": "good", "delete": "good", "copy": "note"} == verdicts(outcome)
    # A single write is refused, and the end of an upload in parts is not.
    assert "an upload in parts in place of another version was let through" in told["replace"]["text"]
    assert "not checked" in told["checksums"]["text"]
    assert [told[f"key {name}"]["verdict"] for name in ("a//b", "../x", "x/ with content")] == ["good"] * 3
    assert told["cleaning up"]["verdict"] == "good"
    path = told["remembered"]["text"].rpartition(" in ")[2]
    assert path.startswith(os.environ["XDG_STATE_HOME"])
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert KnownServers().conditions(moto.url) == frozenset({Condition.CREATE, Condition.DELETE})
    assert left_in(moto, "bucket") == (["d/x"], [])
    written = [line.split(" ")[1] for line in moto.requests() if line.split(" ")[0] in {"PUT", "DELETE"}]
    assert all(target.startswith("/bucket/d/.tfm-doctor-") for target in written)


def test_what_was_found_out_saves_a_request(tfm: RunHere, moto: MotoServer) -> None:
    from tfm import Path as TfmPath
    from tfm.path.sessions import use_session
    from tfm.storage.session import Session

    moto.put("bucket", {})

    def requests_of_a_touch(name: str, session: Session) -> int:
        moto.reset_requests()
        with use_session(session):
            TfmPath(f"s3://bucket/{name}").touch(exist_ok=False)
        return len(moto.requests())

    running = Session()
    assert requests_of_a_touch("before", running) == 2
    with use_session(running):
        location = TfmPath("s3://bucket/").location
        list(running.storage(location.storage).diagnose("", may_write=True))
    assert requests_of_a_touch("after", running) == 1
    assert requests_of_a_touch("later", Session()) == 1


def test_the_next_doctor_tells_from_where_it_knows(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {})
    tfm("doctor", "--write", "s3://bucket/")
    text = found(tfm("doctor", "--json", "s3://bucket/"))["conditions"]["text"]
    assert text.startswith(
        "create, delete: enforced, as tfm doctor found out; replace, delete-many, copy: not enforced"
    )
    monkeypatch.setenv("TFM_S3_CONDITIONS", "create,replace,delete,delete-many,copy")
    told = found(tfm("doctor", "--json", "s3://bucket/"))["conditions"]
    assert (told["verdict"], "as S3_CONDITIONS says" in told["text"]) == ("good", True)
    outcome = tfm("doctor", "--json", "--write", "s3://bucket/")
    assert outcome.code == 1
    assert "replace, delete-many, copy, which it does not" in found(outcome)["S3_CONDITIONS"]["text"]


def test_versions_are_cleaned_up_too(tfm: RunHere, moto: MotoServer) -> None:
    moto.put("bucket", {})
    client = moto.client()
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    outcome = tfm("doctor", "--json", "--write", "s3://bucket/")
    answer = client.list_object_versions(Bucket="bucket")
    client.close()
    assert verdicts(outcome)["cleaning up"] == "good"
    assert (answer.get("Versions"), answer.get("DeleteMarkers")) == (None, None)


def test_nothing_is_written_where_a_lock_would_keep_it(tfm: RunHere, moto: MotoServer) -> None:
    client = moto.client()
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    client.close()
    moto.reset_requests()
    outcome = tfm("doctor", "--json", "--write", "s3://locked/")
    assert "Object Lock" in found(outcome)["write"]["text"]
    assert not {line.split(" ")[0] for line in moto.requests()} & WRITING


def test_what_may_not_be_deleted_is_not_written_on(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(403, "AccessDenied", match="DELETE ", times=9)
        outcome = tfm("doctor", "--json", "--write", "s3://bucket/")
    keys, _ = left_in(moto, "bucket")
    assert len(keys) == 1
    assert (outcome.code, verdicts(outcome)["write"]) == (1, "bad")
    assert keys[0] in found(outcome)["cleaning up"]["text"]


def test_an_answer_that_says_nothing_is_not_remembered(
    tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.answer(503, "SlowDown", match="/delete ")
        outcome = tfm("doctor", "--json", "--write", "s3://bucket/")
        assert "not known" in found(outcome)["delete"]["text"]
        assert verdicts(outcome)["remembered"] == "note"
        assert KnownServers().conditions(proxy.url) is None
    assert left_in(moto, "bucket") == ([], [])


def test_a_file_that_cannot_be_written_is_told(
    tfm: RunHere, moto: MotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.put("bucket", {})
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    outcome = tfm("doctor", "--json", "--write", "s3://bucket/")
    assert (outcome.code, verdicts(outcome)["remembered"]) == (1, "bad")


@pytest.mark.parametrize("uri", ["s3://bucket/d/x", "s3://bucket/d"])
def test_it_writes_beside_an_object_and_below_a_directory(tfm: RunHere, moto: MotoServer, uri: str) -> None:
    moto.put("bucket", {"d/x": b"123"})
    tfm("doctor", "--write", uri)
    written = [line.split(" ")[1] for line in moto.requests() if line.startswith("PUT ")]
    assert all(target.startswith("/bucket/d/.tfm-doctor-") for target in written)


def test_interrupted_it_cleans_up(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("bucket", {"x": b"1"})
    with FaultProxy(moto.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        stalled = proxy.stall(match="uploadId=")
        process = subprocess.Popen(
            command("doctor", "--write", "s3://bucket/"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert stalled.happened.wait(DEADLINE_SECONDS)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, errors) == (128 + signal.SIGINT, "")
    assert left_in(moto, "bucket") == (["x"], [])


@pytest.mark.parametrize(("keys", "writes"), [(b"y\n", True), (b"\n", False), (b"n\n", False)])
def test_on_a_terminal_it_asks_before_it_writes(moto: MotoServer, keys: bytes, writes: bool) -> None:
    moto.put("bucket", {})
    with Terminal(command("doctor", "--write", "s3://bucket/d/")) as terminal:
        terminal.until(b"at s3://bucket/d/, try conditions on it, delete it? [y/N] ")
        assert moto.requests() == []
        terminal.type(keys)
        assert terminal.ended() == 0
    assert bool({line.split(" ")[0] for line in moto.requests()} & WRITING) is writes


# A server that checks rights, signatures and conditions


@pytest.fixture
def checking(seaweed: SeaweedServer, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    seaweed.fill("examined", {"d/x": b"123"})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.url)
    return seaweed


def ask_as(monkeypatch: pytest.MonkeyPatch, name: str, secret: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


@pytest.mark.seaweedfs
def test_what_seaweedfs_enforces(tfm: RunHere, checking: SeaweedServer) -> None:
    before = found(tfm("doctor", "--json", "s3://examined/"))
    assert before["conditions"]["text"].endswith("enforced, as is known of the provider")
    assert before["server"]["text"].startswith("SeaweedFS")
    outcome = tfm("doctor", "--json", "--write", "s3://examined/d/")
    told = found(outcome)
    assert (outcome.code, outcome.errors) == (0, "")
    assert [told[each.value]["text"] for each in Condition] == ["enforced"] * len(Condition)
    assert "BadDigest" in told["checksums"]["text"]
    assert [told[f"key {name}"]["verdict"] for name in ("a//b", "../x")] == ["note"] * 2
    assert told["cleaning up"]["verdict"] == "good"
    assert KnownServers().conditions(checking.url) == frozenset(Condition)
    assert left_in(checking, "examined") == (["d/x"], [])


@pytest.mark.seaweedfs
def test_somebody_who_may_do_nothing(tfm: RunHere, checking: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_as(monkeypatch, "denied", "deniedsecret")
    outcome = tfm("doctor", "--json", "--write", "s3://examined/")
    told = verdicts(outcome)
    assert (outcome.code, told["list bucket"], told["write"], told["cleaning up"]) == (1, "bad", "bad", "good")
    assert "Ask for the right" in found(outcome)["list bucket"]["next_step"]
    assert KnownServers().conditions(checking.url) is None


@pytest.mark.seaweedfs
def test_somebody_who_may_only_read_by_name(
    tfm: RunHere, checking: SeaweedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking.fill("readable", {"x": b"123"})
    ask_as(monkeypatch, "reader", "readersecret")
    outcome = tfm("doctor", "--json", "s3://readable/x")
    told = verdicts(outcome)
    assert (told["list bucket"], told["list prefix"]) == ("note", "bad")
    assert (told["head object"], told["read object"]) == ("good", "good")


@pytest.mark.seaweedfs
@pytest.mark.parametrize(
    ("name", "secret", "said"),
    [
        ("test", "wrongsecret", "does not belong to its access key"),
        ("nobody", "testsecret", "does not know the access key"),
    ],
)
def test_credentials_that_are_refused(
    tfm: RunHere, checking: SeaweedServer, monkeypatch: pytest.MonkeyPatch, name: str, secret: str, said: str
) -> None:
    ask_as(monkeypatch, name, secret)
    outcome = tfm("doctor", "--json", "--write", "s3://examined/")
    last = outcome.records[-1]
    assert (outcome.code, last["subject"], last["verdict"]) == (1, "credentials", "bad")
    assert said in last["text"]
    assert secret not in outcome.output.decode()
