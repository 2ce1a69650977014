"""Requirements at their places, for both kinds of manifest."""

from __future__ import annotations

from collections.abc import Callable

from packaging.requirements import InvalidRequirement

from bot.manifest.edit import parse_in_one_line
from bot.manifest.lines import find_lines
from bot.manifest.model import Declaration, DepType, Pyproject, Script
from bot.manifest.reader import TomlValue, build_requires
from bot.toml import parse_toml
from bot.values import value


@value
class _Row:
    """A declaration before its line is known."""

    table: DepType
    group: str | None
    index: int
    inner: int | None
    node: TomlValue


def find_pyproject_declarations(pyproject: Pyproject) -> tuple[Declaration, ...]:
    """Return every requirement of the manifest at its place, in the order of the tables listed in ``DepType``."""
    return _declare(pyproject.path, pyproject.text, _pyproject_rows)


def _pyproject_rows(root: TomlValue) -> list[_Row]:
    project, uv = root["project"], root["tool"].record("uv")["uv"]
    rows = _requirement_rows(project["dependencies"], DepType.DEPENDENCIES)
    for table, node in (
        (DepType.OPTIONAL, project["optional-dependencies"]),
        (DepType.GROUP, root["dependency-groups"]),
    ):
        for key, array in node.entries() if node.is_present else ():
            rows += _requirement_rows(array, table, key)
    rows += _requirement_rows(build_requires(root), DepType.BUILD)
    rows += _requirement_rows(uv["dev-dependencies"], DepType.DEV)
    return rows + _override_rows(uv)


def find_script_declarations(script: Script) -> tuple[Declaration, ...]:
    """Return every requirement of the header at its place."""
    return _declare(script.path, script.header, _script_rows, first_line=script.header_line)


def _script_rows(root: TomlValue) -> list[_Row]:
    return _requirement_rows(root["dependencies"], DepType.SCRIPT) + _override_rows(root["tool"].record("uv")["uv"])


def _requirement_rows(array: TomlValue, table: DepType, group: str | None = None) -> list[_Row]:
    """Return the texts of one array; other items (``include-group``) are passed over but counted."""
    if not array.is_present:
        return []
    return [
        _Row(table=table, group=group, index=index, inner=None, node=item)
        for index, item in enumerate(array.items())
        if isinstance(item.value, str)
    ]


def _override_rows(uv: TomlValue) -> list[_Row]:
    """Return the constraints, overrides and build constraints of ``[tool.uv]``, scoped and hashed ones included."""
    rows = _requirement_rows(uv["constraint-dependencies"], DepType.CONSTRAINT)
    rows += _requirement_rows(uv["override-dependencies"], DepType.OVERRIDE)
    for index, item in enumerate(uv["override-dependencies"].items() if uv["override-dependencies"].is_present else ()):
        if isinstance(item.value, dict):
            rows += [
                _Row(table=DepType.OVERRIDE, group=None, index=index, inner=inner, node=dependency)
                for inner, dependency in enumerate(item["dependencies"].items())
            ]
    return rows + _requirement_rows(uv["build-constraint-dependencies"], DepType.BUILD_CONSTRAINT)


def _declare(
    path: str, text: str, find: Callable[[TomlValue], list[_Row]], *, first_line: int = 1
) -> tuple[Declaration, ...]:
    """Give every row its line; ``text`` has been parsed before, so it is valid.

    A requirement that only lenient parsing accepts is no declaration: it can't be edited by its specifier.
    """
    rows = find(TomlValue(parse_toml(text)))
    lines = find_lines(text) if rows else {}
    declarations = []
    for row in rows:
        try:
            requirement = parse_in_one_line(row.node.text())
        except (InvalidRequirement, RecursionError):
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
