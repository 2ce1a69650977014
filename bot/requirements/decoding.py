"""The bytes of a requirements file as text: UTF-8, or UTF-16 where a byte order mark says so."""

from __future__ import annotations

from bot.errors import InputError

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode_requirements(raw: bytes, path: str) -> str:
    """The text without its mark; raises ``InputError`` for bytes that are not UTF-8.

    Where a mark announces the encoding, bytes that are none become replacement characters, as uv's reader has it.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("the file is neither UTF-8 nor marked as UTF-16", path=path, hint="save it as UTF-8") from None
