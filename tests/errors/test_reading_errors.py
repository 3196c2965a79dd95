"""Every way in which reading from S3 fails: the right error, one line with cause and next step, soon, no secret in it.

And never an answer in its place: ``exists()`` is not False and a listing is not empty because somebody refused.
"""

from __future__ import annotations

import time
from pathlib import Path as LocalPath

import pytest

from tests.aws_files import AwsFiles
from tests.errors.checks import fails, refused_by_the_program, refused_everywhere
from tests.errors.conftest import TOKEN, Identity
from tests.running_program import RunHere, run_in_process
from tests.servers.fault_proxy import FaultProxy, refused_port, silent_port
from tests.servers.moto import MotoServer
from tfm import Path
from tfm.core.errors import (
    CredentialsError,
    NetworkError,
    NotFoundError,
    ObjectArchivedError,
    PermissionDeniedError,
    RequestTimeoutError,
)
from tfm.storage.session import Session


@pytest.mark.seaweedfs
class TestWhoAsks:
    """SeaweedFS checks keys, signatures and rights, where moto accepts everything."""

    def test_a_wrong_secret(self, tfm: RunHere, identity: Identity) -> None:
        identity("test", "secretofthetest")
        refused_everywhere(tfm, CredentialsError, "does not belong to its access key", "Check aws_secret_access_key")

    def test_an_unknown_key_id(self, tfm: RunHere, identity: Identity) -> None:
        identity("keyofthetest", "secretofthetest")
        refused_everywhere(tfm, CredentialsError, "does not know the access key", "Check the access key")

    def test_a_denied_bucket(self, tfm: RunHere, identity: Identity) -> None:
        identity("denied", "deniedsecret")
        refused_everywhere(tfm, PermissionDeniedError, "Access denied for the default profile", "Ask for the right")

    def test_a_denied_listing_still_opens_an_object(self, tfm: RunHere, identity: Identity, session: Session) -> None:
        identity("reader", "readersecret")
        path = Path("s3://readable/d/key")
        assert path.read_bytes() == b"content"
        assert path.exists()
        assert path.is_file()
        assert path.stat().st_size == 7
        for question in (path.parent.iterdir, path.is_dir, lambda: list(path.parent.glob("*"))):
            fails(question, PermissionDeniedError, "Access denied", "Ask for the right")
        assert tfm("cat", str(path)).output == b"content"
        assert tfm("stat", str(path)).lines[0] == str(path)
        assert tfm("ls", str(path)).lines == ["key"]
        refused_by_the_program(tfm, ["ls", "s3://readable/d/"], "Access denied", "Ask for the right")
        refused_by_the_program(tfm, ["cat", "s3://readable/d/*"], "Access denied", "Ask for the right")

    def test_a_missing_object_where_listing_is_denied_is_not_called_missing(
        self, tfm: RunHere, identity: Identity
    ) -> None:
        # AWS answers 403 for it, so that nobody learns what is there; a server that answers 404 says it is not.
        identity("reader", "readersecret")
        outcome = tfm("stat", "s3://readable/d/missing")
        assert outcome.code == 1
        assert len(outcome.errors.splitlines()) == 1

    def test_a_missing_bucket(self, tfm: RunHere, identity: Identity, session: Session) -> None:
        identity("test", "testsecret")
        path = Path("s3://no-such-bucket/d/key")
        assert not path.exists()
        for question in (path.parent.iterdir, path.stat, path.read_bytes):
            fails(question, NotFoundError, "There is no bucket 'no-such-bucket'", "Check the name")
        for arguments in (["ls", "s3://no-such-bucket/"], ["stat", str(path)], ["cat", str(path)]):
            refused_by_the_program(tfm, arguments, "There is no bucket 'no-such-bucket'", "Check the name")

    def test_a_missing_key(self, tfm: RunHere, identity: Identity, session: Session) -> None:
        identity("test", "testsecret")
        path = Path("s3://bucket/d/missing")
        assert not path.exists()
        for question in (path.iterdir, path.stat, path.read_bytes):
            fails(question, NotFoundError, "There is")
        for verb in ("ls", "stat", "cat"):
            refused_by_the_program(tfm, [verb, str(path)], "s3://bucket/d/missing: There is no")


def test_no_credentials(tfm: RunHere, moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    refused_everywhere(tfm, CredentialsError, "No AWS credentials were found", "Run `aws configure`")
    refused_by_the_program(tfm, ["ls", "s3://"], "No AWS credentials were found", "Run `aws configure`")
    assert moto.requests() == []


def test_a_profile_that_does_not_exist(tfm: RunHere, aws_files: AwsFiles, session: Session) -> None:
    aws_files.add_profile("work", access_key="keyofthetest", secret_key="secretofthetest")
    for question in (Path("s3://bucket/", profile="wrok").iterdir, Path("s3://bucket/d", profile="wrok").exists):
        fails(question, CredentialsError, "There is no profile wrok", "The profiles are: work.")
    for arguments in (["ls", "s3://bucket/"], ["cat", "s3://bucket/d"], ["ls", "s3://"]):
        refused_by_the_program(
            tfm, [*arguments, "--profile", "wrok"], "There is no profile wrok", "The profiles are: work."
        )


@pytest.mark.parametrize(
    ("status", "code", "kind", "cause", "step"),
    [
        (400, "ExpiredToken", CredentialsError, "The credentials of the default profile have expired", "Sign in again"),
        (403, "RequestTimeTooSkewed", PermissionDeniedError, "clock differs", "Set the clock right"),
        (403, "AccessDenied", PermissionDeniedError, "Access denied", "Where the requester pays"),
        (301, "PermanentRedirect", PermissionDeniedError, "another region", "Set that region"),
    ],
)
def test_what_a_server_refuses(
    tfm: RunHere, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type, cause: str,
    step: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    # AWS's own error documents hold more than a code: the key id and what was signed.
    body = (
        f"<Error><Code>{code}</Code><Message>The provided token or time is wrong, AWSAccessKeyId=keyofthetest</Message>"
        f"<AWSAccessKeyId>keyofthetest</AWSAccessKeyId><Token-0>{TOKEN}</Token-0></Error>"
    ).encode()
    proxy.answer(status, code, times=1000, body=body)
    refused_everywhere(tfm, kind, cause, step)


@pytest.mark.parametrize(
    ("status", "code", "headers", "body"),
    [
        (301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}, None),
        (
            400,
            "AuthorizationHeaderMalformed",
            {},
            b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>.</Message><Region>eu-west-1</Region></Error>",
        ),
    ],
)
def test_a_bucket_of_another_region_is_found(
    tfm: RunHere, proxy: FaultProxy, moto: MotoServer, status: int, code: str, headers: dict[str, str],
    body: bytes | None,
) -> None:  # fmt: skip
    proxy.answer(status, code, headers=headers, body=body)
    assert tfm("ls", "s3://bucket/d/").lines == ["key"]
    assert "/eu-west-1/s3/" in moto.records()[-1].headers["authorization"]
    proxy.answer(status, code, headers=headers, body=body)
    assert tfm("cat", "s3://bucket/d/key").output == b"content"


def test_a_server_that_redirects_everything_is_not_asked_for_ever(tfm: RunHere, proxy: FaultProxy) -> None:
    proxy.answer(301, "", times=1000, body=b"", headers={"Location": "https://example.invalid/"})
    refused_by_the_program(tfm, ["ls", "s3://bucket/d/"], "another region", "check the endpoint URL")
    assert len(proxy.requests()) == 2


def test_an_archived_object_is_listed_and_says_how_to_restore_it(
    tfm: RunHere, moto: MotoServer, session: Session
) -> None:
    moto.put("bucket", {"d/key": b"content"}, storage_class="GLACIER")
    path = Path("s3://bucket/d/key")
    assert path.exists()
    assert path.stat().storage_class == "GLACIER"
    for question in (path.read_bytes, lambda: path.read_range(0, 1), lambda: path.open("rb")):
        fails(question, ObjectArchivedError, "must be restored", "aws s3api restore-object")
    assert tfm("ls", "s3://bucket/d/").lines == ["key"]
    refused_by_the_program(tfm, ["cat", str(path)], "must be restored", "aws s3api restore-object")


def test_a_refused_port(tfm: RunHere, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refused_port())
    monkeypatch.setenv("TFM_MAX_ATTEMPTS", "2")
    refused_everywhere(tfm, NetworkError, "the connection was refused", "Check the endpoint URL")


def test_a_host_that_does_not_exist(tfm: RunHere, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://no-such-host.invalid")
    monkeypatch.setenv("TFM_MAX_ATTEMPTS", "1")
    refused_everywhere(tfm, NetworkError, "no-such-host.invalid was not found", "Check the endpoint URL")


def test_a_silent_port(tfm: RunHere, aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFM_INTERACTIVE_TIMEOUT_SECONDS", "0.5")
    with silent_port() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        refused_everywhere(tfm, RequestTimeoutError, "did not answer in time", "Check the endpoint URL")


def test_a_silent_port_is_reported_within_ten_seconds_by_default(
    aws_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TFM_INTERACTIVE_TIMEOUT_SECONDS")
    monkeypatch.delenv("TFM_CONNECT_TIMEOUT_SECONDS")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")  # where nobody listens, which is known at once
    began = time.monotonic()
    assert run_in_process("ls", "s3://bucket/d").code == 1
    start_seconds = 2 * (time.monotonic() - began)
    with silent_port() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        refused_by_the_program(
            run_in_process, ["ls", "s3://bucket/d"], "did not answer in time", "Check the endpoint",
            start_seconds=start_seconds,
        )  # fmt: skip


def test_a_process_of_its_own_says_the_same(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    proxy.answer(400, "ExpiredToken", times=1000)
    for verb in ("ls", "cat"):
        refused_by_the_program(
            run_in_process, [verb, "s3://bucket/d/key"], "have expired", "Sign in again, for example by `aws sso login`"
        )


def test_without_the_right_to_list_buckets_a_bucket_opens_by_name(
    tfm: RunHere, proxy: FaultProxy, session: Session
) -> None:
    proxy.answer(403, "AccessDenied", match="GET / ", times=100)
    proxy.answer(403, "AccessDenied", match="GET /?", times=100)
    refused_by_the_program(tfm, ["ls", "s3://"], "Access denied", "Ask for the right")
    assert tfm("ls", "s3://bucket/").lines == ["d/"]


def test_a_local_failure_beside_a_remote_one(tfm: RunHere, proxy: FaultProxy, tmp_path: LocalPath) -> None:
    (tmp_path / "file").write_bytes(b"local")
    proxy.answer(403, "AccessDenied", times=100)
    outcome = tfm("cat", "s3://bucket/d/key", str(tmp_path / "file"))
    assert (outcome.code, outcome.output) == (1, b"local")
