"""What the command, the environment, ``[tool.uv.pip]`` and the settings around it say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

from bot.compile.arguments import CompileArguments
from bot.errors import InputError
from bot.manifest.model import PipSettings, UvSettings
from bot.manifest.tool_uv import StatedDependencies, parse_stated_dependencies
from bot.resolver.lowering import CommandSettings, discover_workspace
from bot.resolver.lowering.settings import (
    Effective,
    Found,
    WrittenIndexes,
    find_settings,
    merge_settings,
    written_indexes,
)
from bot.resolver.model.index import Tree
from bot.resolver.model.request import Experiment
from bot.values import field_names, replace

_ALL, _NONE = ":all:", ":none:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is switched off: for all packages or for some. ``None`` lists mean nothing is."""

    everything: bool = False
    packages: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return self.everything or name in self.packages

    def __or__(self, other: Switch) -> Switch:
        """Both together: all is more than some."""
        everything = self.everything or other.everything
        return Switch(everything=everything, packages=() if everything else self.packages + other.packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileSettings:
    """``pip`` is what the command and the files say of compiling, ``command`` and ``files`` what they say of resolving, as
    ``merge_settings`` takes it; ``stated`` are the tables that bend what is resolved."""

    pip: PipSettings
    command: CommandSettings
    files: tuple[Found, ...]
    stated: StatedDependencies
    no_binary: Switch
    no_build: Switch

    def effective(self, stated_by_files: UvSettings, no_binary: Switch, no_build: Switch) -> Effective:
        """All merged, with what the requirements files themselves say of indexes and builds."""
        files = (*self.files, Found(settings=stated_by_files, folder=self.command.folder))
        merged = merge_settings(self.command, files)
        binary, build = self.no_binary | no_binary, self.no_build | no_build
        options = replace(
            merged.options,
            no_build=build.everything,
            no_build_package=frozenset(build.packages),
            no_binary=binary.everything,
            no_binary_package=frozenset(binary.packages),
            direct_only=bool(self.pip.no_deps),
            experiments=merged.options.experiments & {Experiment.HASHES},
        )
        return replace(merged, options=options)

    def written_indexes(self, stated_by_files: UvSettings) -> WrittenIndexes:
        """The indexes as they are written, for lines that name them."""
        return written_indexes(self.command, (*self.files, Found(settings=stated_by_files, folder=self.command.folder)))

    def switches(self, no_binary: Switch, no_build: Switch) -> tuple[Switch, Switch]:
        """What is switched off altogether: wheels, and source distributions."""
        return self.no_binary | no_binary, self.no_build | no_build


def read_settings(arguments: CompileArguments, tree: Tree, project: str, base: CommandSettings) -> CompileSettings:
    """Read the settings that count for the folder ``project``; ``base`` is what the environment says.

    Raises ``InputError`` for a wrong ``uv.toml`` and for tables that can't be read.
    """
    command = _as_pip_orders(arguments.over(base))
    found = find_settings(tree, _settings_folder(tree, project), command)
    pips = [one for one in found if one.settings.pip is not None]
    pip = _merge_pip([arguments.pip, *(one.settings.pip for one in pips if one.settings.pip is not None)])
    tops = [_around(one) for one in found]
    around = [replace(one, settings=one.settings.pip.around, passed_over=(), hidden=None) for one in pips
              if one.settings.pip is not None]  # fmt: skip
    return CompileSettings(
        pip=pip,
        command=command,
        files=(*around, *(replace(one, settings=_without_builds(one.settings)) for one in tops)),
        stated=_stated(found),
        no_binary=_listed(pip.no_binary, "no-binary") | _of_top(tops, "no_binary"),
        no_build=_no_build(arguments, pip, [one.settings for one in around]) | _of_top(tops, "no_build"),
    )


def _as_pip_orders(command: CommandSettings) -> CommandSettings:
    """All indexes of the command come before those of files, here also the ones by their old options."""
    default = command.default_index or command.index_url
    return replace(
        command,
        default_index=default,
        indexes=(*command.indexes, *command.extra_index_url),
        index_url=None,
        extra_index_url=(),
        no_build=None,
        no_binary=None,
        no_build_package=(),
        no_binary_package=(),
    )


def _settings_folder(tree: Tree, folder: str) -> str:
    """Settings are those of the workspace that the folder belongs to, else of the folder."""
    try:
        return discover_workspace(tree, folder).root
    except InputError:
        return folder


def _merge_pip(layers: Sequence[PipSettings]) -> PipSettings:
    """The first that says something counts; lists add up."""
    merged = PipSettings()
    for layer in reversed(layers):
        for name in field_names(PipSettings):
            said = getattr(layer, name)
            if name == "around" or said is None:
                continue
            before = getattr(merged, name)
            both = (*said, *before) if isinstance(said, tuple) and isinstance(before, tuple) else said
            field: dict[str, Any] = {name: both}
            merged = replace(merged, **field)
    return merged


def _around(found: Found) -> Found:
    return replace(found, settings=replace(found.settings, pip=None))


def _without_builds(settings: UvSettings) -> UvSettings:
    return replace(settings, no_build=None, no_build_package=None, no_binary=None, no_binary_package=None)


def _listed(said: Iterable[str] | None, option: str) -> Switch:
    """A list as pip has it: ``:all:`` is everything, ``:none:`` forgets what stands before."""
    found = Switch()
    for text in said or ():
        if text == _ALL:
            found = Switch(everything=True)
        elif text == _NONE:
            found = Switch()
        else:
            found |= Switch(packages=(_name(text, option),))
    return found


def parse_switch(texts: Iterable[str], option: str) -> Switch:
    """What requirements files say by ``--no-binary`` or ``--only-binary``; raises ``InputError``."""
    return _listed(texts, option)


def _name(text: str, option: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except ValueError:
        raise InputError(f"--{option} {text!r} is not a name", hint="name one package, or :all: or :none:") from None


def _no_build(arguments: CompileArguments, pip: PipSettings, around: Iterable[UvSettings]) -> Switch:
    stated = next((one.no_build for one in around if one.no_build is not None), None)
    said = arguments.no_build if arguments.no_build is not None else stated
    return Switch(everything=True) if said else _listed(pip.only_binary, "only-binary")


def _of_top(files: Iterable[Found], name: str) -> Switch:
    """What the settings around ``[tool.uv.pip]`` say; the strongest file counts."""
    switch: bool | None = None
    packages: tuple[str, ...] | None = None
    for one in files:
        switch = getattr(one.settings, name) if switch is None else switch
        packages = getattr(one.settings, f"{name}_package") if packages is None else packages
    if switch is not None:
        return Switch(everything=switch)
    return Switch(packages=packages or ())


def _stated(files: Iterable[Found]) -> StatedDependencies:
    """The tables of the strongest file: those of others add to its lists in uv only where it has none."""
    for one in files:
        if one.place is not None:
            return parse_stated_dependencies(one.place.text, one.place.path, one.place.table)
    return StatedDependencies()
