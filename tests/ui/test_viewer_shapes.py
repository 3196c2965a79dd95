"""JSON, comma-separated values and Markdown, laid out."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from tfm.ui.byte_rows import Row
from tfm.ui.sanitise import cell_width
from tfm.ui.viewer_json import NotJsonError, pretty_json
from tfm.ui.viewer_markdown import laid_out_markdown
from tfm.ui.viewer_table import Table, fields_of, table_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 0, 3]), st.booleans())
def test_json_is_the_same_value_and_laid_out_already(value: Any, indent: int | None, ascii_only: bool) -> None:
    shown = pretty_json(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert json.loads(shown) == value
    assert pretty_json(shown) == shown
    if not ascii_only:
        assert shown == json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@given(st.text(st.sampled_from('[]{}:,"1a \n-tru'), max_size=12))
def test_what_is_no_json_is_refused(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        # One value after the other is taken too: that is how JSON lines are written.
        try:
            pretty_json(text)
        except NotJsonError:
            return
        decoder, rest = json.JSONDecoder(), text.strip()
        while rest:
            try:
                _, end = decoder.raw_decode(rest)
            except ValueError:
                assert any(word[0] in "-1" for word in rest.split()), "only numbers are looked at less closely"
                return
            rest = rest[end:].strip()
    else:
        pretty_json(text)


def test_tokens_stay_as_they_were_written() -> None:
    assert pretty_json('{"a":1.50e+3,"a":"\\u00e9"}') == '{\n  "a": 1.50e+3,\n  "a": "\\u00e9"\n}\n'
    assert pretty_json('{"a":1}\n{"b":[]}\n') == '{\n  "a": 1\n}\n{\n  "b": []\n}\n'
    with pytest.raises(NotJsonError, match="line 2"):
        pretty_json("[1,\nx]")


FIELD = st.text(st.sampled_from('ab1,;" é日\t\x1b\u0301'), max_size=12)


@given(st.lists(FIELD, min_size=1, max_size=6))
def test_values_are_those_that_were_written(values: list[str]) -> None:
    line = ",".join('"' + value.replace('"', '""') + '"' for value in values).encode() + b"\r\n"
    fields = fields_of(line, ",")
    assert [field.text for field in fields] == values
    assert [field.text for field in fields] == next(csv.reader([line.decode().rstrip("\r\n")]))
    for field, value in zip(fields, values, strict=True):
        assert line[field.start : field.end].decode() == '"' + value.replace('"', '""') + '"'


@given(st.binary(max_size=100))
def test_any_line_has_values(line: bytes) -> None:
    fields = fields_of(line, ",")
    assert fields
    assert fields[-1].end == len(line.rstrip(b"\r\n"))


def drawn(table: Table, data: bytes, width: int = 400) -> list[str]:
    texts, start = [], 0
    for line in data.splitlines(keepends=True):
        row = Row(start, start + len(line), "", line)
        texts.append(table.draw(row, column=0, width=width, styles=[], plain=Style()).text)
        start += len(line)
    return texts


@given(st.integers(2, 5).flatmap(lambda count: st.lists(st.lists(FIELD, min_size=count, max_size=count), min_size=1)))
def test_columns_stand_under_each_other(rows: list[list[str]]) -> None:
    lines = [",".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows]
    data = "".join(f"{line}\n" for line in lines).encode()
    table = table_of(data, tabs=False, whole=True)
    assert table is not None
    places = set()
    for text in drawn(table, data):
        assert cell_width(text) == 400
        places.add(tuple(cell_width(text[:index]) for index, character in enumerate(text) if character == "│"))
        assert not any(character < " " for character in text)
    assert len(places) == 1


def test_numbers_stand_right_and_long_values_are_cut() -> None:
    data = b"name,size\na,1\nbcdef,1000\n" + b"x" * 90 + b",7\n"
    table = table_of(data, tabs=False, whole=True)
    assert table is not None
    header, first, second, long = [text.rstrip() for text in drawn(table, data, 60)]
    assert header.startswith("name ")
    assert first.endswith("│    1")
    assert second.endswith("│ 1000")
    assert long == "x" * 39 + "… │    7"


@pytest.mark.parametrize(
    ("data", "separator"),
    [(b"a;b;c\n1,5;2;3\n", ";"), (b"a\tb\n1\t2\n", "\t"), (b"a|b\n", "|"), (b"a,b;c\n1,2\n", ",")],
)
def test_the_separator_is_found(data: bytes, separator: str) -> None:
    table = table_of(data, tabs=False, whole=True)
    assert table is not None
    assert table.separator == separator


def test_text_without_columns_is_no_table() -> None:
    assert table_of(b"one\ntwo\n", tabs=False, whole=True) is None
    assert table_of(b"", tabs=False, whole=True) is None


MARKDOWN = """# Title

Some *text* and `code`\x1b[31m, [a link](http://x).

- one
- two

| a | b |
|---|---|
| 1 | 2 |
"""


def test_markdown_is_laid_out_and_harmless() -> None:
    data, styles = laid_out_markdown(MARKDOWN, 40)
    text = data.decode()
    assert "Title" in text
    assert "• one" in text
    assert "http://x" in text
    assert "\x1b" not in text
    assert all(0 <= part.start < part.end <= len(data) for part in styles)
    assert all(not part.style.link for part in styles)
    bold = [data[part.start : part.end] for part in styles if part.style.bold]
    assert any(b"Title" in part for part in bold)
    assert max(map(len, text.splitlines())) <= 40


@given(st.text(max_size=80))
def test_any_text_can_be_laid_out(text: str) -> None:
    data, styles = laid_out_markdown(text, 30)
    ends = [0, *[part.end for part in styles]]
    assert all(end <= part.start for end, part in zip(ends, styles, strict=False))
    assert data == b"" or data.endswith(b"\n")


def test_code_in_markdown_has_the_colours_of_code() -> None:
    data, styles = laid_out_markdown("```python\ndef name(): return 'text'\n```\n", 60)
    colours = {data[part.start : part.end]: part.style.color.name for part in styles if part.style.color}
    assert set(colours.values()) <= {"blue", "cyan", "green", "magenta"}
    assert b"def" in colours
