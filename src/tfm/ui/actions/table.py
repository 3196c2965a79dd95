"""Every action, in one table. The help, the function-key bar, the palette and the documentation are made from it."""

from __future__ import annotations

import difflib
from typing import Final

from tfm.core.errors import SettingsError
from tfm.ui.actions.action import Action, Area, Argument, Command

__all__ = ["ACTIONS", "command_of"]

ACTIONS: Final = (
    Action("help", Area.PROGRAM, "program:show_help", "Show this help", "Help"),
    Action("palette", Area.PROGRAM, "program:show_palette", "Every action by its name, with its keys"),
    Action("jobs", Area.PROGRAM, "program:show_jobs", "Copies, moves, deletes: pause, cancel, what failed"),
    Action("keymap", Area.PROGRAM, "program:change_keymap", "Orthodox keys or vim keys", argument=Argument.TEXT),
    Action(
        "theme", Area.PROGRAM, "looks:change_theme", "Colours: the terminal's own, or a theme", argument=Argument.TEXT
    ),
    Action("stop", Area.PROGRAM, "program:stop", "Stop the listing; with a digit right after it: that function key"),
    Action("quit", Area.PROGRAM, "program:quit_program", "Quit", "Quit"),
    Action("cursor_up", Area.MOVING, "moving:cursor_up", "One entry up"),
    Action("cursor_down", Area.MOVING, "moving:cursor_down", "One entry down"),
    Action("cursor_page_up", Area.MOVING, "moving:cursor_page_up", "One page up"),
    Action("cursor_page_down", Area.MOVING, "moving:cursor_page_down", "One page down"),
    Action("cursor_half_up", Area.MOVING, "moving:cursor_half_up", "Half a page up"),
    Action("cursor_half_down", Area.MOVING, "moving:cursor_half_down", "Half a page down"),
    Action("cursor_top", Area.MOVING, "moving:cursor_top", "The first entry that is in sight"),
    Action("cursor_middle", Area.MOVING, "moving:cursor_middle", "The entry in the middle of those in sight"),
    Action("cursor_bottom", Area.MOVING, "moving:cursor_bottom", "The last entry that is in sight"),
    Action("cursor_first", Area.MOVING, "moving:cursor_first", "The first entry"),
    Action("cursor_last", Area.MOVING, "moving:cursor_last", "The last entry"),
    Action("enter", Area.MOVING, "moving:enter", "Enter the directory, or view the file"),
    Action("enter_parent", Area.MOVING, "moving:enter_parent", "The directory above"),
    Action("other_pane", Area.MOVING, "moving:other_pane", "The other pane"),
    Action("swap_panes", Area.MOVING, "arranging:swap_panes", "Each pane shows what the other did, with its tabs"),
    Action("other_pane_here", Area.MOVING, "arranging:other_pane_here", "The other pane shows this directory, too"),
    Action(
        "other_pane_there", Area.MOVING, "arranging:other_pane_there", "The other pane shows what is under the cursor"
    ),
    Action("split_left", Area.MOVING, "arranging:split_left", "The left pane narrower"),
    Action("split_right", Area.MOVING, "arranging:split_right", "The left pane wider"),
    Action("refresh", Area.MOVING, "moving:refresh", "Ask the storage again; cursor and selection stay", "Refresh"),
    Action("back", Area.MOVING, "history:back", "Back to the directory before, with the cursor where it was"),
    Action("forward", Area.MOVING, "history:forward", "Forward again"),
    Action("history", Area.MOVING, "history:show_history", "Where this tab has been, to choose from"),
    Action("find", Area.MOVING, "rows:find", "Type a part of a name: the cursor goes there", argument=Argument.TEXT),
    Action("find_next", Area.MOVING, "rows:find_next", "The next name that holds what was typed to find one"),
    Action("find_previous", Area.MOVING, "rows:find_previous", "The one before that holds it"),
    Action(
        "go_to", Area.PLACES, "places:go_to", "Go to a path or URI; what it could be is listed", argument=Argument.TEXT
    ),
    Action("home", Area.PLACES, "places:home", "Your home directory"),
    Action("new_tab", Area.MOVING, "tabs:new_tab", "A new tab in this pane, on the same directory"),
    Action("close_tab", Area.MOVING, "tabs:close_tab", "Close this tab"),
    Action("next_tab", Area.MOVING, "tabs:next_tab", "The next tab"),
    Action("previous_tab", Area.MOVING, "tabs:previous_tab", "The tab before"),
    Action("tab", Area.MOVING, "tabs:show_tab", "The tab of that number, or one of a list", argument=Argument.TEXT),
    Action(
        "places",
        Area.PLACES,
        "places:places",
        "Disks, storages by profile, bookmarks, where you were",
        argument=Argument.TEXT,
    ),
    Action("bookmarks", Area.PLACES, "places:bookmarks", "Bookmarks: go to one, or forget it"),
    Action(
        "bookmark", Area.PLACES, "places:bookmark", "Give this directory a name to go to it by", argument=Argument.TEXT
    ),
    Action(
        "mark", Area.PLACES, "places:mark", "Bookmark this directory by the key pressed next", argument=Argument.KEY
    ),
    Action("jump", Area.PLACES, "places:jump", "Go to the bookmark of the key pressed next", argument=Argument.KEY),
    Action("select", Area.SELECTING, "selecting:select", "Select or deselect the entry, and go down"),
    Action("select_down", Area.SELECTING, "selecting:select_down", "The same"),
    Action("select_up", Area.SELECTING, "selecting:select_up", "The same, and go up"),
    Action(
        "select_range",
        Area.SELECTING,
        "selecting:select_range",
        "Select what the cursor goes over, until it is pressed again",
    ),
    Action("select_all", Area.SELECTING, "selecting:select_all", "Select all that is shown"),
    Action("deselect_all", Area.SELECTING, "selecting:deselect_all", "Select nothing"),
    Action("invert_selection", Area.SELECTING, "selecting:invert_selection", "Select what is not, and only that"),
    Action(
        "select_matching",
        Area.SELECTING,
        "selecting:select_matching",
        "Select the files whose names fit a pattern: *.csv",
        argument=Argument.TEXT,
    ),
    Action(
        "deselect_matching",
        Area.SELECTING,
        "selecting:deselect_matching",
        "Deselect those that fit a pattern",
        argument=Argument.TEXT,
    ),
    Action(
        "sort",
        Area.ROWS,
        "rows:sort",
        "Sort by name, extension, size or time; reverse it",
        "Sort",
        argument=Argument.TEXT,
    ),
    Action("hidden", Area.ROWS, "rows:hidden", "Names that begin with a dot: show them, or do not"),
    Action(
        "filter",
        Area.ROWS,
        "rows:filter_rows",
        "Show only names that fit: as text, glob or expression",
        argument=Argument.TEXT,
    ),
    Action("view", Area.FILES, "moving:enter_to_view", "View the file under the cursor", "View"),
    Action("edit", Area.FILES, "outside:edit", "Edit the file in your editor; stored if it was changed", "Edit"),
    Action("preview", Area.FILES, "previewing:preview", "What the entry begins with, beside the list: on and off"),
    Action("new_file", Area.FILES, "changing:new_file", "Make an empty file; never replaces one"),
    Action("copy", Area.FILES, "changing:copy", "Copy what is selected, or this entry", "Copy"),
    Action("move", Area.FILES, "changing:move", "Move what is selected, or this entry", "Move"),
    Action("yank", Area.FILES, "clipboard:yank", "Remember what is selected, or this entry, to be copied by a paste"),
    Action("cut", Area.FILES, "clipboard:cut", "Remember what is selected, or this entry, to be moved by a paste"),
    Action("paste", Area.FILES, "clipboard:paste", "Copy or move here what was yanked or cut; shows the plan first"),
    Action("copy_path", Area.FILES, "clipboard:copy_path", "Give the path to the terminal's clipboard"),
    Action("copy_uri", Area.FILES, "clipboard:copy_uri", "Give the URI, encoded, to the terminal's clipboard"),
    Action("copy_name", Area.FILES, "clipboard:copy_name", "Give the name to the terminal's clipboard"),
    Action("rename", Area.FILES, "changing:rename", "Rename the entry under the cursor"),
    Action("bulk_rename", Area.FILES, "facts:bulk_rename", "Rename many by a rule: text, expression, counter, date"),
    Action("properties", Area.FILES, "facts:properties", "Everything that is known of the entry; change its metadata"),
    Action("mode", Area.FILES, "facts:mode", "Change rights (chmod) of what is selected, or of this entry"),
    Action("link", Area.FILES, "facts:link", "A link by which anyone reads this object for a while"),
    Action("make_directory", Area.FILES, "changing:make_directory", "Make a directory", "Mkdir"),
    Action("delete", Area.FILES, "deleting:delete", "Delete what is selected, to the trash if there is one", "Delete"),
    Action("delete_permanently", Area.FILES, "deleting:delete_permanently", "Delete what is selected, past any trash"),
    Action("undo", Area.FILES, "undoing:undo", "Take the last change back, or say that it is permanent"),
    Action("search", Area.FINDING, "finding:search", "Search below this directory, by name and by content"),
    Action("search_content", Area.FINDING, "finding:search_content", "The same; what is in the files is typed first"),
    Action("results", Area.FINDING, "finding:results", "Back to what was found last, without searching again"),
    Action("disk_usage", Area.FINDING, "finding:disk_usage", "How much is in this directory, and in each one below it"),
    Action("compare", Area.FINDING, "finding:compare", "Compare both panes: copy what differs, or select it"),
    Action("open", Area.OUTSIDE, "outside:open_file", "Open the file with the program that is for it"),
    Action("user_menu", Area.OUTSIDE, "outside:user_menu", "Your own commands, by letter"),
    Action("run", Area.OUTSIDE, "outside:run", "Run a command in this directory", argument=Argument.TEXT),
    Action("subshell", Area.OUTSIDE, "outside:subshell", "A shell in this directory; exit comes back"),
    Action("cost", Area.CLOUD, "cloud:show_cost", "Requests by storage and kind, what they cost, what the cache saved"),
    Action("cache", Area.CLOUD, "cloud:show_cache", "What the cache of listings holds; forget some of it"),
    Action("log", Area.CLOUD, "cloud:show_log", "What was said, what failed and why, what was tried again"),
    Action("connection", Area.CLOUD, "cloud:change_connection", "Region, endpoint, anonymous, requester pays"),
    Action("profile", Area.CLOUD, "cloud:choose_profile", "Look at this place under another profile"),
)

_BY_NAME: Final = {action.name: action for action in ACTIONS}


def command_of(text: str) -> Command:
    """``go_to ~/data``: the action of that name, with what stands behind the first blank.

    Raises SettingsError for a name that does not exist, and an argument that the action does not take.
    """
    name, _, argument = text.strip().partition(" ")
    action = _BY_NAME.get(name)
    if action is None:
        near = difflib.get_close_matches(name, _BY_NAME, 1)
        meant = f"did you mean {near[0]}?" if near else "the palette (Ctrl-P) lists them."
        raise SettingsError(f"there is no action {name!r}; {meant}")
    argument = argument.strip()
    if argument and action.argument is Argument.NONE:
        raise SettingsError(f"the action {name} takes no argument, and {argument!r} was given.")
    return Command(action, argument)
