from __future__ import annotations

import time

import pytest

from tfm.ui.format import MODIFIED_CELLS, SIZE_CELLS, format_age, format_modified, format_size


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (14_438, "14.1 KB"), (2**20 - 1, "1.0 MB"), (5 * 2**40, "5.0 TB")],
)
def test_sizes_are_told_with_a_unit(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes) == text


def test_every_size_fits_its_column() -> None:
    assert max(len(format_size(2**power - 1)) for power in range(64)) <= SIZE_CELLS


def test_times_of_this_year_have_the_hour_and_others_the_year() -> None:
    now = time.mktime((2026, 11, 20, 12, 0, 0, 0, 0, -1))
    assert format_modified(time.mktime((2026, 11, 19, 9, 12, 0, 0, 0, -1)), now) == "11-19 09:12"
    assert format_modified(time.mktime((2024, 2, 29, 9, 12, 0, 0, 0, -1)), now) == "2024-02-29"


@pytest.mark.parametrize("timestamp", [1e30, -1e30, float("inf")])
def test_a_time_that_no_calendar_has_is_a_question_mark(timestamp: float) -> None:
    assert len(format_modified(timestamp, 0.0)) <= MODIFIED_CELLS


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "now"), (12.9, "12 s ago"), (61, "1 min ago"), (7200, "2 h ago"), (200_000, "2 d ago")]
)
def test_ages_are_told_in_one_unit(seconds: float, text: str) -> None:
    assert format_age(seconds) == text
