"""What an output is made of: the files that its command reads, told apart by what they are there for."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from bot.compile.inputs import read_stated
from bot.compile.urls import WorkingFolder
from bot.errors import InputError
from bot.manifest.model import Declaration, DepType
from bot.pep440 import shorten
from bot.pinned.command_paths import seen_from, within
from bot.pinned.naming import may_state_requirements
from bot.pinned.outputs import Output, inputs_of
from bot.requirements.declarations import find_declarations
from bot.requirements.gather import Gathered
from bot.requirements.model import OptionKind, RequirementsFile
from bot.requirements.variables import find_variables
from bot.resolver.lowering.paths import join, parents
from bot.resolver.model.index import Tree

#: Options that name a place which is asked.
_PLACES = frozenset({OptionKind.INDEX_URL, OptionKind.EXTRA_INDEX_URL, OptionKind.FIND_LINKS})
#: The tables of a ``pyproject.toml`` that hold for whatever is compiled of it.
_ALWAYS = frozenset({DepType.DEPENDENCIES, DepType.CONSTRAINT, DepType.OVERRIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An output with the files that it is made of, by their paths in the repository.

    ``asking`` state what is asked for, ``bounding`` what bounds it (constraints and overrides), ``projects`` are manifests
    of projects. ``groups`` are the groups that are asked for, by manifest.
    """

    output: Output
    asking: Mapping[str, RequirementsFile]
    bounding: Mapping[str, RequirementsFile]
    projects: tuple[str, ...]
    groups: Mapping[str, frozenset[str]]

    @property
    def manifests(self) -> tuple[str, ...]:
        """Those of projects that state something of what is asked for."""
        return tuple(dict.fromkeys((*self.projects, *self.groups)))

    @property
    def reads(self) -> frozenset[str]:
        """All of them, what the command names beside, and manifests whose settings may hold for it."""
        around = (join(place, "pyproject.toml") for place in (self.output.folder, *parents(self.output.folder)))
        named = (*self.asking, *self.bounding, *self.groups, *inputs_of(self.output))
        return frozenset((*named, *around)) - {self.output.path}

    def takes_in(self, row: Declaration) -> bool:
        """Whether the command takes in a requirement of a project."""
        pip, name = self.output.arguments.pip, canonicalize_name(row.group or "")
        if row.table is DepType.GROUP:
            return name in self.groups.get(row.path, ())
        if row.path not in self.projects:
            return False
        is_chosen = bool(pip.all_extras) or name in (pip.extra or ())
        return row.table in _ALWAYS or (row.table is DepType.OPTIONAL and is_chosen)


def read_recipe(tree: Tree, output: Output) -> Recipe:
    """Read what the command names; raises ``InputError`` with the file and line that are wrong."""
    here = WorkingFolder(tree=tree, folder=output.folder, tree_root=None, variables={})
    with seen_from(output.folder):
        stated = read_stated(output.arguments, here)
        refuse_variables(stated.everything)
    asking: dict[str, RequirementsFile] = {}
    bounding: dict[str, RequirementsFile] = {}
    for gathered in stated.sources:
        bounds = _bounding(gathered)
        for file in gathered.files:
            (bounding if file.path in bounds else asking).setdefault(join(output.folder, file.path), file)
    for gathered in (*stated.constraints, *stated.overrides):
        bounding.update((join(output.folder, file.path), file) for file in gathered.files)
    return Recipe(
        output=output,
        asking=asking,
        bounding={path: file for path, file in bounding.items() if path not in asking},
        projects=tuple(join(output.folder, path) for path in stated.projects),
        groups=_groups(output),
    )


def _groups(output: Output) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for said in output.arguments.pip.group or ():
        path, colon, name = said.rpartition(":")
        stated = path if colon else posixpath.join(output.arguments.project or ".", "pyproject.toml")
        manifest = within(output.folder, stated, "manifest")
        found[manifest] = found.get(manifest, frozenset()) | {canonicalize_name(name)}
    return found


def refuse_variables(read: Iterable[Gathered]) -> None:
    """Nothing of lockbot's own environment is filled in for a repository: secrets would go where that says."""
    for option in (one for gathered in read for one in gathered.options):
        names = find_variables(option.stated.value) if option.stated.kind in _PLACES else ()
        if names:
            raise InputError(
                f"{option.stated.kind.value} names the variable {shorten(names[0])}, which is not filled in here",
                path=option.path,
                line=option.stated.line,
                hint="write the address without it; whoever runs lockbot can give it credentials for the address",
            )


def _bounding(gathered: Gathered) -> frozenset[str]:
    """The files of which nothing is asked for."""
    asking = {one.path for one in (*gathered.requirements, *gathered.editables)}
    return frozenset(one.path for one in gathered.constraints) - asking


def declared_in(recipes: Collection[Recipe], files: Collection[str]) -> Mapping[str, tuple[Declaration, ...]]:
    """The requirements of all files that recipes read and that may be edited, by path; ``files`` are those that may."""
    found: dict[str, tuple[Declaration, ...]] = {}
    for table, path, file in _stated_files(recipes):
        if path in files and path not in found and may_state_requirements(path):
            found[path] = find_declarations(replace(file, path=path), table)
    return found


def _stated_files(recipes: Collection[Recipe]) -> Iterator[tuple[DepType, str, RequirementsFile]]:
    """What some command asks for is asked for, wherever else it bounds."""
    for recipe in recipes:
        for path, file in recipe.asking.items():
            yield DepType.REQUIREMENTS, path, file
    for recipe in recipes:
        for path, file in recipe.bounding.items():
            yield DepType.CONSTRAINTS, path, file
