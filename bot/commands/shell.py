"""Scripts of a POSIX shell as the simple commands in them, as far as a text tells. No shell is imitated: nothing is
expanded, and a word with a variable, a substitution or a pattern in it is marked as one that is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.patterns import pattern

_OPERATORS: Final = ("&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n")
_REDIRECTS: Final = ("<<-", "<<<", "&>>", "<<", ">>", ">&", "<&", ">|", "&>", ">", "<")
_PIPES: Final = frozenset(("|", "|&"))
_HEREDOCS: Final = frozenset(("<<", "<<-"))
_ASSIGNMENT = pattern(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)\+?=")
#: What may stand before a command, or is one of the shell's own.
_LEADING: Final = frozenset(
    ("if", "then", "elif", "else", "do", "while", "until", "!", "{", "time", "exec", "command", "sudo", "env")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """``is_known``: the command gets it as it stands here, quotes taken off."""

    text: str
    line: int
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleCommand:
    """``environment`` names the variables that are set for it. ``output``: the file that its standard output replaces.

    ``folder``: where ``cd`` has led since the beginning of the script, ``None`` where that is not known. ``is_piped``:
    its output goes to another command.
    """

    words: tuple[Word, ...]
    environment: tuple[str, ...] = ()
    output: Word | None = None
    folder: tuple[str, ...] | None = ()
    is_piped: bool = False


def find_commands(script: str) -> Iterator[SimpleCommand]:
    """The commands of a script in their order, whether or not they would be reached."""
    folders: list[tuple[str, ...] | None] = [()]
    tokens: list[_Token] = []
    for token in _Lexer(text=script).tokens():
        if not isinstance(token, _Operator) or token.text in _REDIRECTS:
            tokens.append(token)
            continue
        made = _command(tokens, folders[-1], is_piped=token.text in _PIPES)
        tokens = []
        if made is not None:
            folders[-1] = _folder_after(made, folders[-1])
            yield made
        if token.text == "(":
            folders.append(folders[-1])
        elif token.text == ")" and len(folders) > 1:
            folders.pop()


def _folder_after(command: SimpleCommand, folder: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if command.words[0].text != "cd" or command.is_piped:
        return folder
    if folder is None or len(command.words) != 2 or not command.words[1].is_known:
        return None
    where = command.words[1].text
    return None if where.startswith(("/", "-")) else (*folder, where)


def _command(tokens: Sequence[_Token], folder: tuple[str, ...] | None, *, is_piped: bool) -> SimpleCommand | None:
    words: list[Word] = []
    environment: list[str] = []
    output: Word | None = None
    rest = iter(tokens)
    for token in rest:
        if isinstance(token, _Operator):
            target = next(rest, None)
            if token.text in (">", ">|") and not token.is_numbered and isinstance(target, Word):
                output = target
            elif token.text in (">>", "&>", "&>>") and not token.is_numbered and isinstance(target, Word):
                output = Word(text=target.text, line=target.line, is_known=False)
        elif not words and (assigned := _ASSIGNMENT.match(token.text)) is not None:
            environment.append(assigned["name"])
        elif words or token.text not in _LEADING:
            words.append(token)
    if not words:
        return None
    return SimpleCommand(
        words=tuple(words), environment=tuple(environment), output=output, folder=folder, is_piped=is_piped
    )


# --- words and operators ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    """``is_numbered``: a redirection of another stream than the standard output."""

    text: str
    is_numbered: bool = False


_Token = Word | _Operator


@dataclass(slots=True, kw_only=True)
class _Lexer:
    """One pass over a script; ``at`` moves forward only."""

    text: str
    at: int = 0
    line: int = 1
    heredocs: list[tuple[str, bool]] = field(default_factory=list)

    def tokens(self) -> Iterator[_Token]:
        """All of them, a line's end behind the last one."""
        awaits_name = ""
        while self.at < len(self.text):
            token = self._next()
            if token is None:
                continue
            if awaits_name and isinstance(token, Word):
                self.heredocs.append((token.text, awaits_name == "<<-"))
            awaits_name = token.text if isinstance(token, _Operator) and token.text in _HEREDOCS else ""
            yield token
        yield _Operator(text="\n")

    def _next(self) -> _Token | None:
        char = self.text[self.at]
        if char == "\n":
            self._newline()
            return _Operator(text="\n")
        if char in " \t\r":
            self.at += 1
            return None
        if char == "#":
            self._until("\n")
            return None
        if self.text.startswith("\\\n", self.at):
            self.at += 2
            self.line += 1
            return None
        return self._redirect() or self._operator() or self._word()

    def _newline(self) -> None:
        """Behind it stand the texts of the line's heredocs."""
        self.at += 1
        self.line += 1
        for name, is_indented in self.heredocs:
            while self.at < len(self.text):
                row = self._row()
                if (row.lstrip("\t") if is_indented else row).rstrip("\r") == name:
                    break
        self.heredocs.clear()

    def _row(self) -> str:
        start = self.at
        self._until("\n")
        row = self.text[start : self.at]
        self.at += 1
        self.line += 1
        return row

    def _until(self, end: str) -> None:
        found = self.text.find(end, self.at)
        self.at = len(self.text) if found < 0 else found

    def _redirect(self) -> _Operator | None:
        start = self.at
        while start < len(self.text) and start - self.at < 4 and self.text[start].isdigit():
            start += 1
        found = next((one for one in _REDIRECTS if self.text.startswith(one, start)), None)
        if found is None:
            return None
        number = self.text[self.at : start]
        self.at = start + len(found)
        return _Operator(text=found, is_numbered=number not in ("", "1"))

    def _operator(self) -> _Operator | None:
        found = next((one for one in _OPERATORS if self.text.startswith(one, self.at)), None)
        if found is None:
            return None
        self.at += len(found)
        return _Operator(text=found)

    def _word(self) -> Word:
        letters: list[str] = []
        line, is_known = self.line, True
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;|&()<>":
            is_known &= self._part(letters)
        return Word(text="".join(letters), line=line, is_known=is_known)

    def _part(self, letters: list[str]) -> bool:
        """Take what stands here into the word; whether it is known."""
        char = self.text[self.at]
        if char == "'":
            self._single(letters)
            return True
        if char == '"':
            return self._double(letters)
        if char == "\\":
            self._escaped(letters)
            return True
        if char in "$`":
            self._expansion(letters)
            return False
        letters.append(char)
        self.at += 1
        return char not in "*?" and not (char == "~" and len(letters) == 1)

    def _single(self, letters: list[str]) -> None:
        end = self.text.find("'", self.at + 1)
        end = len(self.text) if end < 0 else end
        self._take(letters, self.text[self.at + 1 : end], end + 1)

    def _take(self, letters: list[str], taken: str, end: int) -> None:
        letters.append(taken)
        self.line += taken.count("\n")
        self.at = end

    def _double(self, letters: list[str]) -> bool:
        self.at += 1
        is_known = True
        while self.at < len(self.text) and self.text[self.at] != '"':
            char = self.text[self.at]
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\", "\n"):
                self._escaped(letters)
            elif char in "$`":
                self._expansion(letters)
                is_known = False
            else:
                self._take(letters, char, self.at + 1)
        self.at += 1
        return is_known

    def _escaped(self, letters: list[str]) -> None:
        char = self.text[self.at + 1 : self.at + 2]
        if char == "\n":
            self.line += 1
        else:
            letters.append(char)
        self.at += 2

    def _expansion(self, letters: list[str]) -> None:
        """``$NAME``, ``${…}``, ``$(…)``, ``${{ … }}`` or a text in backticks, as it stands."""
        start = self.at
        opener = self.text[start + 1 : start + 2]
        if self.text[start] == "`":
            end = self.text.find("`", start + 1)
            end = len(self.text) if end < 0 else end + 1
        elif opener in ("{", "("):
            end = self._closed(start + 1, opener, "}" if opener == "{" else ")")
        else:
            end = start + 1
        self._take(letters, self.text[start:end], end)

    def _closed(self, start: int, opener: str, closer: str) -> int:
        depth = 0
        for at in range(start, len(self.text)):
            depth += (self.text[at] == opener) - (self.text[at] == closer)
            if not depth:
                return at + 1
        return len(self.text)
