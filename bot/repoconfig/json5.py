"""JSON5, as ``renovate.json5`` may be written: keys without quotes, single quotes, a comma after the last entry.

Only for files that are translated; ``.lockbot.json`` itself is JSON with comments.
"""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError

from bot.errors import InputError
from bot.printable import is_encodable
from bot.repoconfig.jsonc import SIZE_LIMIT, Json, JsonDocument, JsonParser

_PIECE = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"|\'((?:\\.|[^\'\\\n])*)\'', re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|\r\n|.)", re.DOTALL)
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_NUMBER = re.compile(r"[+-]?(?:0x[0-9A-Fa-f]{1,15}|\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?=[\s,\]}]|$)")


def parse_json5(text: str, path: str) -> JsonDocument:
    """Parse a file's text; raises ``InputError`` with its line."""
    if len(text) > SIZE_LIMIT:
        raise InputError(f"the file is larger than {SIZE_LIMIT // 1024} KiB", path=path)
    parser = _Json5Parser(_PIECE.sub(_blank, text.removeprefix("\ufeff")))
    try:
        return JsonDocument(value=parser.document(), lines=parser.lines)
    except JSONDecodeError as error:
        raise InputError(f"not valid JSON5: {error.msg}", path=path, line=error.lineno) from None


def _blank(piece: re.Match[str]) -> str:
    found = piece.group()
    return found if found.startswith(('"', "'")) else re.sub(r"[^\r\n]", " ", found)


class _Json5Parser(JsonParser):
    def string(self) -> str:
        found = _STRING.match(self.text, self.position)
        if found is None:
            raise self.error("a text is not closed")
        value = _ESCAPE.sub(_meant, found[1] if found[2] is None else found[2])
        if not is_encodable(value):
            raise self.error("half of a character (a surrogate)")
        self.position = found.end()
        return value

    def scalar(self) -> Json:
        if self.next() == "'":
            return self.string()
        found = _NUMBER.match(self.text, self.position)
        if found is None:
            return super().scalar()
        self.position = found.end()
        written = found.group().lower().removeprefix("+")
        return int(written, 16) if "x" in written else float(written) if "." in written else int(written)

    def key(self) -> str:
        found = _NAME.match(self.text, self.position)
        if found is None and self.next() == "'":
            name = self.string()
        elif found is None:
            return super().key()
        else:
            self.position = found.end()
            name = found.group()
        self.colon()
        return name

    def separator(self, end: str) -> None:
        self.skip()
        if self.next() == ",":
            self.position += 1
            self.skip()
        elif self.next() != end:
            raise self.error(f"a ',' or {end!r} is missing")


def _meant(escape: re.Match[str]) -> str:
    said = escape[1]
    return chr(int(said[1:], 16)) if said[0] in "ux" and len(said) > 1 else _MEANT.get(said, said)
