"""What ``[tool.uv]``, ``uv.toml`` and script headers state about the dependencies of everything: overrides, excludes."""

from __future__ import annotations

from packaging.version import Version

from bot.manifest.model import DeclaredRequirement, ScopedNames, ScopedRequirements
from bot.manifest.reader import TomlValue, read_name, read_requirement, read_text, read_version


def read_override(node: TomlValue) -> DeclaredRequirement | ScopedRequirements:
    if isinstance(node.value, str):
        return read_requirement(node)
    package, version = _scope(node)
    dependencies = tuple(read_requirement(item) for item in node["dependencies"].items())
    return ScopedRequirements(package=package, version=version, dependencies=dependencies)


def read_exclude(node: TomlValue) -> str | ScopedNames:
    if isinstance(node.value, str):
        return read_name(node)
    package, version = _scope(node)
    dependencies = tuple(read_name(item) for item in node["dependencies"].items())
    return ScopedNames(package=package, version=version, dependencies=dependencies)


def read_build_constraint(node: TomlValue) -> DeclaredRequirement:
    if isinstance(node.value, str):
        return read_requirement(node)
    if node["hashes"].tuple_of(read_text):
        raise node["hashes"].refuse("hashes of build constraints are not supported", "state the requirement alone")
    return read_requirement(node["requirement"])


def _scope(node: TomlValue) -> tuple[str, Version | None]:
    node.only("package", "dependencies")
    package = node["package"].only("name", "version")
    return read_name(package["name"]), package["version"].maybe(read_version)
