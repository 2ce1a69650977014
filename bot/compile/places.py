"""Where requirements files state what takes part in a contradiction, for who explains it."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement as NoRequirement
from packaging.requirements import Requirement as Parsed

from bot.compile.inputs import Stated
from bot.manifest.model import Declaration, DepType
from bot.requirements.gather import PlacedRequirement
from bot.resolver.explanation.places import Places


def find_places(stated: Stated) -> Places:
    """The lines of all requirements and constraints that were read."""
    return Places(declarations=tuple(_declarations(stated)))


def _declarations(stated: Stated) -> Iterator[Declaration]:
    for gathered in stated.sources:
        yield from _rows((*gathered.requirements, *gathered.editables), DepType.SCRIPT)
        yield from _rows(gathered.constraints, DepType.CONSTRAINT)
    for gathered in stated.constraints:
        yield from _rows((*gathered.requirements, *gathered.constraints), DepType.CONSTRAINT)
    for gathered in stated.overrides:
        yield from _rows(gathered.requirements, DepType.OVERRIDE)


def _rows(placed: tuple[PlacedRequirement, ...], table: DepType) -> Iterator[Declaration]:
    for position, one in enumerate(placed):
        parsed = _parsed(one)
        if parsed is not None:
            yield Declaration(
                path=one.path,
                table=table,
                index=position,
                text=one.stated.text,
                requirement=parsed,
                keys=(position,),
                line=one.stated.line,
            )


def _parsed(one: PlacedRequirement) -> Parsed | None:
    if one.stated.name is None:
        return None
    try:
        return Parsed(f"{one.stated.name}{one.stated.specifier}")
    except NoRequirement:
        return None
