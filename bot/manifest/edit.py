"""Replaces specifiers in manifests and keeps every other byte.

A scan of the text (``bot.manifest.lines``) says where the string stands. Only the specifier inside that string is then
replaced, so quotes, escapes, comments, order, blanks and line ends can't change. The result is parsed again and compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from bot.errors import InputError
from bot.manifest.lines import find_items
from bot.manifest.model import Declaration, KeyPath
from bot.manifest.script import find_header
from bot.patterns import pattern
from bot.toml import TomlError, parse_toml
from bot.values import value

_HEAD = pattern(r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\])?")
_BODY = pattern(r"(?P<open>\s*\(?)(?P<specifier>[^;()]*)")
_BREAK = pattern(r"[\r\n\f\v]")
_LITERAL = pattern(
    r'"""(?P<long>(?:\\.|[^\\])*?)"""(?!")' + r"|'''(?P<raw_long>.*?)'''(?!')"
    r'|"(?P<basic>(?:\\.|[^"\\\n])*)"' + r"|'(?P<raw>[^'\n]*)'",
    re.DOTALL,
)
#: What a string over several lines begins with is not part of it, nor are breaks behind a backslash.
_FIRST_BREAK = pattern(r"\r?\n")
_FOLDED = pattern(r"\\[ \t]*\r?\n[ \t\r\n]*")
_RAW_CHARACTER = pattern(r"\r\n|.", re.DOTALL)
_CHARACTER = pattern(
    r"\\[ \t]*\r?\n[ \t\r\n]*|\r\n|\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|.)|.", re.DOTALL
)


@value
class SpecifierEdit:
    """A declaration and the specifier it gets (without parentheses)."""

    declaration: Declaration
    specifier: str


@value(kw_only=False)
class Span:
    """Positions in a text, ``end`` exclusive."""

    start: int
    end: int


@value(kw_only=False)
class Change:
    """Another text in a place."""

    span: Span
    text: str


def edit_manifest(text: str, edits: Sequence[SpecifierEdit]) -> str:
    """The text of a ``pyproject.toml`` or ``uv.toml`` with the edits made; all edits are of this file.

    Raises ``InputError`` where a declaration is not (or no longer) at its place, or can't be edited.
    """
    return _edit_toml(text, edits)


def edit_script(text: str, edits: Sequence[SpecifierEdit]) -> str:
    """The text of a script with the edits made in its ``# /// script`` header."""
    return splice(text, find_script_changes(text, edits))


def find_script_changes(text: str, edits: Sequence[SpecifierEdit]) -> Sequence[Change]:
    """Where the edits change the text of a script, in its order; none of the changes goes over the end of a line."""
    path = edits[0].declaration.path if edits else ""
    header = find_header(text, path)
    if header is None:
        raise InputError("the script has no '# /// script' header any more", path=path)
    rows, lines = _line_starts(header.toml), _line_starts(text)
    found = []
    for change in (part for one in _find_changes(header.toml, edits) for part in _by_line(one, header.toml, path)):
        row = bisect_right(rows, change.span.start) - 1
        shift = lines[header.line - 1 + row] + len("# ") - rows[row]
        found.append(Change(Span(change.span.start + shift, change.span.end + shift), change.text))
    return found


def _line_starts(text: str) -> Sequence[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _by_line(change: Change, text: str, path: str) -> Iterator[Change]:
    """A change of a requirement that is broken into lines, as one of each line."""
    before, after = text[change.span.start : change.span.end].split("\n"), change.text.split("\n")
    if len(before) != len(after):
        raise InputError("an edit would change the number of lines", path=path)
    start = change.span.start
    for old, new in zip(before, after, strict=True):
        if old != new:
            yield Change(Span(start, start + len(old)), new)
        start += len(old) + 1


def splice(text: str, changes: Iterable[Change]) -> str:
    """The text with changes made, which come in its order."""
    parts, position = [], 0
    for change in changes:
        parts += [text[position : change.span.start], change.text]
        position = change.span.end
    return "".join([*parts, text[position:]])


def specifier_of(requirement: str) -> str:
    """The specifier of a PEP 508 requirement as written, without the parentheses around it."""
    span = specifier_span(requirement)
    return requirement[span.start : span.end]


def specifier_span(requirement: str) -> Span:
    """Where the specifier stands in a PEP 508 requirement (empty where there is none); a URL has no specifier."""
    head = _HEAD.match(requirement)
    body = _BODY.match(requirement, head.end()) if head else None
    if head is None or body is None or body["specifier"].lstrip().startswith("@"):
        raise InvalidRequirement(f"{requirement!r} has no place for a specifier")
    specifier = body["specifier"]
    if not specifier.strip():
        end = len(head.group().rstrip())
        return Span(end, end)
    start = body.start("specifier") + len(specifier) - len(specifier.lstrip())
    return Span(start, start + len(specifier.strip()))


def replace_specifier(requirement: str, specifier: str) -> str:
    """The requirement with another specifier; name, extras, marker, blanks and parentheses stay."""
    span = specifier_span(requirement)
    changed = requirement[: span.start] + specifier + requirement[span.end :]
    old, new = parse_in_one_line(requirement), parse_in_one_line(changed)
    kept = (old.name, old.extras, str(old.marker), old.url) == (new.name, new.extras, str(new.marker), new.url)
    if not kept or new.specifier != SpecifierSet(specifier):
        raise InvalidRequirement(f"{requirement!r} can't take the specifier {specifier!r}")
    return changed


def parse_in_one_line(text: str) -> Requirement:
    """A requirement that may have been broken into lines (in a TOML string), which uv reads like any blank."""
    return Requirement(_BREAK.sub(" ", text))


# --- the TOML text --------------------------------------------------------------------------------


def _edit_toml(text: str, edits: Sequence[SpecifierEdit]) -> str:
    return splice(text, _find_changes(text, edits))


def _find_changes(text: str, edits: Sequence[SpecifierEdit]) -> Sequence[Change]:
    before = _parse(text, edits)
    literals = _find_literals(text, edits)
    pairs = sorted(zip(literals, edits, strict=True), key=lambda found: found[0].start)
    changes = [_change(text, span, edit) for span, edit in pairs]
    _check(before, splice(text, changes), edits)
    return changes


def _change(text: str, literal: Span, edit: SpecifierEdit) -> Change:
    spelled = text[literal.start : literal.end]
    inner = _specifier_in_literal(spelled, edit)
    place = Span(literal.start + inner.start, literal.start + inner.end)
    return Change(place, _spelled(edit.specifier, spelled))


def _parse(text: str, edits: Sequence[SpecifierEdit]) -> dict[str, Any]:
    parsed = _read(text, edits)
    for edit in edits:
        if _value_at(parsed, edit.declaration.keys) != edit.declaration.text:
            raise _refuse(edit.declaration, f"{edit.declaration.text!r} is not at its place")
    return parsed


def _read(text: str, edits: Sequence[SpecifierEdit]) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except TomlError as error:
        path = edits[0].declaration.path if edits else None
        raise InputError(error.problem, path=path, line=error.line) from None


def _find_literals(text: str, edits: Sequence[SpecifierEdit]) -> list[Span]:
    """Where the quoted strings of the declarations stand in the text."""
    items = find_items(text)
    return [_literal_at(text, items.get(edit.declaration.keys), edit) for edit in edits]


def _literal_at(text: str, start: int | None, edit: SpecifierEdit) -> Span:
    literal = None if start is None else _LITERAL.match(text, start)
    if literal is None:
        raise _refuse(edit.declaration, "the file can't be edited: the requirement is not found in its text")
    return Span(literal.start(), literal.end())


def _spelled(specifier: str, literal: str) -> str:
    """The specifier with its breaks (if it has any) as the string spells them."""
    if not literal.startswith(('"""', "'''")):
        return specifier.replace("\n", "\\n").replace("\r", "\\r").replace("\f", "\\f")
    return specifier.replace("\n", "\r\n") if "\r\n" in literal else specifier


def _specifier_in_literal(literal: str, edit: SpecifierEdit) -> Span:
    """The place of the specifier inside a quoted string, escapes counted."""
    try:
        replace_specifier(edit.declaration.text, edit.specifier)
        wanted = specifier_span(edit.declaration.text)
    except (InvalidRequirement, InvalidSpecifier) as error:
        raise _refuse(edit.declaration, str(error)) from error
    characters = _characters(literal)
    if len(characters) != len(edit.declaration.text):
        raise _refuse(edit.declaration, "its string is written in a way that can't be edited")
    if wanted.start == wanted.end:
        return Span(characters[wanted.end - 1].end, characters[wanted.end - 1].end)
    return Span(characters[wanted.start].start, characters[wanted.end - 1].end)


def _characters(literal: str) -> list[Span]:
    """Where each character of the string's value stands in the literal."""
    match = _LITERAL.fullmatch(literal)
    if match is None or match.lastgroup is None:
        return []
    start, end = match.span(match.lastgroup)
    if match.lastgroup.endswith("long") and (first := _FIRST_BREAK.match(literal, start, end)) is not None:
        start = first.end()
    character = _RAW_CHARACTER if match.lastgroup.startswith("raw") else _CHARACTER
    found = character.finditer(literal, start, end)
    return [Span(*one.span()) for one in found if not _FOLDED.fullmatch(one.group())]


def _check(before: dict[str, Any], changed: str, edits: Sequence[SpecifierEdit]) -> None:
    for edit in edits:
        keys = edit.declaration.keys
        _value_at(before, keys[:-1])[keys[-1]] = replace_specifier(edit.declaration.text, edit.specifier)
    if _read(changed, edits) != before:
        raise _refuse(edits[0].declaration, "the edit would change something else in the file")


def _value_at(document: Any, keys: KeyPath) -> Any:
    for key in keys:
        document = document[key]
    return document


def _refuse(declaration: Declaration, problem: str) -> InputError:
    return InputError(problem, path=declaration.path, line=declaration.line)
