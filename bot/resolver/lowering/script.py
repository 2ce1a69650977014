"""A PEP 723 script to a ``LockRequest``."""

from __future__ import annotations

import posixpath

from packaging.specifiers import SpecifierSet

from bot.errors import InputError
from bot.lockfile.specifiers import render_specifiers
from bot.manifest.model import Script
from bot.manifest.script import parse_script
from bot.resolver.lowering.indexes import named_indexes
from bot.resolver.lowering.modifiers import lower_each, lower_excludes, lower_metadata, lower_overrides
from bot.resolver.lowering.project import with_constraints
from bot.resolver.lowering.required_uv import SettingsPlace
from bot.resolver.lowering.settings import (
    CommandSettings,
    Effective,
    Found,
    WrittenIndexes,
    find_settings,
    merge_settings,
    minimum_python,
    written_indexes,
)
from bot.resolver.lowering.sources import Place
from bot.resolver.lowering.workspace import discover_workspace
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest


def lower_script(tree: Tree, *, path: str, settings: CommandSettings) -> LockRequest:
    """Lower the script at ``path``; its lock lies beside it. A script without a header asks for nothing.

    The header's settings win over the settings file of the folder that the script is in.
    """
    script, found = _read(tree, path, settings)
    effective = merge_settings(settings, found)
    if effective.upgrade.groups:
        raise InputError("--upgrade-group has no meaning for a script", path=path, hint="leave it out")
    return _lower(tree, script, found[0].folder, effective)


def _read(tree: Tree, path: str, settings: CommandSettings) -> tuple[Script, tuple[Found, ...]]:
    """A script and the settings that count for it, its header's first."""
    text = tree.read_text(path)
    if text is None:
        raise InputError("no such file", path=path)
    script = parse_script(text, path) or Script(path=path, header="", header_line=1)
    folder = posixpath.dirname(path) or "."
    written = SettingsPlace(path=path, text=script.header, table=("tool", "uv"), first_line=script.header_line)
    header = Found(settings=script.uv.settings, folder=folder, place=written)
    return script, (header, *find_settings(tree, _settings_folder(tree, folder), settings))


def script_indexes(tree: Tree, path: str, settings: CommandSettings) -> WrittenIndexes:
    """The indexes that a script's settings name, as they are written."""
    return written_indexes(settings, _read(tree, path, settings)[1])


def _settings_folder(tree: Tree, folder: str) -> str:
    """Settings are those of the workspace that the folder belongs to, else of the folder."""
    try:
        return discover_workspace(tree, folder).root
    except InputError:
        return folder


def _lower(tree: Tree, script: Script, folder: str, settings: Effective) -> LockRequest:
    place = Place(
        tree=tree,
        folder=folder,
        lock_folder=folder,
        manifest_path=script.path,
        text=script.header,
        first_line=script.header_line,
        sources=script.uv.sources,
        own_indexes=named_indexes(script.uv.indexes, folder, settings.tree_root),
        cli_indexes=settings.cli_indexes,
        ignores_sources=settings.ignores_sources,
    )
    requires_python = script.requires_python
    text = minimum_python(settings.python) if requires_python is None else render_specifiers(requires_python, ", ")
    return LockRequest(
        requires_python=SpecifierSet(text) if requires_python is None else requires_python,
        requires_python_text=text,
        is_script=True,
        requirements=lower_each(script.dependencies, place),
        constraints=lower_each(script.uv.constraints, place),
        overrides=lower_overrides(script.uv.overrides, place),
        excludes=lower_excludes(script.uv.excludes),
        build_constraints=lower_each(script.uv.build_constraints, place),
        dependency_metadata=lower_metadata(settings.dependency_metadata),
        indexes=settings.indexes,
        registries=frozenset(index.url for index in settings.indexes),
        record_registries=settings.record_registries,
        options=settings.options,
        upgrade=with_constraints(settings),
        asks_keyring=settings.asks_keyring,
        warnings=settings.warnings,
        machine=settings.machine,
        of_machine=settings.of_machine,
    )
