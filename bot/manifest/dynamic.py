"""Where a project's dynamic fields come from: which file would have to become static."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.manifest.lines import line_of
from bot.manifest.model import Pyproject
from bot.toml import TomlError, parse_toml

#: Files in which setuptools looks for what a manifest leaves open.
_SETUP_FILES = ("setup.py", "setup.cfg")


def tell_dynamic(manifest: Pyproject, fields: Sequence[str], exists: Callable[[str], bool]) -> tuple[str, str]:
    """Why nobody knows the dynamic ``fields`` without a build, and what to do; ``exists`` is asked about files beside."""
    listed = " and ".join(fields)
    line = line_of(manifest.text, ("project", "dynamic"))
    at = f" (line {line})" if line else ""
    sources = list(dict.fromkeys(_sources(_document(manifest.text), manifest, fields, exists)))
    why = f"{manifest.path} declares {listed} as dynamic{at}" + (f": {', '.join(sources)}" if sources else "")
    return why, _remedy(manifest, listed)


def tell_poetry(manifest: Pyproject) -> tuple[str, str]:
    """The same for dependencies in Poetry's own tables."""
    line = line_of(manifest.text, ("tool", "poetry", "dependencies"))
    at = f" (line {line})" if line else ""
    return f"{manifest.path} has Poetry dependencies{at}, not project.dependencies", _remedy(manifest, "dependencies")


def _remedy(manifest: Pyproject, listed: str) -> str:
    name = manifest.project.name if manifest.project else "the project"
    return (
        f"Make {manifest.path} static: state {listed} in [project] and take what is stated out of dynamic; or state the "
        f"metadata of {name}, with its version, in [[tool.uv.dependency-metadata]]"
    )


def _document(text: str) -> Mapping[str, Any]:
    try:
        return parse_toml(text)
    except TomlError:
        return {}


def _sources(
    document: Mapping[str, Any], manifest: Pyproject, fields: Sequence[str], exists: Callable[[str], bool]
) -> Iterator[str]:
    folder = manifest.path.rpartition("/")[0]
    beside = f"{folder}/" if folder else ""
    tools = _table(document, "tool")
    stated = _table(_table(tools, "setuptools"), "dynamic")
    for field in fields:
        files = list(_files(stated.get(field)))
        if files:
            yield f"setuptools reads them from {' and '.join(beside + file for file in files)}"
    for hook, settings in _table(_table(_table(tools, "hatch"), "metadata"), "hooks").items():
        line = line_of(manifest.text, ("tool", "hatch", "metadata", "hooks", hook))
        files = list(_files({"file": settings.get("files")})) if isinstance(settings, dict) else []
        read = f", which reads {' and '.join(beside + file for file in files)}" if files else ""
        yield f"hatchling asks its hook {hook}{f' (line {line})' if line else ''}{read}"
    if not stated and not _table(tools, "hatch"):
        yield from (f"{beside}{name} states them" for name in _SETUP_FILES if exists(beside + name))


def _files(value: object) -> Iterator[str]:
    """The files of a dynamic field: one, several, or some for each extra."""
    match value:
        case {"file": str(file)}:
            yield file
        case {"file": list(files)}:
            yield from (file for file in files if isinstance(file, str))
        case dict():
            for one in value.values():
                yield from _files(one)


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
