"""Keeps secrets out of logs: botocore at DEBUG prints Authorization headers, tokens and presigned queries."""

from __future__ import annotations

import logging
import re
from typing import Final

__all__ = ["RedactingFilter", "install_redaction", "redacted"]

_HIDDEN: Final = "[redacted]"
_NAMES: Final = (
    r"authorization|x-amz-security-token|x-amz-signature|x-amz-credential|x-amz-sso_bearer_token|x-aws-ec2-metadata-token"
    r"|(?:x-amz-(?:copy-source-)?)?server-side-encryption-customer-key(?:-md5)?|sse_?customer_?key(?:_?md5)?"
    r"|(?:aws[_-]?)?secret[_-]?(?:access[_-]?)?key|(?:aws[_-]?)?access[_-]?key(?:[_-]?id)?"
    r"|(?:aws[_-]?)?(?:session|security|access|refresh|id|bearer|authorization|web[_-]?identity)[_-]?token|client[_-]?secret"
    r"|samlassertion|password"
)
# name, what stands between (quotes, colons, equals signs, a tag's end), and the value up to what ends it.
_NAMED: Final = re.compile(
    rf"(?<![A-Za-z0-9])({_NAMES})(?P<between>[\"']?\s*(?:[:=>]|%3D)\s*)"
    r"(?:(?P<quoted>b?(?P<mark>[\"']).*?(?P=mark))|(?P<bare>[^\r\n&\"'<>}\]]+))",
    re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(r"(Signature(?:=|:\s*))[0-9A-Fa-f]{16,}")
_KEY_ID: Final = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{12,}\b")
# What stands before the @ of a URL. Bounded, since a log record may hold megabytes.
_USER_INFO: Final = re.compile(r"(?:(?<=://)|(?<=Invalid endpoint: ))[^\s/@]{1,512}@")
_LOGGERS: Final = ("botocore", "urllib3", "s3transfer", "boto3")


def redacted(text: str) -> str:
    """``text`` without the values of what names itself as a secret, signatures, AWS's key ids, and a URL's user."""
    text = _NAMED.sub(lambda match: f"{match[1]}{match['between']}{_HIDDEN}", text)
    text = _SIGNATURE.sub(rf"\g<1>{_HIDDEN}", text)
    text = _USER_INFO.sub(f"{_HIDDEN}@", text)
    return _KEY_ID.sub(_HIDDEN, text)


class RedactingFilter(logging.Filter):
    """Rewrites each record that its logger is about to handle."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = redacted(message)
        if clean != message:
            record.msg = clean
            record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True


def install_redaction() -> None:
    """Put the filter on every logger of botocore and of what it sends through.

    On each of them: a filter of a parent is not asked about its children's records. Called whenever a client was made,
    since botocore's modules, and with them their loggers, come as they are needed.
    """
    for name in [*_LOGGERS, *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in _LOGGERS:
            logger = logging.getLogger(name)
            if not any(isinstance(each, RedactingFilter) for each in logger.filters):
                logger.addFilter(RedactingFilter())
