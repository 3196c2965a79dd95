"""``tfm demo``: the panes on an S3 server of the program's own, with data that every machine has."""

from __future__ import annotations

import argparse
import json
import os
import selectors
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import IO, Final

from tfm.core.errors import MissingDependencyError, NetworkError
from tfm.core.settings import Settings
from tfm.storage.session import Session

__all__ = ["DemoAddress", "demo_environment", "demo_server", "run_demo"]

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 5.0

_LEAD_ELSEWHERE: Final = {"TFM_S3_ENDPOINT_URL", "TFM_S3_REGION", "TFM_S3_ANONYMOUS", "TFM_S3_REQUESTER_PAYS"}


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """Where the demo's server is. ``process_id`` is its own."""

    url: str
    process_id: int

    def variables(self) -> dict[str, str]:
        """What leads AWS's SDKs, and tfm, to this server and nowhere else: no file of the user's is read."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def demo_environment(address: DemoAddress, environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with the demo's variables, and without any other that would lead elsewhere."""
    kept = _neutral(environment)
    # A proxy of the user's network cannot reach this machine's own address.
    direct = [part for part in (kept.get("NO_PROXY") or kept.get("no_proxy", "")).split(",") if part]
    no_proxy = ",".join([*direct, "127.0.0.1"])
    return {**kept, **address.variables(), "NO_PROXY": no_proxy, "no_proxy": no_proxy}


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("AWS_", "MOTO_")) and name not in _LEAD_ELSEWHERE
    }


@contextmanager
def demo_server(while_starting: Callable[[], object] | None = None) -> Iterator[DemoAddress]:
    """An S3 server with sample data in a process of its own, which ends with the block and with this process.

    ``while_starting`` is called in the half second that the server's process needs for its own imports.

    It answers from the start; a question about a bucket that is still being filled waits, a second or two.
    Raises MissingDependencyError where the extra ``demo`` is not installed, NetworkError where it does not start.
    """
    with tempfile.TemporaryFile() as output, _child(output, _neutral(os.environ)) as process:
        if while_starting is not None:
            while_starting()
        yield DemoAddress(f"http://127.0.0.1:{_port(process, output)}", process.pid)


@contextmanager
def _child(output: IO[bytes], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        # -P: nothing is imported from the working directory.
        [sys.executable, "-P", "-m", "tfm.cli.demo_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=output,
        env=dict(environment),
        start_new_session=True,  # Ctrl-C is this program's to handle; the child follows when its stdin ends
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], output: IO[bytes]) -> int:
    assert process.stdout is not None  # noqa: S101 - Popen was given a pipe; for the type checker
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(_START_SECONDS) else b""
    message: dict[str, str | int] = json.loads(line) if line else {}
    if "missing" in message:
        raise MissingDependencyError(
            f"The demo's S3 server needs {message['missing']}, which is not installed.",
            next_step="Install the extra: pip install 'tfm[demo]'.",
            operation="demo",
        )
    if "port" not in message:
        output.seek(0)
        said = output.read().decode(errors="replace").strip().splitlines()
        raise NetworkError(
            f"The demo's S3 server did not start: {said[-1] if said else 'it said nothing'}.", operation="demo"
        )
    return int(message["port"])


def run_demo(arguments: Sequence[str], settings: Settings, open_panes: Callable[[Session, str, str], int]) -> int:
    """``tfm demo [--serve]``; the exit code. Raises what :func:`demo_server` raises.

    ``open_panes`` runs the panes on a session and the texts of a left and a right place, until the user quits.
    """
    parser = argparse.ArgumentParser(
        prog="tfm demo",
        description="Open the panes on an S3 server of tfm's own with sample data. Nothing leaves this machine.",
    )
    parser.add_argument(
        "--serve", action="store_true", help="only the server: print the variables to set, and serve until Ctrl-C"
    )
    options = parser.parse_args(arguments)
    print("tfm demo: starting an S3 server with sample data on this machine …", file=sys.stderr, flush=True)
    with demo_server(None if options.serve else _import_panes) as address:
        if options.serve:
            return _serve(address)
        with _process_environment(demo_environment(address, os.environ)):
            return open_panes(Session(_neutral_settings(settings)), "s3://", os.getcwd())


def _import_panes() -> None:
    import_module("tfm.ui.app")


def _serve(address: DemoAddress) -> int:
    """Print shell commands that lead a shell to the server, and wait for Ctrl-C (or SIGTERM)."""
    with _stop_signals() as stop:
        print("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN")
        environment = demo_environment(address, os.environ)
        for name in (*address.variables(), "NO_PROXY", "no_proxy"):
            print(f"export {name}={shlex.quote(environment[name])}")
        sys.stdout.flush()
        print("tfm demo: serving; paste these lines into another shell. Ctrl-C ends it.", file=sys.stderr, flush=True)
        signal.sigwait(stop)
    return 0


@contextmanager
def _stop_signals() -> Iterator[set[signal.Signals]]:
    """The signals that ask to stop, held back to be waited for."""
    stop = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        yield stop
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _neutral_settings(settings: Settings) -> Settings:
    """``settings`` without what would lead elsewhere than the environment says."""
    default = Settings()
    return replace(
        settings,
        s3_endpoint_url=default.s3_endpoint_url,
        s3_region=default.s3_region,
        s3_anonymous=default.s3_anonymous,
        s3_requester_pays=default.s3_requester_pays,
    )


@contextmanager
def _process_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """This process's own environment, which AWS's SDK reads and which programs that the panes start inherit."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
