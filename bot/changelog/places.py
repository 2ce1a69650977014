"""Which project on a forge the links of metadata lead to, and which of its files is the changelog. Pure.

Metadata are those of strangers: of an address only an owner, a name, a reference and a path are taken, never a host that
isn't listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from bot.plan.releases.links import LinkKind, Links, find_links

_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,100}")
_PATH = re.compile(r"[A-Za-z0-9._/ +@-]{1,300}")
#: First segments that are no owners.
_NO_OWNERS = frozenset(("orgs", "sponsors", "topics", "marketplace", "apps", "about", "features", "settings", "users"))
#: How a changelog at the top of a project is called, the likeliest first.
_NAMES = re.compile(
    r"(?:changelog|changes|history|release[-_]?notes|news|whatsnew)(?:\.(?:md|markdown|rst|txt))?", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """``web`` is what people see, ``api`` what answers. ``raw``: where files are to be had as they are, without a token;
    ``None``: through the API. ``takes_token``: it is the one that lockbot works for."""

    web: str
    api: str
    raw: str | None = None
    takes_token: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.web).netloc.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    forge: Forge
    owner: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def releases_api(self) -> str:
        return f"{self.forge.api}/repos/{self.full_name}/releases?per_page=20"

    @property
    def listing_api(self) -> str:
        return f"{self.forge.api}/repos/{self.full_name}/git/trees/HEAD"

    @property
    def releases_page(self) -> str:
        return f"{self.forge.web}/{self.full_name}/releases"

    def compare_page(self, old: str, new: str) -> str:
        """Between two tags."""
        return f"{self.forge.web}/{self.full_name}/compare/{quote(old, safe='')}...{quote(new, safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangelogFile:
    """A file of a project, at a branch or ``HEAD``."""

    project: Project
    ref: str
    path: str

    @property
    def is_raw(self) -> bool:
        return self.project.forge.raw is not None

    @property
    def address(self) -> str:
        """Where it is read."""
        forge, path = self.project.forge, quote(self.path)
        if forge.raw is not None:
            return f"{forge.raw}/{self.project.full_name}/{quote(self.ref, safe='')}/{path}"
        return f"{forge.api}/repos/{self.project.full_name}/contents/{path}?ref={quote(self.ref, safe='')}"

    @property
    def page(self) -> str:
        """Where people read it."""
        return f"{self.project.forge.web}/{self.project.full_name}/blob/{quote(self.ref, safe='')}/{quote(self.path)}"


def find_project(links: Links, forges: Sequence[Forge]) -> Project | None:
    """By the link to the source, else by any other."""
    urls = [*find_links(links, LinkKind.SOURCE), *find_links(links, LinkKind.CHANGELOG)]
    urls += [*find_links(links, LinkKind.HOMEPAGE), *(url for _, url in links)]
    return next((project for url in urls if (project := _read_project(url, forges)) is not None), None)


def find_file(links: Links, forges: Sequence[Forge]) -> ChangelogFile | None:
    """The file that a link to the changelog shows."""
    found = (_read_file(url, forges) for url in find_links(links, LinkKind.CHANGELOG))
    return next((file for file in found if file is not None), None)


def choose_file(project: Project, names: Sequence[str]) -> ChangelogFile | None:
    """The changelog among the files at the top of a project."""
    known = [name for name in names if _NAMES.fullmatch(name)]
    chosen = min(known, key=lambda name: (not name.lower().startswith("change"), len(name), name), default=None)
    return None if chosen is None else ChangelogFile(project=project, ref="HEAD", path=chosen)


def _read_project(url: str, forges: Sequence[Forge]) -> Project | None:
    forge, segments = _take_apart(url, forges)
    if forge is None or len(segments) < 2 or segments[0].lower() in _NO_OWNERS:
        return None
    owner, name = segments[0], segments[1].removesuffix(".git")
    if not _SEGMENT.fullmatch(owner) or not _SEGMENT.fullmatch(name) or {owner, name} & {".", ".."}:
        return None
    return Project(forge=forge, owner=owner, name=name)


def _read_file(url: str, forges: Sequence[Forge]) -> ChangelogFile | None:
    _, segments = _take_apart(url, forges)
    project = _read_project(url, forges)
    if project is None or len(segments) < 5 or segments[2] not in ("blob", "raw"):
        return None
    ref, path = segments[3], "/".join(segments[4:])
    if not _SEGMENT.fullmatch(ref) or not _PATH.fullmatch(path) or ".." in segments:
        return None
    return ChangelogFile(project=project, ref=ref, path=path)


def _take_apart(url: str, forges: Sequence[Forge]) -> tuple[Forge | None, Sequence[str]]:
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    except ValueError:
        return None, ()
    forge = next((one for one in forges if one.host == host), None)
    return forge, tuple(_segments(parts.path))


def _segments(path: str) -> Iterator[str]:
    return (unquote(one) for one in path.split("/") if one)
