"""The order in which people expect names: ``file-2`` before ``file-10``, and capitals make no difference.

Used by the panes, and by the first paint before anything heavy is loaded: so without ``re``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # to import typing takes a third of what a bare Python takes
    from typing import Final

__all__ = ["extension_key", "natural_key"]

_DIGITS: Final = b"0123456789"
_ONLY_DIGITS: Final = bytes(byte if byte in _DIGITS else 0x20 for byte in range(256))


def natural_key(name: str) -> bytes:
    """Bytes that sort as people expect the names to; different names have different ones.

    Each run of digits stands there as how many digits count, and those; where that and the capitals are all that
    differs, the exact names decide.
    """
    exact = name.encode("utf-8", "surrogatepass")
    folded = exact.lower() if name.isascii() else name.lower().encode("utf-8", "surrogatepass")
    runs = folded.translate(_ONLY_DIGITS).split()
    if not runs:
        return folded if folded == exact else b"%b\0%b" % (folded, exact)
    pieces = []
    rest = folded
    is_exact = folded == exact
    for run in runs:
        before, _, rest = rest.partition(run)  # no digit stands before it: its first place is this one
        digits = run.lstrip(b"0")
        count = len(digits)
        is_exact = is_exact and count == len(run)
        pieces.append(b"%b%d%b" % (before, count, digits) if count < 9 else before + _count(count) + digits)
    pieces.append(rest if is_exact else b"%b\0%b" % (rest, exact))
    return b"".join(pieces)


def extension_key(name: str) -> bytes:
    """For files by extension, and by name where that is the same."""
    stem, dot, extension = name.rpartition(".")
    return b"%b\0%b" % (natural_key(extension if dot and stem else ""), natural_key(name))


def _count(count: int) -> bytes:
    """The larger, the later it sorts; as a digit would among other characters."""
    return b"9" * (count // 9) + b"%d" % (count % 9)
