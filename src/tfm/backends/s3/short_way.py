"""A shorter way to what a bucket has been asked before.

botocore decides anew for each request where it goes and how it is signed, and parses what nobody asks for: 0.6 to 0.9
ms of CPU, of which a tenth is left here. So the first request of each kind to a bucket goes through botocore; its
address, its region and its way of signing are taken from what was sent, and later ones are put together, signed and
sent here, on botocore's credentials and connections. Whatever is not plain Signature Version 4, or is asked with
something unusual, goes the ordinary way.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from tfm.backends.s3.exchange import Answer, begin
from tfm.backends.s3.quick_answers import SUCCESSES, client_error
from tfm.backends.s3.quick_requests import METHODS, QuickRequest, quick_request, quoted_key
from tfm.backends.s3.servers import Servers
from tfm.backends.s3.signature import Scope, Signer
from tfm.core.awaited import Awaited

__all__ = ["ShortWay", "Way"]

# botocore has no types; Any stands for its values throughout this module.

_SCOPE: Final = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/,]+/[0-9]{8}/([^/,]+)/([^/,]+)/aws4_request,")
_NOT_PLAIN: Final = ("x-amz-s3session-token", "x-amz-region-set")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WITH_BODY: Final = frozenset({"PUT", "POST"})
_MANY_AT_ONCE: Final = frozenset({"GetObject", "UploadPart"})
"""botocore takes the memory of three parts for each that it sends, and half the processor's time for what it gets."""

_AS_WELL: Final = {"DeleteObjects": "ListObjectsV2"}
"""What is asked of a bucket itself, and signed in the same way: who deletes a tree has listed it."""

_FINDING_SECONDS: Final = 1.0
"""A server that takes longer to answer is asked by the others meanwhile."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Way:
    """How a bucket was asked for something: where it is, and how that was signed."""

    origin: str
    host: str
    path: str
    scope: Scope

    @property
    def is_secure(self) -> bool:
        return self.origin.startswith("https:")


class ShortWay:
    """Watches the clients of one profile, and asks by itself for what it has seen asked before. Thread-safe."""

    def __init__(self, record_request: Callable[[str], None], servers: Servers) -> None:
        self._record_request = record_request
        self._servers = servers
        self._signer = Signer()
        self._sent = threading.local()
        self._ways: dict[tuple[str, str], Way] = {}
        self._tried: set[tuple[str, str]] = set()
        self._finding: dict[tuple[str, str], threading.Lock] = {}
        self._pools: dict[tuple[int, str], Any] = {}

    def watch(self, client: Any) -> None:
        """Take note of that client's requests of the kinds that can be asked here."""
        for operation in METHODS:
            client.meta.events.register(f"before-send.s3.{operation}", self._note)

    def _note(self, request: Any, **_: Any) -> None:
        self._sent.request = request

    def ask(self, client: Any, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the client would have answered, by whichever way; of its keys only ``ResponseMetadata``, ``Body``,
        ``CopyObjectResult``, ``Errors`` and the listing's body. One request. Raises botocore's errors, as the client
        does."""
        response = self._short(client, operation, parameters)
        if response is not None:
            return response
        kind = (parameters["Bucket"], operation)
        if operation not in _MANY_AT_ONCE or kind in self._tried:
            return self._ordinary(client, operation, parameters)
        # Of a dozen parts that are asked for at once one finds the way, and the others wait for that.
        first = self._finding.setdefault(kind, threading.Lock())
        if first.acquire(timeout=_FINDING_SECONDS):
            try:
                if kind not in self._tried:
                    return self._ordinary(client, operation, parameters)
            finally:
                self._tried.add(kind)
                first.release()
        response = self._short(client, operation, parameters)
        return self._ordinary(client, operation, parameters) if response is None else response

    def _ordinary(self, client: Any, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self._sent.request = None
        method: Callable[..., Mapping[str, Any]] = getattr(client, METHODS[operation].name)
        response = method(**parameters)
        self._learn(operation, parameters)
        return response

    def _learn(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """The last request of this thread was answered, and was for that."""
        request, self._sent.request = self._sent.request, None
        if request is None:
            return
        authorization = request.headers.get("Authorization", b"")
        text = authorization.decode("ascii", "replace") if isinstance(authorization, bytes) else authorization
        scope = _SCOPE.match(text)
        if scope is None or any(name in request.headers for name in _NOT_PLAIN):
            return
        parts = urlsplit(request.url)
        port = parts.port
        if parts.scheme not in _DEFAULT_PORTS or parts.username is not None or parts.hostname is None:
            return
        # awscrt, by which botocore signs where it is installed, names the host that is asked; another is a hook's.
        if request.headers.get("Host", parts.netloc) not in {parts.netloc, parts.netloc.encode()}:
            return
        path = parts.path
        if "Key" in parameters:
            end = "/" + quoted_key(parameters["Key"])
            if not path.endswith(end):
                return
            path = path.removesuffix(end)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
            host += f":{port}"
        way = Way(f"{parts.scheme}://{host}", host, path, Scope(scope[1], scope[2]))
        self._ways[parameters["Bucket"], operation] = way

    def _known(self, client: Any, operation: str, bucket: str) -> Way | None:  # noqa: ARG002 - tests make ways of it
        return self._ways.get((bucket, operation)) or self._ways.get((bucket, _AS_WELL.get(operation, "")))

    def begin(self, client: Any, operation: str, parameters: Mapping[str, Any]) -> Awaited[Mapping[str, Any]] | None:
        """Send what :meth:`ask` sends; what is given waits for the answer, and is called once, by the same thread. None
        where only :meth:`ask` can send it. Both raise as :meth:`ask`."""
        begun = self._begun(client, operation, parameters)
        if begun is None:
            return None

        def answer() -> Mapping[str, Any]:
            response = self._told(client, operation, parameters, *begun)
            return self.ask(client, operation, parameters) if response is None else response

        return begun[1].then(answer)

    def _short(self, client: Any, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The answer; None where it must be asked for the ordinary way."""
        begun = self._begun(client, operation, parameters)
        return None if begun is None else self._told(client, operation, parameters, *begun)

    def _begun(
        self, client: Any, operation: str, parameters: Mapping[str, Any]
    ) -> tuple[QuickRequest, Awaited[Answer]] | None:
        way = self._known(client, operation, parameters["Bucket"])
        if way is None:
            return None
        request = quick_request(operation, parameters, client.meta.config, secure=way.is_secure)
        if request is None:
            return None
        try:
            credentials = client._request_signer._credentials
            pool = self._pool(client, way)
        except AttributeError:  # botocore's own names, which it may change
            return None
        if credentials is None or pool is None:
            return None
        return request, self._on_its_way(client, way, pool, request, credentials.get_frozen_credentials())

    def _told(
        self,
        client: Any,
        operation: str,
        parameters: Mapping[str, Any],
        request: QuickRequest,
        receive: Callable[[], Answer],
    ) -> Mapping[str, Any] | None:
        answer = receive()
        self._servers.note_name(client.meta.endpoint_url, answer.headers.get("server"))
        if answer.status in SUCCESSES:
            return request.parse(client, operation, answer)
        if answer.status in _REDIRECTS or (answer.status == 400 and _may_be_elsewhere(answer, request)):
            # botocore finds out where the bucket is now.
            answer.read_all()
            for known in (operation, _AS_WELL.get(operation, "")):
                self._ways.pop((parameters["Bucket"], known), None)
            return None
        raise client_error(client, operation, answer.status, answer.headers, answer.read_all())

    def _pool(self, client: Any, way: Way) -> Any:
        """The connections of that client to there; None where they lead through a proxy."""
        session = client._endpoint.http_session
        pool = self._pools.get((id(client), way.origin))
        if pool is None or pool.pool is None:  # closed, since there are too many
            if session._proxy_config.proxy_url_for(way.origin) is not None:
                return None
            pool = session._manager.connection_from_url(way.origin)
            session._setup_ssl_cert(pool, way.origin, session._verify)
            self._pools[id(client), way.origin] = pool
        return pool

    def _on_its_way(self, client: Any, way: Way, pool: Any, request: QuickRequest, credentials: Any) -> Awaited[Answer]:
        path = f"{way.path}{request.path}" or "/"
        headers = {**request.headers, "host": way.host}
        self._signer.sign(
            request.method, path, request.query, headers, request.payload,
            scope=way.scope,
            access_key=credentials.access_key, secret_key=credentials.secret_key, token=credentials.token,
        )  # fmt: skip
        lines = [f"{request.method} {path}{request.sent_query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"user-agent: {client.meta.config.user_agent}", "accept-encoding: identity"]
        if request.method in _WITH_BODY:
            lines.append(f"content-length: {len(request.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("ascii")
        self._record_request(request.operation)
        return begin(pool, way.origin, head, request.body, answers_without_body=request.method == "HEAD")


def _may_be_elsewhere(answer: Answer, request: QuickRequest) -> bool:
    """Whether a refusal is one of those after which botocore asks for the bucket's region."""
    return request.method == "HEAD" or "x-amz-bucket-region" in answer.headers
