"""Static metadata of source archives: what can be known without running a build (PEP 621, PEP 643).

Order: ``pyproject.toml`` with nothing needed dynamic, then a PKG-INFO of Metadata-Version 2.2 or later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from packaging.utils import canonicalize_name

from bot.index.metadata.lenient_requirement import repair_requirement
from bot.index.metadata.metadata import (
    NotStatic,
    check_count,
    check_identity,
    parse_static_pkg_info,
    repaired_specifier,
)
from bot.index.metadata.requirement_text import with_marker
from bot.index.pages.filenames import normalize_name
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.versions import PyVersion, try_parse_version
from bot.toml import TomlError, parse_toml

TomlTable: TypeAlias = Mapping[str, object]

_NEEDED = ("dependencies", "optional-dependencies", "requires-python")


def is_static_member(path: str) -> bool:
    """Whether static metadata is read from this member."""
    return path in ("pyproject.toml", "PKG-INFO")


def read_static_metadata(
    members: Mapping[str, bytes], name: str, version: PyVersion | None, where: str
) -> CoreMetadata | NotStatic:
    """Metadata of a source archive from its members (paths relative to the project's folder).

    ``version`` is what the file name states, ``None`` where it is unknown. Raises ``MetadataUnavailable`` for a
    ``pyproject.toml`` that is broken.
    """
    reasons = []
    if "pyproject.toml" in members:
        table = _read_toml(members["pyproject.toml"], f"{where}: pyproject.toml")
        reasons.append(_accepted(parse_static_pyproject(table, version, where), name, version, where))
    else:
        reasons.append(NotStatic(why="it has no pyproject.toml"))
    if isinstance(reasons[0], CoreMetadata):
        return reasons[0]
    if "PKG-INFO" in members:
        reasons.append(_accepted(parse_static_pkg_info(members["PKG-INFO"], where), name, version, where))
    else:
        reasons.append(NotStatic(why="it has no PKG-INFO"))
    last = reasons[-1]
    if isinstance(last, CoreMetadata):
        return last
    return NotStatic(why=" and ".join(reason.why for reason in reasons if isinstance(reason, NotStatic)))


def _accepted(
    found: CoreMetadata | NotStatic, name: str, version: PyVersion | None, where: str
) -> CoreMetadata | NotStatic:
    if isinstance(found, NotStatic):
        return found
    try:
        return check_identity(found, name, version, where)
    except MetadataUnavailable as problem:
        return NotStatic(why=str(problem))


def _read_toml(content: bytes, where: str) -> TomlTable:
    try:
        return parse_toml(content.decode())
    except (TomlError, UnicodeError) as problem:
        raise MetadataUnavailable(f"{where} cannot be parsed ({problem})") from problem


def parse_static_pyproject(table: TomlTable, version: PyVersion | None, where: str) -> CoreMetadata | NotStatic:
    """Read ``[project]``; a dynamic version is fine where the file name states it."""
    project = table.get("project")
    if not isinstance(project, dict):
        return NotStatic(why="its pyproject.toml has no [project] table")
    dynamic = _strings(project.get("dynamic"))
    for field in _NEEDED:
        if field in dynamic:
            return NotStatic(why=f"its pyproject.toml marks {field} as dynamic")
    if "dependencies" not in project and "poetry" in _table(table, "tool"):
        return NotStatic(why="its pyproject.toml states dependencies in Poetry's own form")
    _check_forms(project, where)
    stated = project.get("version") or (version.text if version else None)
    if stated is None or ("version" in dynamic and version is None):
        return NotStatic(why="its pyproject.toml does not state the version")
    check_count(len(_table(project, "optional-dependencies")), where)
    requirements = _requirements(project, where)
    if isinstance(requirements, NotStatic):
        return requirements
    requires_python = project.get("requires-python")
    return CoreMetadata(
        name=canonicalize_name(str(project["name"])),
        version=str(stated),
        requires_dist=requirements,
        requires_python=repaired_specifier(requires_python, where) if isinstance(requires_python, str) else None,
        provides_extras=tuple(_extras(project)),
    )


def _check_forms(project: TomlTable, where: str) -> None:
    """Raise ``MetadataUnavailable`` for a value that is not of the form that PEP 621 gives it."""
    extras = project.get("optional-dependencies", {})
    version = project.get("version", "0")
    forms = {
        "name": isinstance(name := project.get("name"), str) and normalize_name(name) is not None,
        "version": isinstance(version, str) and try_parse_version(version) is not None,
        "requires-python": isinstance(project.get("requires-python", ""), str),
        "dependencies": _is_texts(project.get("dependencies", [])),
        "optional-dependencies": isinstance(extras, dict)
        and all(normalize_name(extra) and _is_texts(group) for extra, group in extras.items()),
    }
    for field, is_good in forms.items():
        if not is_good:
            raise MetadataUnavailable(f"{where}: project.{field} in its pyproject.toml is missing or malformed")


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _extras(project: TomlTable) -> dict[str, list[str]]:
    return {
        extra: _strings(texts)
        for raw, texts in _table(project, "optional-dependencies").items()
        if (extra := normalize_name(raw))
    }


def _requirements(project: TomlTable, where: str) -> tuple[str, ...] | NotStatic:
    texts: list[tuple[str, str | None]] = [(text, None) for text in _strings(project.get("dependencies"))]
    texts += [(text, extra) for extra, group in _extras(project).items() for text in group]
    check_count(len(texts), where)
    repaired = []
    for text, extra in texts:
        good = repair_requirement(text)
        if good is None:
            return NotStatic(why=f"the requirement {text[:200]!r} in its pyproject.toml cannot be parsed")
        repaired.append(good if extra is None else with_marker(good, f"extra == '{extra}'"))
    return tuple(repaired)


def _table(table: TomlTable, key: str) -> TomlTable:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
