"""The port through which the resolver sees package indexes, archives and source trees.

Physical I/O lives behind it (``bot.index``, ``bot.git``); the in-memory twin is ``bot.index.memory``. ``request_*``
calls are hints that return at once and let the adapter fetch in parallel; ``get_*`` calls block until the answer is
there. Answers are immutable and may be shared by all solves of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol
from urllib.parse import unquote, urlsplit

from bot.addresses import is_address
from bot.errors import LockbotError
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.ports.projects import Adverse
from bot.resolver.model.versions import PyVersion
from bot.values import field, value


class IndexFormat(StrEnum):
    SIMPLE = "simple"
    FLAT = "flat"


class Authenticate(StrEnum):
    """When an index is sent credentials. ``AUTO``: where some are known for it."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@value
class Login:
    """A user name and a password, as the URL of an index states them."""

    username: str
    password: str = field(repr=False)


@value
class Index:
    """One configured index. ``url`` as configured, without credentials; a local folder is an absolute path or file URL.

    ``explicit``: used only through sources. ``default``: searched last, in place of PyPI. ``exclude_newer``: the index'
    own cutoff (RFC 3339 text), ``"false"`` for none, ``None`` where it states nothing; ``exclude_newer_package`` are its
    cutoffs for single packages, which win over it. ``find_links``: a flat place that stands beside all indexes.
    ``absolute``: a local folder that was configured as an absolute path or URL, which a lock keeps. ``login`` stood in its
    URL. ``hash_algorithm``: the one whose digests a lock records of its files, in place of the strongest.
    """

    url: str
    name: str | None = None
    explicit: bool = False
    default: bool = False
    format: IndexFormat = IndexFormat.SIMPLE
    find_links: bool = False
    absolute: bool = False
    exclude_newer: str | None = None
    exclude_newer_package: tuple[tuple[str, str], ...] = ()
    ignore_error_codes: tuple[int, ...] = ()
    authenticate: Authenticate = Authenticate.AUTO
    login: Login | None = None
    hash_algorithm: str | None = None

    @property
    def folder(self) -> str | None:
        """The path of an index that is a folder (or a page) of this machine; ``None`` for one that is elsewhere."""
        return find_local_path(self.url)


def find_local_path(place: str) -> str | None:
    """The path of an index or archive of this machine, named by its path or a ``file:`` URL; ``None`` for other URLs."""
    if place.startswith("file:") and is_address(place):
        return unquote(urlsplit(place).path)
    return None if "://" in place else place


@value
class WheelTags:
    """The compressed tag sets of a wheel file name (PEP 425) and its build tag (number, rest)."""

    python: tuple[str, ...]
    abi: tuple[str, ...]
    platform: tuple[str, ...]
    build: tuple[int, str] | None = None


@value(eq=False)
class ReleaseFile:
    """One file of a release, as the index lists it. Compared by identity.

    ``url`` is absolute, without fragment; for a local flat index ``path`` is set instead of being fetched by URL.
    ``hash`` is the strongest digest as ``"algorithm:hex"`` (md5 < sha256 < sha384 < sha512 < blake2b).
    ``upload_time`` is microseconds since the epoch, UTC. ``requires_python`` is the text as served, known to parse
    (leniently, spec 3.2; the text is the repaired one), ``None`` when absent. ``wheel`` is ``None`` for a source distribution.
    ``provenance``: where the index has attestations of the file (PEP 740), absolute; ``None`` where it says of none.
    """

    name: str
    version: PyVersion
    filename: str
    url: str
    path: str | None = None
    index: Index
    hash: str | None = None
    hashes: tuple[str, ...] = ()
    size: int | None = None
    upload_time: int | None = None
    requires_python: str | None = None
    yanked: bool = False
    core_metadata: bool = False
    wheel: WheelTags | None = None
    provenance: str | None = None


@value
class ProjectStatus:
    """What an index says against a project. ``reason``: in its own words, within limits; they may hold anything."""

    status: Adverse
    reason: str | None = None


class Page(Protocol):
    """What one index has of one package."""

    @property
    def versions(self) -> Sequence[PyVersion]:
        """All versions with at least one acceptable file, ascending."""

    @property
    def keys(self) -> Sequence[bytes]:
        """The keys of ``versions``, in the same order; cheaper than the versions themselves."""

    @property
    def first_uploads(self) -> Sequence[int | None]:
        """When the first file of each of ``versions`` was uploaded (as ``upload_time``); ``None`` where none says so."""

    @property
    def has_locals(self) -> bool:
        """Whether any version has a local segment."""

    @property
    def status(self) -> ProjectStatus | None:
        """What the index says against the project; ``None``: nothing. Nothing is chosen by it, as with uv."""

    def version_at(self, position: int) -> PyVersion:
        """``versions[position]``, without making the others."""

    def files(self, version: PyVersion) -> Sequence[ReleaseFile]:
        """The files of one version: source distributions first, then wheels, each bytewise by file name."""


@value
class CoreMetadata:
    """What dependency resolution needs of core metadata; texts as written, requirements already repaired (spec 3.2).

    ``version`` is ``None`` for a source tree whose version is dynamic. ``recorded`` names where the metadata was
    found when it is not what uv would read without a build (``"egg-info"``, ``"setup.cfg"``, ``"known"``).
    ``license`` and ``links`` (label and URL) are for people, as written, within limits.
    """

    name: str
    version: str | None
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extras: tuple[str, ...] = ()
    recorded: str | None = None
    license: str | None = None
    links: tuple[tuple[str, str], ...] = ()


#: How what is said of a package or version ends that only the network could tell more of.
NETWORK_IS_OFF = "and the network is off"


class MetadataUnavailable(LockbotError):
    """The metadata of one file cannot be used (malformed, name or version mismatch): that version is out, not the run."""


@value
class Archive:
    """A wheel or source archive named by URL or path. ``hash`` as ``"sha256:hex"``.

    An sdist that carries a ``pyproject.toml`` gives its text, so that the resolver lowers ``tool.uv.sources`` itself.
    """

    filename: str
    hash: str
    metadata: CoreMetadata
    pyproject: str | None = None
    size: int | None = None
    is_wheel: bool


class Tree(Protocol):
    """Read-only files of a source tree: the project's own folder, a path dependency or a git checkout.

    Paths are ``/``-separated and relative to the tree's root; ``..`` never leaves what the adapter allows.
    """

    def read_text(self, path: str) -> str | None:
        """The file's text, ``None`` where there is no such file; raises ``InputError`` if it is not UTF-8 or too large."""

    def list_dirs(self, path: str) -> Sequence[str]:
        """Names of the folders directly below ``path``, sorted; empty where ``path`` is no folder."""

    def is_dir(self, path: str) -> bool: ...

    def exists(self, path: str) -> bool: ...


@value
class GitTree:
    commit: str
    tree: Tree


class IndexPort(Protocol):
    """Blocking reads with non-blocking hints; raises ``IndexFailure`` where an index cannot be read."""

    def request_pages(self, index: Index, names: Iterable[str]) -> None: ...

    def has_page(self, index: Index, name: str) -> bool:
        """Whether ``get_page`` would answer without waiting for the network."""

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        """Return when ``get_page`` would answer or fail at once. Whenever other pages have come, call ``meanwhile``."""

    def get_page(self, index: Index, name: str) -> Page | None:
        """The page, or ``None`` when the index says that it has no such package (404, and 403/401 as uv treats them)."""

    def request_metadata(self, files: Iterable[ReleaseFile]) -> None: ...

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        """Return when ``get_metadata`` would answer or fail at once. Whenever pages have come, call ``meanwhile``."""

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        """Static metadata of a wheel or source distribution.

        Raises ``BuildRequiredError`` when an sdist's metadata is not static, ``MetadataUnavailable`` when it is unusable.
        """

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive: ...

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        """Resolve the reference (or take ``locked_commit``) and open the tree at that commit."""
