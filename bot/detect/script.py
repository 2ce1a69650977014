"""The kind ``script``: PEP 723 scripts (marimo notebooks are such scripts too), each with a lock of its own beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

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
from bot.errors import InputError
from bot.manifest import comments
from bot.manifest.declarations import find_script_declarations
from bot.manifest.edit import SpecifierEdit, edit_script
from bot.manifest.model import Declaration, DepType, IndexTable
from bot.manifest.script import MARK, parse_script
from bot.ports.run import LeftAlone, Problem
from bot.resolver.lowering import lower_script

_LOCK = ".lock"


def is_manifest(path: str) -> bool:
    """``.py``, or no suffix at all."""
    name = posixpath.basename(path)
    return name.endswith(".py") or "." not in name


def find_owner(path: str) -> str | None:
    owner = path.removesuffix(_LOCK)
    return owner if owner != path and is_manifest(owner) else None


def is_brought(path: str, files: Collection[str]) -> bool:
    return is_manifest(path) or path.endswith(".pyw") or find_owner(path) in files


def find_package_folder(_path: str) -> None:
    """A script is no package."""


def detect(listing: Listing, paths: Sequence[str], files: Collection[str], _told: Told) -> Detected:
    manifests: dict[str, Manifest] = {}
    problems: list[Problem] = []
    templates: list[LeftAlone] = []
    for path in paths:
        try:
            found = _read(listing, path)
        except InputError as error:
            placeholder = _find_placeholder(listing, path)
            if placeholder is None:
                problems.append(to_problem(error, path))
            else:
                templates.append(to_template(path, placeholder))
            continue
        if found is not None:
            manifests[path] = found
    return Detected(
        units=tuple(_unit(path, files) for path in manifests),
        problems=tuple(problems),
        manifests=manifests,
        left_alone=tuple(templates),
    )


def _find_placeholder(listing: Listing, path: str) -> str | None:
    """What makes a script that can't be read a template: in its path, or in a header line."""
    with suppress(InputError):
        lines = (listing.read_text(path) or "").splitlines()
        return find_placeholder(path, "\n".join(line for line in lines if line.startswith("#")))
    return None


def _read(listing: Listing, path: str) -> Manifest | None:
    """The script's header, ``None`` where the file has none."""
    try:
        text = listing.read_text(path)
    except InputError:
        if path.endswith(".py"):
            raise
        return None
    script = None if text is None or MARK not in text else parse_script(text, path)
    return None if script is None else Manifest(path=path, declarations=find_script_declarations(script))


def _unit(path: str, files: Collection[str]) -> LockUnit:
    lock = path + _LOCK
    root = posixpath.dirname(path) or "."
    return LockUnit(kind="script", root=root, manifests=(path,), lock=lock if lock in files else None)


def find_solvables(found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    """A script has nothing to build, so what it says of building is not planned."""
    (path,) = found.manifests
    rows = manifests[path].declarations
    yield Solvable(
        name=found.lock or path,
        lock=found.lock,
        declarations=tuple(row for row in rows if row.table is not DepType.BUILD_CONSTRAINT),
        lower=without_index(partial(lower_script, path=path)),
    )


def edit(text: str, edits: Sequence[SpecifierEdit]) -> str:
    return edit_script(text, edits)


def find_comment(text: str, declaration: Declaration) -> str:
    return comments.find_comment(text, declaration.line, in_script=True)


def find_indexes(_listing: Listing, _paths: Sequence[str]) -> Iterator[IndexTable]:
    """None: to look for headers, every Python file would have to be read once more."""
    return iter(())
