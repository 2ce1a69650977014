"""Brings one commit of a repository onto this machine: depth 1, without a working tree, and only the blobs that matter.

Two requests: the commit with its trees, then the blobs of the files that lockbot reads (and of symbolic links), as one
pack. Implements ``bot.ports.forge.Cloner``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import InputError
from bot.git.command import Credential, Git, GitError, Network, origin_of, redact
from bot.git.tree import CommitTree
from bot.ports.forge import CloneSource, ForgeUnavailable
from bot.ports.run import Sha
from bot.repoconfig.load import CONFIG_PATHS

_NAMES = frozenset(
    {
        "pyproject.toml",
        "uv.toml",
        "uv.lock",
        ".python-version",
        "PKG-INFO",
        *(path.rpartition("/")[2] for path in CONFIG_PATHS),
    }
)
_ENDS = (".py", ".pyw", ".py.lock", ".toml")


def reads_path(path: str) -> bool:
    """Whether lockbot reads this file of a repository; other blobs are never fetched."""
    name = path.rpartition("/")[2]
    return name in _NAMES or name.endswith(_ENDS) or "." not in name


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCloner:
    """``protocols`` are those a clone URL may have."""

    environ: Mapping[str, str] = field(repr=False)
    protocols: tuple[str, ...] = ("https",)
    wanted: Callable[[str], bool] = reads_path

    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        """A bare repository that holds ``commit``; it is deleted when the context ends."""
        with tempfile.TemporaryDirectory(prefix="lockbot-clone-") as folder:
            git = Git(folder=Path(folder), environ=self.environ, network=self._network(source))
            init_bare(git, source.url)
            with _outage():
                fetch_commit(git, commit)
                with CommitTree(git, commit) as tree:
                    tree.prefetch(path for path in tree.paths(links=True) if tree.is_link(path) or self.wanted(path))
            yield git.folder

    def _network(self, source: CloneSource) -> Network:
        scheme = check_protocol(source.url, self.protocols)
        if source.password is None:
            return Network(protocols=(scheme,))
        username = source.username or "x-access-token"
        credential = Credential(origin=origin_of(source.url), token=source.password, username=username)
        return Network(protocols=(scheme,), credential=credential)


@contextmanager
def _outage() -> Iterator[None]:
    """The forge has just named this commit: whatever keeps git from it may pass (no answer, a server error, a token that
    ran out, a commit that a forced push replaced), and all of it is looked at afresh when the job is made again. git
    has words alone to tell these apart."""
    try:
        yield
    except GitError as error:
        raise ForgeUnavailable(f"clone: {error}") from error


def check_protocol(url: str, protocols: tuple[str, ...]) -> str:
    """The URL's scheme; raises ``InputError`` when it is none of ``protocols`` or the URL could be taken for an option."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in protocols or rest.startswith("-"):
        raise InputError(f"git may not be used with {redact(url)!r}", hint=f"use a URL with {' or '.join(protocols)}")
    return scheme


def init_bare(git: Git, url: str) -> None:
    """An empty bare repository whose promised objects come from ``url``; templates (and so hooks) are left out."""
    git.folder.mkdir(parents=True, exist_ok=True)
    git.run("init", "--quiet", "--bare", "--template=", ".")
    for key, value in (("url", url), ("promisor", "true"), ("partialclonefilter", "blob:none")):
        git.run("config", "--local", f"remote.origin.{key}", value)
    git.run("config", "--local", "extensions.partialClone", "origin")


def fetch_commit(git: Git, commit: str) -> None:
    """Fetch one commit with its trees; blobs stay behind."""
    options = ("--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
    git.run("fetch", *options, "--filter=blob:none", "origin", f"{commit}:refs/lockbot/{commit}")
    if git.try_run("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise GitError(f"{commit} is not a commit of the repository")
