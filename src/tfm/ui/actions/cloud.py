"""Requests, their cost, the cache, and what was said of all that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tfm.core.location import StorageAddress
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.report_screen import ReportScreen

__all__ = ["change_connection", "choose_profile", "show_cache", "show_cost", "show_log"]


async def choose_profile(screen: PanesScreen, _argument: str) -> None:
    """Open the same place, in this pane, as another profile sees it."""
    from tfm.ui.profile_dialog import ProfileDialog

    pane, location = screen.pane, screen.pane.location

    def chosen(address: StorageAddress | None) -> None:
        if address is not None and address != location.storage:
            pane.go_to(replace(location, storage=address))

    await screen.open(ProfileDialog(screen.session, location.storage), chosen)


async def change_connection(screen: PanesScreen, _argument: str) -> None:
    """Change region, endpoint and the like of the storage that this pane shows, and look at it anew."""
    from tfm.operations.connection import connection_of, reconnect
    from tfm.ui.connection_dialog import ConnectionDialog

    scheme = screen.pane.location.storage.scheme
    settings = connection_of(screen.session, scheme)
    if not settings:
        screen.say("This storage has no region and no endpoint; go to one that has, as s3://, first.")
        return

    def chosen(values: dict[str, str | bool] | None) -> None:
        if values is None:
            return
        reconnect(screen.session, values)
        for pane in screen.panes:
            if pane.location.storage.scheme == scheme:
                pane.go_to(pane.location)

    await screen.open(ConnectionDialog(scheme, settings), chosen)


async def show_cost(screen: PanesScreen, _argument: str) -> None:
    from tfm.ui.cost_text import cost_lines

    await screen.open(ReportScreen("Requests and what they cost, about", partial(cost_lines, screen.session)))


async def show_log(screen: PanesScreen, _argument: str) -> None:
    from tfm.ui.log_text import log_lines

    await screen.open(ReportScreen("Log", lambda: log_lines(screen.session, screen.notices.all()), follows=True))


async def show_cache(screen: PanesScreen, _argument: str) -> None:
    from tfm.operations.cached import forget_directory, forget_everything, forget_storage
    from tfm.ui.cache_text import cache_lines

    session, location = screen.session, screen.pane.location
    keys = (
        ("d", "forget this directory", partial(forget_directory, session, location)),
        ("b", "forget this bucket", partial(forget_storage, session, location)),
        ("a", "forget all", partial(forget_everything, session)),
    )
    await screen.open(ReportScreen("The cache of listings", partial(cache_lines, session), keys=keys))
