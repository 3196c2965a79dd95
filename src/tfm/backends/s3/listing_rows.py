"""The raw body of a ListObjectsV2 answer read into columns of text: keys, sizes, times, etags, storage classes.

Bodies whose rows are all alike, which is nearly all, are cut into columns. Where some rows lack a fact that others
have, one regular expression made from the shape of the first row reads them. Everything that is out of the ordinary
(CDATA, comments, namespace prefixes, attributes, entities in keys, rows of other shapes) goes to expat. Each of the
first two either accounts for every row of the body or is not used, so that no row's fact is ever told of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from xml.parsers import expat

__all__ = ["DamagedBodyError", "ErrorBodyError", "ListingRows", "read_ordinary_rows", "read_rows", "read_rows_as_xml"]


class DamagedBodyError(Exception):
    """The body is not a whole ListObjectsV2 answer: cut off, or not XML."""


class ErrorBodyError(Exception):
    """The body is S3's error document, though the status was 200. ``code`` is what S3 says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class ListingRows:
    """Columns of equal length as text, still in the server's encoding, and what stands beside them.

    ``etags`` and ``storage_classes`` hold ``""`` where an entry has none; etags have no quotes. ``url_encoded`` says
    that keys and prefixes are.
    """

    keys: Sequence[str] = field(default_factory=list)
    sizes: Sequence[str] = field(default_factory=list)
    times: Sequence[str] = field(default_factory=list)
    etags: Sequence[str] = field(default_factory=list)
    storage_classes: Sequence[str] = field(default_factory=list)
    prefixes: Sequence[str] = field(default_factory=list)
    url_encoded: bool = False
    is_truncated: bool = False
    next_token: str | None = None


_FACTS: Final = ("Key", "Size", "LastModified", "ETag", "StorageClass")
_REQUIRED: Final = frozenset({"Key", "Size", "LastModified"})
_START: Final = re.compile(
    r'\s*(?:<\?xml version=["\']1\.0["\'](?: encoding=["\'](?:UTF-8|utf-8)["\'])?(?: standalone=["\']\w+["\'])?\s*\?>)?'
    r'\s*<ListBucketResult(?:\s+xmlns="[^"<]*")?\s*>'
)
_END: Final = re.compile(r"</ListBucketResult>\s*\Z")
_ROW_START: Final = "<Contents>"
_ROW_END: Final = "</Contents>"
_PLAIN_FACT: Final = re.compile(r"<(\w+)>([^<\n]*)</\1>")
_FIRST_ROW: Final = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
# One fact of a row, or one group of facts such as <Owner><ID>..</ID></Owner>, which is passed over.
_ELEMENT: Final = re.compile(r"\s*<(\w+)>(?:([^<]*)|(?:\s*<\w+>[^<]*</\w+>)*\s*)</\1>\s*|\s*<(\w+)/>\s*")
_PREFIXES: Final = re.compile(r"<CommonPrefixes>\s*<Prefix>([^<&]*)</Prefix>\s*</CommonPrefixes>")
_QUOTES: Final = ("&quot;", '"', "&#34;", "")
# Where servers that know them put the facts that only some rows of a page have: ListObjectsV2's own order.
_SOMETIMES: Final = "(?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>)*(?:<ChecksumType>[^<]*</ChecksumType>)?"


def read_rows(body: bytes) -> ListingRows:
    """The columns of a body. Raises DamagedBodyError and ErrorBodyError."""
    return read_ordinary_rows(body) or read_rows_as_xml(body)


def read_ordinary_rows(body: bytes) -> ListingRows | None:
    """The columns of a body in which nothing is out of the ordinary; None for every other one."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    # XML reads a carriage return as a newline: not for this reader.
    if "\r" in text or not _START.match(text) or not _END.search(text, max(0, len(text) - 200)):
        return None
    first, end = text.find("<Contents"), text.rfind(_ROW_END) + len(_ROW_END)
    contents = text[first:end] if 0 <= first < end else ""
    # Everything else stands before or behind the rows, and is looked for there alone; where it stands among them, they
    # are no sequence of rows, and are not read here.
    beside = text[:first] + text[end:] if contents else text
    if "<!" in beside:  # declarations and comments change what the rest means
        return None
    is_truncated = _scalar(beside, "IsTruncated")
    token = _scalar(beside, "NextContinuationToken")
    encoding = _scalar(beside, "EncodingType")
    prefixes = _PREFIXES.findall(beside)
    if len(prefixes) != beside.count("<CommonPrefixes") or any(
        value is not None and "&" in value for value in (is_truncated, token, encoding)
    ):
        return None
    rows = ListingRows(
        prefixes=prefixes,
        url_encoded=encoding is not None and encoding.strip() == "url",
        is_truncated=is_truncated is not None and is_truncated.strip() == "true",
        next_token=token or None,
    )
    return rows if _read_contents(contents, rows) else None


def _read_contents(contents: str, rows: ListingRows) -> bool:
    """Fill the columns of ``rows``; False if one row is unlike the others."""
    if not contents:
        return True
    columns = _cut_columns(contents) or _matched_columns(contents)
    if columns is None:
        return False
    missing = ("",) * len(columns["Key"])
    rows.keys = columns["Key"]
    rows.sizes = columns["Size"]
    rows.times = columns["LastModified"]
    rows.etags = columns.get("ETag", missing)
    rows.storage_classes = columns.get("StorageClass", missing)
    return True


def _cut_columns(contents: str) -> Mapping[str, Sequence[str]] | None:
    """Columns of rows that all have the same facts in the same order.

    What stands between two facts is the same in every row then, so the whole text is cut there, in a handful of passes
    that run at the speed of memory.

    None unless every cut was found exactly once a row and left no markup behind: in well-formed XML only rows of the
    first one's shape leave none.
    """
    row = contents[len(_ROW_START) : contents.find(_ROW_END)]
    shape = _shape(row)
    if shape is None:
        return None
    names, openings, closings = shape
    first_cut, last_cut = _ROW_START + openings[0], closings[-1] + _ROW_END
    if "\n" in contents or not contents.startswith(first_cut) or not contents.endswith(last_cut):
        return None
    text = contents[len(first_cut) : -len(last_cut)]
    text, cuts = _cut(text, last_cut + first_cut)
    count = cuts + 1
    for closing, opening in zip(closings, openings[1:], strict=False):
        text, cuts = _cut(text, closing + opening)
        if cuts != count:
            return None
    cells = text.split("\n")
    if "<" in text or "&" in text or len(cells) != count * len(names):
        return None
    columns = {name: cells[place :: len(names)] for place, name in enumerate(names) if name in _FACTS}
    # The only fact that is a number; "".join() is one pass, int() of each comes later.
    return columns if "".join(columns["Size"]).isdecimal() else None


def _cut(text: str, separator: str) -> tuple[str, int]:
    """``text`` with each ``separator`` a newline, and how many there were."""
    cut = text.replace(separator, "\n")
    return cut, (len(text) - len(cut)) // (len(separator) - 1)


def _shape(row: str) -> tuple[list[str], list[str], list[str]] | None:
    """The names of a row's facts, and what opens and what closes each; None if they are not plain ones, each once."""
    names: list[str] = []
    openings: list[str] = []
    closings: list[str] = []
    position = 0
    while position < len(row):
        fact = _PLAIN_FACT.match(row, position)
        if fact is None or fact[1] in names:
            return None
        quote = next(each for each in _QUOTES if fact[2].startswith(each)) if fact[1] == "ETag" else ""
        names.append(fact[1])
        openings.append(f"<{fact[1]}>{quote}")
        closings.append(f"{quote}</{fact[1]}>")
        position = fact.end()
    return (names, openings, closings) if _REQUIRED.issubset(names) else None


def _matched_columns(contents: str) -> Mapping[str, Sequence[str]] | None:
    """Columns of rows that are like the first, save that some may lack what is optional; None for all others."""
    count = contents.count("<Contents")
    first = _FIRST_ROW.search(contents)
    pattern = None if first is None else _pattern_like(first[1])
    if pattern is None or "<!" in contents or "<CommonPrefixes" in contents:
        return None
    found = pattern.findall(contents)
    if len(found) != count:
        return None
    return dict(zip(pattern.groupindex, zip(*found, strict=True), strict=True))


def _pattern_like(row: str) -> re.Pattern[str] | None:
    """What matches rows of that row's shape, whose optional facts may be missing; None if the shape is unusual."""
    names: list[str] = []
    position = 0
    quote = "&quot;"
    while position < len(row):
        element = _ELEMENT.match(row, position)
        if element is None:
            return None
        name = element[1] or element[3]
        if name == "ETag":
            text = (element[2] or "").strip()
            quote = next(each for each in _QUOTES if text.startswith(each))
        names.append(name)
        position = element.end()
    if not _REQUIRED.issubset(names) or any(names.count(name) > 1 for name in _FACTS):
        return None
    spaced = row != row.strip() or re.search(r">\s+<", row) is not None
    return _compiled(tuple(dict.fromkeys(names)), quote, spaced)


# Servers have few shapes of rows; compiling one costs as much as reading a page with it.
@lru_cache(maxsize=64)
def _compiled(names: tuple[str, ...], quote: str, spaced: bool) -> re.Pattern[str]:
    parts = []
    for name in names:
        if name == "ETag":
            parts.append(f'(?:<ETag>{quote}(?P<ETag>[^<&"]*){quote}</ETag>)?')
        elif name == "Size":
            parts.append("<Size>(?P<Size>[0-9]+)</Size>")
        elif name in _REQUIRED:
            parts.append(f"<{name}>(?P<{name}>[^<&]*)</{name}>")
        elif name in _FACTS:
            parts.append(f"(?:<{name}>(?P<{name}>[^<&]*)</{name}>)?")
        elif name not in {"ChecksumAlgorithm", "ChecksumType"}:
            parts.append(f"(?:<{name}>(?:[^<]*|(?:\\s*<\\w+>[^<]*</\\w+>)*\\s*)</{name}>|<{name}/>)*")
        if name in {"ETag", "ChecksumAlgorithm", "ChecksumType"}:
            parts.append(_SOMETIMES)
    between = r"\s*" if spaced else ""
    return re.compile("<Contents>" + between + between.join(parts) + between + "</Contents>")


def _scalar(text: str, name: str) -> str | None:
    """The text of the only element of that name; None where there is none."""
    opening = f"<{name}>"
    start = text.find(opening)
    if start < 0:
        return None
    start += len(opening)
    return text[start : text.index("<", start)]


def read_rows_as_xml(body: bytes) -> ListingRows:
    """The columns of any well-formed body, by expat. Raises DamagedBodyError and ErrorBodyError."""
    reader = _XmlReader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.texts.append
    # A listing has no document type; entities that a document defines for itself are how XML bombs are built.
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise DamagedBodyError(str(error)) from error
    return reader.result()


class _XmlReader:
    """Collects rows from expat's events; names are taken without their namespace prefix."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._path: list[str] = []
        self._row: dict[str, str] = {}
        self._rows: list[dict[str, str]] = []
        self._prefixes: list[str] = []
        self._scalars: dict[str, str] = {}
        self._root = ""

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self._path:
            self._root = local
        self._path.append(local)
        self.texts.clear()

    def end(self, _name: str) -> None:
        text = "".join(self.texts)
        path = tuple(self._path[1:])
        self._path.pop()
        self.texts.clear()
        if len(path) == 2 and path[0] == "Contents":
            if path[1] in _FACTS:
                self._row[path[1]] = text
        elif path == ("Contents",):
            self._rows.append(self._row)
            self._row = {}
        elif path == ("CommonPrefixes", "Prefix"):
            self._prefixes.append(text)
        elif len(path) == 1:
            self._scalars[path[0]] = text

    @staticmethod
    def refuse_doctype(*_arguments: object) -> None:
        raise DamagedBodyError("the answer has a document type declaration, which no listing has")

    def result(self) -> ListingRows:
        if self._root == "Error":
            raise ErrorBodyError(self._scalars.get("Code", ""), self._scalars.get("Message", ""))
        if self._root != "ListBucketResult":
            raise DamagedBodyError(f"the answer is <{self._root[:40]}>, not a listing")
        rows = self._rows
        for row in rows:
            if "Key" not in row or not row.get("Size", "0").strip().isdecimal():
                raise DamagedBodyError("an entry of the listing has no key, or a size that is not a number")
        return ListingRows(
            keys=[row["Key"] for row in rows],
            sizes=[row.get("Size", "-1").strip() for row in rows],
            times=[row.get("LastModified", "") for row in rows],
            etags=[_without_quotes(row.get("ETag", "")) for row in rows],
            storage_classes=[row.get("StorageClass", "") for row in rows],
            prefixes=self._prefixes,
            url_encoded=self._scalars.get("EncodingType", "").strip() == "url",
            is_truncated=self._scalars.get("IsTruncated", "").strip() == "true",
            next_token=self._scalars.get("NextContinuationToken") or None,
        )


def _without_quotes(etag: str) -> str:
    return etag[1:-1] if len(etag) >= 2 and etag[0] == etag[-1] == '"' else etag
