"""Several requirements files as one, with all that they include, in uv's order.

A file that is included twice counts once; what a constraints file includes are constraints, whatever the option. Where
files come from is an argument: nothing is opened here, and what may be opened is for ``Files`` to say.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.errors import InputError
from bot.limits import INCLUDE_DEPTH, INCLUDED_FILES, REQUIREMENTS_FILE_TEXT
from bot.patterns import pattern
from bot.requirements.model import (
    Include,
    IncludeKind,
    Option,
    OptionKind,
    RequirementLine,
    RequirementsFile,
)
from bot.requirements.reader import parse_requirements
from bot.requirements.variables import expand_variables

_URL = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\\)")
_ABSOLUTE = pattern(r"[A-Za-z]:[\\/]")
_FILES = (".txt", ".in")


class Files(Protocol):
    """Where requirements files are read from; ``path`` is a path or an address as an include names it, made whole."""

    def read(self, path: str, /) -> str | None:
        """The text, ``None`` where there is no such file; raises ``InputError`` for what may not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRequirement:
    """A requirement and the file that states it."""

    path: str
    stated: RequirementLine


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOption:
    path: str
    stated: Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """``files`` are all that was read, in the order of reading."""

    requirements: tuple[PlacedRequirement, ...] = ()
    editables: tuple[PlacedRequirement, ...] = ()
    constraints: tuple[PlacedRequirement, ...] = ()
    options: tuple[PlacedOption, ...] = ()
    files: tuple[RequirementsFile, ...] = ()

    def values(self, kind: OptionKind) -> tuple[PlacedOption, ...]:
        """What is stated of one option, in order."""
        return tuple(one for one in self.options if one.stated.kind is kind)

    @property
    def index_url(self) -> PlacedOption | None:
        """The one that counts: the first."""
        return next(iter(self.values(OptionKind.INDEX_URL)), None)

    @property
    def ignored(self) -> tuple[PlacedOption, ...]:
        """Options that uv warns of and goes on without."""
        return tuple(one for one in self.options if not one.stated.kind.counts)


def gather_requirements(files: Files, path: str, variables: Mapping[str, str] | None = None) -> Gathered:
    """A requirements file with all that it includes; raises ``InputError`` with the file and line that are wrong.

    ``variables`` are what ``${NAMES}`` in included paths stand for; the others stay as written.
    """
    return _Gathering(files, variables or {}).requirements(path, read_file(files, path), depth=0)


def read_file(files: Files, path: str, *, named_by: tuple[str, Include] | None = None) -> RequirementsFile:
    """Read and parse one file; ``named_by`` is the file and statement that include it."""
    where, line = (named_by[0], named_by[1].line) if named_by else (path, None)
    try:
        text = files.read(path)
    except InputError as error:
        raise InputError(error.problem, path=error.path or where, line=error.line or line, hint=error.hint) from error
    if text is None:
        what = f"{path!r} is included here and is no file" if named_by else "there is no such file"
        raise InputError(what, path=where, line=line)
    return parse_requirements(text, path)


def resolve_target(target: str, path: str) -> str:
    """The path or address that an include means: paths start at the folder of the file that names them."""
    if is_address(target) or _ABSOLUTE.match(target) or target == "-":
        return target
    if is_address(path):
        return _beside(path, target)
    folder = posixpath.dirname(path)
    while folder.endswith("/."):
        folder = folder.removesuffix("/.").rstrip("/")
    return posixpath.join(folder, target)


def is_address(text: str) -> bool:
    """Whether it is a URL and no path."""
    return _URL.match(text) is not None and _ABSOLUTE.match(text) is None


def _beside(address: str, target: str) -> str:
    scheme, _, rest = address.partition("://")
    host, slash, folder = rest.partition("/")
    if target.startswith("/"):
        return f"{scheme}://{host}{target}"
    return f"{scheme}://{host}{posixpath.normpath(posixpath.join(slash, posixpath.dirname(folder), target))}"


class _Gathering:
    """What was included already, of each kind."""

    def __init__(self, files: Files, variables: Mapping[str, str]) -> None:
        self.files = files
        self.variables = variables
        self.included: set[str] = set()
        self.constraints: set[str] = set()
        self.count = 0
        self.size = 0

    def requirements(self, path: str, file: RequirementsFile, *, depth: int, only: bool = False) -> Gathered:
        """What a file states; ``only``: whatever it includes are constraints."""
        parts = [Gathered(files=(file,))]
        index: PlacedOption | None = None
        for statement in file.statements:
            match statement:
                case RequirementLine():
                    part = self._placed(path, statement)
                case Option():
                    part = _with_option(index, PlacedOption(path=path, stated=statement))
                case Include():
                    part = _agreeing(index, self._included(path, statement, depth=depth, only=only), path, statement)
            index = index or part.index_url
            parts.append(part)
        return join_all(parts)

    def as_constraints(self, found: Gathered) -> Gathered:
        """What a constraints file states: requirements with a name, and nothing of its options but to require hashes."""
        if found.editables:
            wrong = found.editables[0]
            raise InputError("a constraint can't be editable", path=wrong.path, line=wrong.stated.line)
        unnamed = next((one for one in found.requirements if one.stated.name is None), None)
        if unnamed is not None:
            raise InputError(
                f"a constraint needs the name of a package, and {unnamed.stated.text!r} has none",
                path=unnamed.path,
                line=unnamed.stated.line,
            )
        options = tuple(one for one in found.options if one.stated.kind is OptionKind.REQUIRE_HASHES)
        return Gathered(constraints=found.requirements + found.constraints, options=options, files=found.files)

    def _placed(self, path: str, stated: RequirementLine) -> Gathered:
        self._check_name(path, stated)
        placed = (PlacedRequirement(path=path, stated=stated),)
        return Gathered(editables=placed) if stated.is_editable else Gathered(requirements=placed)

    def _check_name(self, path: str, stated: RequirementLine) -> None:
        """A file's name without ``-r`` is a mistake, though it could be a package's."""
        if stated.url is None and stated.text.endswith(_FILES) and self.files.read(stated.text) is not None:
            raise InputError(
                f"{stated.text!r} is a requirements file and stands where a package is named",
                path=path,
                line=stated.line,
                hint=f"write '-r {stated.text}'",
            )

    def _included(self, path: str, include: Include, *, depth: int, only: bool) -> Gathered:
        target = resolve_target(expand_variables(include.target, self.variables), path)
        as_constraints = only or include.kind is IncludeKind.CONSTRAINTS
        known = self.constraints if as_constraints else self.included
        identity = target if is_address(target) else posixpath.normpath(target)
        if identity in known:
            return Gathered()
        known.add(identity)
        self._check_depth(path, include, depth)
        file = read_file(self.files, target, named_by=(path, include))
        self._check_size(path, include, file)
        found = self.requirements(target, file, depth=depth + 1, only=as_constraints)
        return self.as_constraints(found) if include.kind is IncludeKind.CONSTRAINTS else found

    def _check_depth(self, path: str, include: Include, depth: int) -> None:
        self.count += 1
        if depth >= INCLUDE_DEPTH:
            raise InputError(f"files include each other more than {INCLUDE_DEPTH} deep", path=path, line=include.line)
        if self.count > INCLUDED_FILES:
            raise InputError(f"more than {INCLUDED_FILES} files are included", path=path, line=include.line)

    def _check_size(self, path: str, include: Include, file: RequirementsFile) -> None:
        self.size += sum(one.span.end - one.span.start for one in file.statements)
        if self.size > REQUIREMENTS_FILE_TEXT:
            raise InputError("the included files are too large together", path=path, line=include.line)


def _with_option(index: PlacedOption | None, option: PlacedOption) -> Gathered:
    if option.stated.kind is OptionKind.INDEX_URL and index is not None:
        raise InputError("--index-url is stated twice", path=option.path, line=option.stated.line)
    return Gathered(options=(option,))


def _agreeing(index: PlacedOption | None, included: Gathered, path: str, include: Include) -> Gathered:
    """What is included, without an index that is stated already; another index is refused."""
    other = included.index_url
    if index is None or other is None:
        return included
    if index.stated.value != other.stated.value:
        raise InputError("the file that is included states another --index-url", path=path, line=include.line)
    kept = tuple(one for one in included.options if one.stated.kind is not OptionKind.INDEX_URL)
    return replace(included, options=kept)


def join_all(parts: Sequence[Gathered]) -> Gathered:
    return Gathered(
        requirements=tuple(one for part in parts for one in part.requirements),
        editables=tuple(one for part in parts for one in part.editables),
        constraints=tuple(one for part in parts for one in part.constraints),
        options=tuple(one for part in parts for one in part.options),
        files=tuple(one for part in parts for one in part.files),
    )
