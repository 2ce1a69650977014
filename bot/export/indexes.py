"""The indexes that an export may list: those of the settings, with what the command itself says put over them."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from bot.export.arguments import ExportArguments
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.script import script_indexes
from bot.resolver.lowering.settings import WrittenIndexes, find_settings, written_indexes
from bot.resolver.model.index import Tree
from bot.values import replace


def find_indexes(
    arguments: ExportArguments, tree: Tree, folder: str, script: str | None, base: CommandSettings
) -> WrittenIndexes:
    """What the preamble lists, for the lock in ``folder`` or of a script; empty where no preamble is asked for."""
    if not arguments.index_urls and not arguments.find_links:
        return WrittenIndexes()
    settings = _settings(arguments, base)
    if script is not None:
        return script_indexes(tree, script, settings)
    return written_indexes(settings, find_settings(tree, folder, settings))


def _settings(arguments: ExportArguments, base: CommandSettings) -> CommandSettings:
    locking = arguments.locking

    def texts(name: str, otherwise: Sequence[str]) -> tuple[str, ...]:
        said = locking.get(name)
        return said if isinstance(said, tuple) else tuple(otherwise)

    def text(name: str, otherwise: str | None) -> str | None:
        said = locking.get(name)
        return said if isinstance(said, str) else otherwise

    return replace(
        base,
        default_index=text("default_index", base.default_index),
        indexes=texts("index", base.indexes),
        index_url=text("index_url", base.index_url),
        extra_index_url=texts("extra_index_url", base.extra_index_url),
        find_links=texts("find_links", base.find_links),
        no_index=bool(locking.get("no_index")) or base.no_index,
        reads_files=base.reads_files and not locking.get("no_config"),
        config_file=_config_file(locking.get("config_file"), base),
    )


def _config_file(said: object, base: CommandSettings) -> str | None:
    if not isinstance(said, Path):
        return base.config_file
    return posixpath.normpath(posixpath.join(base.folder, said.as_posix()))
