"""Another program is started from the panes, and told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tfm.operations.external import Invocation, Side, panes_environment, working_directory
from tfm.ui.actions.panes_screen import PanesScreen
from tfm.ui.given_terminal import Pause

__all__ = ["invoke"]


def invoke(
    screen: PanesScreen,
    command: Callable[[Mapping[str, str]], Sequence[str]],
    *,
    pause: Pause,
    origin: str = "",
    heading: str = "",
) -> int:
    """Start a program in the pane's directory, where that is on the disk; its exit code. ``command`` makes its
    arguments from its environment, which tells of both panes; ``origin`` is where the command was said.

    Raises UnsupportedOperation where it cannot be started, InvalidPathError for names that no program can be told, and
    what ``command`` raises.
    """
    session = screen.session
    left, right = (Side(pane.location, pane.chosen_to_copy()) for pane in screen.panes)
    with panes_environment(session, left, right, left_is_this=screen.pane is screen.panes[0]) as environment:
        directory = working_directory(session, screen.pane.location)
        invocation = Invocation(command(environment), directory, environment, origin)
        return screen.run_outside(invocation, pause=pause, heading=heading)
