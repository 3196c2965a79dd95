"""Another endpoint, region or identity for a storage, while tfm runs."""

from __future__ import annotations

import pytest

from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, names, run_app, shown_state
from tfm.core.entry import Kind
from tfm.core.errors import SettingsError
from tfm.core.location import Location, StorageAddress
from tfm.core.settings import Settings
from tfm.operations.browse import BrowseState
from tfm.operations.connection import connection_of, reconnect
from tfm.storage.session import Session
from tfm.ui.connection_dialog import ConnectionDialog

PLACE = Location(StorageAddress("s3", "data"), "", Kind.DIRECTORY)


def test_a_pane_goes_to_the_endpoint_that_was_typed_and_signs_nothing_if_anonymous(
    moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    nobody = "http://127.0.0.1:1"
    moto.put("data", {"there.txt": b"1"})
    session = Session(Settings(s3_endpoint_url=nobody, max_attempts=1, keymap="vim"))

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.FAILED)
        await running.press("g", "e")
        dialog = running.app.screen
        assert isinstance(dialog, ConnectionDialog), running.browse.status.text
        await running.press("tab", *["backspace"] * len(nobody), *moto.url, "tab", "right", "enter")
        await running.until(lambda: names(running.left) == [" ..", " there.txt"])
        assert "authorization" not in moto.records()[-1].headers
        assert session.settings.s3_anonymous
        await running.press("g", "e", "enter")  # nothing is changed, so nothing is opened anew
        assert running.app.screen is running.browse
        assert names(running.left) == [" ..", " there.txt"]

    run_app(session, PLACE, PLACE, look)


def test_a_storage_without_a_connection_says_so() -> None:
    memory = Memory()
    memory.store.put("bucket", {"left/a": b"", "right/b": b""})

    async def look(running: Running) -> None:
        await running.press("alt+e")
        assert running.app.screen is running.browse
        assert "no region and no endpoint" in running.browse.status.text

    run_app(memory.session, place("left/"), place("right/"), look)


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    session = Session()
    assert [each.name for each in connection_of(session, "s3")] == [
        "S3_REGION", "S3_ENDPOINT_URL", "S3_ANONYMOUS", "S3_REQUESTER_PAYS",
    ]  # fmt: skip
    with pytest.raises(SettingsError):
        reconnect(session, {"S3_ANONYMOUS": "perhaps"})
    with pytest.raises(SettingsError):
        reconnect(session, {"S3_COLOUR": "red"})
    assert session.settings == Settings()
