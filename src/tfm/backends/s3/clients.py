"""One botocore session for each profile, with its clients: made when first needed, shared by all threads."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from typing import Any, Final

from tfm.backends.s3.conditions import Conditions
from tfm.backends.s3.data_files import hasten
from tfm.backends.s3.errors import Asked, missing_botocore
from tfm.backends.s3.hook import count_requests, doubt_delete_answers, end_endless_redirects, hand_out_listing_bodies
from tfm.backends.s3.known_servers import KnownServers
from tfm.backends.s3.redaction import install_redaction
from tfm.backends.s3.servers import Servers
from tfm.backends.s3.short_way import ShortWay
from tfm.core.errors import CredentialsError
from tfm.core.settings import Settings
from tfm.core.version import __version__

__all__ = ["Clients", "ProfileClients"]

# botocore has no types; Any stands for its values throughout this module.

_POOL_CONNECTIONS: Final = 80
"""As many requests as a copy has under way at one server, small objects and parts; with botocore's ten the others would
reconnect each time."""

_FIRST_TRY_SHARE: Final = 0.7
"""Of the time a person waits at most: a silent server is reported in that time, since a second try would be late."""

_SILENT_SECONDS: Final = 300.0
"""For five GiB at once, at the pace of one disk; S3 itself sends blanks while it copies."""

_DEFAULT_REGION: Final = "us-east-1"


class ProfileClients:
    """The session of one profile (None: the default one) and its clients. Thread-safe; makes nothing until asked."""

    def __init__(
        self, profile: str | None, settings: Settings, record_request: Callable[[str], None], servers: Servers
    ) -> None:
        self._profile = profile
        self._settings = settings
        self._record_request = record_request
        self._servers = servers
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._identity: str | None = None
        self.short_way: Final = ShortWay(record_request, servers)

    def interactive(self) -> Any:
        """The client for what a person waits for: it gives up on a silent server in time to say so."""
        return self._client("interactive", _FIRST_TRY_SHARE * self._settings.interactive_timeout_seconds)

    def patient(self) -> Any:
        """The client for long work."""
        return self._client("patient", self._settings.read_timeout_seconds)

    def slow(self) -> Any:
        """The client for what a server does in silence, and takes minutes for: copies of large objects."""
        return self._client("slow", max(_SILENT_SECONDS, self._settings.read_timeout_seconds))

    def links(self) -> Any:
        """The client that signs links, by Signature Version 4: botocore's own choice for links is version 2."""
        return self._client("links", self._settings.read_timeout_seconds, signature_version="s3v4")

    def endpoint_url(self) -> str:
        """Whom the requests go to, as far as that is known by now; empty before a client was made."""
        with self._lock:
            made = next(iter(self._clients.values()), None)
        return self._settings.s3_endpoint_url if made is None else str(made.meta.endpoint_url)

    def known_endpoint_url(self) -> str:
        """As :meth:`endpoint_url`, without waiting for a client that is just being made: for who draws the screen."""
        made = list(self._clients.values())  # one step, so no lock
        return str(made[0].meta.endpoint_url) if made else ""

    def identity(self) -> str:
        """Text that differs where answers may: the endpoint, and the role or a digest of the access key id.

        Raises CredentialsError if there are no credentials. Found out once: what the key of a role is changes by the
        hour, whose it is does not.
        """
        with self._lock:
            if self._identity is None:
                endpoint_url = str(self.interactive().meta.endpoint_url)
                self._identity = f"{endpoint_url} {self._who()}"
            return self._identity

    def credentials(self) -> Any:
        """botocore's credentials; None where there are none, or none are wanted. Asks whoever gives them."""
        with self._lock:
            self.interactive()
            return None if self._settings.s3_anonymous else self._session.get_credentials()

    def profile_name(self) -> str:
        """The profile that AWS's files are read for."""
        with self._lock:
            return str(self._made_session().profile or "default")

    def profiles(self) -> tuple[str, ...]:
        """The profiles of AWS's files; nobody is asked. Raises botocore's error where those cannot be read."""
        with self._lock:
            return tuple(sorted(map(str, self._made_session().available_profiles)))

    def known_profiles(self) -> tuple[str, ...]:
        """The profiles of AWS's files; none where those cannot be read, which then is the error to tell of."""
        from botocore.exceptions import BotoCoreError

        with self._lock:
            try:
                return () if self._session is None else tuple(sorted(map(str, self._session.available_profiles)))
            except BotoCoreError:
                return ()

    def _client(self, name: str, read_timeout_seconds: float, *, signature_version: str | None = None) -> Any:
        with self._lock:
            client = self._clients.get(name)
            if client is None:
                client = self._clients[name] = self._made(read_timeout_seconds, signature_version)
            return client

    def _made(self, read_timeout_seconds: float, signature_version: str | None) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config

        settings = self._settings
        session = self._made_session()
        config = Config(
            connect_timeout=settings.connect_timeout_seconds,
            read_timeout=read_timeout_seconds,
            # Trying again is the retry layer's, for every storage the same.
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=_POOL_CONNECTIONS,
            tcp_keepalive=True,
            # Whole, since botocore puts its own together anew twice for each request: a fifth of a request's CPU.
            user_agent=f"tfm/{__version__} {session.user_agent()}",
            # Its check of each parameter's type is for callers who may get them wrong; names are still checked.
            parameter_validation=False,
            signature_version=UNSIGNED if settings.s3_anonymous else signature_version,
        )
        client = session.create_client(
            "s3", region_name=self._region(session), endpoint_url=settings.s3_endpoint_url or None, config=config
        )
        count_requests(client, self._record_request)
        hand_out_listing_bodies(client)
        doubt_delete_answers(client)
        self.short_way.watch(client)
        self._servers.watch(client)
        end_endless_redirects(client)
        install_redaction()
        return client

    def _region(self, session: Any) -> str:
        """As AWS's command line: AWS_REGION, which botocore itself does not read, stands before AWS_DEFAULT_REGION."""
        configured = self._settings.s3_region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        return str(configured or _DEFAULT_REGION)

    def _made_session(self) -> Any:
        if self._session is None:
            try:
                from botocore.session import Session
            except ImportError as error:
                raise missing_botocore() from error
            # Before the credentials' loggers say anything.
            install_redaction()
            self._session = Session(profile=self._profile)
            hasten(self._session.get_component("data_loader"))
            self._share_role_sessions(self._session)
        return self._session

    def _share_role_sessions(self, session: Any) -> None:
        """Use the role sessions that AWS's command line keeps; never ask for an MFA code on a screen that is ours."""
        from botocore.utils import JSONFileCache

        provider = session.get_component("credential_provider").get_provider("assume-role")
        provider.cache = JSONFileCache(os.path.expanduser("~/.aws/cli/cache"))
        if hasattr(provider, "_prompter"):
            provider._prompter = self._refuse_prompt

    def _refuse_prompt(self, _prompt: str) -> str:
        profile = f" --profile {self._profile}" if self._profile else ""
        raise CredentialsError(
            "The role of this profile needs an MFA code.",
            next_step=f"Run `aws sts get-caller-identity{profile}` and type it there; tfm uses the session it leaves.",
        )

    def _who(self) -> str:
        from botocore.exceptions import NoCredentialsError

        if self._settings.s3_anonymous:
            return "anonymous"
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        profile = self._session.get_scoped_config()
        method = str(credentials.method or "")
        if method.startswith("assume-role"):
            role = profile.get("role_arn") or os.environ.get("AWS_ROLE_ARN")
            if role:
                return f"role {role}"
        if method.startswith("sso") and profile.get("sso_role_name"):
            return f"sso {profile.get('sso_account_id')} {profile['sso_role_name']}"
        digest = hashlib.sha256(credentials.access_key.encode()).hexdigest()[:16]
        return f"key {digest}"


class Clients:
    """The clients of every profile that a session of tfm uses, and what is known of their servers."""

    def __init__(self, settings: Settings, record_request: Callable[[str], None]) -> None:
        """Raises SettingsError for an S3_CONDITIONS that cannot be read."""
        self.servers: Final = Servers()
        self.conditions: Final = Conditions(settings.s3_conditions, KnownServers(), self.servers)
        self._settings = settings
        self._record_request = record_request
        self._lock = threading.Lock()
        self._profiles: dict[str | None, ProfileClients] = {}

    def of_profile(self, profile: str | None) -> ProfileClients:
        with self._lock:
            found = self._profiles.get(profile)
            if found is None:
                found = ProfileClients(profile, self._settings, self._record_request, self.servers)
                self._profiles[profile] = found
            return found

    def forget(self, profile: str | None) -> None:
        """Read AWS's files anew before the next request: what they said is not accepted any more."""
        with self._lock:
            self._profiles.pop(profile, None)

    def asked(self, operation: str, bucket: str, key: str, profile: str | None) -> Asked:
        """The circumstances of a question, for its error."""
        clients = self.of_profile(profile)
        return Asked(
            operation, bucket, key, profile,
            endpoint_url=clients.endpoint_url(),
            anonymous=self._settings.s3_anonymous,
            requester_pays=self._settings.s3_requester_pays,
            known_profiles=clients.known_profiles(),
        )  # fmt: skip
