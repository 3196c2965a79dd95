"""A pytest plugin for CI (``-p tests.require_all``): a server or program that is missing is a failure, not a skip.

Other skips stay: what only root can try, or root cannot.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import pytest

_NEEDS: Final = ("seaweedfs", "tmux")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needed = [name for name in _NEEDS if item.get_closest_marker(name) is not None]
    if report.skipped and needed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be left out (TFM_REQUIRE_ALL): needs {', '.join(needed)}"
    return report
