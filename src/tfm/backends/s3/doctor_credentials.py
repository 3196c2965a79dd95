"""What the doctor tells of credentials, without telling them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.doctor_asking import bad, good, note
from tfm.core.errors import StorageError
from tfm.core.finding import Finding

__all__ = ["configured", "credentials_found", "masked"]

# botocore has no types; Any stands for its values throughout this module.

_METHODS: Final = {
    "env": "the environment",
    "shared-credentials-file": "AWS's credentials file",
    "config-file": "AWS's config file",
    "custom-process": "credential_process",
    "sso": "SSO",
    "login": "a sign-in by `aws login`",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a role for a web identity",
    "container-role": "the container's role",
    "iam-role": "the machine's role",
    "ec2-credentials-file": "AWS_CREDENTIAL_FILE",
    "boto-config": "boto's old configuration file",
}

_LEAST_MASKED: Final = 16
"""AWS's own key ids have 16 characters at least; of a shorter one, four would be too much of it.
https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html"""

_SOON: Final = timedelta(minutes=5)


def masked(key_id: str) -> str:
    """As much of an access key id as may be shown: its end, to tell it from others."""
    return f"…{key_id[-4:]}" if len(key_id) >= _LEAST_MASKED else "…"


def credentials_found(bucket: Bucket) -> Finding:
    """Which credentials sign the requests. Whoever gives temporary ones may be asked for them."""
    try:
        with bucket.asking("identity", ""):
            clients = bucket.clients()
            clients.identity()  # raises where there are none
            credentials = clients.credentials()
            if credentials is None:
                return note("credentials", "none: requests are not signed (S3_ANONYMOUS, --no-sign-request)")
            frozen = credentials.get_frozen_credentials()
            profile = clients.profile_name()
    except StorageError as error:
        return bad("credentials", error)
    source = _METHODS.get(credentials.method, str(credentials.method))
    facts = [f"from {source}", f"profile {profile}", f"key id {masked(str(frozen.access_key))}"]
    return _judged(facts, credentials, temporary=bool(frozen.token))


def _judged(facts: list[str], credentials: Any, *, temporary: bool) -> Finding:
    # A private name; without it the end is not known, and nothing else changes.
    expires_at = getattr(credentials, "_expiry_time", None)
    if not isinstance(expires_at, datetime):
        return good("credentials", ", ".join([*facts, *(["temporary"] if temporary else [])]))
    text = ", ".join([*facts, f"temporary, until {expires_at.astimezone():%Y-%m-%d %H:%M:%S}"])
    if expires_at - datetime.now(UTC) < _SOON:
        return note("credentials", f"{text}: they expire soon")
    return good("credentials", text)


def configured(bucket: Bucket) -> Iterator[Finding]:
    """What AWS's files and variables hold, by name; nobody is asked."""
    try:
        with bucket.asking("identity", ""):
            profiles = bucket.clients().profiles()
    except StorageError as error:
        yield bad("profiles", error)
    else:
        yield good("profiles", f"{', '.join(profiles) or 'none'} (not contacted)")
    variables = sorted(name for name in os.environ if name.startswith("AWS_"))
    if variables:
        yield good("variables", f"{', '.join(variables)} (values are not shown)")
