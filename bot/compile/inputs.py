"""The files that a command names, read and lowered: what is asked for, by whom, and what bends it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name

from bot.compile.arguments import CompileArguments
from bot.compile.origins import WORKSPACE, Asked, Origin, OriginKind
from bot.compile.projects import GroupFile, ReadProject, read_group, read_project
from bot.compile.settings import CompileSettings, Switch, parse_switch
from bot.compile.unnamed import find_name
from bot.compile.urls import WorkingFolder, from_working_folder, lower_url
from bot.errors import InputError
from bot.export.pylock_toml import is_pylock_name
from bot.lockfile.model import Exclude, RegistryRequirement, Requirement, RequirementSource, ScopedOverride
from bot.manifest.model import DeclaredRequirement, UvSettings
from bot.manifest.script import parse_script
from bot.patterns import pattern
from bot.requirements.gather import (
    Gathered,
    PlacedOption,
    PlacedRequirement,
    gather_requirements,
    is_address,
)
from bot.requirements.model import OptionKind
from bot.requirements.variables import expand_variables
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.lowering.modifiers import lower_excludes, lower_overrides
from bot.resolver.lowering.paths import is_absolute, join
from bot.resolver.lowering.settings import Effective
from bot.resolver.lowering.sources import Place, lower_plain
from bot.resolver.model.index import IndexPort

_PROJECTS = ("pyproject.toml", "setup.cfg", "setup.py")
_SCRIPT = pattern(r"(?m)^# /// script\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that is asked for. ``scoped`` are overrides for what some packages ask for alone."""

    requirements: tuple[Asked, ...] = ()
    constraints: tuple[Asked, ...] = ()
    overrides: tuple[Asked, ...] = ()
    scoped: tuple[ScopedOverride, ...] = ()
    excludes: tuple[Exclude, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What requirements files say of indexes and builds; ``as_written`` is the same for who repeats it, ``ignored``
    what counts on the command line alone."""

    settings: UvSettings = field(default_factory=UvSettings)
    as_written: UvSettings = field(default_factory=UvSettings)
    no_binary: Switch = field(default_factory=Switch)
    no_build: Switch = field(default_factory=Switch)
    ignored: tuple[PlacedOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The files of a command as they were read, nothing lowered."""

    sources: tuple[Gathered, ...] = ()
    constraints: tuple[Gathered, ...] = ()
    overrides: tuple[Gathered, ...] = ()
    excludes: tuple[Gathered, ...] = ()
    projects: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    @property
    def everything(self) -> tuple[Gathered, ...]:
        return (*self.sources, *self.constraints, *self.overrides, *self.excludes)


class _Files:
    """Requirements files of the folder where a command runs."""

    def __init__(self, here: WorkingFolder) -> None:
        self._here = here

    def read(self, path: str, /) -> str | None:
        if is_address(path):
            raise InputError(
                f"requirements at an address are not read: {path}", hint="bring the file into the repository"
            )
        if path == "-":
            raise InputError("requirements of the standard input are not read", hint="name a file")
        if is_absolute(path) and self._here.tree_root is None:
            raise InputError(f"the path {path} is one of another machine", hint="write it from where the file lies")
        target = path.lstrip("/") if is_absolute(path) else join(self._here.folder, path)
        if target == ".." or target.startswith("../"):
            raise InputError(f"{path} leads out of the repository", hint="move the file into it")
        return self._here.tree.read_text(target)


def read_stated(arguments: CompileArguments, here: WorkingFolder) -> Stated:
    """Read all files that the command names, with those that they include; raises ``InputError``."""
    files, variables = _Files(here), here.known_variables
    sources: list[Gathered] = []
    projects: list[str] = []
    scripts: list[str] = []
    for path in arguments.sources:
        kind = _kind_of(path, files)
        if kind == "project":
            projects.append(path)
        elif kind == "script":
            scripts.append(path)
        else:
            sources.append(gather_requirements(files, path, variables))
    for path in arguments.build_constraints:
        # Nothing is built, but they have to be right.
        _bounds(files, path, variables)
    return Stated(
        sources=tuple(sources),
        constraints=tuple(_bounds(files, path, variables) for path in arguments.constraints),
        overrides=tuple(_plain(files, path, variables, "overrides") for path in arguments.overrides),
        excludes=tuple(_plain(files, path, variables, "excludes") for path in arguments.excludes),
        projects=tuple(projects),
        scripts=tuple(scripts),
    )


def _kind_of(path: str, files: _Files) -> str:
    name = posixpath.basename(path)
    if name in _PROJECTS:
        return "project"
    if name == "environment.yml":
        raise InputError("environments of conda are not read", path=path, hint="write a requirements file")
    if is_pylock_name(name):
        raise InputError("a pylock.toml is written, never compiled", path=path, hint="name what it was made from")
    if name.lower().endswith(".toml"):
        raise InputError("this is no pyproject.toml", path=path, hint="name a pyproject.toml or a requirements file")
    if name.lower().endswith((".py", ".pyw")):
        return "script"
    if "." not in name.lstrip(".") and _SCRIPT.search(files.read(path) or ""):
        return "script"
    return "requirements"


def _plain(files: _Files, path: str, variables: Mapping[str, str], what: str) -> Gathered:
    name = posixpath.basename(path)
    if name in _PROJECTS or name.lower().endswith(".toml"):
        raise InputError(f"{what} are requirements files", path=path, hint="write them into one")
    return gather_requirements(files, path, variables)


def _bounds(files: _Files, path: str, variables: Mapping[str, str]) -> Gathered:
    """A file of constraints: what it asks for bounds only."""
    found = _plain(files, path, variables, "constraints")
    unnamed = [one for one in (*found.requirements, *found.editables) if one.stated.name is None]
    if unnamed:
        stated = unnamed[0].stated
        raise InputError(f"a constraint needs a name, and {stated.text!r} has none", path=path, line=stated.line)
    return found


# --- options of the files ---------------------------------------------------------------------------


def read_file_options(stated: Stated, here: WorkingFolder) -> FileOptions:
    """What the files say of indexes and builds; raises ``InputError`` where they contradict each other."""
    counted = (*stated.sources, *stated.constraints, *stated.overrides)
    return FileOptions(
        settings=UvSettings(
            index_url=_index_url(counted, here),
            extra_index_url=tuple(_index(one, here) for one in _all(counted, OptionKind.EXTRA_INDEX_URL)) or None,
            find_links=tuple(_links(one, here) for one in _all(counted, OptionKind.FIND_LINKS)) or None,
            no_index=bool(list(_all(counted, OptionKind.NO_INDEX))) or None,
        ),
        as_written=UvSettings(
            index_url=_first_written(counted),
            extra_index_url=_written(counted, OptionKind.EXTRA_INDEX_URL),
            find_links=_written(counted, OptionKind.FIND_LINKS),
            no_index=bool(list(_all(counted, OptionKind.NO_INDEX))) or None,
        ),
        no_binary=_switch(counted, OptionKind.NO_BINARY),
        no_build=_switch(counted, OptionKind.ONLY_BINARY),
        ignored=tuple(one for gathered in stated.everything for one in gathered.ignored),
    )


def _all(gathered: Iterable[Gathered], kind: OptionKind) -> Iterator[PlacedOption]:
    return (one for each in gathered for one in each.values(kind))


def _written(gathered: Iterable[Gathered], kind: OptionKind) -> tuple[str, ...] | None:
    return tuple(one.stated.value for one in _all(gathered, kind)) or None


def _first_written(gathered: Iterable[Gathered]) -> str | None:
    named = [one.index_url.stated.value for one in gathered if one.index_url is not None]
    return named[-1] if named else None


def _switch(gathered: Iterable[Gathered], kind: OptionKind) -> Switch:
    found = Switch()
    for one in _all(gathered, kind):
        found |= parse_switch((one.stated.value,), kind.value.removeprefix("--"))
    return found


def _index_url(gathered: Sequence[Gathered], here: WorkingFolder) -> str | None:
    named = [one.index_url for one in gathered if one.index_url is not None]
    urls = [_index(one, here) for one in named]
    if any(url.rstrip("/") != urls[0].rstrip("/") for url in urls):
        other = named[1]
        raise InputError("the files state several --index-url", path=other.path, line=other.stated.line)
    return urls[-1] if urls else None


def _index(option: PlacedOption, here: WorkingFolder) -> str:
    """An index as the settings take it: a URL, or the absolute path of a folder."""
    said = expand_variables(option.stated.value, here.known_variables)
    return said if is_address(said) else _folder(option, said, ".", here)


def _links(option: PlacedOption, here: WorkingFolder) -> str:
    said = expand_variables(option.stated.value, here.known_variables)
    return said if is_address(said) else _folder(option, said, posixpath.dirname(option.path), here)


def _folder(option: PlacedOption, said: str, start: str, here: WorkingFolder) -> str:
    if here.tree_root is None:
        problem = f"{option.stated.kind.value} names a folder, which can't be read here"
        raise InputError(problem, path=option.path, line=option.stated.line, hint="use the URL of an index")
    return posixpath.normpath(posixpath.join(here.tree_root, here.folder, start, said))


# --- what is asked for ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReader:
    """Lowers what was read; ``effective`` are the settings, by which sources of projects are looked up."""

    here: WorkingFolder
    effective: Effective
    port: IndexPort
    lowering: TreeLowering

    def read(self, arguments: CompileArguments, settings: CompileSettings, stated: Stated) -> Inputs:
        """All that is asked for; raises ``InputError`` and ``BuildRequiredError``."""
        projects = [read_project(self.here, path, self.effective) for path in stated.projects]
        asked = [self._placed(gathered, one) for gathered in stated.sources for one in _of_file(gathered)]
        asked += [each for path in stated.scripts for each in self._script(path)]
        named = [one for one, is_named in asked if is_named] + [one for one, is_named in asked if not is_named]
        overrides, scoped = self._overrides(settings, stated)
        return Inputs(
            requirements=(
                *named,
                *_of_projects(projects, settings),
                *self._groups(arguments, settings),
            ),
            constraints=(
                *(one for gathered in stated.sources for one in self._constraints(gathered)),
                *(one for gathered in stated.constraints for one in self._constraints(gathered, all_of_it=True)),
                *(self._of_settings(requirement) for requirement in settings.stated.constraints),
            ),
            overrides=overrides,
            scoped=scoped,
            excludes=(*self._excludes(stated), *lower_excludes(settings.stated.excludes)),
        )

    def _placed(self, gathered: Gathered, one: PlacedRequirement) -> tuple[Asked, bool]:
        """A requirement of a file, and whether it has a name of its own."""
        stated = one.stated
        try:
            source = self._source(one)
            name = stated.name or find_name(source, stated.url or stated.text, self.port, self.lowering, self.here)
        except InputError as error:
            raise replace_place(error, one.path, stated.line) from None
        requirement = Requirement(name=name, extras=stated.extras, marker=stated.marker, source=source)
        return Asked(requirement=requirement, origin=_origin(gathered, one.path, self.here), given=stated.url), bool(
            stated.name
        )

    def _source(self, one: PlacedRequirement) -> RequirementSource:
        stated = one.stated
        if stated.url is None:
            return RegistryRequirement(specifier=stated.specifier)
        return lower_url(stated.url, self.here, is_editable=stated.is_editable)

    def _constraints(self, gathered: Gathered, *, all_of_it: bool = False) -> Iterator[Asked]:
        stated = (*_of_file(gathered), *gathered.constraints) if all_of_it else gathered.constraints
        for one in stated:
            yield self._placed(gathered, one)[0]

    def _overrides(
        self, settings: CompileSettings, stated: Stated
    ) -> tuple[tuple[Asked, ...], tuple[ScopedOverride, ...]]:
        of_settings = lower_overrides(settings.stated.overrides, self._nowhere())
        plain = [Asked(requirement=one, origin=WORKSPACE) for one in of_settings if isinstance(one, Requirement)]
        files = [self._placed(gathered, one) for gathered in stated.overrides for one in _of_file(gathered)]
        ordered = [one for one, named in files if named] + [one for one, named in files if not named]
        return (*plain, *ordered), tuple(one for one in of_settings if isinstance(one, ScopedOverride))

    def _excludes(self, stated: Stated) -> Iterator[str]:
        for gathered in stated.excludes:
            for one in _of_file(gathered):
                if one.stated.name is None:
                    raise InputError("what is left out needs a name", path=one.path, line=one.stated.line)
                yield one.stated.name

    def _of_settings(self, requirement: DeclaredRequirement) -> Asked:
        return Asked(requirement=lower_plain(requirement, self._nowhere()), origin=WORKSPACE, given=requirement.url)

    def _nowhere(self) -> Place:
        """Settings name no sources: requirements in them mean what they say."""
        return Place(
            tree=self.here.tree,
            folder=self.here.folder,
            lock_folder=self.here.folder,
            manifest_path="[tool.uv]",
            ignores_sources=lambda _: True,
        )

    def _script(self, path: str) -> Iterator[tuple[Asked, bool]]:
        text = self.here.tree.read_text(join(self.here.folder, path))
        script = None if text is None else parse_script(text, path)
        if script is None:
            raise InputError("no '# /// script' header" if text is not None else "no such file", path=path)
        for requirement in script.dependencies:
            yield Asked(requirement=lower_plain(requirement, self._nowhere()), given=requirement.url), True

    def _groups(self, arguments: CompileArguments, settings: CompileSettings) -> Iterator[Asked]:
        project = arguments.project or "."
        wanted: dict[GroupFile, list[str]] = {}
        for said in settings.pip.group or ():
            path, colon, name = said.rpartition(":")
            if colon and not path.endswith("pyproject.toml"):
                raise InputError(f"--group {said!r} names no pyproject.toml", hint="write PATH/pyproject.toml:GROUP")
            place = GroupFile(
                path=path if colon else posixpath.normpath(f"{project}/pyproject.toml"), is_named=bool(colon)
            )
            wanted.setdefault(place, []).append(canonicalize_name(name))
        for place, names in wanted.items():
            yield from read_group(self.here, place, names, self.effective)


def replace_place(error: InputError, path: str, line: int) -> InputError:
    """The error with the place where the requirement stands, unless it names a better one."""
    if error.path is not None:
        return error
    return type(error)(error.problem, path=path, line=line, hint=error.hint)


def _of_file(gathered: Gathered) -> tuple[PlacedRequirement, ...]:
    return (*gathered.requirements, *gathered.editables)


def _origin(gathered: Gathered, path: str, here: WorkingFolder) -> Origin:
    """uv makes absolute what a file without a folder includes, counts it as absolute from then on, and shows what lies
    below the folder of the command from there."""
    first = gathered.files[0].path
    is_absolute = path.startswith("/") or (path != first and not posixpath.dirname(first))
    shown = from_working_folder(path, here)
    while is_absolute and shown.startswith("./"):
        shown = shown.removeprefix("./").lstrip("/")
    return Origin(kind=OriginKind.FILE, path=shown, is_absolute=is_absolute)


def _of_projects(projects: Sequence[ReadProject], settings: CompileSettings) -> Iterator[Asked]:
    """What projects require, with the extras that are asked for."""
    wanted = settings.pip.extra or ()
    known = {extra for project in projects for extra in project.extras}
    missing = [extra for extra in wanted if extra not in known]
    if (wanted or settings.pip.all_extras) and not projects:
        raise InputError("extras need a pyproject.toml, setup.cfg or setup.py", hint="name one, or leave it out")
    if missing:
        raise InputError(f"no extra {missing[0]} is declared", hint="check --extra")
    for project in projects:
        unwanted = settings.pip.no_extra or ()
        chosen = {one for one in project.extras if (settings.pip.all_extras or one in wanted) and one not in unwanted}
        for one in project.requirements:
            yield replace(one, requirement=_with_extras(one.requirement, frozenset(chosen)))


def _with_extras(requirement: Requirement, chosen: frozenset[str]) -> Requirement:
    """The requirement where these extras are asked for."""
    marker = requirement.marker.assume_extras(lambda name: True if name in chosen else None)
    return Requirement(
        name=requirement.name,
        extras=requirement.extras,
        groups=requirement.groups,
        marker=marker,
        source=requirement.source,
    )
