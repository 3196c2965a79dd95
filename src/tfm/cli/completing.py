"""What could follow what is typed after ``tfm``: verbs, options, local and remote paths. The shell's scripts ask."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Final

from tfm.cli.options import session_from, split_verb
from tfm.cli.output import print_line
from tfm.cli.parser import Parser, add_storage_options
from tfm.cli.verbs import VERBS
from tfm.core.entry import Kind
from tfm.core.errors import SettingsError, StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.uri import LOCAL_SCHEME, split_address
from tfm.operations.completion import Completer
from tfm.operations.typed_place import PlaceReader
from tfm.storage.session import Session

__all__ = ["complete"]

_SECONDS: Final = 2.0
"""A person waits for it with a finger on the key."""

_FILE_OPTIONS: Final = frozenset({"--config", "--plan", "--run-plan"})
_WORDS_OF: Final = {"cache": ("stats", "clear"), "completion": ("bash", "fish", "zsh")}
_SPLITS_WORDS: Final = ":="
"""Where bash ends a word besides at a space (COMP_WORDBREAKS): what it replaces begins behind that."""


def complete(given: Sequence[str]) -> None:
    """Print what could stand in place of the last word, one a line. ``given`` is what a shell's script hands over:
    ``words WORD...``, or ``bash LINE POINT``. Prints nothing where something is wrong: nobody would read why."""
    cut = 0
    if given[:1] == ["bash"] and len(given) == 3 and given[2].isdecimal():
        words, cut = _bash_words(given[1][: int(given[2])])
        words = words[1:]
    else:
        words = list(given[1:])
    if not words:
        return
    *before, current = words
    try:
        found = sorted(set(_candidates(before, current)))
    except (StorageError, SettingsError, OSError):
        return
    for text in found:
        if text.isprintable():
            print_line(text[cut:])


def _bash_words(line: str) -> tuple[list[str], int]:
    """The words of a line up to the cursor, without their quotes, and how much of the last one bash leaves alone."""
    words = [""]
    quote, escaped, kept = "", False, 0
    for letter in line:
        if escaped or (quote and letter not in {quote, "\\"}):
            words[-1] += letter
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter in {'"', "'"} and quote in {"", letter}:
            quote = "" if quote else letter
        elif letter.isspace() and not quote:
            words, kept = [*words, ""], 0
        else:
            words[-1] += letter
            if letter in _SPLITS_WORDS:
                kept = len(words[-1])
    return words if len(words) < 2 else [word for word in words[:-1] if word] + words[-1:], kept


def _candidates(before: list[str], current: str) -> Iterator[str]:
    verb, rest = split_verb(before, [*VERBS, "demo"])
    last = before[-1] if before else ""
    parser = _parser(verb)
    if _takes_value(parser, last):
        if last in _FILE_OPTIONS:
            yield from _paths(current, rest, remote=False)
        return
    if verb is None and not rest:
        yield from (each for each in (*VERBS, "demo") if each.startswith(current))
    if current.startswith("-"):
        yield from (each for each in parser._option_string_actions if each.startswith(current) and len(each) > 2)
    elif verb in _WORDS_OF:
        yield from (each for each in _WORDS_OF[verb] if each.startswith(current))
    elif verb == "resume":
        yield from (each for each in _jobs() if each.startswith(current))
    elif verb != "clean":
        yield from _paths(current, rest)


def _parser(verb: str | None) -> Parser:
    parser = Parser("tfm", "", description="", epilog="")
    if verb in VERBS:
        import_module(f"tfm.cli.{verb}").add_arguments(parser)
    else:
        parser.add_argument("--version", action="store_true")
    add_storage_options(parser)
    return parser


def _takes_value(parser: Parser, text: str) -> bool:
    action = parser._option_string_actions.get(text)
    return action is not None and action.nargs != 0


def _paths(current: str, words: Sequence[str], *, remote: bool = True) -> list[str]:
    """What is there, also remotely; nothing where a server does not say so in time."""
    found: list[str] = []

    def ask() -> None:
        with contextlib.suppress(StorageError, SettingsError, OSError):
            found.extend(_found(current, words, remote=remote))

    # A daemon: it must not hold up the end.
    thread = threading.Thread(target=ask, name="tfm-complete", daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return [] if thread.is_alive() else found


def _found(current: str, words: Sequence[str], *, remote: bool) -> list[str]:
    address = split_address(current)
    here = Location(StorageAddress(LOCAL_SCHEME), f"{os.getcwd().rstrip('/')}/", Kind.DIRECTORY)
    known: tuple[Location, ...] = ()
    session = Session()  # for the disk no settings are needed
    if address is not None:
        options = _storage_options(words)
        session = session_from(options)
        known = (Location(StorageAddress(address.scheme, "", options.profile), "", Kind.DIRECTORY),)
    found = Completer(session, PlaceReader(session, here, known), pause_seconds=0).complete(current)
    wanted = [each for each in found if each.text.startswith(current)]  # a shell takes nothing else
    return [each.text for each in wanted if remote or each.location.storage.scheme == LOCAL_SCHEME]


def _storage_options(words: Sequence[str]) -> argparse.Namespace:
    """Those among what was typed; the rest does not matter."""
    parser = Parser("tfm", "", description="", epilog="")
    add_storage_options(parser)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return parser.parse_known_args(list(words))[0]
    except SystemExit:
        return parser.parse_args([])


def _jobs() -> list[str]:
    from tfm.journal import open_journal
    from tfm.operations.resume import resumable
    from tfm.path.sessions import journal_path

    if not os.path.exists(journal_path()):
        return []
    journal = open_journal(journal_path())
    try:
        return [record.id for record in resumable(journal)]
    finally:
        journal.close()
