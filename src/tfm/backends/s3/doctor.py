"""``tfm doctor`` on S3: who asks, whom, how far the clocks are apart, what is allowed, what is enforced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfm.backends.s3.asked import shown_text, shown_url
from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.conditions import Origin
from tfm.backends.s3.doctor_asking import Answer, ask, bad, good, note
from tfm.backends.s3.doctor_clock import clock_compared
from tfm.backends.s3.doctor_credentials import configured, credentials_found
from tfm.backends.s3.doctor_rights import rights_at
from tfm.backends.s3.doctor_writing import try_writing
from tfm.core.errors import StorageError
from tfm.core.finding import Finding, Verdict
from tfm.core.writing import Condition
from tfm.storage.contract import Backend

__all__ = ["examine_bucket", "examine_buckets"]

# botocore has no types; Any stands for its values throughout this module.

_VERSIONING: Final = {
    "Enabled": "enabled: what is deleted or replaced can be had again",
    "Suspended": "suspended: what is deleted or replaced from now on is gone",
}


def examine_bucket(backend: Backend, bucket: Bucket, key: str | None, *, may_write: bool) -> Iterator[Finding]:
    """What :meth:`Backend.diagnose` promises; six requests, and about ninety more where it may write."""
    if key is None:
        yield from configured(bucket)
        return
    yield (found := credentials_found(bucket))
    if found.verdict is Verdict.BAD:
        return
    client = bucket.clients().interactive()
    yield good("endpoint", shown_url(str(client.meta.endpoint_url)))
    urls: list[str] = []
    answer = _seeing_urls(client, urls, lambda: ask(bucket, "stat", "", lambda: client.head_bucket(Bucket=bucket.name)))
    if not answer.status or answer.status == 404:
        yield from _unreachable(answer)
        return
    yield from _server(client, bucket, answer)
    if urls:
        virtual = shown_url(urls[-1]).partition("://")[2].startswith(f"{bucket.name}.")
        yield good("addressing", "the bucket in the host's name" if virtual else "the bucket in the path")
    usable = yield from rights_at(backend, bucket, key)
    if not usable:
        return
    versions = ask(bucket, "stat", "", lambda: client.get_bucket_versioning(Bucket=bucket.name))
    yield _versions(versions)
    if may_write:
        yield from try_writing(backend, bucket, key, versioned="Status" in versions.response)
    else:
        yield _conditions(bucket, key)


def examine_buckets(bucket: Bucket, key: str | None) -> Iterator[Finding]:
    """The same for ``s3://``, where ``bucket`` has no name; one request."""
    if key is None:
        yield from configured(bucket)
        return
    yield (found := credentials_found(bucket))
    if found.verdict is Verdict.BAD:
        return
    client = bucket.clients().interactive()
    yield good("endpoint", shown_url(str(client.meta.endpoint_url)))
    answer = ask(bucket, "list", "", lambda: client.list_buckets(MaxBuckets=1000))
    if not answer.status:
        yield from _unreachable(answer)
        return
    yield from _server(client, bucket, answer)
    if answer.error is not None:
        yield bad("buckets", answer.error)
        return
    count = len(answer.response.get("Buckets") or [])
    yield good("buckets", f"{count:,}{' and more' if answer.response.get('ContinuationToken') else ''}")


def _seeing_urls(client: Any, urls: list[str], send: Any) -> Answer:
    """The answer, and in ``urls`` whom botocore really asked."""

    def sending(request: Any, **_: Any) -> None:
        urls.append(str(request.url))

    events = client.meta.events
    events.register("before-send.s3.HeadBucket", sending)
    try:
        answer: Answer = send()
        return answer
    finally:
        events.unregister("before-send.s3.HeadBucket", sending)


def _unreachable(answer: Answer) -> Iterator[Finding]:
    if answer.error is not None:
        yield bad("bucket" if answer.status else "server", answer.error)


def _server(client: Any, bucket: Bucket, answer: Answer) -> Iterator[Finding]:
    """What any answer says of the server, refusals too."""
    configured_region = str(client.meta.region_name)
    region = shown_text(answer.headers.get("x-amz-bucket-region", ""))
    if region and bucket.name and region != configured_region:
        yield note(
            "region",
            f"{configured_region}, but the bucket is in {region}: each session's first request is sent twice",
            f"Set region = {region} in the profile, AWS_REGION or S3_REGION.",
        )
    else:
        yield good("region", f"{configured_region}{', as the bucket' if region and bucket.name else ''}")
    yield good("server", shown_text(answer.headers.get("server", "")) or "does not say its name")
    yield clock_compared(answer.headers.get("date"), answer.came_at)


def _versions(answer: Answer) -> Finding:
    if answer.error is not None:
        return note("versions", f"not known: {_cause(answer.error)}")
    status = str(answer.response.get("Status", ""))
    text = _VERSIONING.get(status, "off: what is deleted or replaced is gone")
    return good("versions", text) if status == "Enabled" else note("versions", text)


def _conditions(bucket: Bucket, key: str) -> Finding:
    """Which conditions are known to be enforced, and from where. No request."""
    known, origin = bucket.conditions_and_origin()
    names = ", ".join(each for each in Condition if each in known)
    if known == frozenset(Condition):
        return good("conditions", f"{names}: enforced, {origin.value}")
    others = ", ".join(each for each in Condition if each not in known)
    enforced = f"{names}: enforced, {origin.value}; " if names else ""
    if origin is Origin.PROVIDER:
        return note(
            "conditions",
            f"{enforced}{others}: not known, so tfm looks before it writes",
            f"Try them on objects of tfm's own: tfm doctor --write s3://{bucket.name}/{key}",
        )
    return note("conditions", f"{enforced}{others}: not enforced, {origin.value}, so tfm looks before it writes")


def _cause(error: StorageError) -> str:
    return error.cause.rstrip(".")
