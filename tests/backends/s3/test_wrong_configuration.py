"""What is wrong in AWS's own configuration is named as what it is, without its secrets."""

from __future__ import annotations

import pytest

from tests.aws_files import AwsFiles
from tests.backends.s3.conftest import OpenBucket
from tests.servers.fault_proxy import refused_port, silent_port
from tfm.core.errors import CredentialsError, InvalidPathError, InvalidRequestError, NetworkError


@pytest.mark.parametrize("url", ["http://me:topsecret@127.0.0.1:99999", "ftp://me:topsecret@x", "me:topsecret@x"])
def test_the_password_in_an_endpoint_is_not_told(aws_credentials: None, open_bucket: OpenBucket, url: str) -> None:
    with pytest.raises(InvalidPathError, match="endpoint") as caught:
        open_bucket(s3_endpoint_url=url).list_page("")
    assert "topsecret" not in str(caught.value)


def test_an_endpoint_that_is_an_ipv6_address_is_named_as_it_is_written(
    aws_credentials: None, open_bucket: OpenBucket
) -> None:
    with pytest.raises(NetworkError, match=r"http://\[::1\]:\d+: "):
        open_bucket(s3_endpoint_url=refused_port().replace("127.0.0.1", "[::1]")).list_page("")


@pytest.mark.parametrize("region", ["x y", "us-east-1\nX: y"])
def test_an_impossible_region(aws_credentials: None, open_bucket: OpenBucket, region: str) -> None:
    with pytest.raises(InvalidPathError, match="region") as caught:
        open_bucket(s3_region=region).list_page("")
    assert caught.value.next_step.startswith("A region")


def test_a_file_of_certificates_that_is_not_there(
    aws_credentials: None, open_bucket: OpenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nonexistent/bundle.pem")
    with silent_port() as url, pytest.raises(InvalidRequestError, match="AWS_CA_BUNDLE") as caught:
        open_bucket(s3_endpoint_url=url.replace("http:", "https:")).list_page("")
    assert not caught.value.temporary


def test_a_credential_process_that_prints_something_else(aws_files: AwsFiles, open_bucket: OpenBucket) -> None:
    aws_files.add_profile("work", credential_process="echo hello")
    with pytest.raises(CredentialsError, match="profile work"):
        open_bucket(profile="work").list_page("")
