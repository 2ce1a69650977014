"""The requirements of a file as declarations, and edits of their specifiers: nothing but the version's characters moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier

from bot.errors import InputError
from bot.manifest.edit import SpecifierEdit, replace_specifier, specifier_span
from bot.manifest.model import Declaration, DepType
from bot.patterns import pattern
from bot.requirements.model import RequirementLine, RequirementsFile
from bot.requirements.reader import parse_requirements

#: What compiling writes beside a requirement.
_NOTE = pattern(r"#\s*via\b")


def find_declarations(file: RequirementsFile, table: DepType = DepType.REQUIREMENTS) -> tuple[Declaration, ...]:
    """The requirements that name a package, each at its place; URLs and paths without a name are none."""
    return tuple(_declared(file, table))


def _declared(file: RequirementsFile, table: DepType) -> Iterator[Declaration]:
    for index, stated in enumerate(file.requirements):
        if stated.name is None or stated.is_editable:
            continue
        try:
            requirement = Requirement(stated.text)
        except (InvalidRequirement, RecursionError):
            continue
        yield Declaration(
            path=file.path,
            table=table,
            index=index,
            text=stated.text,
            requirement=requirement,
            line=stated.line,
            keys=(index,),
        )


def edit_requirements(text: str, edits: Sequence[SpecifierEdit]) -> str:
    """The text of a requirements file with the edits made; all edits are of this file.

    Raises ``InputError`` where a requirement is not (or no longer) at its place, or can't take its specifier.
    """
    path = edits[0].declaration.path if edits else ""
    before = parse_requirements(text, path).requirements
    changed = text
    for edit in sorted(edits, key=lambda one: -one.declaration.index):
        stated = _stated(before, edit.declaration)
        place = specifier_span(stated.text)
        start = stated.span.start
        changed = changed[: start + place.start] + edit.specifier + changed[start + place.end :]
    _check(before, parse_requirements(changed, path).requirements, edits)
    return changed


def _stated(requirements: Sequence[RequirementLine], declaration: Declaration) -> RequirementLine:
    index = declaration.index
    if index >= len(requirements) or requirements[index].text != declaration.text:
        raise _refuse(declaration, f"{declaration.text!r} is not at its place")
    return requirements[index]


def _check(before: Sequence[RequirementLine], after: Sequence[RequirementLine], edits: Sequence[SpecifierEdit]) -> None:
    """Whether the edited requirements say what they are to say, and all others what they said."""
    wanted = [one.text for one in before]
    for edit in edits:
        try:
            wanted[edit.declaration.index] = replace_specifier(edit.declaration.text, edit.specifier)
        except (InvalidRequirement, InvalidSpecifier) as error:
            raise _refuse(edit.declaration, str(error)) from error
    if [one.text for one in after] != wanted or [one.hashes for one in after] != [one.hashes for one in before]:
        raise _refuse(edits[0].declaration, "the edit would change something else in the file")


def _refuse(declaration: Declaration, problem: str) -> InputError:
    return InputError(problem, path=declaration.path, line=declaration.line)


def find_note(text: str, line: int) -> str:
    """What a person says of the requirement in ``line`` (from 1), in one line; what compiling wrote beside it is no word."""
    rows = text.splitlines()
    if not 0 < line <= len(rows):
        return ""
    above: list[str] = []
    for row in reversed(rows[: line - 1]):
        if not row.startswith("#") or _NOTE.match(row):
            break
        above.append(row)
    _, mark, beside = rows[line - 1].partition(" #")
    said = [*reversed(above), beside if mark and not _NOTE.match(f"#{beside}") else ""]
    return " ".join(word for row in said for word in row.strip().lstrip("#").split())
