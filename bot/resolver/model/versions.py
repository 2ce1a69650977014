"""PEP 440 versions in the form the solver works with.

Text is parsed by ``packaging``; what is added is ``key``: bytes whose bytewise order is PEP 440 order, prefix-free,
so that version sets (``bot.pubgrub.version_set``) are sorted tuples of bytes. ``parse_version`` is memoized: equal
text gives the same object.

Layout of a key: epoch, release without trailing zeros, then pre, post, dev and local segments, each terminated.
Two points that no real version has are needed for ranges: the *floor* of a release (before its first ``.dev0``) and
the *ceiling* of a version (after all its local variants).
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from bot.patterns import pattern
from bot.pep440 import GREATEST_NUMBER, has_huge_number

_RELEASE_ONLY = pattern(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*", re.ASCII)
_PRE_RANK = {"a": b"\x02\x01", "b": b"\x02\x02", "rc": b"\x02\x03"}
_ONLY_DEV, _NO_PRE = b"\x01", b"\x03"
_NO_LOCAL, _LOCAL = b"\x00", b"\x01"
_FINAL = _NO_PRE + b"\x00" + b"\x01" + _NO_LOCAL


def _integer(number: int) -> bytes:
    length = (number.bit_length() + 7) // 8
    return bytes((1 + length,)) + number.to_bytes(length, "big")


_SMALL = (_integer(0), *(bytes((2, number)) for number in range(1, 256)))


def release_prefix(epoch: int, release: tuple[int, ...]) -> bytes:
    """The part of the key that all versions of one release share."""
    end = len(release)
    while end and not release[end - 1]:
        end -= 1
    body = b"".join([_SMALL[part] if part < 256 else _integer(part) for part in release[:end]])
    return _integer(epoch) + body + b"\x00"


class PyVersion:
    """A version: ``text`` normalized by PEP 440, ``key`` for order and equality (``1.0`` equals ``1``)."""

    __slots__ = ("dev", "epoch", "hash", "key", "local", "post", "pre", "release", "text")

    def __init__(
        self,
        text: str,
        epoch: int,
        release: tuple[int, ...],
        pre: tuple[str, int] | None = None,
        post: int | None = None,
        dev: int | None = None,
        local: str | None = None,
    ) -> None:
        self.text = text
        self.epoch = epoch
        self.release = release
        self.pre = pre
        self.post = post
        self.dev = dev
        self.local = local
        prefix = release_prefix(epoch, release)
        self.key = prefix + (
            _FINAL if pre is None and post is None and dev is None and local is None else _suffix(pre, post, dev, local)
        )
        self.hash = hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyVersion) and self.key == other.key

    def __hash__(self) -> int:
        return self.hash

    def __lt__(self, other: PyVersion) -> bool:
        return self.key < other.key

    def __le__(self, other: PyVersion) -> bool:
        return self.key <= other.key

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"PyVersion({self.text!r})"

    @property
    def is_prerelease(self) -> bool:
        """Whether PEP 440 calls it a pre-release: an a/b/rc or a dev segment."""
        return self.pre is not None or self.dev is not None

    @property
    def is_local(self) -> bool:
        return self.local is not None

    def public(self) -> PyVersion:
        """The version without its local segment."""
        return self if self.local is None else parse_version(self.text.partition("+")[0])


def _suffix(pre: tuple[str, int] | None, post: int | None, dev: int | None, local: str | None) -> bytes:
    if pre is not None:
        head = _PRE_RANK[pre[0]] + _integer(pre[1])
    else:
        head = _ONLY_DEV if post is None and dev is not None else _NO_PRE
    middle = b"\x00" if post is None else b"\x01" + _integer(post)
    tail = b"\x01" if dev is None else b"\x00" + _integer(dev)
    return head + middle + tail + (_NO_LOCAL if local is None else _local(local))


def _local(text: str) -> bytes:
    parts = (
        b"\x02" + _integer(int(part))
        if part.isdigit() and not has_huge_number(part)
        else b"\x01" + part.encode() + b"\x00"
        for part in text.split(".")
    )
    return _LOCAL + b"".join(parts) + b"\x00"


@lru_cache(maxsize=1 << 18)
def parse_version(text: str) -> PyVersion:
    """Parse one version; raises ``packaging.version.InvalidVersion``."""
    if has_huge_number(text.partition("+")[0]):
        raise InvalidVersion(f"Invalid version: a number in {text[:40]!r} is larger than {GREATEST_NUMBER}")
    if _RELEASE_ONLY.fullmatch(text):
        return PyVersion(text, 0, tuple(map(int, text.split("."))))
    try:
        parsed = Version(text)
    except ValueError:
        # Also for a local segment of more digits than the interpreter makes an integer of.
        raise InvalidVersion(f"Invalid version: {text[:200]!r}") from None
    return PyVersion(str(parsed), parsed.epoch, parsed.release, parsed.pre, parsed.post, parsed.dev, parsed.local)


def try_parse_version(text: str) -> PyVersion | None:
    """Parse one version, ``None`` where it is not PEP 440."""
    try:
        return parse_version(text)
    except InvalidVersion:
        return None


def decode_key(key: bytes) -> str:
    """The text of a key's version, for messages; the floor and the ceiling of a release read as its ``.dev0``/itself."""
    epoch, at = _read_integer(key, 0)
    release: list[int] = []
    while at < len(key) and key[at]:
        number, at = _read_integer(key, at)
        release.append(number)
    text = (f"{epoch}!" if epoch else "") + ".".join(map(str, release or [0]))
    return text + _decode_suffix(key, at + 1)


def _read_integer(key: bytes, at: int) -> tuple[int, int]:
    length = key[at] - 1
    return int.from_bytes(key[at + 1 : at + 1 + length], "big"), at + 1 + length


_PRE_LETTER = {1: "a", 2: "b", 3: "rc"}


def _decode_suffix(key: bytes, at: int) -> str:
    text = ""
    kind = key[at]
    if kind in (0, 4):
        return ".dev0" if kind == 0 else ""
    at += 1
    if kind == 2:
        number, after = _read_integer(key, at + 1)
        text, at = f"{_PRE_LETTER[key[at]]}{number}", after
    if key[at]:
        number, at = _read_integer(key, at + 1)
        text += f".post{number}"
    else:
        at += 1
    if not key[at]:
        number, at = _read_integer(key, at + 1)
        text += f".dev{number}"
    else:
        at += 1
    return text + (_decode_local(key, at + 1) if key[at] == 1 else "")


def _decode_local(key: bytes, at: int) -> str:
    parts: list[str] = []
    while key[at]:
        if key[at] == 2:
            number, at = _read_integer(key, at + 1)
            parts.append(str(number))
        else:
            end = key.index(0, at)
            parts.append(key[at + 1 : end].decode())
            at = end + 1
    return "+" + ".".join(parts)
