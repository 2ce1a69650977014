"""From the text of a requirements file to its statements, as uv 0.13.9 takes it apart.

What pip reads and uv doesn't is refused (or passed over) as uv does, because the file's output has to be uv's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packaging.utils import InvalidName, canonicalize_name

from bot.errors import InputError
from bot.limits import REQUIREMENTS_FILE_STATEMENTS, REQUIREMENTS_FILE_TEXT
from bot.manifest.requirement import InvalidRequirement
from bot.pep440 import shorten
from bot.requirements.entry import parse_entry
from bot.requirements.model import (
    Include,
    IncludeKind,
    Option,
    OptionKind,
    RequirementLine,
    RequirementsFile,
    Span,
    Statement,
)
from bot.requirements.quoting import unquote
from bot.requirements.scanner import Scanner

_INCLUDES = {
    "-r": IncludeKind.REQUIREMENTS,
    "--requirement": IncludeKind.REQUIREMENTS,
    "-c": IncludeKind.CONSTRAINTS,
    "--constraint": IncludeKind.CONSTRAINTS,
}
_EDITABLE = ("-e", "--editable")
_VALUED = {
    "-i": OptionKind.INDEX_URL,
    "--index-url": OptionKind.INDEX_URL,
    "--extra-index-url": OptionKind.EXTRA_INDEX_URL,
    "--find-links": OptionKind.FIND_LINKS,
    "-f": OptionKind.FIND_LINKS,
    "--no-binary": OptionKind.NO_BINARY,
    "--only-binary": OptionKind.ONLY_BINARY,
}
_NAMES = (OptionKind.NO_BINARY, OptionKind.ONLY_BINARY)
_ALL_OR_NONE = (":all:", ":none:")


def parse_requirements(text: str, path: str) -> RequirementsFile:
    """Parse a requirements file; raises ``InputError`` with path and line.

    ``path`` is what messages call the file. A byte order mark at the beginning is passed over.
    """
    if len(text) > REQUIREMENTS_FILE_TEXT:
        raise InputError(f"the file has more than {REQUIREMENTS_FILE_TEXT:,} characters", path=path)
    return RequirementsFile(path=path, statements=tuple(_statements(Scanner(text, path))))


def _statements(scan: Scanner) -> Iterator[Statement]:
    scan.take("\ufeff")
    for count in range(REQUIREMENTS_FILE_STATEMENTS + 1):
        scan.skip_idle()
        if not scan.peek():
            return
        if count == REQUIREMENTS_FILE_STATEMENTS:
            break
        yield _statement(scan)
    raise scan.refuse(f"the file has more than {REQUIREMENTS_FILE_STATEMENTS:,} statements")


def _statement(scan: Scanner) -> Statement:
    start = scan.position
    line = scan.line_at(start)
    if any(scan.take(spelling) for spelling in _EDITABLE):
        scan.separator()
        return _requirement(scan, line, is_editable=True)
    for read in (_include, _option, _flag):
        found = read(scan, start, line)
        if found is not None:
            return found
    return _plain(scan, line)


def _include(scan: Scanner, start: int, line: int) -> Include | None:
    kind = next((kind for spelling, kind in _INCLUDES.items() if scan.take(spelling)), None)
    if kind is None:
        return None
    target = unquote(scan.value(kind.value))
    return Include(kind=kind, target=target, span=Span(start, scan.position), line=line)


def _option(scan: Scanner, start: int, line: int) -> Option | None:
    kind = next((kind for spelling, kind in _VALUED.items() if scan.take(spelling)), None)
    if kind is None:
        return None
    given = unquote(scan.value(kind.value))
    if kind in _NAMES:
        _check_name(scan, kind, given)
    return Option(kind=kind, value=given, span=Span(start, scan.position), line=line)


def _check_name(scan: Scanner, kind: OptionKind, given: str) -> None:
    if given in _ALL_OR_NONE:
        return
    try:
        canonicalize_name(given, validate=True)
    except InvalidName:
        raise scan.refuse(
            f"{shorten(given)!r} is nothing for {kind.value}", hint="name one package, or ':all:' or ':none:'"
        ) from None


def _flag(scan: Scanner, start: int, line: int) -> Option | None:
    kind = next((kind for kind in OptionKind if _takes_flag(kind)(scan, kind.value)), None)
    if kind is None:
        return None
    given = "" if kind.counts else scan.skip_value().strip()
    return Option(kind=kind, value=given, span=Span(start, scan.position), line=line)


def _takes_flag(kind: OptionKind) -> Callable[[Scanner, str], bool]:
    """``--require-hashes`` needs nothing behind it to be one."""
    return Scanner.take if kind is OptionKind.REQUIRE_HASHES else Scanner.take_option


def _plain(scan: Scanner, line: int) -> RequirementLine:
    first = scan.peek()
    if not (first.isascii() and first.isalnum()) and first not in "./$":
        raise scan.refuse(
            f"unexpected {shorten(first)!r}",
            hint="a line begins with '-r', '-c', '-e', an option of uv's or a requirement",
        )
    return _requirement(scan, line)


def _requirement(scan: Scanner, line: int, *, is_editable: bool = False) -> RequirementLine:
    start = scan.position
    end = scan.to_requirement_end()
    text = scan.text[start:end].rstrip(" \t")
    try:
        entry = parse_entry(text, is_editable=is_editable)
    except InvalidRequirement as error:
        raise InputError(f"this is no requirement: {shorten(str(error))}", path=scan.path, line=line) from error
    if is_editable and entry.url is None:
        raise InputError(
            f"{shorten(text)!r} can't be editable", path=scan.path, line=line, hint="-e is for folders of this machine"
        )
    hashes = tuple(_hashes(scan)) if scan.at("--") else ()
    return RequirementLine(
        text=text,
        span=Span(start, start + len(text)),
        line=line,
        name=entry.name,
        extras=entry.extras,
        specifier=entry.specifier,
        url=entry.url,
        marker=entry.marker,
        is_editable=is_editable,
        hashes=hashes,
        end=scan.position,
    )


def _hashes(scan: Scanner) -> Iterator[str]:
    if not scan.at("--hash"):
        raise scan.refuse("only --hash may follow a requirement in its line")
    while scan.take("--hash"):
        yield scan.word("--hash")
        before = scan.position
        scan.skip_blanks()
        if not scan.at("--hash"):
            scan.position = before
            return
