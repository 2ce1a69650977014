"""``pyproject.toml``: text to ``Pyproject``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from bot.errors import DeclarationError
from bot.manifest.lines import line_of
from bot.manifest.model import (
    BuildSystem,
    DeclaredRequirement,
    GroupItem,
    IncludeGroup,
    Project,
    Pyproject,
)
from bot.manifest.reader import (
    Misdeclared,
    Misplaced,
    TomlValue,
    build_requires,
    read_document,
    read_name,
    read_named,
    read_project_requirements,
    read_requirement,
    read_specifiers,
    read_text,
    read_texts,
    read_version,
)
from bot.manifest.tool_uv import read_tool_uv
from bot.toml import TomlError, parse_toml


def parse_pyproject(text: str, path: str) -> Pyproject:
    """Parse one manifest; raises ``InputError`` with path and line."""
    manifest = parse_around_requirements(text, path)
    if manifest.wrong is not None:
        raise manifest.wrong
    return manifest


def parse_around_requirements(text: str, path: str) -> Pyproject:
    """The same, but what is wrong with the requirements of ``[project]`` is kept for who asks for these (``wrong``)."""
    return read_document(text, path, lambda root: _read(root, text, path))


def find_project_name(text: str) -> str | None:
    """The normalized name that a manifest states for [project] or Poetry, whatever else is wrong with it."""
    with suppress(TomlError, Misplaced):
        root = TomlValue(parse_toml(text))
        for node in (root["project"]["name"], root["tool"]["poetry"]["name"]):
            if node.is_present:
                return read_name(node)
    return None


def _read(root: TomlValue, text: str, path: str) -> Pyproject:
    project = root["project"]
    uv = root["tool"].record("uv")["uv"]
    groups, tool = root["dependency-groups"].maybe(_read_groups), read_tool_uv(uv)
    requires = tuple(_readable(build_requires(root)))
    wrong: list[Misdeclared] = []
    return Pyproject(
        path=path,
        text=text,
        # Last, as uv reads a project's requirements only when all else is right.
        project=project.maybe(lambda node: _read_project(node, wrong)),
        wrong=_first_error(wrong, text, path),
        groups=groups,
        build_system=BuildSystem(requires=requires) if root["build-system"].is_present else None,
        uv=tool,
        poetry=root["tool"].record("uv")["poetry"].is_present,
        declares_dependencies=project["dependencies"].is_present,
    )


def _first_error(wrong: Sequence[Misdeclared], text: str, path: str) -> DeclarationError | None:
    if not wrong:
        return None
    return DeclarationError(wrong[0].problem, path=path, line=line_of(text, wrong[0].keys), hint=wrong[0].hint)


def _read_project(node: TomlValue, wrong: list[Misdeclared]) -> Project:
    def readable(item: TomlValue) -> tuple[DeclaredRequirement, ...]:
        return tuple(read_project_requirements(item, wrong))

    if not node["name"].is_present:
        raise node.refuse("[project] has no name", 'add name = "…"')
    dynamic = frozenset(node["dynamic"].tuple_of(read_text))
    if not node["version"].is_present and "version" not in dynamic:
        raise node.refuse("[project] has no version", 'add version = "…", or list it in dynamic')
    node["dependencies"].tuple_of(read_text)
    read_named(node["optional-dependencies"], read_texts)
    return Project(
        name=read_name(node["name"]),
        version=node["version"].maybe(read_version),
        requires_python=node["requires-python"].maybe(read_specifiers),
        dependencies=readable(node["dependencies"]),
        optional_dependencies=read_named(node["optional-dependencies"], readable),
        dynamic=dynamic,
        classifiers=_read_classifiers(node["classifiers"]),
    )


def _read_classifiers(node: TomlValue) -> tuple[str, ...]:
    """What is no text is passed over: no lock depends on classifiers, so none is refused for them."""
    return tuple(one for one in node.value if isinstance(one, str)) if isinstance(node.value, list) else ()


def _read_groups(node: TomlValue) -> dict[str, tuple[GroupItem, ...]]:
    return read_named(node, lambda group: group.tuple_of(_read_group_item))


def _read_group_item(node: TomlValue) -> GroupItem:
    if isinstance(node.value, str):
        return read_requirement(node)
    node.only("include-group")
    return IncludeGroup(group=read_name(node["include-group"]))


def _readable(node: TomlValue) -> Iterator[DeclaredRequirement]:
    """What can't be read is passed over."""
    for item in node.items() if node.is_present else ():
        with suppress(Misplaced):
            yield read_requirement(item)
