"""Dependency groups made flat: includes resolved, the legacy dev list merged, a group's Python range as a marker."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.specifiers import Specifier, SpecifierSet

from bot.errors import InputError
from bot.lockfile.specifiers import render_specifiers
from bot.manifest.model import DeclaredRequirement, IncludeGroup, Pyproject
from bot.resolver.lowering.workspace import error_at
from bot.resolver.model.python_range import PythonRange
from bot.values import replace, value

DEV = "dev"


@value
class FlatGroup:
    """``requires_python`` is the effective one, with what included groups ask for."""

    requirements: tuple[DeclaredRequirement, ...] = ()
    requires_python: SpecifierSet | None = None


def flatten_groups(manifest: Pyproject) -> dict[str, FlatGroup]:
    """Return the groups of a manifest, sorted by name; raises ``InputError`` for unknown groups and cycles."""
    declared = manifest.groups or {}
    for name in manifest.uv.group_settings:
        if name not in declared:
            keys = ("tool", "uv", "dependency-groups", name)
            raise error_at(
                manifest, keys, f"settings for the group {name!r}, which is not declared", _dev_hint(manifest, name)
            )
    flat: dict[str, FlatGroup] = {}
    for name in sorted(declared):
        _flatten(manifest, name, (), flat)
    if manifest.uv.dev_dependencies is not None:
        dev = flat.get(DEV, FlatGroup())
        flat[DEV] = replace(dev, requirements=dev.requirements + manifest.uv.dev_dependencies)
    return dict(sorted(flat.items()))


def _flatten(manifest: Pyproject, name: str, parents: tuple[str, ...], flat: dict[str, FlatGroup]) -> FlatGroup:
    if name in parents:
        cycle = " -> ".join((*parents[parents.index(name) :], name))
        raise _group_error(manifest, parents[-1], f"dependency groups include each other: {cycle}", "break the cycle")
    if name in flat:
        return flat[name]
    declared = manifest.groups or {}
    if name not in declared:
        problem = f"the group {parents[-1]!r} includes {name!r}, which is not declared"
        raise _group_error(manifest, parents[-1], problem, _dev_hint(manifest, name))
    requirements: list[DeclaredRequirement] = []
    specifiers: list[Specifier] = []
    for item in declared[name]:
        if isinstance(item, IncludeGroup):
            included = _flatten(manifest, item.group, (*parents, name), flat)
            requirements += included.requirements
            specifiers += included.requires_python or ()
        else:
            requirements.append(item)
    own = manifest.uv.group_requires_python.get(name)
    if own is not None:
        marker = PythonRange.from_specifiers(own).marker()
        requirements = [replace(requirement, marker=requirement.marker & marker) for requirement in requirements]
        specifiers += own
    flat[name] = FlatGroup(
        requirements=tuple(requirements), requires_python=SpecifierSet(specifiers) if specifiers else None
    )
    return flat[name]


def _group_error(manifest: Pyproject, group: str, problem: str, hint: str | None) -> InputError:
    return error_at(manifest, ("dependency-groups", group), problem, hint)


def _dev_hint(manifest: Pyproject, name: str) -> str:
    if name == DEV and manifest.uv.dev_dependencies is not None:
        return "move tool.uv.dev-dependencies to [dependency-groups] dev"
    return f"add {name!r} to [dependency-groups]"


def group_python_texts(groups: Mapping[str, FlatGroup]) -> dict[str, str]:
    """Return the effective ``requires-python`` of every group that has one, as the lock prints it."""
    return {
        name: render_specifiers(group.requires_python)
        for name, group in groups.items()
        if group.requires_python is not None
    }
