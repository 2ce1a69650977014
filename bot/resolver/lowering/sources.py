"""One declared requirement to lowered ones: ``tool.uv.sources`` applied, paths relative to the lock's folder."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping

from packaging.utils import canonicalize_name

from bot.errors import InputError
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    DirectoryKind,
    DirectoryRequirement,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    PathRequirement,
    RegistryRequirement,
    Requirement,
    RequirementSource,
    UrlRequirement,
)
from bot.manifest.lines import find_lines
from bot.manifest.model import (
    DeclaredRequirement,
    GitEntry,
    IndexEntry,
    PathEntry,
    Pyproject,
    SourceEntry,
    UrlEntry,
    WorkspaceEntry,
)
from bot.markers import FALSE, TRUE, any_of
from bot.patterns import pattern
from bot.resolver.lowering.paths import file_url_path, has_suffix, is_absolute, join, locked_path, relative
from bot.resolver.lowering.urls import (
    archive_url,
    git_requirement,
    is_archive_name,
    parse_direct_url,
)
from bot.resolver.lowering.workspace import Workspace, discover_workspace, is_package, read_manifest
from bot.resolver.model.index import Tree
from bot.values import field, value

#: What begins like a requirement inside quotes.
_QUOTED_NAME = pattern(r"[\"']\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@value
class Place:
    """Where requirements are lowered: the manifest that states them and everything its sources may refer to.

    ``folder`` and ``lock_folder`` are folders of ``tree``; in a git dependency ``git`` is the repository, whose root
    is the tree's. ``own_indexes`` and ``root_indexes`` map index names to their URLs; ``cli_indexes`` come first.
    ``ignores_sources`` says for which packages sources are switched off. ``workspace`` is ``None`` in a script.
    ``text`` is the manifest's TOML and ``first_line`` where it begins in the file, for messages.
    """

    tree: Tree
    folder: str
    lock_folder: str
    manifest_path: str
    text: str = ""
    first_line: int = 1
    project: str | None = None
    sources: Mapping[str, tuple[SourceEntry, ...]] = field(default_factory=dict)
    own_indexes: Mapping[str, str] = field(default_factory=dict)
    root_indexes: Mapping[str, str] = field(default_factory=dict)
    cli_indexes: Mapping[str, str] = field(default_factory=dict)
    ignores_sources: Callable[[str], bool] = lambda _: False
    workspace: Workspace | None = None
    git: GitRequirement | None = None

    def refuse(self, name: str, problem: str, hint: str | None = None) -> InputError:
        """Make the error about a package, at its source if it has one here, else where it is first named."""
        return InputError(f"{name}: {problem}", path=self.manifest_path, line=self._line_of(name), hint=hint)

    def _line_of(self, name: str) -> int | None:
        sources = ("tool", "uv", "sources")
        for keys, line in find_lines(self.text).items():
            if keys[:3] == sources and len(keys) > 3 and canonicalize_name(str(keys[3])) == name:
                return line + self.first_line - 1
        for number, line_text in enumerate(self.text.split("\n"), self.first_line):
            if any(canonicalize_name(word) == name for word in _QUOTED_NAME.findall(line_text)):
                return number
        return None


def lower_requirement(
    declared: DeclaredRequirement, place: Place, *, extra: str | None = None, group: str | None = None
) -> Iterator[Requirement]:
    """Yield the requirements that one declared requirement means; ``extra`` and ``group`` say where it is declared.

    Each applicable source gives one, under its marker; what no source covers stays a requirement as declared.
    """
    if place.ignores_sources(declared.name):
        yield lower_plain(declared, place)
        return
    entries, base = _find_entries(declared.name, place)
    applicable = None if entries is None else tuple(entry for entry in entries if _applies(entry, extra, group))
    _check_member(declared.name, applicable, place)
    if applicable is None:
        yield lower_plain(declared, place)
        return
    for entry in applicable:
        marker = entry.scope.marker & declared.marker
        source = _lower_entry(entry, declared, place, base)
        if marker is not FALSE:
            yield Requirement(name=declared.name, extras=declared.extras, marker=marker, source=source)
    rest = declared.marker & ~any_of(entry.scope.marker for entry in applicable)
    if rest is not FALSE:
        plain = lower_plain(declared, place)
        yield Requirement(name=plain.name, extras=plain.extras, marker=rest, source=plain.source)


def extra_of(requirement: DeclaredRequirement) -> str | None:
    """Return the extra that a requirement belongs to by its marker."""
    return None if requirement.marker is TRUE else requirement.marker.top_level_extra()


def lower_plain(declared: DeclaredRequirement, place: Place) -> Requirement:
    """Lower a requirement that no source applies to."""
    source: RequirementSource = RegistryRequirement(specifier=declared.specifier)
    if declared.url is not None:
        try:
            source = parse_direct_url(declared.url)
        except InputError as error:
            raise place.refuse(declared.name, error.problem, error.hint) from error
    return Requirement(name=declared.name, extras=declared.extras, marker=declared.marker, source=source)


def _find_entries(name: str, place: Place) -> tuple[tuple[SourceEntry, ...] | None, str]:
    """Return the entries for a package and the folder that their paths start from."""
    if name in place.sources:
        return place.sources[name], place.folder
    if place.workspace is not None and name in place.workspace.sources:
        return place.workspace.sources[name], place.workspace.root
    return None, place.folder


def _applies(entry: SourceEntry, extra: str | None, group: str | None) -> bool:
    scope = entry.scope
    return (scope.extra is None or scope.extra == extra) and (scope.group is None or scope.group == group)


def _check_member(name: str, entries: tuple[SourceEntry, ...] | None, place: Place) -> None:
    """A workspace member must be required as one, save by itself (extras that include other extras)."""
    if place.workspace is None or name not in place.workspace.members or name == place.project:
        return
    remedy = f"write {name} = {{ workspace = true }} in [tool.uv.sources]"
    if entries is None:
        raise place.refuse(name, "a workspace member without a source", remedy)
    for entry in entries:
        if not isinstance(entry, WorkspaceEntry) or entry.workspace is not True:
            raise place.refuse(name, "a workspace member with another source", remedy)


def _lower_entry(entry: SourceEntry, declared: DeclaredRequirement, place: Place, base: str) -> RequirementSource:
    match entry:
        case GitEntry():
            return _lower_git(entry)
        case UrlEntry():
            return _lower_url(entry, declared.name, place)
        case PathEntry():
            return lower_path(entry.path, place, base, editable=entry.editable, package=entry.package)
        case IndexEntry():
            return _lower_index(entry, declared, place)
        case WorkspaceEntry():
            return _lower_workspace(entry, declared.name, place, base)


def _lower_git(entry: GitEntry) -> GitRequirement:
    kinds = (
        (GitReferenceKind.REV, entry.rev),
        (GitReferenceKind.TAG, entry.tag),
        (GitReferenceKind.BRANCH, entry.branch),
    )
    reference = next((GitReference(kind=kind, name=name) for kind, name in kinds if name is not None), None)
    return git_requirement(
        entry.url, reference=reference, subdirectory=entry.subdirectory, path=entry.path, lfs=bool(entry.lfs)
    )


def _lower_url(entry: UrlEntry, name: str, place: Place) -> UrlRequirement:
    if "#" in entry.url:
        raise place.refuse(name, f"a URL source can't have a fragment: {entry.url}", "remove what follows '#'")
    if not is_archive_name(entry.url.partition("?")[0]):
        raise place.refuse(name, f"{entry.url} is no wheel or source archive", "for a repository use a git source")
    return UrlRequirement(url=archive_url(entry.url), subdirectory=entry.subdirectory)


def _lower_index(entry: IndexEntry, declared: DeclaredRequirement, place: Place) -> RegistryRequirement:
    url = next(
        (
            names[entry.index]
            for names in (place.cli_indexes, place.own_indexes, place.root_indexes)
            if entry.index in names
        ),
        None,
    )
    if url is None:
        raise place.refuse(
            declared.name, f"the index {entry.index!r} is not declared", "add it as a [[tool.uv.index]] with that name"
        )
    return RegistryRequirement(specifier=declared.specifier, index=url, conflict=_conflict(entry, place.project))


def _conflict(entry: IndexEntry, project: str | None) -> ConflictItem | None:
    if project is None:
        return None
    if entry.scope.extra is not None:
        return ConflictItem(package=project, kind=ConflictKind.EXTRA, name=entry.scope.extra)
    if entry.scope.group is not None:
        return ConflictItem(package=project, kind=ConflictKind.GROUP, name=entry.scope.group)
    return None


def _lower_workspace(entry: WorkspaceEntry, name: str, place: Place, base: str) -> RequirementSource:
    if entry.workspace is False:
        raise place.refuse(name, "workspace = false means nothing", "remove it")
    if isinstance(entry.workspace, str):
        return _lower_foreign_member(entry, entry.workspace, name, place, base)
    workspace = place.workspace
    if workspace is None:
        raise place.refuse(name, "a workspace source outside a workspace", "use path = …")
    if name not in workspace.members:
        raise place.refuse(
            name, "workspace = true, but it is no workspace member", "add it to tool.uv.workspace.members"
        )
    package = workspace.is_package(name)
    wanted = workspace.required.get(name)
    editable = package and (True if wanted is None else wanted)
    return lower_path(relative(workspace.members[name].folder, base), place, base, editable=editable, package=package)


def _lower_foreign_member(entry: WorkspaceEntry, path: str, name: str, place: Place, base: str) -> RequirementSource:
    root = join(base, path)
    workspace = discover_workspace(place.tree, root)
    if workspace.root != root:
        raise place.refuse(name, f"{path} is not a workspace's root ({workspace.root} is)", "name the root")
    if name not in workspace.members:
        raise place.refuse(name, f"no member of the workspace at {path}")
    member = workspace.members[name]
    package = is_package(member.manifest, needs_build_system=False)
    editable = package and (True if entry.editable is None else entry.editable)
    return lower_path(relative(member.folder, base), place, base, editable=editable, package=package)


def lower_path(path: str, place: Place, base: str, *, editable: bool | None, package: bool | None) -> RequirementSource:
    """Lower a path source; ``base`` is the folder that ``path`` starts from."""
    path = file_url_path(path) or path
    target = posixpath.normpath(path) if is_absolute(path) else join(base, path)
    if _is_folder(target, place.tree):
        if place.git is not None:
            return _in_repository(place.git, target, place, is_archive=False)
        return DirectoryRequirement(
            path=_lock_path(target, place), kind=_directory_kind(target, place, editable, package)
        )
    if place.git is not None:
        return _in_repository(place.git, target, place, is_archive=True)
    if editable or package:
        problem = f"{path} is a file, so it can't be {'editable' if editable else 'a project'}"
        raise InputError(problem, path=place.manifest_path, hint="remove the key, or name a folder")
    if not is_archive_name(target):
        raise InputError(f"{path} is no wheel or source archive", path=place.manifest_path)
    return PathRequirement(path=_lock_path(target, place))


def _is_folder(target: str, tree: Tree) -> bool:
    if not is_absolute(target) and tree.exists(target):
        return tree.is_dir(target)
    return not has_suffix(target)


def _lock_path(target: str, place: Place) -> str:
    return target if is_absolute(target) else locked_path(target, place.lock_folder)


def _directory_kind(target: str, place: Place, editable: bool | None, package: bool | None) -> DirectoryKind:
    if editable:
        return DirectoryKind.EDITABLE
    if package is None:
        manifest = None if is_absolute(target) else _readable_manifest(place.tree, target)
        package = manifest is None or is_package(manifest, needs_build_system=False)
    return DirectoryKind.DIRECTORY if package else DirectoryKind.VIRTUAL


def _readable_manifest(tree: Tree, folder: str) -> Pyproject | None:
    try:
        return read_manifest(tree, folder)
    except InputError:
        return None


def _in_repository(git: GitRequirement, target: str, place: Place, *, is_archive: bool) -> GitRequirement:
    """A path inside a git dependency means another part of the same repository."""
    if target.startswith("..") or is_absolute(target):
        raise InputError(f"{target} is outside the git repository {git.url}", path=place.manifest_path)
    return GitRequirement(
        url=git.url,
        reference=git.reference,
        subdirectory=None if is_archive or target == "." else target,
        path=target if is_archive else None,
        lfs=git.lfs,
    )
