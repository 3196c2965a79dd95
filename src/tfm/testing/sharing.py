"""Who asks, many threads at once, links for others, and what is counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import pytest

from tfm.core.capability import Capability
from tfm.core.errors import UnsupportedOperation
from tfm.testing.hooks import Hooks

__all__ = ["SharingCases"]


class SharingCases(Hooks):
    def test_the_identity_stays_and_holds_no_secret(self) -> None:
        identity = self.backend.identity()
        assert identity
        assert identity == self.backend.identity()
        for secret in self.secrets:
            assert secret not in identity
            assert secret not in repr(self.backend)

    def test_two_backends_for_one_place_tell_the_same(self) -> None:
        self.populate({"x": b"1"})
        other = self.make_backend()
        assert other.address == self.backend.address
        assert other.capabilities == self.backend.capabilities
        assert list(other.list_page(self.root)) == list(self.backend.list_page(self.root))

    def test_threads_share_a_backend(self) -> None:
        files = {f"d{i % 3}/{i:02}": bytes([i]) * 5000 for i in range(30)}
        self.populate(files)

        def work(number: int) -> None:
            prefix = f"d{number % 3}/"
            for limit in (4, 1000):
                pages = self.pages(prefix, limit=limit)
                told = self.told(entry for page in pages for entry in page)
                assert told == self.expected(files, prefix)
            for key, content in list(files.items())[number::8]:
                assert self.read(key) == content
                assert self.backend.stat(self.root + key).file is not None

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(work, number) for number in range(8)]:
                done.result()

    def test_a_signed_link_reads_the_object(self) -> None:
        self.need(Capability.PRESIGN)
        self.populate({"two words+%/é.txt": b"linked"})
        link = self.backend.presign(self.root + "two words+%/é.txt", expires_seconds=60)
        assert link.startswith(("http://", "https://"))
        for secret in self.secrets:
            assert secret not in link
        with urlopen(link, timeout=10) as answer:  # noqa: S310 - the line above says which schemes
            assert answer.read() == b"linked"

    def test_a_link_is_refused_where_none_can_be_signed(self) -> None:
        if self.has(Capability.PRESIGN):
            pytest.skip("the backend signs links")
        with pytest.raises(UnsupportedOperation):
            self.backend.presign(self.root + "x", expires_seconds=60)

    def test_each_call_is_one_request_and_is_reported(self) -> None:
        self.need(Capability.CACHED)
        self.populate({"d/x": b"1", "y": b"2"})
        self.backend.list_page(self.root)  # whatever is found out once (a region, a redirect) is found out now
        with self.meter.counting() as requests:
            self.backend.list_page(self.root)
            assert requests.total == 1
            self.backend.stat(self.root + "y")
            assert requests.total == 2
            self.read("y")
            assert requests.total == 3
