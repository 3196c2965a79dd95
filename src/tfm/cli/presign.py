"""``tfm presign``: links by which anyone can read an object for a while."""

from __future__ import annotations

import argparse

from tfm.cli.arguments import expanded, is_local
from tfm.cli.output import Report, print_json, print_line
from tfm.core.errors import InvalidPathError, IsDirectoryError, StorageError
from tfm.operations.presigned_link import expiry_seconds

__all__ = ["EPILOG", "add_arguments", "run"]

EPILOG = """\
No request is sent, so nobody looks whether the object is there. Who has the
link may read. It ends earlier where temporary credentials signed it that end.
On remote paths *, ?, [...] and ** are a pattern; quote it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument(
        "--expires",
        metavar="TIME",
        type=_seconds,
        default=3600,
        help="how long it is good for: seconds, or 15m, 1h, 7d (default: 1h; S3 allows 7d)",
    )
    parser.add_argument("--json", action="store_true", help="a JSON object a line: path, url, expires_seconds")


def _seconds(text: str) -> int:
    try:
        return expiry_seconds(text)
    except InvalidPathError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write seconds, or 15m, 1h, 7d") from None


def run(options: argparse.Namespace) -> int:
    report = Report()
    for text in options.paths:
        local = False
        try:
            signed = passed_over = False
            for meant in expanded(text, options.profile):
                local = is_local(meant.path)
                if meant.entry is not None and meant.entry.is_directory:
                    passed_over = True
                    continue
                if not meant.path.key:
                    raise InvalidPathError("This names no object.", uri=text, operation="presign")
                url = meant.path.presign(options.expires)
                signed = True
                if options.json:
                    print_json({"path": str(meant.path), "url": url, "expires_seconds": options.expires})
                else:
                    print_line(url)
            if passed_over and not signed:
                raise IsDirectoryError("Only directories fit this pattern.", uri=text, operation="presign")
        except StorageError as error:
            report.failed(error, local=local)
    return report.exit_code
