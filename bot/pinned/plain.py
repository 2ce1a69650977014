"""Plain files of pins, which no command writes: pins move together as far as they can be installed together.

What pins require is solved with them, though nothing of it is written. Hashes beside a pin are renewed with it.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from bot.compile.arguments import CompileArguments
from bot.compile.compiling import Compiled, CompilePlan, CompileTask, Solving, compile_planned, plan_compile
from bot.compile.inputs import read_stated
from bot.compile.urls import WorkingFolder
from bot.errors import BuildRequiredError, NoSolutionError
from bot.lockfile.model import DependencyMetadata, Lock, Package
from bot.manifest.model import Declaration, PipSettings
from bot.markers import TRUE, parse_marker
from bot.pinned.command_paths import seen_from
from bot.pinned.python_hints import find_python
from bot.pinned.recipe import refuse_variables
from bot.requirements.declarations import find_declarations
from bot.requirements.gather import is_address
from bot.requirements.model import RequirementLine, RequirementsFile
from bot.requirements.pins import ANY_INDEX, find_pin, pinned_lock
from bot.requirements.reader import parse_requirements
from bot.requirements.rehash import replace_hashes
from bot.resolver.lock import Locked, LockTask
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.paths import join
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest
from bot.values import replace as with_fields

#: So many packages that only a build could tell of are taken to require nothing.
_UNTOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFile:
    """``rows`` are its own pins, ``reads`` the files that it includes."""

    rows: tuple[Declaration, ...]
    reads: frozenset[str]


def read_plain(tree: Tree, path: str, text: str) -> PlainFile:
    """The pins of a requirements file; raises ``InputError`` for what is none, or includes what can't be read."""
    file = parse_requirements(text, path)
    pinned = {row.span.start for row in _pins(file)}
    starts = [row.span.start for row in file.requirements]
    rows = tuple(row for row in find_declarations(file) if starts[row.index] in pinned)
    return PlainFile(rows=rows, reads=_included(tree, path) if rows else frozenset())


def _included(tree: Tree, path: str) -> frozenset[str]:
    folder, name = posixpath.split(path)
    here = WorkingFolder(tree=tree, folder=folder or ".", tree_root=None, variables={})
    with seen_from(here.folder):
        stated = read_stated(CompileArguments(sources=(name,)), here)
        refuse_variables(stated.everything)
    files = [file for gathered in stated.sources for file in gathered.files]
    named = [join(here.folder, file.path) for file in files]
    urls = (row.url for file in files for row in file.requirements if row.url is not None and not is_address(row.url))
    return frozenset([*named, *(join(join(here.folder, url), "pyproject.toml") for url in urls)]) - {path}


#: For which Python pins are solved where nothing says so and they can't be had for the default.
_PYTHONS = ("3.12", "3.11", "3.10", "3.9", "3.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPins:
    """``python`` ``None``: what the repository says, else the default."""

    path: str
    python: str | None = None
    command: str | None = None
    is_maintained: bool = False
    is_lasting: bool = True

    def alternatives(self) -> tuple[PlainPins, ...]:
        """The same for older Pythons: pins that can't be had for the likeliest one are for another."""
        return tuple(replace(self, python=python) for python in _PYTHONS)

    def read(self, text: str, path: str, /) -> Lock:
        return pinned_lock(parse_requirements(text, path), text)

    def lower(self, tree: Tree, *, settings: CommandSettings, index: IndexPort) -> LockRequest:
        return self.plan(tree, settings, index, None).request

    def plan(self, tree: Tree, settings: CommandSettings, index: IndexPort, existing: str | None) -> CompilePlan:
        folder = posixpath.dirname(self.path) or "."
        task = CompileTask(
            arguments=CompileArguments(
                sources=(posixpath.basename(self.path),),
                pip=PipSettings(universal=True, generate_hashes=True, no_header=True, no_annotate=True),
            ),
            command="",
            folder=folder,
            settings=settings,
            existing=existing,
            python=self.python or find_python(tree, folder) or self._python_of_markers(tree, settings.python),
        )
        with seen_from(folder):
            return plan_compile(task, index, tree)

    def _python_of_markers(self, tree: Tree, default: str) -> str:
        """The newest Python from which on every requirement may be wanted somewhere."""
        rows = parse_requirements(tree.read_text(self.path) or "", self.path).requirements
        for python in (default, *_PYTHONS):
            above = parse_marker(f"python_full_version >= '{python}'")
            if not any(row.marker.is_disjoint(above) for row in rows):
                return python
        return default

    def solve(self, task: LockTask, tree: Tree, settings: CommandSettings, /) -> Locked:
        plan = replace(self.plan(tree, settings, task.index, task.existing_text), request=task.request)
        text = tree.read_text(self.path) or ""
        rows = _pins(parse_requirements(text, self.path))
        done = _compiled(plan, task, {row.name or "": find_pin(row) for row in rows})
        pinned = _pins(parse_requirements(done.text, self.path))
        solved = {row: found for row in rows if (found := _solved(row, pinned)) is not None}
        written = replace_hashes(text, _renewed(solved))
        return Locked(
            lock=_lock(solved),
            text=written,
            unchanged=written == task.existing_text,
            is_read=True,
            recorded={},
        )


def _pins(file: RequirementsFile) -> Sequence[RequirementLine]:
    return [row for row in file.requirements if row.name is not None and find_pin(row) is not None]


def _solved(row: RequirementLine, pinned: Sequence[RequirementLine]) -> RequirementLine | None:
    """The line of the solution that a pin stands for; ``None`` where it is wanted nowhere."""
    found = [one for one in pinned if one.name == row.name]
    return next((one for one in found if len(found) == 1 or not one.marker.is_disjoint(row.marker)), None)


def _lock(solved: Mapping[RequirementLine, RequirementLine]) -> Lock:
    names = Counter(row.name for row in solved)
    return Lock(
        requires_python="",
        packages=tuple(
            Package(
                name=row.name or "",
                version=find_pin(found),
                source=ANY_INDEX,
                resolution_markers=(row.marker,) if names[row.name] > 1 and row.marker is not TRUE else (),
            )
            for row, found in solved.items()
        ),
    )


def _renewed(solved: Mapping[RequirementLine, RequirementLine]) -> Mapping[RequirementLine, Sequence[str]]:
    """The hashes of every pin whose own are of another version; raises ``NoSolutionError`` where there are none."""
    found: dict[RequirementLine, Sequence[str]] = {}
    for row, line in solved.items():
        if not row.hashes or find_pin(row) != find_pin(line) or set(row.hashes) & set(line.hashes):
            continue
        if not line.hashes:
            reason = f"the index has no hashes of {line.text.strip()}, and the file states them"
            raise NoSolutionError(reason, packages=(row.name or "",))
        found[row] = line.hashes
    return found


def _compiled(plan: CompilePlan, task: LockTask, pins: Mapping[str, Version | None]) -> Compiled:
    """Solve; a pinned version that only a build could tell of counts as requiring nothing, as long as it stays."""
    solving = Solving(cache=task.cache, limits=task.limits)
    for _ in range(_UNTOLD):
        try:
            return compile_planned(plan, task.index, solving)
        except BuildRequiredError as error:
            untold = pins.get(error.package)
            known = plan.request.dependency_metadata
            if untold is None or error.version != str(untold) or any(one.name == error.package for one in known):
                raise
            told = DependencyMetadata(name=error.package, version=untold)
            plan = replace(plan, request=with_fields(plan.request, dependency_metadata=(*known, told)))
    return compile_planned(plan, task.index, solving)
