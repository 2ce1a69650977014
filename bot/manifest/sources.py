"""``tool.uv.sources``: where requirements come from when not from an index."""

from __future__ import annotations

from itertools import pairwise

from bot.manifest.model import (
    GitEntry,
    IndexEntry,
    PathEntry,
    SourceEntry,
    SourceScope,
    UrlEntry,
    WorkspaceEntry,
)
from bot.manifest.reader import (
    TomlValue,
    read_flag,
    read_index_name,
    read_marker,
    read_name,
    read_named,
    read_text,
    read_url,
)
from bot.markers import TRUE
from bot.patterns import pattern
from bot.pep440 import shorten

_SCOPE = ("marker", "extra", "group")
_ALLOWED = {
    "git": ("subdirectory", "path", "rev", "tag", "branch", "lfs"),
    "url": ("subdirectory",),
    "path": ("editable", "package"),
    "index": (),
    "workspace": ("editable",),
}
#: Keys that uv reads over in silence where they have no meaning.
_HARMLESS = {
    "url": ("lfs",),
    "path": ("subdirectory", "lfs"),
    "index": ("subdirectory", "lfs"),
    "workspace": ("subdirectory", "lfs"),
}


#: A scheme; those of the web need a host behind it.
_SCHEME = pattern(r"(?i:(?:https?|ftp|wss?):[/\\]*+[^/\\?#]|(?!(?:https?|ftp|wss?):)[a-z][a-z0-9+.-]*:)")


def read_sources(node: TomlValue) -> dict[str, tuple[SourceEntry, ...]]:
    """Read the table; every value is one entry or an array of entries that exclude each other."""
    return read_named(node, _read_entries)


def _read_entries(node: TomlValue) -> tuple[SourceEntry, ...]:
    if isinstance(node.value, dict):
        return (_read_entry(node),)
    entries = tuple(_read_entry(item) for item in node.items())
    if not entries:
        raise node.refuse("an empty list of sources", "state one source, or remove the key")
    for first, second in pairwise(entries):
        _refuse_overlap(node, first.scope, second.scope)
    return entries


def _refuse_overlap(node: TomlValue, first: SourceScope, second: SourceScope) -> None:
    if (first.extra, first.group) != (second.extra, second.group) or first.marker.is_disjoint(second.marker):
        return
    if first.marker is TRUE or second.marker is TRUE:
        raise node.refuse("several sources, but not every one has a marker", "add marker = … to each")
    remedy = ~first.marker & second.marker
    raise node.refuse(
        f"source markers overlap: {str(first.marker)!r} and {str(second.marker)!r}",
        f"replace {str(second.marker)!r} with {str(remedy)!r}",
    )


def _read_entry(node: TomlValue) -> SourceEntry:
    kind = next((key for key in _ALLOWED if node[key].is_present), None)
    if kind is None:
        raise node.refuse("a source names none of git, url, path, index, workspace", "add one of them")
    for key in node.table():
        if key not in (kind, *_ALLOWED[kind], *_HARMLESS.get(kind, ()), *_SCOPE):
            raise node[key].refuse(f"a source can't have both {kind!r} and {key!r}", "remove one of them")
    match kind:
        case "git":
            return _read_git(node)
        case "url":
            return UrlEntry(url=read_url(node["url"]), subdirectory=_text(node["subdirectory"]), scope=_scope(node))
        case "path":
            return _read_path(node)
        case "index":
            return IndexEntry(index=read_index_name(node["index"]), scope=_scope(node))
        case _:
            return _read_workspace(node)


def _scope(node: TomlValue) -> SourceScope:
    extra, group = node["extra"].maybe(read_name), node["group"].maybe(read_name)
    if extra and group:
        raise node["group"].refuse("a source can't have both an extra and a group", "write one entry for each")
    return SourceScope(marker=node["marker"].maybe(read_marker) or TRUE, extra=extra, group=group)


def _text(node: TomlValue) -> str | None:
    return node.maybe(read_text)


def _repository(node: TomlValue) -> str:
    """Read the URL of a repository, which is no path and no ``user@host:path``."""
    url = read_url(node)
    if _SCHEME.match(url) is None:
        raise node.refuse(f"{shorten(url)!r} is no URL of a repository", "write https://…, ssh://… or file://…")
    return url.removeprefix("git+")


def _read_git(node: TomlValue) -> GitEntry:
    references = [key for key in ("rev", "tag", "branch") if node[key].is_present]
    if len(references) > 1:
        raise node[references[1]].refuse("a git source has more than one of rev, tag, branch", "keep one")
    if node["subdirectory"].is_present and node["path"].is_present:
        raise node["path"].refuse("a git source can't have both subdirectory and path", "remove one of them")
    return GitEntry(
        url=_repository(node["git"]),
        subdirectory=_text(node["subdirectory"]),
        path=_text(node["path"]),
        rev=_text(node["rev"]),
        tag=_text(node["tag"]),
        branch=_text(node["branch"]),
        lfs=node["lfs"].maybe(read_flag),
        scope=_scope(node),
    )


def _read_path(node: TomlValue) -> PathEntry:
    editable, package = node["editable"].maybe(read_flag), node["package"].maybe(read_flag)
    if editable and package is False:
        raise node["package"].refuse("editable = true with package = false", "an editable source must be a package")
    return PathEntry(path=node["path"].text(), editable=editable, package=package, scope=_scope(node))


def _read_workspace(node: TomlValue) -> WorkspaceEntry:
    value = node["workspace"]
    workspace = value.text() if isinstance(value.value, str) else value.flag()
    return WorkspaceEntry(workspace=workspace, editable=node["editable"].maybe(read_flag), scope=_scope(node))
