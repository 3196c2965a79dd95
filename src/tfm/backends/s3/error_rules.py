"""What the exceptions of botocore, urllib3 and the network mean, beside the answers of a server."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tfm.backends.s3.asked import Asked, shown_text, shown_url
from tfm.core.errors import (
    CredentialsError,
    DamagedError,
    InvalidPathError,
    InvalidRequestError,
    MissingDependencyError,
    NetworkError,
    RequestTimeoutError,
    StorageError,
    TemporaryError,
)

__all__ = ["broken_answer", "error_of_exception"]

_TRY_AGAIN: Final = "Check the network, then try again."
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})


def error_of_exception(error: BaseException, asked: Asked) -> StorageError:
    """tfm's error for one that no server's answer is behind."""
    for kind in type(error).__mro__:
        rule = _RULES.get(kind.__name__)
        if rule is not None:
            return rule(error, asked)
    return asked.error(InvalidRequestError, _line(error))


def broken_answer(asked: Asked) -> StorageError:
    """The answer ended before what it promised."""
    return asked.error(
        NetworkError, f"The connection to {asked.server} broke before the whole answer had come.", "Try again."
    )


def _line(error: BaseException) -> str:
    return (shown_text(str(error)) or type(error).__name__).rstrip(".")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from: botocore wraps urllib3's errors, which wrap the system's."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            details = getattr(each, "kwargs", None)
            wrapped = details.get("error") if isinstance(details, dict) else None
            waiting += [wrapped, getattr(each, "reason", None), each.__cause__, each.__context__]


def _network(error: BaseException, asked: Asked) -> StorageError:
    for each in _chain(error):
        if isinstance(each, ssl.SSLError):
            return _secure(error, asked)
        if isinstance(each, socket.gaierror):
            return asked.error(
                NetworkError,
                f"The name of the server {asked.server} was not found.",
                "Check the endpoint URL, the region and the network.",
            )
        if isinstance(each, ConnectionRefusedError):
            return asked.error(
                NetworkError,
                f"Nothing answers at {asked.server}: the connection was refused.",
                "Check the endpoint URL, or start the server.",
            )
    return asked.error(NetworkError, f"The connection to {asked.server} failed.", _TRY_AGAIN)


def _broken(_error: BaseException, asked: Asked) -> StorageError:
    return broken_answer(asked)


def _timeout(error: BaseException, asked: Asked) -> StorageError:
    what = "could not be reached in time" if "Connect" in type(error).__name__ else "did not answer in time"
    return asked.error(RequestTimeoutError, f"{asked.server} {what}.", "Check the endpoint URL and the network.")


def _secure(error: BaseException, asked: Asked) -> StorageError:
    """A certificate that is not trusted will not be the next time either; a broken handshake may well be whole."""
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return asked.error(
                InvalidRequestError,
                f"The certificate of {asked.server} is not trusted: {shown_text(each.verify_message)}.",
                "Name the right authority by ca_bundle in the profile or by AWS_CA_BUNDLE.",
            )
        if isinstance(each, FileNotFoundError):
            return asked.error(
                InvalidRequestError,
                "The file of trusted certificate authorities is not there.",
                "Correct ca_bundle in the profile, or AWS_CA_BUNDLE.",
            )
        if isinstance(each, ssl.SSLError) and each.reason in _NOT_TLS:
            return asked.error(
                InvalidRequestError,
                f"{asked.server} does not speak TLS.",
                "Write the endpoint URL with http:// if that is meant.",
            )
    return asked.error(NetworkError, f"The secure connection to {asked.server} failed.", _TRY_AGAIN)


def _proxy(error: BaseException, asked: Asked) -> StorageError:
    details = getattr(error, "kwargs", {})
    proxy = shown_url(str(details.get("proxy_url", "")))
    cause = f"The proxy {proxy} could not be reached." if proxy else "The proxy could not be reached."
    return asked.error(NetworkError, cause, "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.")


def _no_credentials(_error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        CredentialsError,
        f"No AWS credentials were found for {asked.who}: looked at the environment (AWS_ACCESS_KEY_ID), AWS's "
        "credentials and config files, and the machine's own role.",
        "Run `aws configure` or `aws sso login`, choose a profile, or set S3_ANONYMOUS for a public bucket.",
    )


def _bad_credentials(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        CredentialsError,
        f"The credentials of {asked.who} could not be used: {_line(error)}.",
        "Check AWS's config and credentials files, or choose another profile.",
    )


def _still_expired(_error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        CredentialsError,
        f"The credentials of {asked.who} have expired, and so have those that were given in their place.",
        "Sign in again, for example by `aws sso login`.",
    )


def _no_profile(_error: BaseException, asked: Asked) -> StorageError:
    name = asked.profile or "of the name in AWS_PROFILE"
    return asked.error(
        CredentialsError,
        f"There is no profile {name} in AWS's config and credentials files.",
        f"The profiles are: {', '.join(asked.known_profiles) or 'none'}.",
    )


def _sign_in(_error: BaseException, asked: Asked) -> StorageError:
    profile = f" --profile {asked.profile}" if asked.profile else ""
    return asked.error(
        CredentialsError,
        f"The sign-in of {asked.who} has expired or was never made.",
        f"Run: aws sso login{profile}",
    )


def _invalid_path(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        InvalidPathError, f"The bucket {asked.bucket!r} with key {asked.key!r} cannot be asked for: {_line(error)}."
    )


def _unencodable(_error: BaseException, asked: Asked) -> StorageError:
    return asked.error(InvalidPathError, f"The key {asked.key!r} cannot be sent: UTF-8 cannot carry it.")


def _bad_value(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        InvalidPathError,
        f"botocore cannot ask for this: {_line(error)}.",
        "An endpoint URL looks like https://host or http://host:port.",
    )


def _bad_region(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        InvalidPathError, f"botocore cannot ask for this: {_line(error)}.", "A region looks like eu-central-1."
    )


def _wrong_checksum(_error: BaseException, asked: Asked) -> StorageError:
    # Not temporary: the retry layer would go on in the middle, behind bytes that were wrong already.
    return asked.error(
        DamagedError,
        "The bytes that arrived do not match the object's checksum.",
        "Do not use what was read; read it again.",
    )


def _missing_library(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(
        MissingDependencyError,
        f"The configuration of {asked.who} needs a library that is not installed: {_line(error)}.",
        "Run: pip install 'botocore[crt]'",
    )


def _system(error: BaseException, asked: Asked) -> StorageError:
    """A bare OSError: one of AWS's configuration files, or the network."""
    if isinstance(error, OSError) and error.filename is not None:
        return _bad_credentials(error, asked)
    return _network(error, asked)


def _other_service(_error: BaseException, asked: Asked) -> StorageError:
    # botocore looks up, unguarded, what the answer of the service it thinks it asked has to hold.
    return asked.error(
        InvalidRequestError,
        f"{asked.server} answers as another service would.",
        "Set endpoint_url for S3 alone (AWS_ENDPOINT_URL_S3, or a services section), not for the token service too.",
    )


def _other(error: BaseException, asked: Asked) -> StorageError:
    return asked.error(TemporaryError, f"{asked.server} answered what cannot be understood: {_line(error)}.")


# By class name, looked up from the most derived: which classes botocore has depends on its version, and it is imported
# late.
_RULES: Final[Mapping[str, Callable[[BaseException, Asked], StorageError]]] = {
    "NoCredentialsError": _no_credentials,
    "SSOError": _sign_in,
    "LoginError": _sign_in,
    "TokenRetrievalError": _sign_in,
    "NoAuthTokenError": _sign_in,
    "ProfileNotFound": _no_profile,
    "PartialCredentialsError": _bad_credentials,
    "CredentialRetrievalError": _bad_credentials,
    "UnknownCredentialError": _bad_credentials,
    "RefreshWithMFAUnsupportedError": _bad_credentials,
    "MetadataRetrievalError": _bad_credentials,
    "ConfigParseError": _bad_credentials,
    "ConfigNotFound": _bad_credentials,
    "InvalidConfigError": _bad_credentials,
    "JSONDecodeError": _bad_credentials,  # of a credential_process, or of a cached sign-in
    "InvalidRegionError": _bad_region,
    "MissingDependencyException": _missing_library,
    "ParamValidationError": _invalid_path,
    "InvalidDNSNameError": _invalid_path,
    "UnsupportedS3ArnError": _invalid_path,
    "EndpointProviderError": _invalid_path,
    "FlexibleChecksumError": _wrong_checksum,
    "ChecksumError": _wrong_checksum,
    "ConnectTimeoutError": _timeout,
    "ReadTimeoutError": _timeout,
    "TimeoutError": _timeout,
    "ProxyConnectionError": _proxy,
    "SSLError": _secure,
    "EndpointConnectionError": _network,
    "ConnectionClosedError": _broken,
    "ResponseStreamingError": _broken,
    "IncompleteReadError": _broken,
    "ProtocolError": _broken,
    "HTTPClientError": _network,
    "ConnectionError": _network,
    "ResponseParserError": _other,
    "HTTPError": _other,
    "RuntimeError": _still_expired,
    "UnicodeError": _unencodable,
    "OSError": _system,
    "KeyError": _other_service,
    "ValueError": _bad_value,
}
