"""Logs without secrets, and what is hung into botocore's client."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from typing import Any

import pytest
from botocore.compat import HAS_CRT

from tests.aws_files import AwsFiles
from tests.backends.s3.conftest import OpenBucket
from tests.servers.moto import MotoServer
from tfm.backends.s3.redaction import redacted
from tfm.backends.s3.short_way import ShortWay

SECRET = "topsecretkey0123456789abcdefghijklmnopqr"
TOKEN = "FwoGZXIvYXdzEBYaDHNlc3Npb250b2tlbg=="


def test_debug_logs_hold_no_secret(
    moto: MotoServer, aws_files: AwsFiles, open_bucket: OpenBucket, caplog: pytest.LogCaptureFixture
) -> None:
    moto.put("bucket", {"a": b"1"})
    aws_files.add_profile("work", access_key="AKIAABCDEFGHIJKLMNOP", secret_key=SECRET)
    with aws_files.credentials.open("a") as file:
        file.write(f"aws_session_token = {TOKEN}\n")
    with caplog.at_level(logging.DEBUG):
        backend = open_bucket(profile="work")
        backend.list_page("")
        backend.stat("a")
        with backend.read("a") as reader:
            reader.read()
        link = backend.presign("a", expires_seconds=60)
    sent = [record.headers["authorization"].partition("Signature=")[2] for record in moto.records()]
    names = {record.name for record in caplog.records}
    assert "botocore.endpoint" in names
    formatted = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    # Where awscrt is installed it signs, and tells nobody how.
    assert HAS_CRT or ("botocore.auth" in names and "CanonicalRequest" in formatted)
    signature = link.partition("X-Amz-Signature=")[2].partition("&")[0]
    for secret in (SECRET, TOKEN, "AKIAABCDEFGHIJKLMNOP", signature, *sent):
        assert len(secret) >= 20
        assert secret not in formatted


@pytest.mark.parametrize(
    "text",
    [
        f"{{'Authorization': b'AWS4-HMAC-SHA256 Credential=x/y, Signature={SECRET}'}}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f'{{"accessToken": "{SECRET}", "expiresIn": 1}}',
        f'{{"roleCredentials":{{"secretAccessKey":"{SECRET}","sessionToken":"{SECRET}"}}}}',
        f"<SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{SECRET}</SessionToken>",
        f"x-amz-security-token:{SECRET}\nhost:x",
        f"GET /b/k?X-Amz-Security-Token={SECRET}&X-Amz-Signature={SECRET}&x=1",
        f"{{'x-amz-server-side-encryption-customer-key': '{SECRET}'}}",
        f"{{'SSECustomerKey': '{SECRET}'}}",
        f"aws_secret_access_key = {SECRET}",
        f"Setting endpoint as: http://user:{SECRET}@host:9000/bucket",
        f"x-amz-sso_bearer_token': b'{SECRET}'",
        f'"clientSecret": "{SECRET}", "refreshToken": "{SECRET}"',
    ],
)
def test_secrets_are_taken_out_wherever_they_name_themselves(text: str) -> None:
    assert SECRET not in redacted(text)


@pytest.mark.parametrize("text", ["GET /bucket/key?list-type=2&prefix=a%2Fb", "Continuation token", "", "Key: value"])
def test_other_text_stays(text: str) -> None:
    assert redacted(text) == text


def calls_while(ask: Any) -> Counter[str]:
    """How often each function was called meanwhile in this thread, by name."""
    calls: Counter[str] = Counter()

    def called(frame: Any, event: str, _argument: object) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1

    sys.setprofile(called)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return calls


def test_listing_bodies_are_not_parsed_by_botocore(
    moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ShortWay, "_known", lambda *_: None)
    moto.put("bucket", {"a": b"1"})
    backend = open_bucket()
    backend.list_page("")
    calls = calls_while(lambda: backend.list_page(""))
    assert calls["_keep_body"] == 1
    assert calls["_handle_200_error"] == 0
    assert calls["_parse_xml_string_to_dom"] == 0
    # Every other operation keeps the search for an error document.
    root = open_bucket("")
    assert calls_while(lambda: root.list_page(""))["_handle_200_error"] == 1


def test_listing_works_without_botocores_private_name(
    moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore import handlers

    moto.put("bucket", {"a": b"1"})
    monkeypatch.delattr(handlers, "_handle_200_error")
    assert open_bucket().list_page("").names() == ["a"]
