"""What stands in a dialog is never cut, however quickly it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.ui.dialog import DialogText
from tfm.ui.error_block import ErrorBlock


def show_text(widget: Widget, text: str) -> None:
    assert isinstance(widget, DialogText)
    widget.show(text)


def show_error(widget: Widget, text: str) -> None:
    assert isinstance(widget, ErrorBlock)
    widget.show(StorageError(text, operation="list"), otherwise="Leave.")


@pytest.mark.parametrize(("make", "show"), [(DialogText, show_text), (ErrorBlock, show_error)])
def test_a_text_that_changes_again_around_a_layout_is_seen_whole(
    make: Callable[[], Widget], show: Callable[[Widget, str], None]
) -> None:
    widget, other = make(), DialogText()

    class Box(App[None]):
        CSS = "Vertical { width: 30; height: auto; }"

        def compose(self) -> ComposeResult:
            with Vertical():
                yield widget
                yield other

    async def go() -> None:
        app = Box()
        async with app.run_test(size=(80, 24)) as pilot:
            show(widget, "short")
            await pilot.pause()
            before = widget.region.height
            show(widget, "fetching")
            # What another widget may ask for at any moment, here between two changes.
            other.show("more")
            other._check_refresh()
            app.screen._refresh_layout()
            show(widget, "a text that does not fit thirty columns, but two lines")
            await pilot.pause()
            await pilot.pause()
            assert widget.region.height == before + 1

    asyncio.run(go())
