"""Whether two sources, spelled in two ways, name the same thing (spec 2.4)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from urllib.parse import unquote, urlsplit, urlunsplit

from bot.lockfile.model import DirectoryRequirement, GitRequirement, RequirementSource, UrlRequirement

#: The commit that a git source was found to stand for; ``None`` where nobody has looked.
FindCommit = Callable[[GitRequirement], str | None]


def names_the_same(left: RequirementSource, right: RequirementSource, find_commit: FindCommit) -> bool:
    """An editable folder is the same as a plain one where nobody insists."""
    match left, right:
        case DirectoryRequirement(), DirectoryRequirement():
            return left.path == right.path
        case GitRequirement(), GitRequirement():
            return _is_one_place(left, right) and _is_one_commit(left, right, find_commit)
        case UrlRequirement(), UrlRequirement():
            return _folder(left.subdirectory) == _folder(right.subdirectory) and _plain(left.url) == _plain(right.url)
        case _:
            return left == right


def repository_key(url: str) -> str:
    """One text for all spellings of a repository's URL: with and without ``.git``, a slash at the end, credentials."""
    parts = urlsplit(_plain(url))
    path = unquote(parts.path)
    path = path.lower() if parts.hostname == "github.com" else path
    return urlunsplit(parts._replace(path=path[:-4] if path.lower().endswith(".git") else path, query=""))


def _is_one_place(left: GitRequirement, right: GitRequirement) -> bool:
    places = [(_folder(one.subdirectory), _folder(one.path)) for one in (left, right)]
    return places[0] == places[1] and repository_key(left.url) == repository_key(right.url)


def _is_one_commit(left: GitRequirement, right: GitRequirement, find_commit: FindCommit) -> bool:
    if left.reference == right.reference:
        return True
    commit = find_commit(left)
    return commit is not None and commit == find_commit(right)


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(netloc=parts.netloc.rpartition("@")[2], path=parts.path.removesuffix("/"), fragment="")
    )


def _folder(path: str | None) -> str | None:
    return None if path is None else posixpath.normpath(path)
