"""Release notes of strangers as text that does nothing: no mention, reference, link, image, HTML or box of theirs lives.

Markdown and reStructuredText are not rendered but taken apart, line by line: what is a heading, a list, code or a
paragraph stays one, links and images become their words, everything else is escaped. All of it stands in a block quote,
so that no line begins as lockbot's own marks do, and nobody takes it for lockbot's words. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.patterns import pattern
from bot.ports.notes import NotesForm
from bot.printable import printable
from bot.report.markdown import code, escape

#: Longest line that is looked at, and longest text.
_LINE = 1_000
_TEXT = 40_000

_FENCE = pattern(r"\s{0,12}(`{3,}|~{3,})[^`]*")
_ITEM = pattern(r"(\s*)(?:[-*+•]|\d{1,3}[.)]|#\.)\s+(.*)")
_HEADING = pattern(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*")
_UNDERLINE = pattern(r"\s{0,3}([=\-~^\"'`+*#_.:])\1{2,}\s*")
_TABLE_RULE = pattern(r"[\s|:+=-]*\|?[\s|:+=-]*")
_DEFINITION = pattern(r"\s{0,3}\[[^\[\]]{1,200}\]:\s*\S.*|\s*\.\. (?:_[^:]{1,200}:|\|).*")
_DIRECTIVE = pattern(r"\s*\.\. ?([a-z][\w:-]{0,40})::\s*(.*)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^<>\s]{1,500})>")
_IMAGE = re.compile(r"!\[([^\[\]]{0,300})\](?:\([^()\n]{0,1000}\)|\[[^\[\]]{0,300}\])")
_LINK = re.compile(
    r"\[([^\[\]]{0,300})\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\[\]]{0,300}\])"
)
_RST_LINK = re.compile(r"`([^`<>]{1,300}?)\s*<[^`<>]{1,500}>`__?")
_RST_ROLE = re.compile(r":[a-z][a-z:+-]{0,30}:`([^`]{1,300})`")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)(.{1,500}?)(?<!`)\1(?!`)")
_EMPHASIS = re.compile(r"\*\*|__|~~|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


def render_inert(text: str, form: NotesForm) -> Sequence[str]:
    """Lines of a block quote; none where the text says nothing."""
    reader = _Reader(form=form)
    for line in _COMMENT.sub("", text[:_TEXT]).splitlines():
        reader.read(line[:_LINE].rstrip())
    return [f"> {line}".rstrip() for line in _tidy(reader.end())]


def _tidy(lines: Sequence[str]) -> Iterator[str]:
    """Without empty lines at both ends, and two in a row."""
    was_empty = True
    last = max((place for place, line in enumerate(lines) if line), default=-1)
    for line in lines[: last + 1]:
        if line or not was_empty:
            yield line
        was_empty = not line


@dataclass(slots=True, kw_only=True)
class _Reader:
    """``fence``: what ends the code that is being read; ``code``: its lines."""

    form: NotesForm
    lines: list[str] = field(default_factory=list)
    fence: str | None = None
    code: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        if self.fence is not None:
            self._read_code(line)
        elif (found := _FENCE.fullmatch(line)) is not None:
            self.fence, self.code = found[1], []
        elif not line.strip():
            self.lines.append("")
        elif _is_furniture(line):
            self._underline(line)
        else:
            self._read_text(line)

    def end(self) -> Sequence[str]:
        """All lines; code that was never closed ends here."""
        if self.fence is not None:
            self._close_code()
        return self.lines

    def _read_code(self, line: str) -> None:
        assert self.fence is not None
        bare = line.strip()
        if bare.startswith(self.fence) and not bare.strip(self.fence[0]):
            self._close_code()
        else:
            self.code.append(printable(line.expandtabs(4)))

    def _close_code(self) -> None:
        longest = max((len(run) for line in self.code for run in re.findall("`+", line)), default=0)
        fence = "`" * max(3, longest + 1)
        if any(self.code):
            self.lines += ["", fence, *self.code, fence, ""]
        self.fence, self.code = None, []

    def _underline(self, line: str) -> None:
        """The line before is a heading, where this is what underlines one."""
        before = self.lines[-1] if self.lines else ""
        if _UNDERLINE.fullmatch(line) and before and not before.startswith(("*", " ", "`")):
            self.lines[-1:] = ["", f"**{before}**", ""]

    def _read_text(self, line: str) -> None:
        line = line.lstrip()[1:] if line.lstrip().startswith(">") else line
        heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
        if heading is not None:
            words = self._inline(heading[1])
            self.lines += ["", f"**{words}**", ""] if words else []
        elif item is not None:
            depth = min(len(item[1].expandtabs(4)) // 2, 3)
            words = self._inline(item[2])
            self.lines += [f"{'  ' * depth}* {words}"] if words else []
        elif self.form is NotesForm.RST and (directive := _DIRECTIVE.fullmatch(line)) is not None:
            words = self._inline(directive[2])
            self.lines += ["", words] if words else [""]
        else:
            self._read_paragraph(line)

    def _read_paragraph(self, line: str) -> None:
        if line.count("|") > 1:
            self._read_row(line)
            return
        words = self._inline(line)
        if words:
            # What goes on with an item is indented, so that it stays in it.
            before = self.lines[-1] if self.lines else ""
            depth = len(before) - len(before.lstrip()) + 2 if before.lstrip().startswith("* ") else 0
            is_going_on = bool(before) and before.startswith(" ") and not before.lstrip().startswith("* ")
            indent = depth or (len(before) - len(before.lstrip()) if is_going_on else 0)
            self.lines.append(" " * (indent if line.startswith((" ", "\t")) else 0) + words)

    def _read_row(self, line: str) -> None:
        """A row of a table is an item of a list."""
        cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        words = self._inline(" · ".join(cell for cell in cells if cell))
        self.lines += [f"* {words}"] if words else []

    def _inline(self, text: str) -> str:
        """Words and code spans of one line."""
        text = _flatten(text, self.form)
        parts: list[str] = []
        end = 0
        for found in _CODE.finditer(text):
            parts += [_words(text[end : found.start()]), code(found[2].strip())]
            end = found.end()
        parts.append(_words(text[end:]))
        return _joined(parts).strip()


def _is_furniture(line: str) -> bool:
    """Rules, underlines, what separates the head of a table, targets of links."""
    return any(one.fullmatch(line) for one in (_UNDERLINE, _TABLE_RULE, _DEFINITION))


def _flatten(text: str, form: NotesForm) -> str:
    if form is NotesForm.RST:
        text = _RST_ROLE.sub(r"``\1``", _RST_LINK.sub(r"\1", text))
    # An image may be the words of a link.
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    return _EMPHASIS.sub("", _TAG.sub("", _AUTOLINK.sub(r"\1", text)))


def _words(text: str) -> str:
    """Escaped, with a blank at an end that had some."""
    words = escape(text)
    return f"{' ' * text[:1].isspace()}{words}{' ' * (text[-1:].isspace() and bool(words))}"


def _joined(parts: Sequence[str]) -> str:
    """Two code spans in a row would be read as one."""
    text = ""
    for part in parts:
        text += " " + part if part.startswith("`") and text.endswith("`") else part
    return text
