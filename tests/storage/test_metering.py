from __future__ import annotations

import pytest

from tfm.backends.memory import MemoryBackendFactory
from tfm.core.errors import NetworkError, NotFoundError, SettingsError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.prices import PRICE_LISTS, RequestKind, kind_of_request, prices_of
from tfm.core.settings import Settings, with_settings
from tfm.storage.contract import BackendContext
from tfm.storage.metering import Usage
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session
from tfm.storage.watched_policy import Trouble

ONE, OTHER = StorageAddress("memory", "one"), StorageAddress("memory", "other")


def session_of(failures: list[StorageError] | None = None, *, max_attempts: int = 3) -> Session:
    """Over two buckets in memory; each listing fails with the next of ``failures`` as long as there are some."""
    policy = RetryPolicy(max_attempts, interactive_seconds=9.0, sleep=lambda _seconds: None)
    session = Session(retry=policy)
    factory = MemoryBackendFactory(BackendContext(session.settings, session.meter.record))
    factory.store.put("one", {"d/a": b"12345", "d/b": b"1"})
    factory.store.put("other", {"x": b""})
    usual = factory.open

    def opened(address: StorageAddress):  # type: ignore[no-untyped-def]  # whatever the factory opens
        backend = usual(address)
        ask = backend.list_page

        def list_page(*arguments: object, **named: object) -> object:
            if failures:
                raise failures.pop(0)
            return ask(*arguments, **named)  # type: ignore[arg-type]

        backend.list_page = list_page  # type: ignore[assignment, method-assign]
        return backend

    factory.open = opened  # type: ignore[method-assign]
    session.registry.add("memory", factory)
    return session


def test_requests_and_bytes_are_known_by_storage() -> None:
    session = session_of()
    list(session.storage(ONE).scan("d/"))
    session.storage(ONE).read("d/a").read()
    list(session.storage(OTHER).scan(""))
    usage = session.meter.usage()
    assert usage[ONE] == Usage({"list": 1, "read": 1}, received_bytes=5)
    assert usage[OTHER] == Usage({"list": 1})
    assert sum(each.requests for each in usage.values()) == sum(session.meter.snapshot().values()) == 3


def test_bytes_that_are_sent_are_known() -> None:
    session = session_of()
    with session.storage(OTHER).writer("new") as writer:
        writer.write(b"x" * 1000)
    assert session.meter.usage()[OTHER].sent_bytes == 1000
    assert ONE not in session.meter.usage()


def test_what_is_tried_again_is_told_of_and_what_fails_for_good() -> None:
    failures: list[StorageError] = [NetworkError("It broke."), NetworkError("It broke again.")]
    session = session_of(failures)
    heard: list[Trouble] = []
    session.troubles.subscribe(heard.append)
    list(session.storage(ONE).scan("d/"))
    assert [(each.error.cause, each.tries, each.given_up) for each in heard] == [
        ("It broke.", 1, False),
        ("It broke again.", 2, False),
    ]
    failures += [NetworkError("Down.")] * 3
    with pytest.raises(NetworkError):
        list(session.storage(ONE).scan("e/"))
    assert [(each.tries, each.given_up) for each in session.troubles.all()[2:]] == [(1, False), (2, False), (3, True)]
    assert {each.storage for each in heard} == {ONE}


def test_that_nothing_is_there_is_an_answer_and_no_trouble() -> None:
    session = session_of()
    with pytest.raises(NotFoundError):
        session.storage(ONE).read("missing")
    assert list(session.troubles.all()) == []


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ListObjectsV2", RequestKind.WRITE), ("LIST", RequestKind.WRITE), ("PutObject", RequestKind.WRITE),
        ("CompleteMultipartUpload", RequestKind.WRITE), ("COPY", RequestKind.WRITE), ("POST", RequestKind.WRITE),
        ("GetObject", RequestKind.READ), ("HeadObject", RequestKind.READ), ("GET", RequestKind.READ),
        ("DeleteObjects", RequestKind.DELETE), ("AbortMultipartUpload", RequestKind.DELETE),
        ("DELETE", RequestKind.DELETE),
    ],
)  # fmt: skip
def test_operations_are_charged_by_their_kind(operation: str, kind: RequestKind) -> None:
    assert kind_of_request(operation) is kind


def test_prices_by_request_class_and_traffic() -> None:
    aws = PRICE_LISTS["aws"]
    assert aws.request("ListObjectsV2", 1000) == pytest.approx(0.005)
    assert aws.request("GetObject", 1000) == pytest.approx(0.0004)
    assert aws.request("GetObject", 1000, storage_class="STANDARD_IA") == pytest.approx(0.001)
    assert aws.request("DeleteObjects", 1000) == 0
    assert aws.retrieval(10**9, "GLACIER_IR") == pytest.approx(0.03)
    assert aws.retrieval(10**9, "STANDARD") == 0
    assert aws.traffic_out(10**9) == pytest.approx(0.09)
    assert all(prices.source.startswith("https://") and prices.as_of for prices in PRICE_LISTS.values())


def with_prices(**rows: str) -> Settings:
    table = {row.replace("__", " "): text for row, text in rows.items()}
    lines = {f"PRICES {row}": 5 for row in table}
    return with_settings(Settings(), {"PRICES": table}, source="/c.py", lines=lines)


def test_a_users_own_prices_win_and_give_a_server_some() -> None:
    settings = with_prices(aws__write="0.02", aws__STANDARD_IA__read="0.5", aws__traffic="0")
    prices = prices_of("aws", settings)
    assert prices is not None
    assert (prices.usual.write, prices.usual.read, prices.traffic) == (0.02, 0.0004, 0)
    assert (prices.of_class("STANDARD_IA").read, prices.of_class("STANDARD_IA").write) == (0.5, 0.01)
    assert "/c.py, line 5" in prices.source
    own = with_settings(Settings(), {"PRICES": {"minio:9000 read": "1"}}, source="x")
    assert prices_of("minio:9000", own) is not None
    assert prices_of("minio:9000", Settings()) is None
    assert prices_of(None, own) is None


@pytest.mark.parametrize(
    ("row", "text", "right"),
    [
        ("aws__write", "free", "must be dollars"),
        ("aws__write", "-1", "must be dollars"),
        ("aws__write", "nan", "must be dollars"),
        ("aws__put", "1", "must be named like"),
        ("aws__A__traffic", "1", "must be named like"),
    ],
)
def test_a_wrong_price_names_its_line_and_what_would_be_right(row: str, text: str, right: str) -> None:
    with pytest.raises(SettingsError, match=rf"^/c\.py, line 5: .*{right}"):
        prices_of("aws", with_prices(**{row: text}))
