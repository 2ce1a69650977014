"""The kind ``notebook``: Jupyter notebooks with a PEP 723 header in a cell, as juv runs them; the lock lies among their
metadata."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bot.detect.ignored import is_ignored
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
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.manifest.comments import find_comment as find_comment_in_script
from bot.manifest.declarations import find_script_declarations
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import Declaration, DepType, IndexTable
from bot.manifest.notebooks.editing import edit_notebook, replace_lock
from bot.manifest.notebooks.reading import Notebook, get_notebook, is_marked, parse_notebook
from bot.manifest.script import parse_script
from bot.ports.run import LeftAlone, Problem
from bot.resolver.lowering import CommandSettings, lower_script
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest, Remark
from bot.values import replace

_ENDING = ".ipynb"
#: What Jupyter keeps of a notebook that is worked on.
_CHECKPOINTS = ".ipynb_checkpoints"


def is_manifest(path: str) -> bool:
    return path.endswith(_ENDING) and _CHECKPOINTS not in path.split("/")


def find_owner(_path: str) -> None:
    """A notebook's lock is no file."""


def is_brought(path: str, _files: Collection[str]) -> bool:
    """Every notebook: whether it has a header only its text can tell, and of what size it is git can't."""
    return is_manifest(path) and not is_ignored(path)


def find_package_folder(_path: str) -> None:
    """A notebook is no package."""


def detect(listing: Listing, paths: Sequence[str], _files: Collection[str], _told: Told) -> Detected:
    units: list[LockUnit] = []
    manifests: dict[str, Manifest] = {}
    problems: list[Problem] = []
    left: list[LeftAlone] = []
    for path in paths:
        try:
            notebook = _read(listing, path)
            if notebook is not None:
                manifests[path] = _manifest(notebook)
                units.append(_unit(notebook))
        except _Unread as error:
            left.append(LeftAlone(path=path, reason=error.problem))
        except InputError as error:
            placeholder = find_placeholder(path, _comments(listing, path))
            if placeholder is None:
                problems.append(to_problem(error, path))
            else:
                left.append(to_template(path, placeholder))
    return Detected(units=tuple(units), problems=tuple(problems), manifests=manifests, left_alone=tuple(left))


class _Unread(InputError):
    """A notebook of which nobody knows whether it has a header."""


def _read(listing: Listing, path: str) -> Notebook | None:
    """The notebook, if it has a header; one that is no text counts only if it seems to have one."""
    try:
        text = listing.read_text(path)
    except InputError:
        if is_marked(_read_roughly(listing, path)):
            raise
        return None
    return None if text is None else parse_notebook(text, path)


def _read_roughly(listing: Listing, path: str) -> str:
    try:
        return (listing.read_bytes(path) or b"").decode("utf-8", "replace")
    except InputError as error:
        raise _Unread(error.problem, path=path) from None


def _comments(listing: Listing, path: str) -> str:
    """The lines of the header of a notebook of which only the header is wrong."""
    with suppress(InputError):
        notebook = _read(listing, path)
        lines = notebook.cell.text.splitlines() if notebook is not None else ()
        return "\n".join(line for line in lines if line.startswith("#"))
    return ""


def _manifest(notebook: Notebook) -> Manifest:
    """The requirements, each at its line of the file."""
    with notebook.located():
        script = parse_script(notebook.cell.text, notebook.path)
    lines = notebook.lines
    rows = () if script is None else find_script_declarations(script)
    placed = tuple(replace(row, line=lines[row.line - 1]) for row in rows)
    return Manifest(path=notebook.path, declarations=placed)


def _unit(notebook: Notebook) -> LockUnit:
    path = notebook.path
    root = posixpath.dirname(path) or "."
    return LockUnit(kind="notebook", root=root, manifests=(path,), lock=None if notebook.lock is None else path)


def find_solvables(found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    """As of a script, whose lock is part of the file."""
    (path,) = found.manifests
    rows = manifests[path].declarations
    yield Solvable(
        name=path,
        lock=found.lock,
        place=_InMetadata(path=path),
        declarations=tuple(row for row in rows if row.table is not DepType.BUILD_CONSTRAINT),
        lower=without_index(partial(_lower, path=path)),
    )


def edit(text: str, edits: Sequence[SpecifierEdit]) -> str:
    return edit_notebook(text, edits)


def find_comment(text: str, declaration: Declaration) -> str:
    """Its line is that of the file, which may be one for all: the line inside the cell is looked up."""
    notebook = get_notebook(text, declaration.path)
    script = parse_script(notebook.cell.text, declaration.path)
    rows = () if script is None else find_script_declarations(script)
    line = next((row.line for row in rows if row.keys == declaration.keys), 0)
    return find_comment_in_script(notebook.cell.text, line, in_script=True)


def find_indexes(_listing: Listing, _paths: Sequence[str]) -> Iterator[IndexTable]:
    """None, as of scripts."""
    return iter(())


def _lower(tree: Tree, *, path: str, settings: CommandSettings) -> LockRequest:
    """As the script that the cell is."""
    notebook = get_notebook(tree.read_text(path) or "", path)
    with notebook.located():
        request = lower_script(_CellTree(tree=tree, notebook=notebook), path=path, settings=settings)
    return replace(request, warnings=tuple(_located(one, notebook) for one in request.warnings))


def _located(remark: Remark, notebook: Notebook) -> Remark:
    if remark.path != notebook.path:
        return remark
    return replace(
        remark, problem=f"{notebook.workplace_of(remark.line)}: {remark.problem}", line=notebook.line_of(remark.line)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _CellTree:
    """A tree that has the text of the cell in the place of the notebook."""

    tree: Tree
    notebook: Notebook

    def read_text(self, path: str) -> str | None:
        is_it = posixpath.normpath(path) == self.notebook.path
        return self.notebook.cell.text if is_it else self.tree.read_text(path)

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return self.tree.exists(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _InMetadata:
    """A lock among the metadata of the notebook at ``path``."""

    path: str

    def parse(self, text: str) -> tuple[str, Lock]:
        notebook = get_notebook(text, self.path)
        lock = "" if notebook.lock is None else notebook.lock.text
        with notebook.located_in_lock():
            return lock, parse_lock(lock, self.path)

    def put(self, text: str, lock: str) -> str:
        return replace_lock(text, self.path, lock)
