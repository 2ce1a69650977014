"""Brings one commit of a repository onto this machine: depth 1, without a working tree, and only the blobs that matter.

Two requests: the commit with its trees, then the blobs of the files that lockbot reads (and of symbolic links), as one
pack; a third where those name files that have to be read too. Implements ``bot.ports.forge.Cloner``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.detect import other_bots
from bot.detect.kinds import is_brought
from bot.follow.brought import find_named
from bot.follow.followers import is_brought as is_followed
from bot.git.bare import check_protocol, fetch_commit, init_bare
from bot.git.command import Credential, Git, GitError, Network, origin_of
from bot.git.scratch import scratch_folder
from bot.git.tree import CommitTree
from bot.ports.forge import CloneSource, ForgeUnavailable
from bot.ports.run import Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.toolchain.kinds import is_brought as has_places

_CONFIG_NAMES = frozenset(path.rpartition("/")[2] for path in CONFIG_PATHS)


def reads_path(path: str, files: Collection[str]) -> bool:
    """Whether lockbot reads this one of a repository's files; other blobs are never fetched."""
    if path.rpartition("/")[2] in _CONFIG_NAMES or other_bots.is_brought(path):
        return True
    return is_brought(path, files) or is_followed(path, files) or has_places(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCloner:
    """``protocols`` are those a clone URL may have; ``find_proxy`` gives the proxy for one. Clones lie below
    ``scratch``."""

    environ: Mapping[str, str] = field(repr=False)
    protocols: tuple[str, ...] = ("https",)
    wanted: Callable[[str, Collection[str]], bool] = reads_path
    named: Callable[[CommitTree], Iterable[str]] = find_named
    find_proxy: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    scratch: Path | None = None

    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        """A bare repository that holds ``commit``; it is deleted when the context ends."""
        with scratch_folder(self.scratch, "clone") as folder:
            git = Git(folder=folder, environ=self.environ, network=self._network(source))
            init_bare(git, source.url)
            with _outage():
                fetch_commit(git, commit)
                with CommitTree(git, commit) as tree:
                    files = frozenset(tree.paths(links=True))
                    brought = {path for path in files if tree.is_link(path) or self.wanted(path, files)}
                    tree.prefetch(brought)
                    tree.prefetch(path for path in self.named(tree) if path not in brought)
            yield git.folder

    def _network(self, source: CloneSource) -> Network:
        scheme = check_protocol(source.url, self.protocols)
        proxy = self.find_proxy(source.url)
        if source.password is None:
            return Network(protocols=(scheme,), proxy=proxy)
        username = source.username or "x-access-token"
        credential = Credential(origin=origin_of(source.url), token=source.password, username=username)
        return Network(protocols=(scheme,), credential=credential, proxy=proxy)


@contextmanager
def _outage() -> Iterator[None]:
    """The forge has just named this commit: whatever keeps git from it may pass (no answer, a server error, a token that
    ran out, a commit that a forced push replaced), and all of it is looked at afresh when the job is made again. git
    has words alone to tell these apart."""
    try:
        yield
    except GitError as error:
        raise ForgeUnavailable(f"clone: {error}") from error
