"""The kind ``pyproject``: ``pyproject.toml`` with its ``uv.lock``, alone or as the workspace that it roots or is in."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from bot.detect.build_system import lower_build_system
from bot.detect.left_alone import find_placeholder
from bot.detect.model import (
    Detected,
    Listing,
    LockUnit,
    Manifest,
    Solvable,
    Told,
    to_problem,
    to_template,
    without_index,
)
from bot.detect.projects import LOCK, find_projects
from bot.errors import InputError
from bot.manifest import comments
from bot.manifest.declarations import find_pyproject_declarations
from bot.manifest.edit import SpecifierEdit, edit_manifest
from bot.manifest.model import Declaration, DepType, IndexTable, Pyproject
from bot.manifest.pyproject import parse_pyproject
from bot.ports.run import Problem
from bot.resolver.lowering import lower_project
from bot.resolver.lowering.workspace import MANIFEST, manifest_path

_READ_WITH_IT = frozenset({MANIFEST, LOCK, "uv.toml", ".python-version", "PKG-INFO"})
_BUILD_TABLES = frozenset({DepType.BUILD, DepType.BUILD_CONSTRAINT})


def is_manifest(path: str) -> bool:
    return posixpath.basename(path) == MANIFEST


def find_owner(path: str) -> str | None:
    folder, name = posixpath.split(path)
    return manifest_path(folder) if name == LOCK else None


def is_brought(path: str, _files: Collection[str]) -> bool:
    return posixpath.basename(path) in _READ_WITH_IT or path.endswith(".toml")


def find_package_folder(path: str) -> str:
    return posixpath.dirname(path) or "."


def detect(listing: Listing, paths: Sequence[str], files: Collection[str], _told: Told) -> Detected:
    templates = _find_templates(listing, paths)
    parsed, unreadable = _read_all(listing, [path for path in paths if path not in templates])
    units, contradictions = find_projects(listing, parsed, files)
    return Detected(
        units=tuple(units),
        problems=(*unreadable, *contradictions),
        left_alone=tuple(to_template(path, placeholder) for path, placeholder in templates.items()),
        manifests={path: _manifest(one) for path, one in parsed.items()},
    )


def find_solvables(found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    """What the lock holds; then each manifest's build requirements, which are solved by themselves, without a lock."""
    stated = {path: manifests[path] for path in found.manifests}
    yield Solvable(
        name=found.lock or found.manifests[0],
        lock=found.lock,
        declarations=tuple(
            row for one in stated.values() for row in one.declarations if row.table not in _BUILD_TABLES
        ),
        libraries=_libraries(stated.values()),
        lower=without_index(partial(lower_project, root=found.root)),
    )
    constraints = _rows(stated[found.manifests[0]], DepType.BUILD_CONSTRAINT)
    for path, manifest in stated.items():
        requires = _rows(manifest, DepType.BUILD)
        if requires:
            yield Solvable(
                name=f"{path} [build-system]",
                path=path,
                lock=None,
                declarations=(*requires, *constraints),
                libraries=_libraries([manifest]),
                lower=without_index(partial(lower_build_system, root=found.root, path=path)),
            )


def edit(text: str, edits: Sequence[SpecifierEdit]) -> str:
    return edit_manifest(text, edits)


def find_comment(text: str, declaration: Declaration) -> str:
    return comments.find_comment(text, declaration.line)


def find_indexes(listing: Listing, paths: Sequence[str]) -> Iterator[IndexTable]:
    parsed, _ = _read_all(listing, paths)
    for manifest in parsed.values():
        yield from manifest.uv.indexes or ()


def is_library(manifest: Pyproject) -> bool:
    """Whether others install it as a package: it has a build system and does not say ``package = false``.

    A classifier that keeps it off PyPI (``Private :: …``) is how projects say that they are not published.
    """
    if manifest.project is None or manifest.build_system is None or manifest.uv.package is False:
        return False
    return not any(one.startswith("Private ::") for one in manifest.project.classifiers)


def _find_templates(listing: Listing, paths: Iterable[str]) -> Mapping[str, str]:
    """The templates among the files, each with what shows it; what can't be read is told when it is parsed."""
    found: dict[str, str] = {}
    for path in paths:
        with suppress(InputError):
            placeholder = find_placeholder(path, listing.read_text(path) or "")
            if placeholder is not None:
                found[path] = placeholder
    return found


def _read_all(listing: Listing, paths: Iterable[str]) -> tuple[dict[str, Pyproject], list[Problem]]:
    found: dict[str, Pyproject] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            text = listing.read_text(path)
            if text is not None:
                found[path] = parse_pyproject(text, path)
        except InputError as error:
            problems.append(to_problem(error, path))
    return found, problems


def _manifest(parsed: Pyproject) -> Manifest:
    return Manifest(path=parsed.path, declarations=find_pyproject_declarations(parsed), is_library=is_library(parsed))


def _libraries(manifests: Iterable[Manifest]) -> frozenset[str]:
    return frozenset(one.path for one in manifests if one.is_library)


def _rows(manifest: Manifest, table: DepType) -> tuple[Declaration, ...]:
    return tuple(row for row in manifest.declarations if row.table is table)
