"""A bucket as one profile sees it: its clients, its keys, and the errors of what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from tfm.backends.s3.clients import Clients, ProfileClients
from tfm.backends.s3.conditions import Origin
from tfm.backends.s3.entries import quoted_etag
from tfm.backends.s3.errors import Asked, code_of, status_of, translating
from tfm.core.awaited import Awaited
from tfm.core.errors import CredentialsError, InvalidPathError, IsDirectoryError
from tfm.core.location import StorageAddress
from tfm.core.writing import Condition, Precondition

__all__ = ["Bucket", "Send"]

# botocore has no types; Any stands for its values throughout this module.

_LONGEST_KEY_BYTES: Final = 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

Send = Callable[..., Mapping[str, Any]]


class Bucket:
    """What reading, writing and deleting in one bucket share. Thread-safe."""

    def __init__(self, address: StorageAddress, clients: Clients, *, requester_pays: bool) -> None:
        self.name: Final = address.authority
        self.parameters: Final = {"Bucket": self.name, **({"RequestPayer": "requester"} if requester_pays else {})}
        self.servers: Final = clients.servers
        self._profile = address.profile
        self._clients = clients

    def clients(self) -> ProfileClients:
        return self._clients.of_profile(self._profile)

    def conditions(self) -> frozenset[Condition]:
        """The preconditions that the server is known to enforce."""
        return self._clients.conditions.enforced(self._endpoint_url(), self.name)

    def sends(self, condition: Condition) -> bool:
        """Whether that precondition is sent along."""
        return self._clients.conditions.are_sent(condition, self._endpoint_url(), self.name)

    def conditions_and_origin(self) -> tuple[frozenset[Condition], Origin]:
        """The same, and who says it."""
        return self._clients.conditions.enforced_and_origin(self._endpoint_url(), self.name)

    def learn_conditions(self, found: Iterable[Condition], found_at: datetime) -> str:
        """Go by what was found out of the server; the file that keeps it. Raises OSError."""
        return self._clients.conditions.learn(self._endpoint_url(), found, found_at)

    def _endpoint_url(self) -> str:
        with self.asking("identity", ""):
            return str(self.clients().interactive().meta.endpoint_url)

    def asked(self, operation: str, key: str, *, bucket: str | None = None) -> Asked:
        """The circumstances of a question, which may be about another bucket of the same profile."""
        return self._clients.asked(operation, bucket or self.name, key, self._profile)

    def sender(self, client: Any, operation: str) -> Send:
        """The client's method for that operation, by the shortest way there is (:mod:`tfm.backends.s3.short_way`)."""
        short_way = self.clients().short_way

        def send(**parameters: Any) -> Mapping[str, Any]:
            return short_way.ask(client, operation, parameters)

        return send

    def send_on_condition(
        self, client: Any, send: Send, parameters: Mapping[str, Any], only_if: Precondition | None, *, copies: bool
    ) -> Mapping[str, Any]:
        """Send a write with its precondition; without, where the server takes none and nobody relies on that it does:
        then the layer above has looked just before."""
        if only_if is None:
            return send(**parameters)
        condition, header = self._condition(client, only_if, copies=copies)
        if not header:
            return send(**parameters)
        return self._or_unconditionally(client, condition, lambda: send(**parameters, **header), send, parameters)

    def begin_on_condition(
        self, client: Any, operation: str, parameters: Mapping[str, Any], only_if: Precondition | None, *, copies: bool
    ) -> Awaited[Mapping[str, Any]] | None:
        """Send as :meth:`send_on_condition`; what is given waits for the answer. None where only that can send it."""
        short_way = self.clients().short_way
        if only_if is None:
            return short_way.begin(client, operation, parameters)
        condition, header = self._condition(client, only_if, copies=copies)
        begun = short_way.begin(client, operation, {**parameters, **header})
        if begun is None or not header:
            return begun
        send = self.sender(client, operation)
        return begun.then(lambda: self._or_unconditionally(client, condition, begun, send, parameters))

    def _condition(self, client: Any, only_if: Precondition, *, copies: bool) -> tuple[Condition, dict[str, str]]:
        """What the precondition is of a server, and the parameter that says it; none where it is not sent."""
        condition = Condition.CREATE if only_if.etag is None else Condition.REPLACE
        if copies:
            condition = Condition.COPY
        if not self._clients.conditions.are_sent(condition, client.meta.endpoint_url, self.name):
            return condition, {}
        return condition, {"IfNoneMatch": "*"} if only_if.etag is None else {"IfMatch": quoted_etag(only_if.etag)}

    def _or_unconditionally(
        self,
        client: Any,
        condition: Condition,
        conditional: Callable[[], Mapping[str, Any]],
        send: Send,
        parameters: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        try:
            return conditional()
        except client.exceptions.ClientError as error:
            not_taken = code_of(error) == "NotImplemented" or status_of(error) == 501
            if not not_taken or condition in self.conditions():
                raise
        response = send(**parameters)
        self.servers.note_refused(client.meta.endpoint_url, condition)
        return response

    def asking(
        self, operation: str, key: str, only_if: Precondition | None = None
    ) -> AbstractContextManager[None, None]:
        """Where botocore is called: its errors become tfm's; credentials that were refused are read anew next time."""
        return _Asking(self, operation, key, only_if)

    def forget_credentials(self) -> None:
        """Read AWS's files anew before the next request."""
        self._clients.forget(self._profile)

    def check_key(self, operation: str, key: str) -> None:
        """Raises InvalidPathError for what cannot be an object's key, and IsDirectoryError for the bucket itself.

        Before any request: without a key, the request that deletes an object is the one that deletes the bucket.
        """
        if not key:
            raise IsDirectoryError(f"{self.name} is a bucket.", uri=self.asked(operation, key).uri, operation=operation)
        try:
            size = len(key.encode())
        except UnicodeEncodeError as error:
            raise InvalidPathError(
                f"The key {key!r} cannot be sent: UTF-8 cannot carry it.", operation=operation
            ) from error
        if size > _LONGEST_KEY_BYTES:
            raise InvalidPathError(
                f"The key has {size:,} bytes, and S3 takes {_LONGEST_KEY_BYTES:,}.",
                next_step="Choose a shorter name.",
                uri=self.asked(operation, key).uri,
                operation=operation,
            )


class _Asking(AbstractContextManager[None, None]):
    """See :meth:`Bucket.asking`. No generator, which would cost more than the block where nothing fails."""

    __slots__ = ("_bucket", "_key", "_only_if", "_operation")

    def __init__(self, bucket: Bucket, operation: str, key: str, only_if: Precondition | None) -> None:
        self._bucket = bucket
        self._operation = operation
        self._key = key
        self._only_if = only_if

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        try:
            with translating(lambda: replace(self._bucket.asked(self._operation, self._key), only_if=self._only_if)):
                raise error
        except CredentialsError:
            self._bucket.forget_credentials()
            raise
