"""Which rows a pane shows, in which order, and finding one of them by typing."""

from __future__ import annotations

from tfm.operations.row_view import Filter, SortOrder
from tfm.ui.actions.panes_screen import PanesScreen

__all__ = ["filter_rows", "find", "find_next", "find_previous", "hidden", "sort"]

_REVERSE = "reverse"


async def sort(screen: PanesScreen, argument: str) -> None:
    """``size``, ``size reverse``; ``reverse`` alone turns it round; without an argument, choose."""
    view, words = screen.pane.view, argument.split()
    order = next((each for each in SortOrder if each in words), None)
    if not words:
        from tfm.ui.sort_dialog import SortDialog

        await screen.open(SortDialog(view), lambda chosen: None if chosen is None else screen.pane.use_view(chosen))
    elif set(words) - {*SortOrder, _REVERSE}:
        screen.say(f"There is no sort order {argument!r}; there are {', '.join(SortOrder)}, and reverse.")
    elif order is None:
        screen.pane.use_view(view._replace(reverse=not view.reverse))
    else:
        screen.pane.use_view(view._replace(sort=order, reverse=_REVERSE in words))


def hidden(screen: PanesScreen, _argument: str) -> None:
    view = screen.pane.view
    screen.pane.use_view(view._replace(hidden=not view.hidden))


def filter_rows(screen: PanesScreen, argument: str) -> None:
    """Begin to type a filter, or, with an argument, use that text as one."""
    from tfm.ui.actions.filter_line import FilterLine

    if argument:
        screen.pane.use_view(screen.pane.view._replace(filter=Filter(argument)))
    else:
        FilterLine(screen).begin()


def find(screen: PanesScreen, argument: str) -> None:
    """Begin to type what is sought; a character that was typed already is the argument."""
    from tfm.ui.actions.quick_search import QuickSearch

    search = QuickSearch(screen, ends_at_enter=not argument)
    if argument:
        search.type(argument)
    else:
        search.begin()


def find_next(screen: PanesScreen, _argument: str) -> None:
    _again(screen, backward=False)


def find_previous(screen: PanesScreen, _argument: str) -> None:
    _again(screen, backward=True)


def _again(screen: PanesScreen, *, backward: bool) -> None:
    from tfm.ui.actions.quick_search import find_again

    if not find_again(screen.pane, backward=backward):
        what = f"No name here holds {screen.pane.sought!r}." if screen.pane.sought else "Nothing was sought before."
        screen.say(what)
