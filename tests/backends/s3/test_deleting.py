"""Objects deleted from moto: exactly those that were named, and each failure told."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy
from tests.servers.moto import MotoServer
from tfm.backends.s3.deleting import fits_batch
from tfm.core.errors import (
    InvalidRequestError,
    NetworkError,
    PermissionDeniedError,
    StorageError,
    TemporaryError,
    ThrottledError,
)
from tfm.core.writing import Precondition
from tfm.storage.contract import Backend
from tfm.storage.metering import RequestMeter
from tfm.testing.hooks import ODD_KEYS

pytestmark = pytest.mark.usefixtures("way")

HELD = [key for key in ODD_KEYS if "\n" not in key]  # werkzeug's routes match no newline
ALONE = ["carriage\rreturn", "\x01\x1b[31m\x1f\x7f", "  ", "\x80", "\ufffe", "\uffff"]


def keys_in(backend: Backend) -> set[str]:
    page = backend.list_page("", recursive=True)
    assert page.token is None
    return {entry.key for entry in page}


def failed(error: StorageError) -> str:
    return f"{type(error).__name__} {error.uri}"


def test_deleting_one_leaves_all_others(moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter) -> None:
    keys = sorted({*HELD, *ALONE})
    moto.put("bucket", dict.fromkeys(keys, b""))
    backend = open_bucket()
    left = set(keys)
    for key in keys:
        backend.delete(key)
        left.remove(key)
        assert keys_in(backend) == left
    assert meter.snapshot()["DeleteObject"] == len(keys)


def test_deleting_what_is_not_there_is_no_error(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    open_bucket().delete("missing")
    assert open_bucket().delete_many(["missing", "carriage\rreturn"]) == []


def test_a_condition_goes_with_a_delete_only_where_it_is_heeded(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"k": b"1"})
    open_bucket(s3_conditions="delete").delete("missing-etag", only_if=Precondition(None))
    with pytest.raises(StorageError, match="changed since"):
        open_bucket(s3_conditions="delete").delete("k", only_if=Precondition("0" * 32))
    with pytest.raises(FileNotFoundError):
        open_bucket(s3_conditions="delete").delete("gone", only_if=Precondition("0" * 32))
    open_bucket().delete("k", only_if=Precondition("0" * 32))
    assert "if-match" not in moto.records()[-1].headers


def test_a_thousand_keys_are_one_request(moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter) -> None:
    keys = [f"k{number:04}" for number in range(1000)]
    moto.put("bucket", dict.fromkeys([*keys, "other"], b""))
    backend = open_bucket()
    assert backend.delete_many(keys) == []
    assert meter.snapshot() == {"DeleteObjects": 1}
    assert keys_in(backend) == {"other"}
    moto.reset_requests()
    with pytest.raises(InvalidRequestError, match="1,001"):
        backend.delete_many([*keys, "other"])
    assert backend.delete_many([]) == []
    assert moto.requests() == []


def test_odd_keys_are_deleted_exactly(moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter) -> None:
    others = [f"{key}x" for key in HELD]
    moto.put("bucket", dict.fromkeys([*HELD, *others], b""))
    backend = open_bucket()
    assert backend.delete_many(HELD) == []
    assert keys_in(backend) == set(others)
    alone = sum(not fits_batch(key) for key in HELD)
    assert alone == 2
    assert meter.snapshot()["DeleteObject"] == alone


@pytest.mark.parametrize("key", ALONE)
def test_what_a_batch_might_mistake_is_deleted_alone(
    moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter, key: str
) -> None:
    moto.put("bucket", {key: b"", "carriage return": b"", "plain": b"", "left": b""})
    backend = open_bucket()
    assert backend.delete_many([key, "plain"]) == []
    assert keys_in(backend) == {"carriage return", "left"}
    counts = meter.snapshot()
    assert (counts["DeleteObjects"], counts["DeleteObject"]) == (1, 1)


@given(some.text(min_size=1, max_size=20))
def test_what_fits_a_batch_survives_xml(key: str) -> None:
    from xml.etree import ElementTree as ET
    from xml.sax.saxutils import escape

    if fits_batch(key):
        parsed = ET.fromstring(f"<Key>{escape(key)}</Key>")
        assert parsed.text == key


def deny(moto: MotoServer, keys: Iterable[str]) -> None:
    """Let nobody delete these, by the bucket's policy."""
    resources = [f"arn:aws:s3:::bucket/{key}" for key in keys]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": resources}
    client = moto.client()
    client.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    client.close()


def test_one_denied_key_does_not_keep_the_others(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", dict.fromkeys(["a", "b", "c\rd", "e"], b""))
    deny(moto, ["b"])
    backend = open_bucket()
    failures = backend.delete_many(["a", "b", "c\rd", "e"])
    assert [(each.key, each.known) for each in failures] == [("b", True)]
    assert failed(failures[0].error) == "PermissionDeniedError s3://bucket/b"
    assert "Access denied" in str(failures[0].error)
    assert keys_in(backend) == {"b"}


def result(*errors: tuple[str, str, str]) -> bytes:
    elements = "".join(
        f"<Error><Key>{key}</Key><Code>{code}</Code><Message>{message}</Message></Error>"
        for key, code, message in errors
    )
    return f'<?xml version="1.0"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{elements}</DeleteResult>'.encode()


def test_each_key_has_its_own_error(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    proxy.answer(
        200, "",
        body=result(
            ("a", "AccessDenied", "no"),
            ("b", "SlowDown", ""),
            ("c", "NoSuchKey", ""),
            ("d", "Strange", "AKIAABCDEFGHIJKLMNOP is not liked"),
            ("e&amp;", "InternalError", ""),
        ),
    )  # fmt: skip
    failures = open_bucket().delete_many(["a", "b", "c", "d", "e&", "f"])
    assert {each.key: type(each.error) for each in failures} == {
        "a": PermissionDeniedError,
        "b": ThrottledError,
        "d": InvalidRequestError,
        "e&": TemporaryError,
    }
    told = next(str(each.error) for each in failures if each.key == "d")
    assert "is not liked" in told
    assert "AKIA" not in told
    assert all(each.error.operation == "delete" and each.known for each in failures)


def test_an_answer_about_other_keys_is_not_believed(proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    proxy.answer(200, "", body=result(("z", "AccessDenied", "")))
    with pytest.raises(InvalidRequestError, match="not to delete"):
        open_bucket().delete_many(["a"])


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>Please sign in</body></html>", result()[:-5], b"\x00\x01", result(("a", "X", ""))[:-20]],
)
def test_an_answer_that_is_none_is_not_taken_for_success(
    proxy: FaultProxy, open_bucket: OpenBucket, body: bytes
) -> None:
    proxy.answer(200, "", body=body)
    with pytest.raises(TemporaryError):
        open_bucket().delete_many(["a"])


def test_an_answer_that_was_cut_off_is_temporary(moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"a": b""})
    proxy.truncate(after_bytes=20)
    with pytest.raises(TemporaryError):
        open_bucket().delete_many(["a"])


def test_what_fails_as_a_whole_is_raised_before_anything_is_deleted(
    moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket
) -> None:
    moto.put("bucket", {"a": b"", "c\rr": b""})
    proxy.answer(503, "SlowDown")
    backend = open_bucket()
    with pytest.raises(ThrottledError):
        backend.delete_many(["c\rr", "a"])
    assert keys_in(backend) == {"a", "c\rr"}


def test_a_key_whose_answer_was_lost_may_be_gone(moto: MotoServer, proxy: FaultProxy, open_bucket: OpenBucket) -> None:
    moto.put("bucket", dict.fromkeys(["1\r", "2\r", "3\r"], b""))
    proxy.lose_answer(match="2%0D")
    backend = open_bucket()
    (failure,) = backend.delete_many(["1\r", "2\r", "3\r"])
    assert (failure.key, failure.known) == ("2\r", False)
    assert isinstance(failure.error, NetworkError)
    assert keys_in(backend) == set()


def test_several_batches_are_under_way_at_once(moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter) -> None:
    keys = [key for key in HELD if fits_batch(key)]
    moto.put("bucket", dict.fromkeys([*keys, "a", "b", "denied", "left"], b""))
    deny(moto, ["denied"])
    backend = open_bucket()
    backend.list_page("")  # who has listed the bucket knows where it is
    begun = [backend.begin_delete_many(batch) for batch in (keys, ["a", "denied"], ["b", "missing"])]
    if None in begun:
        assert begun == [None] * 3
        return
    assert meter.snapshot()["DeleteObjects"] == 3
    answers = [[each.key for each in answer()] for answer in begun if answer is not None]
    assert answers == [[], ["denied"], []]
    assert keys_in(backend) == {"denied", "left"}


@pytest.mark.parametrize("keys", [["carriage\rreturn", "a"], ["x" * 1025], [""]])
def test_what_no_batch_carries_is_not_begun(moto: MotoServer, open_bucket: OpenBucket, keys: list[str]) -> None:
    moto.put("bucket", {"a": b""})
    backend = open_bucket()
    backend.list_page("")
    moto.reset_requests()
    assert backend.begin_delete_many(keys) is None
    assert moto.requests() == []
