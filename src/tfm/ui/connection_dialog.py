"""Region, endpoint and the like of a storage, changed for as long as tfm runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from textual.widget import Widget

from tfm.operations.connection import ConnectionSetting
from tfm.ui.choice import Choice
from tfm.ui.dialog import Dialog, DialogText
from tfm.ui.field_row import FieldRow
from tfm.ui.text_field import TextField

__all__ = ["ConnectionDialog"]

_NO_OR_YES: Final = ((False, "no"), (True, "yes"))


class ConnectionDialog(Dialog[dict[str, str | bool]]):
    """The result is the values by the names of their settings; None for who left, or changed nothing."""

    BUTTONS = (("use", "Use"), ("cancel", "Cancel"))
    DEFAULT_CSS = """
    ConnectionDialog FieldRow { margin-bottom: 0; }
    ConnectionDialog #said { margin: 1 0; }
    """

    def __init__(self, scheme: str, settings: Sequence[ConnectionSetting]) -> None:
        super().__init__(f"How {scheme}:// connects")
        self._settings = settings
        self._said = DialogText(id="said")
        self._fields: Final[dict[str, TextField]] = {}
        self._choices: Final[dict[str, Choice[bool]]] = {}

    def compose_middle(self) -> Iterable[Widget]:
        cells = max(len(each.word) for each in self._settings) + 1
        for each in self._settings:
            word = f"{each.word}:".ljust(cells)
            if isinstance(each.value, bool):
                options = _NO_OR_YES[::-1] if each.value else _NO_OR_YES
                self._choices[each.name] = Choice(options, id=each.name.lower())
                yield FieldRow(word, self._choices[each.name])
            else:
                self._fields[each.name] = TextField(each.value, id=each.name.lower())
                yield FieldRow(word, self._fields[each.name])
        yield self._said

    def on_mount(self) -> None:
        self.body.show(*(f"{each.word}: {each.help}" for each in self._settings))
        names = ", ".join(each.name for each in self._settings)
        self._said.show(f"For as long as tfm runs. {names} in config.py are for every start.")
        self.show_buttons("use", "cancel")
        self.set_focus(next(iter([*self._fields.values(), *self._choices.values()])))

    def pressed(self, name: str) -> None:
        if name == "cancel":
            self.leave()
            return
        values: dict[str, str | bool] = {name: field.value.strip() for name, field in self._fields.items()}
        values |= {name: choice.value for name, choice in self._choices.items()}
        changed = any(values[each.name] != each.value for each in self._settings)
        if self.app.screen is self:
            self.dismiss(values if changed else None)

    def leave(self) -> None:
        self.dismiss(None)
