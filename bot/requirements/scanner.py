"""A cursor over a requirements file, which knows what ends a line, a value and a word."""

from __future__ import annotations

import re

from bot.errors import InputError
from bot.patterns import pattern

#: Blanks, and line ends behind a backslash.
_WRAPPED = pattern(r"[ \t]*(?:\\(?:\r\n|\n|\r)[ \t]*)*")
_SPACE = pattern(r"\s*")
_TO_LINE_END = pattern(r"[^\r\n]*")
_VALUE = pattern(r"[^\r\n#]*")
_WORD = pattern(r"\S*")
_STOP = pattern(r"[ \t\r\n\\]")
_LINE_END = pattern(r"\r\n|\r|\n")


class Scanner:
    """``position`` only moves forward."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.position = 0
        self._known_line = 1
        self._known_position = 0

    def at(self, text: str) -> bool:
        return self.text.startswith(text, self.position)

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, text: str) -> bool:
        if not self.at(text):
            return False
        self.position += len(text)
        return True

    def take_option(self, name: str) -> bool:
        """Take a flag, unless its name goes on."""
        follows = self.text[self.position + len(name) : self.position + len(name) + 1]
        return (not follows or follows.isspace() or follows in "=#") and self.take(name)

    def skip_blanks(self) -> int:
        """Pass over blanks and continued lines; return how many characters these were."""
        return len(self._match(_WRAPPED))

    def skip_idle(self) -> None:
        """Pass over everything up to the next statement: blanks, comments, line ends."""
        self.skip_blanks()
        while self.peek() and self.peek() in "\r\n#":
            self._match(_TO_LINE_END if self.peek() == "#" else _LINE_END)
            self.skip_blanks()

    def value(self, option: str) -> str:
        """What follows an option up to the end of the line or a comment; a word that says nothing is refused."""
        return self._valued(option, _VALUE)

    def word(self, option: str) -> str:
        return self._valued(option, _WORD)

    def separator(self) -> None:
        """What stands between an option and its value."""
        if self.take("="):
            return
        if not self.peek().isspace():
            raise self.refuse(f"expected '=' or a blank, found {self._found()}")
        self._match(_SPACE)

    def skip_value(self) -> str:
        return self._match(_VALUE)

    def to_requirement_end(self) -> int:
        """Go to what ends a requirement: the end of the line, a comment, or an option; return where its text ends."""
        while True:
            stop = _STOP.search(self.text, self.position)
            self.position = end = len(self.text) if stop is None else stop.start()
            if stop is None or stop.group() in "\r\n":
                return end
            if not self.skip_blanks():
                self.position += 1
            elif self.at("--") or self.at("#"):
                return end

    def line_at(self, position: int) -> int:
        """The line of a position; asked for in rising order."""
        passed = self.text[self._known_position : position]
        self._known_line += len(_LINE_END.findall(passed))
        # A pair that the position divides is one end.
        if passed.endswith("\r") and self.text.startswith("\n", position):
            self._known_line -= 1
            position -= 1
        self._known_position = position
        return self._known_line

    def refuse(self, problem: str, *, hint: str | None = None) -> InputError:
        return InputError(problem, path=self.path, line=self.line_at(self.position), hint=hint)

    def _valued(self, option: str, form: re.Pattern[str]) -> str:
        self.separator()
        found = self._match(form).rstrip()
        if not found:
            raise self.refuse(f"{option} must be followed by an argument")
        return found

    def _found(self) -> str:
        return repr(self.peek()) if self.peek() else "the end of the file"

    def _match(self, form: re.Pattern[str]) -> str:
        found = form.match(self.text, self.position)
        if found is None:
            return ""
        self.position = found.end()
        return found.group()
