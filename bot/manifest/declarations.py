"""Requirements at their places, for both kinds of manifest."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

from packaging.requirements import InvalidRequirement, Requirement

from bot.manifest.lines import find_lines
from bot.manifest.model import Declaration, Table
from bot.manifest.reader import Node
from bot.values import value


@value
class Row:
    """A declaration before its line is known."""

    table: Table
    group: str | None
    index: int
    inner: int | None
    node: Node


def requirement_rows(array: Node, table: Table, group: str | None = None) -> list[Row]:
    """Return the texts of one array; other items (``include-group``) are passed over but counted."""
    if not array.is_present:
        return []
    return [
        Row(table=table, group=group, index=index, inner=None, node=item)
        for index, item in enumerate(array.items())
        if isinstance(item.value, str)
    ]


def override_rows(uv: Node) -> list[Row]:
    """Return the constraints, overrides and build constraints of ``[tool.uv]``, scoped and hashed ones included."""
    rows = requirement_rows(uv["constraint-dependencies"], Table.CONSTRAINT)
    rows += requirement_rows(uv["override-dependencies"], Table.OVERRIDE)
    for index, item in enumerate(uv["override-dependencies"].items() if uv["override-dependencies"].is_present else ()):
        if isinstance(item.value, dict):
            rows += [
                Row(table=Table.OVERRIDE, group=None, index=index, inner=inner, node=dependency)
                for inner, dependency in enumerate(item["dependencies"].items())
            ]
    return rows + requirement_rows(uv["build-constraint-dependencies"], Table.BUILD_CONSTRAINT)


def declare(path: str, text: str, find: Callable[[Node], list[Row]], *, first_line: int = 1) -> tuple[Declaration, ...]:
    """Give every row its line; ``text`` has been parsed before, so it is valid.

    A requirement that only lenient parsing accepts is no declaration: it can't be edited by its specifier.
    """
    rows = find(Node(tomllib.loads(text)))
    lines = find_lines(text) if rows else {}
    declarations = []
    for row in rows:
        try:
            requirement = Requirement(row.node.text())
        except InvalidRequirement:
            continue
        declarations.append(
            Declaration(
                path=path,
                table=row.table,
                group=row.group,
                index=row.index,
                inner=row.inner,
                text=row.node.text(),
                requirement=requirement,
                line=lines.get(row.node.keys, 1) + first_line - 1,
                keys=row.node.keys,
            )
        )
    return tuple(declarations)
