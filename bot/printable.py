"""Foreign text with nothing in it that can't be seen: for terminals, logs, and everything that is written for people.

Paths, package metadata and what servers answer may hold escape sequences, line breaks, marks that reverse the direction
of writing, or bytes that are no text at all. Here each such character becomes its number, ``\\x1b`` or ``\\u202e``.
"""

from __future__ import annotations

import unicodedata

#: Categories of Unicode that show nothing themselves: controls, formats (joiners and directions), halves of pairs,
#: private and unassigned characters, separators of lines and paragraphs.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def printable(text: str) -> str:
    """``text`` in one line, every character of it visible."""
    return text if text.isprintable() else "".join(map(_shown, text))


def printable_lines(text: str) -> str:
    """The same for text that may have several lines."""
    return "\n".join(map(printable, text.split("\n")))


def is_encodable(text: str) -> bool:
    """Whether the text can be written at all: Python keeps bytes of a path that are no UTF-8 as halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    number = ord(character)
    # Python keeps a byte of a path that is not UTF-8 as the second half of a pair.
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
