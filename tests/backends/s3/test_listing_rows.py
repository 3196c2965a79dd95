"""Raw listing bodies to pages: the quick reader and the XML reader agree, and nothing wrong passes as an entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tfm.backends.s3.listing_rows import (
    DamagedBodyError,
    ErrorBodyError,
    ListingRows,
    read_ordinary_rows,
    read_rows,
    read_rows_as_xml,
)
from tfm.backends.s3.pages import decoded_keys, make_s3_page, timestamps
from tfm.core.entry import Entry, Kind
from tfm.core.errors import InvalidRequestError

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True)
class Row:
    key: str
    size: int = 1
    time: str = "2026-01-31T12:59:07.000Z"
    etag: str | None = "0123456789abcdef0123456789abcdef"
    storage_class: str | None = "STANDARD"
    checksum: str | None = None
    owner: bool = False

    def xml(self, names: tuple[str, ...], *, quoted: str = "&quot;", space: str = "") -> str:
        facts = {
            "Key": f"<Key>{quote_plus(self.key)}</Key>",
            "LastModified": f"<LastModified>{self.time}</LastModified>",
            "ETag": "" if self.etag is None else f"<ETag>{quoted}{self.etag}{quoted}</ETag>",
            "ChecksumAlgorithm": ""
            if self.checksum is None
            else f"<ChecksumAlgorithm>{self.checksum}</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
            "Size": f"<Size>{self.size}</Size>",
            "StorageClass": "" if self.storage_class is None else f"<StorageClass>{self.storage_class}</StorageClass>",
            "Owner": f"<Owner>{space}<ID>1</ID>{space}<DisplayName>me &amp; you</DisplayName>{space}</Owner>"
            if self.owner
            else "",
        }
        inner = space.join(facts[name] for name in names if facts[name])
        return f"<Contents>{space}{inner}{space}</Contents>"


AWS_ORDER = ("Key", "LastModified", "ETag", "ChecksumAlgorithm", "Size", "Owner", "StorageClass")


def body_of(
    rows: list[Row],
    prefixes: list[str] | None = None,
    *,
    names: tuple[str, ...] = AWS_ORDER,
    token: str | None = None,
    prefixes_first: bool = False,
    quoted: str = "&quot;",
    space: str = "",
) -> bytes:
    head = "<Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
    head += f"<IsTruncated>{'false' if token is None else 'true'}</IsTruncated>"
    head += "" if token is None else f"<NextContinuationToken>{token}</NextContinuationToken>"
    contents = space.join(row.xml(names, quoted=quoted, space=space) for row in rows)
    directories = "".join(
        f"<CommonPrefixes>{space}<Prefix>{quote(each)}</Prefix>{space}</CommonPrefixes>" for each in prefixes or []
    )
    parts = [directories, contents] if prefixes_first else [contents, directories]
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult{NAMESPACE}>'
    return f"{start}{head}{space}{''.join(parts)}</ListBucketResult>".encode()


def page_text(rows: ListingRows) -> tuple[list[Entry], object]:
    page = make_s3_page(rows, "", recursive=True)
    return list(page), page.token


EARLIEST = datetime.fromisoformat("1980-01-01")
LATEST = datetime.fromisoformat("2100-01-01")

keys = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
stored_rows = some.builds(
    Row,
    key=keys,
    size=some.integers(0, 5 * 2**40),
    time=some.datetimes(EARLIEST, LATEST).map(
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
    ),
    etag=some.none() | some.from_regex(r"\A[0-9a-f]{32}(-[1-9][0-9]{0,3})?\Z"),
    storage_class=some.none() | some.sampled_from(["STANDARD", "GLACIER"]),
    checksum=some.none() | some.sampled_from(["CRC32", "SHA256"]),
    owner=some.booleans(),
)


@given(
    some.lists(stored_rows, max_size=8, unique_by=lambda row: row.key),
    some.permutations(AWS_ORDER),
    some.sampled_from(["&quot;", '"', "&#34;", ""]),
    some.sampled_from(["", "\n  "]),
    some.none() | some.from_regex(r"\A[A-Za-z0-9+/=]{1,20}\Z"),
)
def test_both_readers_give_the_stored_entries(
    rows: list[Row], names: tuple[str, ...], quoted: str, space: str, token: str | None
) -> None:
    body = body_of(rows, names=tuple(names), quoted=quoted, space=space, token=token)
    quick = page_text(read_rows(body))
    assert quick == page_text(read_rows_as_xml(body))
    entries, told_token = quick
    assert told_token == token
    expected = sorted(rows, key=lambda row: row.key)
    assert [entry.key for entry in entries] == [row.key for row in expected]
    assert [entry.size_bytes for entry in entries] == [row.size for row in expected]
    assert [entry.etag for entry in entries] == [row.etag for row in expected]
    assert [entry.storage_class for entry in entries] == [row.storage_class for row in expected]
    assert [entry.modified_timestamp for entry in entries] == pytest.approx(
        [datetime.fromisoformat(row.time).timestamp() for row in expected]
    )
    assert [entry.is_directory for entry in entries] == [row.key.endswith("/") for row in expected]


@pytest.mark.parametrize(
    "rows",
    [
        [Row("a"), Row("b", checksum="CRC32")],
        [Row("a", checksum="CRC32"), Row("b")],
        [Row("a"), Row("b", etag=None), Row("c", storage_class=None)],
        [Row("a", owner=True), Row("b", owner=False)],
        [Row(f"k={i}/é {i}") for i in range(1000)],
        [],
    ],
)
def test_ordinary_bodies_take_the_quick_reader(rows: list[Row]) -> None:
    body = body_of(rows, ["z/"])
    assert read_ordinary_rows(body) is not None
    assert page_text(read_rows(body)) == page_text(read_rows_as_xml(body))


def prefixed(body: bytes) -> bytes:
    """The same document with a namespace prefix on every element."""
    elements = body.replace(b"</", b"</s3:").replace(b"<", b"<s3:").replace(b"<s3:/s3:", b"</s3:")
    return elements.replace(b"<s3:?", b"<?").replace(b"xmlns=", b"xmlns:s3=")


@pytest.mark.parametrize(
    "body",
    [
        body_of([Row("a")]).replace(b"<Key>a</Key>", b"<Key><![CDATA[a]]></Key>"),
        body_of([Row("a")]).replace(b"<Key>a</Key>", b"<!-- what? <Key>b</Key> --><Key>a</Key>"),
        body_of([Row("a")]).replace(b"<Key>a</Key>", b"<Key >a</Key>"),
        body_of([Row("a")]).replace(b"<Contents>", b'<Contents class="x">'),
        body_of([Row("a")]).replace(b"<Key>a</Key>", b"<Key>&#97;</Key>"),
        prefixed(body_of([Row("a")])),
        body_of([Row("a")]).replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
        body_of([Row("a")]).replace(b"<Size>1</Size>", b"<Size> 1 </Size>"),
    ],
)  # fmt: skip
def test_unusual_xml_is_read_as_xml(body: bytes) -> None:
    (entry,) = make_s3_page(read_rows(body), "", recursive=True)
    assert (entry.key, entry.size_bytes, entry.etag) == ("a", 1, "0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_body_that_is_cut_off_is_damaged(share: float) -> None:
    body = body_of([Row(f"key-{i}") for i in range(50)], ["d/"])
    with pytest.raises(DamagedBodyError):
        read_rows(body[: int(len(body) * share)])


def test_an_empty_body_and_another_document_are_damaged() -> None:
    for body in (b"", b"<html></html>", b"<ListBucketResult><!DOCTYPE x></ListBucketResult>", b"\xff"):
        with pytest.raises(DamagedBodyError):
            read_rows(body)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult><Name>&a;</Name></ListBucketResult>'
    with pytest.raises(DamagedBodyError, match="document type"):
        read_rows(bomb)


def test_an_error_document_is_told_by_its_code() -> None:
    with pytest.raises(ErrorBodyError) as caught:
        read_rows(b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code><Message>oops</Message></Error>")
    assert (caught.value.code, caught.value.message) == ("InternalError", "oops")


def test_a_row_with_two_keys_never_lends_one_to_its_neighbour() -> None:
    body = body_of([Row("a"), Row("b"), Row("c")])
    twisted = body.replace(b"<Key>a</Key>", b"<Key>a</Key><Key>x</Key>").replace(b"<Key>b</Key>", b"")
    with pytest.raises(DamagedBodyError):
        read_rows(twisted)


def test_directories_and_files_are_one_page_in_key_order() -> None:
    for first in (False, True):
        body = body_of([Row("p/a"), Row("p/m"), Row("p/")], ["p/b/", "p//", "p/m/"], prefixes_first=first)
        page = make_s3_page(read_rows(body), "p/", recursive=False)
        assert [(entry.key, entry.kind) for entry in page] == [
            ("p//", Kind.DIRECTORY),
            ("p/a", Kind.FILE),
            ("p/b/", Kind.DIRECTORY),
            ("p/m", Kind.FILE),
            ("p/m/", Kind.DIRECTORY),
        ]
        assert page.is_sorted()
        assert page.own_entry is not None
        assert (page.own_entry.key, page.own_entry.size_bytes) == ("p/", 1)


def test_keys_that_the_server_did_not_encode_are_taken_as_they_are() -> None:
    body = body_of([Row("x")]).replace(b"<Key>x</Key>", b"<Key>a+b%2Fc &lt;&amp;&gt;</Key>")
    (entry,) = make_s3_page(read_rows(body.replace(b"<EncodingType>url</EncodingType>", b"")), "", recursive=True)
    assert entry.key == "a+b%2Fc <&>"


@pytest.mark.parametrize(
    ("rows", "prefixes", "prefix"),
    [
        ([Row("other/x")], [], "p/"),
        ([Row("p/a/b")], [], "p/"),
        ([], ["q/"], "p/"),
        ([], ["p/x"], "p/"),
        ([], ["p/"], "p/"),
    ],
)
def test_what_was_not_asked_for_is_an_error(rows: list[Row], prefixes: list[str], prefix: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be trusted"):
        make_s3_page(read_rows(body_of(rows, prefixes)), prefix, recursive=False)


def test_more_without_a_token_is_an_error() -> None:
    body = body_of([Row("a")], token="x").replace(b"<NextContinuationToken>x</NextContinuationToken>", b"")
    with pytest.raises(InvalidRequestError, match="goes on"):
        make_s3_page(read_rows(body), "", recursive=True)


def test_a_directory_that_is_told_again_after_the_start_is_left_out() -> None:
    page = make_s3_page(read_rows(body_of([Row("b")], ["a/"])), "", recursive=False, start_after="a/5")
    assert [entry.key for entry in page] == ["b"]


@given(some.lists(some.text(some.characters(exclude_categories=["Cs"])), max_size=10))
def test_decoding_undoes_both_ways_of_encoding(texts: list[str]) -> None:
    assert decoded_keys([quote_plus(text) for text in texts]) == texts
    assert decoded_keys([quote(text, safe="") for text in texts]) == texts


@given(some.lists(some.text("%25aAfF+\n0CE9é"), max_size=5))
def test_decoding_of_nonsense_is_that_of_each_alone(texts: list[str]) -> None:
    assert decoded_keys(texts) == [decoded_keys([text])[0] for text in texts]


def test_bytes_that_are_not_utf8_stay_apart() -> None:
    first, second = decoded_keys(["%FF", "%FE"])
    assert first != second


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:59:07.000Z", datetime(2026, 1, 31, 12, 59, 7, tzinfo=UTC).timestamp()),
        ("2026-01-31T12:59:07Z", datetime(2026, 1, 31, 12, 59, 7, tzinfo=UTC).timestamp()),
        ("2026-01-31T12:59:07.250Z", datetime(2026, 1, 31, 12, 59, 7, 250_000, tzinfo=UTC).timestamp()),
        ("2026-01-31T14:59:07.000+02:00", datetime(2026, 1, 31, 12, 59, 7, tzinfo=UTC).timestamp()),
        ("1969-12-31T23:59:59.000Z", -1.0),
    ],
)
def test_times(text: str, expected: float) -> None:
    assert timestamps([text, text]) == [expected, expected]


def test_what_is_no_time_is_unknown() -> None:
    body = body_of([Row("a", time="yesterday"), Row("b", time=""), Row("c")])
    entries = list(make_s3_page(read_rows(body), "", recursive=True))
    assert [entry.modified_timestamp is None for entry in entries] == [True, True, False]
