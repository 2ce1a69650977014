"""What a command compiles as a unit: its output is the lock, the requirements of its inputs are declarations.

An input may be shared by several outputs, and an output may be the input (a constraint, as a rule) of another one. A
project's ``pyproject.toml`` is read with its own kind; only the tables that the command asks for take part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from packaging.utils import canonicalize_name

from bot.compile.inputs import Stated, read_stated
from bot.compile.urls import WorkingFolder
from bot.detect.left_alone import find_placeholder
from bot.detect.model import Listing, LockUnit, Manifest, Solvable, to_problem
from bot.detect.requirements.compiling import CompiledForm
from bot.detect.requirements.naming import may_state_requirements
from bot.detect.requirements.outputs import Output, Outputs, in_order, inputs_of
from bot.errors import InputError
from bot.manifest.model import Declaration, DepType
from bot.ports.run import Problem
from bot.requirements.declarations import find_declarations
from bot.requirements.gather import Gathered
from bot.requirements.model import RequirementsFile
from bot.resolver.lowering.paths import join

#: The tables of a ``pyproject.toml`` that hold for whatever is compiled of it.
_ALWAYS = frozenset({DepType.DEPENDENCIES, DepType.CONSTRAINT, DepType.OVERRIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """``manifests`` are the inputs that state requirements line by line; ``read`` is everything that commands read."""

    units: tuple[LockUnit, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """An output with the files that it is made of, by their paths in the repository.

    ``asking`` state what is asked for, ``bounding`` what bounds it (the constraints and overrides).
    """

    output: Output
    stated: Stated
    asking: Mapping[str, RequirementsFile]
    bounding: Mapping[str, RequirementsFile]
    projects: tuple[str, ...]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset((*self.asking, *self.bounding, *inputs_of(self.output))) - {self.output.path}


def find_compiled(listing: Listing, outputs: Outputs, files: Collection[str]) -> Compiled:
    recipes: dict[str, _Recipe] = {}
    problems: list[Problem] = []
    for output in outputs.found:
        try:
            recipes[output.path] = _read(listing, output)
        except InputError as error:
            if find_placeholder(output.path, output.text or "") is None:
                problems.append(to_problem(error, output.path))
    written = {one.path for one in (*outputs.found, *outputs.foreign)}
    manifests = _manifests(recipes.values(), {path for path in files if path not in written})
    ordered = in_order([one.output for one in recipes.values()], {path: one.reads for path, one in recipes.items()})
    return Compiled(
        units=tuple(_unit(recipes[one.path], manifests) for one in ordered),
        manifests=manifests,
        problems=tuple(problems),
        read=frozenset(path for output in outputs.found for path in inputs_of(output)).union(
            *(one.reads for one in recipes.values())
        ),
    )


def _read(listing: Listing, output: Output) -> _Recipe:
    """Read what the command names; raises ``InputError`` with the file and line that are wrong."""
    here = WorkingFolder(tree=listing, folder=output.folder, tree_root=None, variables={})
    stated = read_stated(output.arguments, here)
    asking: dict[str, RequirementsFile] = {}
    bounding: dict[str, RequirementsFile] = {}
    for gathered in stated.sources:
        bounds = _bounding(gathered)
        for file in gathered.files:
            (bounding if file.path in bounds else asking).setdefault(join(output.folder, file.path), file)
    for gathered in (*stated.constraints, *stated.overrides, *stated.excludes):
        bounding.update((join(output.folder, file.path), file) for file in gathered.files)
    return _Recipe(
        output=output,
        stated=stated,
        asking=asking,
        bounding={path: file for path, file in bounding.items() if path not in asking},
        projects=tuple(join(output.folder, path) for path in stated.projects),
    )


def _bounding(gathered: Gathered) -> frozenset[str]:
    """The files of which nothing is asked for."""
    asking = {one.path for one in (*gathered.requirements, *gathered.editables)}
    return frozenset(one.path for one in gathered.constraints) - asking


def _manifests(recipes: Collection[_Recipe], files: Collection[str]) -> Mapping[str, Manifest]:
    """The inputs that may be edited: regular files with a name for requirements, that no command writes."""
    found: dict[str, Manifest] = {}
    for table, path, file in _stated_files(recipes):
        if path in files and path not in found and may_state_requirements(path):
            rows = find_declarations(replace(file, path=path), table)
            found[path] = Manifest(path=path, declarations=rows)
    return found


def _stated_files(recipes: Collection[_Recipe]) -> Iterator[tuple[DepType, str, RequirementsFile]]:
    """What some command asks for is asked for, wherever else it bounds."""
    for recipe in recipes:
        for path, file in recipe.asking.items():
            yield DepType.REQUIREMENTS, path, file
    for recipe in recipes:
        for path, file in recipe.bounding.items():
            yield DepType.CONSTRAINTS, path, file


def _unit(recipe: _Recipe, manifests: Mapping[str, Manifest]) -> LockUnit:
    own = tuple(path for path in (*recipe.asking, *recipe.bounding) if path in manifests)
    return LockUnit(
        kind="compiled requirements",
        root=recipe.output.folder,
        manifests=(*own, *recipe.projects),
        lock=recipe.output.path,
        solvables=partial(_solvables, recipe, own),
    )


def _solvables(
    recipe: _Recipe, own: Sequence[str], _found: LockUnit, manifests: Mapping[str, Manifest]
) -> Iterator[Solvable]:
    output, form = recipe.output, CompiledForm(output=recipe.output)
    rows = [row for path in own for row in manifests[path].declarations]
    rows += [row for path in recipe.projects if path in manifests for row in _of_project(manifests[path], output)]
    first = Solvable(
        name=output.path,
        lock=output.path,
        declarations=tuple(rows),
        libraries=frozenset(path for path in recipe.projects if path in manifests and manifests[path].is_library),
        lower=form.lower,
        form=form,
        reads=recipe.reads,
    )
    others = (replace(first, lower=one.lower, form=one) for one in form.alternatives())
    yield replace(first, alternatives=tuple(others))


def _of_project(manifest: Manifest, output: Output) -> Iterator[Declaration]:
    """The requirements of a project that its command takes in."""
    pip = output.arguments.pip
    extras = frozenset(pip.extra or ())
    groups = {canonicalize_name(said.rpartition(":")[2]) for said in pip.group or ()}
    for row in manifest.declarations:
        name = canonicalize_name(row.group or "")
        is_extra = row.table is DepType.OPTIONAL and (bool(pip.all_extras) or name in extras)
        if row.table in _ALWAYS or is_extra or (row.table is DepType.GROUP and name in groups):
            yield row
