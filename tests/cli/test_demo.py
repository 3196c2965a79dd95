"""The demo's server: what is in it, that it answers while it is filled, and that it ends with the program."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest

from tfm.cli.demo import DemoAddress, demo_environment, demo_server, run_demo
from tfm.cli.demo_content import ODD_KEYS, DemoObject, python_stdlib
from tfm.cli.demo_server import DemoServer
from tfm.core.errors import MissingDependencyError, NetworkError
from tfm.core.settings import Settings
from tfm.storage.session import Session

_DEADLINE_SECONDS = 30


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoAddress]:
    with demo_server() as address:
        yield address


@pytest.fixture
def s3(demo: DemoAddress, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plain botocore client that knows the server only by the demo's variables."""
    for name, value in demo.variables().items():
        monkeypatch.setenv(name, value)
    return botocore.session.Session().create_client("s3")


def listed(s3: Any, bucket: str) -> list[dict[str, Any]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [row for page in pages for row in page["Contents"]]


def wait_for_end(connection: socket.socket) -> None:
    """Return when the process at the other end has ended: its kernel closes the connection."""
    try:
        assert connection.recv(1) == b""
    except ConnectionResetError:
        pass


def answers(url: str) -> bool:
    try:
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), _DEADLINE_SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_buckets_are_there_from_the_start(s3: Any) -> None:
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert sorted(names) == ["odd-keys", "python-stdlib", "scratch", "twenty-thousand"]


def test_odd_keys_are_kept_exactly_and_can_be_read(s3: Any) -> None:
    assert len(set(ODD_KEYS)) == len(ODD_KEYS)
    assert max(len(key.encode()) for key in ODD_KEYS) == 1024
    sizes = {row["Key"]: row["Size"] for row in listed(s3, "odd-keys")}
    assert sizes.keys() == set(ODD_KEYS)
    unread = [key for key in ODD_KEYS if len(s3.get_object(Bucket="odd-keys", Key=key)["Body"].read()) != sizes[key]]
    assert unread == []


def test_the_standard_library_is_there_with_its_tree_contents_and_times(s3: Any) -> None:
    expected = {item.key: item for item in python_stdlib()}
    rows = {row["Key"]: row for row in listed(s3, "python-stdlib")}
    assert rows.keys() == expected.keys()
    assert {"json/__init__.py", "os.py"} <= rows.keys()
    assert not any("site-packages" in key or "__pycache__" in key for key in rows)
    assert {key: row["Size"] for key, row in rows.items()} == {key: len(it.content) for key, it in expected.items()}
    assert s3.get_object(Bucket="python-stdlib", Key="os.py")["Body"].read() == expected["os.py"].content
    modified_at = expected["os.py"].modified_at
    assert modified_at is not None
    assert abs((rows["os.py"]["LastModified"] - modified_at).total_seconds()) < 1


def test_twenty_thousand_keys_are_in_one_directory(s3: Any) -> None:
    root = s3.list_objects_v2(Bucket="twenty-thousand", Delimiter="/")
    assert [row["Prefix"] for row in root["CommonPrefixes"]] == ["measurements/"]
    assert "Contents" not in root
    # Three of its twenty pages: moto takes a quarter of a second for each.
    for first, truncated in ((0, True), (9_000, True), (19_000, False)):
        page = s3.list_objects_v2(Bucket="twenty-thousand", StartAfter=f"measurements/sample-{first - 1:05}.csv")
        expected = [f"measurements/sample-{number:05}.csv" for number in range(first, first + 1000)]
        assert ([row["Key"] for row in page["Contents"]], page["IsTruncated"]) == (expected, truncated)


# moto runs in this process here, and its warnings are not ours to mend.
@pytest.mark.filterwarnings("ignore")
def test_it_answers_while_it_is_filled_and_never_shows_half_a_bucket() -> None:
    half_done, go_on, all_filled = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Iterator[DemoObject]:
        yield DemoObject("first", b"1")
        half_done.set()
        assert go_on.wait(_DEADLINE_SECONDS)
        yield DemoObject("second", b"2")

    def report(bucket: str, objects: int) -> None:
        if bucket == "slow":
            assert objects == 2
            all_filled.set()

    def keys(bucket: str) -> list[str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_DEADLINE_SECONDS)
        connection.request("GET", f"/{bucket}?list-type=2")
        body = connection.getresponse().read().decode()
        connection.close()
        return [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]

    contents = {"quick": lambda: [DemoObject("only", b"")], "slow": slow}
    with DemoServer(contents, report) as server, ThreadPoolExecutor(1) as pool:
        assert half_done.wait(_DEADLINE_SECONDS)
        waiting = pool.submit(keys, "slow")
        assert keys("quick") == ["only"]
        assert not waiting.done()
        assert not all_filled.is_set()
        go_on.set()
        assert waiting.result(_DEADLINE_SECONDS) == ["first", "second"]
        assert all_filled.wait(_DEADLINE_SECONDS)


def test_the_server_ends_with_the_block() -> None:
    with demo_server() as address:
        assert answers(address.url)
    assert not answers(address.url)


def test_the_server_ends_when_the_program_is_killed() -> None:
    program = (
        "import sys\nfrom tfm.cli.demo import demo_server\n"
        "with demo_server() as address:\n    print(address.url, flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        url = urlsplit(parent.stdout.readline().strip())
        with socket.create_connection((url.hostname, url.port), _DEADLINE_SECONDS) as connection:
            parent.send_signal(signal.SIGKILL)
            wait_for_end(connection)


def test_the_variables_lead_here_and_nowhere_else() -> None:
    users = {
        "HOME": "/home/ada",
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_CA_BUNDLE": "/nowhere",
        "TFM_S3_ENDPOINT_URL": "https://elsewhere.example",
        "TFM_S3_ANONYMOUS": "1",
        "TFM_S3_CACHE_TTL": "5",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "example.com",
    }
    environment = demo_environment(DemoAddress("http://127.0.0.1:1", 1), users)
    aws = {name for name in environment if name.startswith("AWS_")}
    assert not aws & users.keys()
    assert environment["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:1"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert {name for name in environment if name.startswith("TFM_")} == {"TFM_S3_CACHE_TTL"}
    assert environment["HOME"] == "/home/ada"
    assert environment["NO_PROXY"] == environment["no_proxy"] == "example.com,127.0.0.1"


@pytest.mark.parametrize(
    ("body", "raised", "said"),
    [
        (
            "raise ModuleNotFoundError('No module named moto', name='moto')\n",
            MissingDependencyError,
            "The demo's S3 server needs moto, which is not installed. Install the extra: pip install 'tfm[demo]'.",
        ),
        (
            "raise ValueError('broken install')\n",
            NetworkError,
            "The demo's S3 server did not start: ValueError: broken install.",
        ),
    ],
)
def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, raised: type[Exception], said: str
) -> None:
    (tmp_path / "moto.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(raised) as caught, demo_server():
        pass
    assert str(caught.value) == said


def test_the_panes_open_on_the_demo_beside_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_PROFILE", "work")
    opened: list[tuple[str, str]] = []

    def open_panes(session: Session, left: str, right: str) -> int:
        assert session.settings == Settings(s3_cache_ttl=5)
        client = botocore.session.Session().create_client("s3")
        assert len(client.list_buckets()["Buckets"]) == 4
        opened.append((left, right))
        return 7

    before = dict(os.environ)
    settings = Settings(s3_cache_ttl=5, s3_endpoint_url="https://elsewhere.example", s3_anonymous=True)
    assert run_demo([], settings, open_panes) == 7
    assert opened == [("s3://", str(tmp_path))]
    assert dict(os.environ) == before
    assert capsys.readouterr().err == "tfm demo: starting an S3 server with sample data on this machine …\n"


def test_serve_prints_what_to_export_and_ends_on_interrupt() -> None:
    program = (
        "import sys\nfrom tfm.cli.demo import run_demo\nfrom tfm.core.settings import Settings\n"
        "sys.exit(run_demo(['--serve'], Settings(), lambda session, left, right: 3))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("unset AWS_PROFILE")
        name, _, url = process.stdout.readline().removeprefix("export ").strip().partition("=")
        assert name == "AWS_ENDPOINT_URL_S3"
        assert answers(url)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=_DEADLINE_SECONDS)
    assert process.returncode == 0
    assert "Ctrl-C ends it" in errors
    assert not answers(url)


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run_demo(["--server"], Settings(), lambda session, left, right: 0)
    assert caught.value.code == 2
    assert "--server" in capsys.readouterr().err
