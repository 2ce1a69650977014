"""URLs and paths of requirements files: what they mean, and how they are written in what is compiled."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.errors import InputError
from bot.lockfile.model import (
    DirectoryKind,
    DirectoryRequirement,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    GitSource,
    PathRequirement,
    RequirementSource,
    UrlRequirement,
)
from bot.patterns import pattern
from bot.pep440 import shorten
from bot.requirements.variables import expand_variables
from bot.resolver.lowering.paths import is_absolute, join, locked_path
from bot.resolver.lowering.urls import is_archive_name, parse_direct_url
from bot.resolver.model.index import Tree
from bot.values import replace

_SCHEME = pattern(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingFolder:
    """Where a command runs: a folder of a tree, the absolute path of the tree (``None``: that says nothing), and what
    ``${NAMES}`` stand for."""

    tree: Tree
    folder: str
    tree_root: str | None
    variables: Mapping[str, str]

    @property
    def known_variables(self) -> Mapping[str, str]:
        """With the one that uv sets itself."""
        if self.tree_root is None or "PROJECT_ROOT" in self.variables:
            return self.variables
        here = posixpath.normpath(posixpath.join(self.tree_root, self.folder))
        return {**self.variables, "PROJECT_ROOT": here}


def from_working_folder(path: str, here: WorkingFolder) -> str:
    """An absolute path as it is shown: without the folder of the command, where it begins with it."""
    if here.tree_root is None or not path.startswith("/"):
        return path
    own = posixpath.normpath(posixpath.join(here.tree_root, here.folder)).rstrip("/") + "/"
    return path.removeprefix(own) or path


def lower_url(given: str, here: WorkingFolder, *, is_editable: bool = False) -> RequirementSource:
    """What the URL or path of a requirement means, paths relative to where the command runs; raises ``InputError``."""
    text = expand_variables(given, here.known_variables)
    if "${" in text:
        raise InputError(f"the variable in {shorten(given)!r} is not set", hint="set it, or write what it stands for")
    path, fragment = _find_path(text)
    if path is None:
        source = parse_direct_url(text)
        if is_editable:
            raise InputError(f"{shorten(given)!r} can't be editable", hint="-e is for folders of this machine")
        return source
    return _local(path, fragment, here, is_editable=is_editable)


def _find_path(text: str) -> tuple[str | None, str]:
    """The path that a text names and what follows ``#``; no path for a URL of another host."""
    path, _, fragment = text.partition("#")
    found = _SCHEME.fullmatch(path)
    if found is None:
        return path, fragment
    if found["scheme"].lower() != "file":
        return (path, fragment) if is_absolute(path) else (None, fragment)
    rest = found["rest"]
    if rest.startswith("//"):
        rest = rest.removeprefix("//").removeprefix("localhost") if rest.startswith("//localhost/") else rest[2:]
    return unquote(rest), fragment


def _local(path: str, fragment: str, here: WorkingFolder, *, is_editable: bool) -> RequirementSource:
    target = posixpath.normpath(path) if is_absolute(path) else join(here.folder, path)
    place = _from_here(target, here)
    in_tree = _in_tree(target, here)
    if in_tree is not None and here.tree.is_dir(in_tree):
        kind = DirectoryKind.EDITABLE if is_editable else DirectoryKind.DIRECTORY
        return DirectoryRequirement(path=_with_subdirectory(place, fragment), kind=kind)
    if in_tree is None or not here.tree.exists(in_tree):
        raise InputError(f"{shorten(path)!r} is no file or folder that can be read here", hint="check the path")
    if is_editable:
        raise InputError(f"{shorten(path)!r} is a file and can't be editable", hint="leave -e out, or name a folder")
    if not is_archive_name(target):
        raise InputError(f"{shorten(path)!r} is no wheel or source archive", hint="check the path")
    return PathRequirement(path=place)


def _with_subdirectory(place: str, fragment: str) -> str:
    found = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    inner = found.get("subdirectory")
    return place if not inner else posixpath.normpath(posixpath.join(place, inner))


def _from_here(target: str, here: WorkingFolder) -> str:
    """A path of the tree as seen from where the command runs."""
    if is_absolute(target) and here.tree_root is not None:
        return locked_path(target, posixpath.normpath(posixpath.join(here.tree_root, here.folder)))
    return target if is_absolute(target) else locked_path(target, here.folder)


def _in_tree(target: str, here: WorkingFolder) -> str | None:
    """A path in the tree, ``None`` for one outside of it."""
    if is_absolute(target):
        if here.tree_root is None:
            return None
        target = posixpath.relpath(target, here.tree_root)
    return None if target == ".." or target.startswith("../") else target


# --- how they are written ---------------------------------------------------------------------------


def with_commit(given: str, source: GitSource) -> str:
    """The URL of a git requirement with the commit that it stands for, all else of it as it is written."""
    front, hash_sign, fragment = given.partition("#")
    path = urlsplit(front).path
    if "@" not in path:
        return f"{front}@{source.commit}{hash_sign}{fragment}"
    before, _, said = front.rpartition("@")
    if said == path.rpartition("@")[2]:
        return f"{before}@{source.commit}{hash_sign}{fragment}"
    return f"git+{source.url}@{source.commit}{hash_sign}{fragment}"


def same_source(asked: RequirementSource, other: RequirementSource) -> bool:
    """Whether two requirements mean the same place, but for how it is installed and what is said of its content."""
    if isinstance(asked, DirectoryRequirement) and isinstance(other, DirectoryRequirement):
        return asked.path == other.path
    if isinstance(asked, UrlRequirement) and isinstance(other, UrlRequirement):
        return replace(asked, hash=None) == replace(other, hash=None)
    if isinstance(asked, GitRequirement) and isinstance(other, GitRequirement):
        return replace(asked, reference=_rev(asked.reference)) == replace(other, reference=_rev(other.reference))
    return asked == other


def _rev(reference: GitReference | None) -> GitReference | None:
    """A branch or tag by its name alone, which is all that a requirement says of it."""
    return None if reference is None else replace(reference, kind=GitReferenceKind.REV)
