from __future__ import annotations

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app, shown_state
from tfm.core.errors import NetworkError
from tfm.core.settings import Settings, with_settings
from tfm.operations.browse import BrowseState
from tfm.ui.cost_text import dollars_text, meter_text
from tfm.ui.jobs_dialog import JobsDialog
from tfm.ui.report_screen import ReportScreen


def world() -> Memory:
    memory = Memory()
    memory.store.put("bucket", {"left/a.txt": b"1", "left/dir/x": b"", "right/b": b""})
    return memory


async def listed(running: Running) -> None:
    await running.until(
        lambda: all(shown_state(pane) is BrowseState.COMPLETE for pane in (running.left, running.right))
    )


async def report(running: Running, *keys: str) -> str:
    await running.press(*keys)
    assert isinstance(running.app.screen, ReportScreen)
    await running.pilot.pause()
    return running.app.screen.text


def test_what_was_asked_is_told_by_storage_and_operation_with_its_cost_where_it_has_one() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await listed(running)
        text = await report(running, "alt+q")
        assert "memory://bucket: 2 requests" in text
        assert "list" in text
        assert "$" not in text.replace("PRICES", "")  # a storage without prices costs nothing that anybody knows
        await running.press("escape")
        assert running.app.screen is running.browse
        assert running.browse.status.text == "2 list"

    run_app(memory.session, place("left/"), place("right/"), look)


def test_the_cache_is_shown_and_forgotten_directory_by_directory_or_all() -> None:
    memory = world()

    async def look(running: Running) -> None:
        await listed(running)
        text = await report(running, "alt+k")
        assert "memory://bucket: 2 held" in text
        assert "0 hits, 2 misses" in text
        await running.press("d")
        screen = running.app.screen
        assert isinstance(screen, ReportScreen)
        assert "memory://bucket: 1 held" in screen.text
        await running.press("a")
        assert "Nothing is held." in screen.text
        assert memory.requests == {"list": 2}

    run_app(memory.session, place("left/"), place("right/"), look)


def test_the_log_has_what_was_said_and_what_failed_with_its_next_step() -> None:
    memory = world()
    error = NetworkError("Nobody answers.", next_step="Look whether it runs.", uri="memory://bucket/left/\x1b[31m")
    memory.errors["list_page"] = error

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.FAILED)
        running.browse.say("something was said")
        text = await report(running, "f12")
        assert "something was said" in text
        assert "Nobody answers. Look whether it runs." in text
        assert "\x1b" not in text

    run_app(memory.session, place("left/"), place("right/"), look)


def test_cost_and_hit_rate_stand_behind_the_requests() -> None:
    assert meter_text("12 LIST 3 GET", 0.0001, 97, 3) == "12 LIST 3 GET ≈ $0.0001 · cache 97 %"
    assert meter_text("1 LIST", None, 0, 5) == "1 LIST"
    assert [dollars_text(each) for each in (0.0, 0.00001, 0.00123, 12.345)] == [
        "≈ $0", "below $0.0001", "≈ $0.0012", "≈ $12.35",
    ]  # fmt: skip


def test_a_wrong_price_is_told_at_the_start_with_its_line_and_the_rest_holds() -> None:
    memory = world()
    memory.session.settings = with_settings(
        Settings(), {"PRICES": {"aws write": "free"}}, source="/c.py", lines={"PRICES aws write": 3}
    )

    async def look(running: Running) -> None:
        await listed(running)
        said = [notice.text for notice in running.browse.notices.all()]
        assert said == ["/c.py, line 3: PRICES['aws write'] must be dollars, like '0.005', not 'free'."]

    run_app(memory.session, place("left/"), place("right/"), look)


def test_a_click_on_what_the_status_line_says_of_jobs_opens_them() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        assert running.browse.jobs is not None
        await running.pilot.click(running.browse.status, offset=(2, 0))
        assert isinstance(running.app.screen, JobsDialog)

    run_app(world().session, place("left/"), place("right/"), look)


def test_how_a_job_ended_stands_in_the_log() -> None:
    async def look(running: Running) -> None:
        await listed(running)
        await running.press("down", "down", "f5", "enter")
        await running.until(lambda: "done" in running.browse.status.text)
        text = await report(running, "f12")
        assert "✓ copy" in text

    run_app(world().session, place("left/"), place("right/"), look)
