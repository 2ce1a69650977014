"""The name of a requirement that gives none: read off what its URL or path leads to, as uv does."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from bot.compile.urls import WorkingFolder
from bot.errors import InputError
from bot.lockfile.model import DirectoryRequirement, GitRequirement, PathRequirement, RequirementSource, UrlRequirement
from bot.manifest.pyproject import find_project_name
from bot.manifest.setup_cfg import parse_setup_cfg
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.index import IndexPort, Tree


def find_name(
    source: RequirementSource, given: str, port: IndexPort, lowering: TreeLowering, here: WorkingFolder
) -> str:
    """The name of the package that a source holds; raises ``InputError`` where only a build would tell."""
    match source:
        case UrlRequirement(url=place) | PathRequirement(path=place):
            name = _of_filename(place)
            if name is not None:
                return name
            asked = (
                source if isinstance(source, UrlRequirement) else PathRequirement(path=lowering.on_disk(source.path))
            )
            return canonicalize_name(port.get_archive(asked, "").metadata.name)
        case DirectoryRequirement(path=path):
            name = _of_folder(here.tree, posixpath.normpath(posixpath.join(here.folder, path)))
        case GitRequirement():
            name = _of_folder(port.get_git(source, None).tree, source.subdirectory or ".")
        case _:
            raise AssertionError("a requirement from an index has a name")
    if name is None:
        raise InputError(f"nothing that can be read says which package {given!r} is", hint="write 'NAME @ …'")
    return name


def _of_filename(place: str) -> str | None:
    parts = urlsplit(place)
    filename = unquote(posixpath.basename(parts.path))
    with suppress(InvalidWheelFilename):
        return parse_wheel_filename(filename)[0]
    if parts.hostname == "github.com" and "archive" in parts.path.split("/"):
        # Such names say what was packed up, not which package it is.
        return None
    with suppress(InvalidSdistFilename):
        return parse_sdist_filename(filename)[0]
    return None


def _of_folder(tree: Tree, folder: str) -> str | None:
    text = tree.read_text(posixpath.normpath(posixpath.join(folder, "pyproject.toml")))
    name = None if text is None else find_project_name(text)
    if name is not None:
        return name
    stated = parse_setup_cfg(tree.read_text(posixpath.normpath(posixpath.join(folder, "setup.cfg"))) or "")
    return None if stated is None else stated.name
