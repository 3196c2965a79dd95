"""The S3 backend against moto: the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import pytest

from tests.servers.moto import MotoServer
from tfm.backends.s3 import S3BackendFactory
from tfm.core.location import StorageAddress
from tfm.storage.contract import Backend
from tfm.testing import BackendConformance


class TestS3Conformance(BackendConformance):
    secrets = ("testsecret",)

    @pytest.fixture(autouse=True)
    def _server(self, moto: MotoServer) -> None:
        self.moto = moto

    @cached_property
    def factory(self) -> S3BackendFactory:
        return S3BackendFactory(self.context)

    def make_backend(self) -> Backend:
        self.moto.put("bucket", {})
        return self.factory.open(StorageAddress("s3", "bucket"))

    def make_missing_backend(self) -> Backend:
        return self.factory.open(StorageAddress("s3", "missing"))

    def populate(self, files: Mapping[str, bytes]) -> None:
        self.moto.reset()
        self.moto.put("bucket", files)

    def can_hold(self, key: str) -> bool:
        # moto's own limits: it cannot be asked for these by GET, whose paths werkzeug reads its own way.
        return "\n" not in key
