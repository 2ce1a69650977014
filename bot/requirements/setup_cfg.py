"""The requirements of a ``setup.cfg`` at their places, and edits of their specifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier

from bot.errors import InputError
from bot.manifest.edit import SpecifierEdit, replace_specifier, specifier_span
from bot.manifest.model import Declaration, DepType
from bot.manifest.setup_cfg import parse_setup_cfg
from bot.patterns import pattern

_SECTION = pattern(r"\[(?P<name>[^\]]+)\]")
_KEY = pattern(r"(?P<key>[^\s#;:=\[][^:=]*?)\s*[:=][ \t]*(?P<said>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """``extra`` ``None``: what is always required. ``start`` is the position of ``text`` in the file."""

    extra: str | None
    text: str
    start: int
    line: int


def find_setup_cfg_declarations(text: str, path: str) -> tuple[Declaration, ...]:
    """The requirements of ``install_requires`` and the extras; none where they can't be told line by line."""
    return tuple(_declared(row, index, path) for index, row in enumerate(_rows(text)) if _is_requirement(row.text))


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _declared(row: _Row, index: int, path: str) -> Declaration:
    return Declaration(
        path=path,
        table=DepType.DEPENDENCIES if row.extra is None else DepType.OPTIONAL,
        group=row.extra,
        index=index,
        text=row.text,
        requirement=Requirement(row.text),
        line=row.line,
        keys=(index,),
    )


def edit_setup_cfg(text: str, edits: Sequence[SpecifierEdit]) -> str:
    """The text with the edits made, every other byte kept; raises ``InputError`` where that fails."""
    rows = _rows(text)
    wanted = [row.text for row in rows]
    changed = text
    for edit in sorted(edits, key=lambda one: -one.declaration.index):
        declaration = edit.declaration
        row = rows[declaration.index] if declaration.index < len(rows) else None
        if row is None or row.text != declaration.text:
            raise _refuse(declaration, f"{declaration.text!r} is not at its place")
        wanted[declaration.index] = _replaced(edit)
        place = specifier_span(row.text)
        changed = changed[: row.start + place.start] + edit.specifier + changed[row.start + place.end :]
    if [row.text for row in _rows(changed)] != wanted:
        raise _refuse(edits[0].declaration, "the edit would change something else in the file")
    return changed


def _replaced(edit: SpecifierEdit) -> str:
    try:
        return replace_specifier(edit.declaration.text, edit.specifier)
    except (InvalidRequirement, InvalidSpecifier) as error:
        raise _refuse(edit.declaration, str(error)) from error


def _refuse(declaration: Declaration, problem: str) -> InputError:
    return InputError(problem, path=declaration.path, line=declaration.line)


def _rows(text: str) -> Sequence[_Row]:
    """Every requirement, if the scan by lines finds what the parser of such files does."""
    found = list(_scan(text))
    parsed = parse_setup_cfg(text)
    said = () if parsed is None else (*parsed.requires, *(one for texts in parsed.extras.values() for one in texts))
    return found if [row.text for row in _ordered(found)] == list(said) else []


def _ordered(rows: Sequence[_Row]) -> Sequence[_Row]:
    return [*(row for row in rows if row.extra is None), *(row for row in rows if row.extra is not None)]


def _scan(text: str) -> Iterator[_Row]:
    """One requirement a line; a value of a single line is parted by semicolons, and passed over here."""
    section = key = ""
    position = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        stripped = line.strip()
        named = None if line[:1].isspace() else _KEY.match(line)
        if head := _SECTION.match(line):
            section, key = head["name"], ""
        elif named is not None:
            key = named["key"]
        elif key and stripped and stripped[0] not in "#;" and _is_of_requirements(section, key):
            extra = key if section == "options.extras_require" else None
            yield _Row(extra=extra, text=stripped, start=position + line.index(stripped), line=number)
        position += len(line)


def _is_of_requirements(section: str, key: str) -> bool:
    return section == "options.extras_require" or (section, key) == ("options", "install_requires")
