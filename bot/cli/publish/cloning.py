"""The commit that is solved: out of the repository on this disk if it is there, else cloned, once for a call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.git.checkout import GitCloner
from bot.git.command import Git, GitError
from bot.git.sources import SCRATCH
from bot.ports.forge import Cloner, CloneSource
from bot.ports.run import Sha
from bot.proxies import read_proxies
from bot.settings import Settings
from bot.values import value


def make_cloner(settings: Settings, environ: Mapping[str, str]) -> GitCloner:
    # A server on plain http is one that its user named so.
    return GitCloner(
        environ=environ,
        protocols=(settings.github_url.partition("://")[0],),
        find_proxy=read_proxies(environ).find,
        scratch=settings.cache_dir / SCRATCH,
    )


@value
class HeldCloner:
    """Implements ``bot.ports.forge.Cloner``: the one commit that is ``held`` lies at ``root``, others are cloned."""

    held: Sha
    root: Path
    cloner: Cloner

    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        if commit == self.held:
            yield self.root
            return
        with self.cloner.clone(source, commit) as root:
            yield root


@value
class Held:
    """``is_here``: it is the user's own repository."""

    cloner: HeldCloner
    is_here: bool = False


@contextmanager
def hold(path: Path, environ: Mapping[str, str], cloner: Cloner, source: CloneSource, commit: Sha) -> Iterator[Held]:
    """Nothing is fetched into the repository on this disk, and nothing of it is checked out."""
    root = _find_root(path, environ, commit)
    if root is not None:
        yield Held(cloner=HeldCloner(held=commit, root=root, cloner=cloner), is_here=True)
        return
    with cloner.clone(source, commit) as root:
        yield Held(cloner=HeldCloner(held=commit, root=root, cloner=cloner))


def _find_root(path: Path, environ: Mapping[str, str], commit: Sha) -> Path | None:
    """Of a repository that holds the commit with all its files: a partial clone has promises in place of some."""
    git = Git(folder=path, environ=environ)
    try:
        if git.try_run("config", "--get", "extensions.partialClone").stdout.strip():
            return None
        if git.try_run("cat-file", "-e", f"{commit}^{{tree}}").returncode:
            return None
        top = git.try_run("rev-parse", "--show-toplevel").stdout.removesuffix(b"\n")
    except (GitError, OSError):
        return None
    return Path(os.fsdecode(top)) if top else path.resolve()
