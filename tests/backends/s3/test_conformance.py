"""The S3 backend against moto: the conformance suite, by each of the two ways to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.servers.moto import MotoServer
from tfm.backends.s3 import S3BackendFactory
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import Backend, BackendContext
from tfm.testing import BackendConformance


@pytest.mark.usefixtures("way")
class TestS3Conformance(BackendConformance):
    secrets = ("testsecret",)

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _shared_factory(cls, moto_server: MotoServer) -> Iterator[None]:
        """One factory for all cases: its first client costs more than most of them."""
        recorded: list[BackendConformance] = []

        def record(operation: str) -> None:
            for each in recorded[-1:]:
                each.meter.record(operation)

        cls.recorded = recorded
        settings = Settings(s3_endpoint_url=moto_server.url)
        cls.factory = S3BackendFactory(BackendContext(settings, record))
        yield
        del cls.factory

    @pytest.fixture(autouse=True)
    def _server(self, moto: MotoServer) -> None:
        self.moto = moto
        self.recorded.append(self)

    recorded: list[BackendConformance]
    factory: S3BackendFactory

    def make_backend(self) -> Backend:
        self.moto.put("bucket", {})
        return self.factory.open(StorageAddress("s3", "bucket"))

    def make_missing_backend(self) -> Backend:
        return self.factory.open(StorageAddress("s3", "missing"))

    def populate(self, files: Mapping[str, bytes]) -> None:
        self.moto.reset()
        self.moto.put("bucket", files)

    def can_hold(self, key: str) -> bool:
        # moto cannot be asked for a key with a newline: werkzeug's routes do not match it.
        return "\n" not in key
