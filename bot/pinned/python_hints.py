"""Which Python a folder is for, where nothing states it in full: what people wrote down beside their files."""

from __future__ import annotations

from bot.errors import InputError
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.ranges import find_floor
from bot.patterns import pattern
from bot.resolver.lowering.paths import join, parents
from bot.resolver.model.index import Tree

_VERSION = pattern(r"(?:(?:cpython|python|cp)[-@]?)?(3\.\d{1,3}(?:\.\d{1,3})?)(?:[^0-9].*)?")


def find_python(tree: Tree, folder: str) -> str | None:
    """The version of the nearest ``.python-version``, else the least that the nearest project is for."""
    places = (folder, *parents(folder))
    pinned = (_of_pin(tree, join(place, ".python-version")) for place in places)
    found = next((version for version in pinned if version is not None), None)
    if found is not None:
        return found
    stated = (_of_project(tree, join(place, "pyproject.toml")) for place in places)
    return next((version for version in stated if version is not None), None)


def _of_pin(tree: Tree, path: str) -> str | None:
    try:
        text = tree.read_text(path) or ""
    except InputError:
        return None
    rows = (row.strip() for row in text.splitlines()[:20])
    said = next((row for row in rows if row and not row.startswith("#")), "")
    found = _VERSION.fullmatch(said)
    return None if found is None else str(found[1])


def _of_project(tree: Tree, path: str) -> str | None:
    try:
        text = tree.read_text(path)
        project = None if text is None else parse_pyproject(text, path).project
    except InputError:
        return None
    floor = None if project is None or project.requires_python is None else find_floor(project.requires_python)
    if floor is None or floor.major != 3:
        return None
    return ".".join(map(str, floor.release[:3])) if len(floor.release) > 1 else None
