"""What a mistake of tfm's own shows on the way out."""

from __future__ import annotations

import pytest

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app


def test_report_of_a_mistake_shows_no_local_variables(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        password = "".join(reversed("2retnuh"))
        raise ValueError(f"a mistake, {len(password)} long \x1b[31m")

    async def look(running: Running) -> None:
        running.app.call_later(fail)
        await running.until(lambda: running.app.return_code == 1)

    with pytest.raises(ValueError, match="a mistake"):
        run_app(make_session({SCHEME: Script({"": ["file"]})}, Clock()), directory(), directory(), look)
    said = capfd.readouterr().err
    assert "ValueError: a mistake, 7 long" in said
    assert "Please report" in said
    assert "hunter2" not in said
    assert "\x1b[31m" not in said
