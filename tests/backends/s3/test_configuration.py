"""AWS's own configuration, and tfm's settings over it, as they reach the wire."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.aws_files import AwsFiles
from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import FaultProxy, refused_port
from tests.servers.moto import MotoServer, RequestRecord
from tfm.backends.s3 import S3BackendFactory
from tfm.core.capability import Capability
from tfm.core.errors import (
    CredentialsError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperation,
)
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import BackendContext
from tfm.storage.metering import RequestMeter


@pytest.fixture
def server(moto_server: MotoServer) -> MotoServer:
    """moto with a bucket, to which no configuration points yet."""
    moto_server.reset()
    moto_server.put("bucket", {"a": b"1", "b": b"2", "c": b"3"})
    return moto_server


def last_request(server: MotoServer) -> RequestRecord:
    return server.records()[-1]


def test_a_profile_with_an_endpoint(server: MotoServer, aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_profile("work", access_key="workkey", secret_key="s", endpoint_url=server.url, region="eu-north-1")
    assert open_bucket(profile="work").list_page("").names() == ["a", "b", "c"]
    assert "Credential=workkey/" in last_request(server).headers["authorization"]
    assert "/eu-north-1/s3/" in last_request(server).headers["authorization"]


def test_an_endpoint_for_the_service_alone(server: MotoServer, aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_profile("work", access_key="k", secret_key="s", services="local")
    aws_files.add_section("services local", s3={"endpoint_url": server.url})
    assert len(open_bucket(profile="work").list_page("")) == 3


def test_the_profile_that_the_environment_names(
    server: MotoServer, aws_files: AwsFiles, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files.add_profile("work", access_key="fromprofile", secret_key="s", endpoint_url=server.url)
    monkeypatch.setenv("AWS_PROFILE", "work")
    open_bucket().list_page("")
    assert "Credential=fromprofile/" in last_request(server).headers["authorization"]


def test_a_named_profile_stands_before_keys_in_the_environment(
    server: MotoServer, aws_files: AwsFiles, open_bucket: OpenBucket, aws_credentials: None
) -> None:
    aws_files.add_profile("work", access_key="fromprofile", secret_key="s", endpoint_url=server.url)
    open_bucket(profile="work").list_page("")
    assert "Credential=fromprofile/" in last_request(server).headers["authorization"]


@pytest.mark.parametrize(
    ("environment", "setting", "region"),
    [
        ({}, "", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"}, "", "eu-west-2"),
        ({"AWS_REGION": "eu-west-2"}, "eu-west-3", "eu-west-3"),
    ],
)
def test_the_region(
    moto: MotoServer,
    open_bucket: OpenBucket,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    setting: str,
    region: str,
) -> None:
    monkeypatch.delenv("AWS_REGION")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    moto.put("bucket", {})
    open_bucket(s3_region=setting).list_page("")
    assert f"/{region}/s3/" in last_request(moto).headers["authorization"]


def test_the_endpoint_of_the_settings_stands_before_all(
    server: MotoServer, aws_credentials: None, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    assert len(open_bucket(s3_endpoint_url=server.url).list_page("")) == 3


def test_anonymous_requests_carry_no_credentials(
    moto: MotoServer, open_bucket: OpenBucket, aws_credentials: None
) -> None:
    moto.put("bucket", {"a": b"1"})
    client = moto.client()
    client.put_bucket_acl(Bucket="bucket", ACL="public-read")
    client.close()
    backend = open_bucket(s3_anonymous=True)
    assert backend.identity().endswith("anonymous")
    assert backend.list_page("").names() == ["a"]
    assert "authorization" not in last_request(moto).headers
    with pytest.raises(PermissionDeniedError, match="S3_ANONYMOUS"):
        backend.read("a")
    with pytest.raises(UnsupportedOperation):
        backend.presign("a", expires_seconds=60)


def test_requester_pays_is_said_with_each_request(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"a": b"1"})
    backend = open_bucket(s3_requester_pays=True)
    backend.list_page("")
    backend.stat("a")
    with backend.read("a") as reader:
        reader.read()
    with backend.read("a", length=0):
        pass
    assert [record.headers.get("x-amz-request-payer") for record in moto.records()] == ["requester"] * 4


def test_no_credentials(server: MotoServer, open_bucket: OpenBucket) -> None:
    backend = open_bucket(s3_endpoint_url=server.url)
    for ask in (lambda: backend.list_page(""), backend.identity):
        with pytest.raises(CredentialsError, match="AWS_ACCESS_KEY_ID") as caught:
            ask()
        assert "aws configure" in str(caught.value)
    assert server.requests() == []


def test_half_of_the_credentials(server: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "half")
    with pytest.raises(CredentialsError, match="could not be used"):
        open_bucket(s3_endpoint_url=server.url).list_page("")


def test_a_profile_that_does_not_exist_names_those_that_do(aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_profile("home", access_key="k", secret_key="s")
    aws_files.add_profile("work", access_key="k", secret_key="s")
    with pytest.raises(CredentialsError, match=r"no profile wrok .*home, work"):
        open_bucket(profile="wrok").list_page("")


def test_a_configuration_file_that_cannot_be_read(aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.config.write_text("this is no section\n")
    with pytest.raises(CredentialsError, match="could not be used") as caught:
        open_bucket().list_page("")
    assert str(caught.value).isprintable()


def test_a_sign_in_that_was_never_made(aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_section("sso-session mine", sso_region="us-east-1", sso_start_url="https://example.awsapps.com/start")
    aws_files.add_profile(
        "sso", sso_session="mine", sso_account_id="123456789012", sso_role_name="Reader", region="us-east-1"
    )
    backend = open_bucket(profile="sso")
    assert backend.identity().endswith("sso 123456789012 Reader")
    with pytest.raises(CredentialsError, match="aws sso login --profile sso"):
        backend.list_page("")


def test_a_role_that_needs_a_code_asks_for_none_here(aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_profile("base", access_key="k", secret_key="s")
    aws_files.add_profile(
        "role",
        role_arn="arn:aws:iam::123456789012:role/reader",
        source_profile="base",
        mfa_serial="arn:aws:iam::123456789012:mfa/me",
        region="us-east-1",
    )
    backend = open_bucket(profile="role")
    assert backend.identity().endswith("role arn:aws:iam::123456789012:role/reader")
    with pytest.raises(CredentialsError, match="MFA"):
        backend.list_page("")


REFUSED_ROLE = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>"


def test_a_role_that_cannot_be_assumed(
    moto: MotoServer, proxy: FaultProxy, aws_files: AwsFiles, open_bucket: OpenBucket
) -> None:
    aws_files.add_profile("base", access_key="k", secret_key="s")
    aws_files.add_profile(
        "role",
        role_arn="arn:aws:iam::123456789012:role/reader",
        source_profile="base",
        region="us-east-1",
        endpoint_url=proxy.url,
    )
    proxy.answer(403, "", body=REFUSED_ROLE)
    with pytest.raises(CredentialsError, match=r"AssumeRole was refused \(AccessDenied: not yours\)"):
        open_bucket(profile="role").list_page("")
    # The endpoint of an S3 server given for all services: its answers are not the token service's.
    with pytest.raises(InvalidRequestError, match="endpoint_url"):
        open_bucket(profile="role").list_page("")


ROLE_SESSION = (
    b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>rolekey</AccessKeyId><SecretAccessKey>s"
    b"</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    b"</AssumeRoleResult></AssumeRoleResponse>"
)


def test_a_role_is_assumed_once_and_its_session_shared_with_the_command_line(
    moto: MotoServer,
    proxy: FaultProxy,
    aws_files: AwsFiles,
    open_bucket: OpenBucket,
    meter: RequestMeter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    moto.put("bucket", {"a": b"1"})
    aws_files.add_profile("base", access_key="k", secret_key="s")
    aws_files.add_profile(
        "role",
        role_arn="arn:aws:iam::123456789012:role/reader",
        source_profile="base",
        region="us-east-1",
        endpoint_url=proxy.url,
    )
    proxy.answer(200, "", body=ROLE_SESSION, match="POST / ")
    for _ in range(2):
        # Each of these is a session of its own, as two runs of the program are.
        assert open_bucket(profile="role").list_page("").names() == ["a"]
        assert "Credential=rolekey/" in last_request(moto).headers["authorization"]
    assert [line.partition("?")[0] for line in proxy.requests()] == ["POST /", "GET /bucket", "GET /bucket"]
    assert meter.snapshot() == {"ListObjectsV2": 2}
    (cached,) = (tmp_path / ".aws" / "cli" / "cache").iterdir()
    assert cached.stat().st_mode & 0o077 == 0


def test_a_proxy_that_is_not_there(moto: MotoServer, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", refused_port().replace("http://", "http://user:hidden@"))
    with pytest.raises(NetworkError, match="proxy") as caught:
        open_bucket().list_page("")
    assert "hidden" not in str(caught.value)
    assert moto.requests() == []


def test_identities_differ_by_key_and_endpoint_and_tell_neither(
    open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = set()
    for key in ("AKIAONE", "AKIATWO"):
        for url in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            identity = open_bucket(s3_endpoint_url=url).identity()
            assert key not in identity
            identities.add(identity)
    assert len(identities) == 4


def test_an_endpoint_that_is_no_url(aws_credentials: None, open_bucket: OpenBucket) -> None:
    with pytest.raises(InvalidPathError, match="endpoint"):
        open_bucket(s3_endpoint_url="no url").list_page("")


@pytest.mark.parametrize("bucket", ["a b", "ü", "x" * 256, "a/b", "a\n", "arn:aws:s3:nonsense"])
def test_an_impossible_bucket_is_refused_when_opened(open_bucket: OpenBucket, bucket: str) -> None:
    with pytest.raises(InvalidPathError, match="cannot be a bucket's name"):
        open_bucket(bucket)


@pytest.mark.parametrize("bucket", ["bucket", "Upper_Case", "arn:aws:s3:us-east-1:123456789012:accesspoint:mine"])
def test_a_possible_bucket_is_opened(open_bucket: OpenBucket, bucket: str) -> None:
    assert open_bucket(bucket).address.authority == bucket


def test_a_key_that_cannot_be_sent(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    with pytest.raises(InvalidPathError, match="UTF-8"):
        open_bucket().read("\udcff")


def test_links_are_signed_by_version_4_for_a_limited_time(moto: MotoServer, open_bucket: OpenBucket) -> None:
    backend = open_bucket()
    link = backend.presign("a b/ü", expires_seconds=90)
    assert "/bucket/a%20b/%C3%BC?" in link
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link
    assert "X-Amz-Expires=90" in link
    for seconds in (0, 604_801):
        with pytest.raises(InvalidRequestError, match="604800"):
            backend.presign("a", expires_seconds=seconds)
    assert moto.requests() == []


def test_buckets_are_the_directories_of_the_root(
    moto: MotoServer, open_bucket: OpenBucket, meter: RequestMeter
) -> None:
    for name in ("zebra", "apple", "mango"):
        moto.put(name, {})
    root = open_bucket("")
    assert root.capabilities == {Capability.LIST_ROOTS, Capability.CACHED}
    page = root.list_page("")
    assert [(entry.name, entry.key, entry.is_directory) for entry in page] == [
        (name, f"{name}/", True) for name in ("apple", "mango", "zebra")
    ]
    assert all(entry.modified_at is not None for entry in page)
    assert meter.snapshot() == {"ListBuckets": 1}
    assert root.list_page("", start_after="mango/").names() == ["zebra"]
    assert root.list_page("m").names() == ["mango"]
    assert root.stat("").directory is not None
    assert root.stat("apple").directory is not None
    assert not root.stat("nothing").found
    with pytest.raises(IsDirectoryError):
        root.read("apple")
    with pytest.raises(NotFoundError):
        root.list_page("apple/")
    with pytest.raises(UnsupportedOperation):
        root.list_page("", recursive=True)


def test_the_bucket_itself_is_a_directory(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {})
    lookup = open_bucket().stat("")
    assert lookup.directory is not None
    assert lookup.file is None
    assert not open_bucket("missing").stat("").found
    with pytest.raises(IsDirectoryError):
        open_bucket().read("")


def test_a_stat_tells_of_the_object_and_that_it_knows_no_directories(moto: MotoServer, open_bucket: OpenBucket) -> None:
    moto.put("bucket", {"x": b"123", "x/y": b"", "d/": b""})
    backend = open_bucket()
    lookup = backend.stat("x")
    assert lookup.file is not None
    assert (lookup.file.size_bytes, lookup.directory) == (3, None)
    assert isinstance(lookup.directory_error, UnsupportedOperation)
    assert not backend.stat("nothing").found
    marker = backend.stat("d/").directory
    assert marker is not None
    assert (marker.name, marker.key, marker.size_bytes) == ("d", "d/", 0)
    (listed,) = [entry for entry in backend.list_page("") if not entry.is_directory]
    assert lookup.file.etag == listed.etag


def test_opening_sends_nothing_and_loads_no_sdk() -> None:
    program = """
import sys
from tfm.backends.s3 import S3BackendFactory
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import BackendContext
S3BackendFactory(BackendContext(Settings(), print)).open(StorageAddress("s3", "bucket"))
assert "botocore" not in sys.modules and "urllib3" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_botocore_the_extra_is_named() -> None:
    program = """
import sys
from importlib.machinery import PathFinder
class Without:
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] == "botocore" else PathFinder.find_spec(name, path, target)
sys.meta_path = [each for each in sys.meta_path if each is not PathFinder] + [Without()]
from tfm.backends.s3 import S3BackendFactory
from tfm.core.errors import MissingDependencyError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.storage.contract import BackendContext
try:
    S3BackendFactory(BackendContext(Settings(), print)).open(StorageAddress("s3", "bucket"))
except MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "pip install 'tfm[s3]'" in done.stdout


def test_two_profiles_share_a_factory(server: MotoServer, aws_files: AwsFiles) -> None:
    for name in ("one", "two"):
        aws_files.add_profile(name, access_key=f"key{name}", secret_key="s", endpoint_url=server.url)
    factory = S3BackendFactory(BackendContext(Settings(), lambda _: None))
    for name in ("one", "two"):
        factory.open(StorageAddress("s3", "bucket", name)).list_page("")
        assert f"Credential=key{name}/" in last_request(server).headers["authorization"]
