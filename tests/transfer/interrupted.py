"""Trees that are copied or moved between a disk and SeaweedFS, by a program that is killed on the way."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.servers.fault_proxy import FaultProxy
from tests.servers.seaweedfs import SeaweedServer

__all__ = ["PART_BYTES", "WORKERS", "Ground", "Run", "Tree", "mixed_tree"]

WORKERS: Final = 4
PART_BYTES: Final = 8 << 20
_END_SECONDS: Final = 120

Tree = dict[str, bytes]
"""Contents by relative names."""


def mixed_tree(small: int, large_bytes: int, seed: int = 1) -> Tree:
    """So many small files in nine directories, and a large one."""
    chance = random.Random(seed)
    tree = {f"d{each % 9}/{each:04}": chance.randbytes(chance.choice([0, 1, 4096, 5000])) for each in range(small)}
    tree["large"] = chance.randbytes(large_bytes)
    return tree


@dataclass(frozen=True, slots=True)
class Run:
    """How the program ended, and what it said."""

    code: int
    told: Mapping[str, Any]  # JSON
    errors: str


class Ground:
    """Where trees are, and a program of ours that goes through ``proxy``. Each place is a new one."""

    def __init__(self, server: SeaweedServer, proxy: FaultProxy, directory: Path) -> None:
        self.server = server
        self.proxy = proxy
        self._directory = directory
        self._number = 0
        self.client = server.client()
        server.fill("ground", {})

    # Places: "s3://ground/..." or a directory

    def new_place(self, *, remote: bool) -> str:
        self._number += 1
        return f"s3://ground/{self._number}/tree" if remote else str(self._directory / str(self._number) / "tree")

    def put(self, place: str, tree: Tree) -> None:
        if not place.startswith("s3://"):
            for name, content in tree.items():
                path = Path(place, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            return
        prefix = _key(place)

        def put_one(each: tuple[str, bytes]) -> None:
            self.client.put_object(Bucket="ground", Key=f"{prefix}/{each[0]}", Body=each[1])

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(put_one, tree.items()))

    def names(self, place: str) -> set[str]:
        """Temporaries too."""
        if place.startswith("s3://"):
            return set(self._listed(place))
        return {str(path.relative_to(place)) for path in Path(place).rglob("*") if not path.is_dir()}

    def digests(self, place: str) -> dict[str, str]:
        """The MD5 of each file, temporaries left out."""
        if not place.startswith("s3://"):
            return {
                name: _md5(Path(place, name).read_bytes())
                for name in self.names(place)
                if not Path(name).name.startswith(".tfm-")
            }
        found = self._listed(place)
        for name, etag in found.items():
            if "-" in etag:
                body = self.client.get_object(Bucket="ground", Key=f"{_key(place)}/{name}")["Body"]
                found[name] = _md5(body.read())
        return found

    def _listed(self, place: str) -> dict[str, str]:
        prefix = f"{_key(place)}/"
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="ground", Prefix=prefix)
        return {
            each["Key"][len(prefix) :]: each["ETag"].strip('"') for page in pages for each in page.get("Contents", [])
        }

    def uploads(self) -> list[str]:
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket="ground").get("Uploads", [])]

    def drop(self, place: str) -> None:
        if place.startswith("s3://"):
            keys = [f"{_key(place)}/{name}" for name in self.names(place)]
            for first in range(0, len(keys), 1000):
                objects = [{"Key": key} for key in keys[first : first + 1000]]
                self.client.delete_objects(Bucket="ground", Delete={"Objects": objects, "Quiet": True})
        else:
            shutil.rmtree(Path(place).parent, ignore_errors=True)

    # The program

    def start(self, *arguments: str, die_at: str = "") -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL_S3": self.proxy.url,
            "TFM_TRANSFER_WORKERS": str(WORKERS),
            "TFM_DIE_AT": die_at,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.transfer.program", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, die_at: str = "") -> Run:
        return self.end(self.start(*arguments, die_at=die_at))

    def end(self, process: subprocess.Popen[str]) -> Run:
        try:
            output, errors = process.communicate(timeout=_END_SECONDS)
        finally:
            process.kill()
        return Run(process.returncode, json.loads(output) if output.strip() else {}, errors)

    def run_interrupted(self, how: signal.Signals, set_alarm: Callable[[Callable[[], None]], None], *verb: str) -> Run:
        """Run it; ``set_alarm`` says when it is sent that signal."""
        process = self.start(*verb)
        set_alarm(lambda: process.send_signal(how))
        return self.end(process)

    def moved_bytes(self) -> int:
        """Of bodies, either way, since the proxy was cleared."""
        return sum(each.sent_bytes + each.answered_bytes for each in self.proxy.exchanges())


def _key(place: str) -> str:
    return place.removeprefix("s3://ground/")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def digests_of(tree: Tree) -> dict[str, str]:
    return {name: _md5(content) for name, content in tree.items()}
