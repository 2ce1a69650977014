"""What indexes say against the projects of a lock (PEP 792): each is asked about the packages locked from it, and no other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.advisories.audit import Audited, LockToAudit, StatusFound, chain_to, first_lines
from bot.errors import LockbotError
from bot.lockfile.model import RegistrySource
from bot.resolver.model.index import Index, IndexFormat, IndexPort, Page

#: How the lock of a requirements file names the index of a pin: the file does not say it.
_UNSAID = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A package on the index that a lock has it from. ``url``: as the lock says it."""

    package: str
    url: str
    index: Index


def find_projects(lock: LockToAudit, root: str, named: Sequence[Index]) -> tuple[Project, ...]:
    """Those of a lock, by name and index. ``root``: the folder that the lock's path starts from; ``named``: the indexes
    that settings say more of. A page of links has no statuses, and what may be from several indexes is asked of none."""
    known = {one.url.rstrip("/"): one for one in named if "://" in one.url}
    (alone,) = lock.registries if len(lock.registries) == 1 else (_UNSAID,)
    found: dict[tuple[str, str], Project] = {}
    for package in lock.lock.packages:
        url = (package.source.url or alone) if isinstance(package.source, RegistrySource) else _UNSAID
        if url and package.version is not None:
            index = known.get(url.rstrip("/")) or Index(url=_place(url, lock, root))
            if index.format is IndexFormat.SIMPLE and not index.find_links:
                found[package.name, url] = Project(package=package.name, url=url, index=index)
    return tuple(found[key] for key in sorted(found))


def _place(url: str, lock: LockToAudit, root: str) -> str:
    """A lock names a folder from its own."""
    if "://" in url:
        return url
    return posixpath.normpath(posixpath.join(root, posixpath.dirname(lock.path), url))


def request_statuses(projects: Sequence[Project], port: IndexPort) -> None:
    """Hint at every page that ``add_statuses`` reads."""
    names: dict[Index, dict[str, None]] = {}
    for one in projects:
        names.setdefault(one.index, {})[one.package] = None
    for index, wanted in names.items():
        port.request_pages(index, wanted)


def add_statuses(
    audits: Sequence[Audited], locks: Sequence[LockToAudit], projects: Sequence[Sequence[Project]], port: IndexPort
) -> tuple[Audited, ...]:
    """Each lock's ``projects`` with what is said against them; an index that does not answer says nothing, and that is told."""
    return tuple(_added(audited, lock, its, port) for audited, lock, its in zip(audits, locks, projects, strict=True))


def _added(audited: Audited, lock: LockToAudit, projects: Sequence[Project], port: IndexPort) -> Audited:
    pages = {one: page for one in projects for page in _read(one, port)}
    lines = first_lines(lock.text)
    return replace(
        audited,
        statuses=tuple(_found(pages, lock, lines)),
        unread=tuple(one.package for one in projects if one not in pages),
    )


def _read(project: Project, port: IndexPort) -> Iterator[Page | None]:
    with suppress(LockbotError):
        yield port.get_page(project.index, project.package)


def _found(pages: Mapping[Project, Page | None], lock: LockToAudit, lines: Mapping[str, int]) -> Iterator[StatusFound]:
    for project, page in pages.items():
        if page is not None and page.status is not None:
            yield StatusFound(
                package=project.package,
                index=project.url,
                status=page.status.status,
                reason=page.status.reason,
                chain=chain_to(lock.lock, project.package),
                line=lines.get(project.package),
            )
