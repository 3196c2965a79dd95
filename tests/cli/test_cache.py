"""``tfm cache``: what is kept between two runs, and what clear forgets."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.copying_world import make_files
from tests.running_program import RunHere
from tfm.backends.s3.known_servers import KnownServers
from tfm.core.writing import Condition


def test_stats_and_clear(tfm: RunHere, here: Path) -> None:
    assert [record["size_bytes"] for record in tfm("cache", "stats", "--json").records] == [0, 0, 0]
    assert tfm("cache", "clear").lines == ["There is nothing to forget."]
    KnownServers().record(
        "http://127.0.0.1:1", [Condition.CREATE], server="x", found_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    make_files(here, {"x": b"1"})
    assert tfm("cp", "x", "y").code == 0
    listings, servers, journal = tfm("cache", "stats", "--json").records
    assert listings["ttl_seconds"] == 60
    assert (servers["path"], servers["servers"]) == (KnownServers().path(), 1)
    assert servers["size_bytes"] == os.path.getsize(servers["path"])
    assert (journal["jobs"], journal["interrupted"]) == (1, 0)
    assert journal["size_bytes"] > 0
    assert "  servers        1" in tfm("cache", "stats").lines
    assert tfm("cache", "clear").lines == ["Forgot what was found out about 1 server."]
    assert KnownServers().conditions("http://127.0.0.1:1") is None
    assert tfm("cache", "stats", "--json").records[2]["jobs"] == 1
    assert tfm("cache", "clear", "--json").records[0]["removed"] is False


def test_bad_input(tfm: RunHere) -> None:
    assert (tfm("cache").code, tfm("cache", "burn").code) == (2, 2)
