"""Git dependencies of the command line: the user's own git, with the user's environment."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.cli.indexes.choice import IndexChoice
from bot.git.sources import GitSources
from bot.lockfile.model import GitRequirement
from bot.proxies import read_proxies
from bot.resolver.model.index import GitTree


def open_git(choice: IndexChoice, source: GitRequirement, locked_commit: str | None) -> GitTree:
    """Resolve the reference (or take the locked commit) and open its tree."""
    cache = choice.cache_dir or Path(tempfile.gettempdir()) / "lockbot-git"
    sources = GitSources(cache=cache / "git", environ=choice.environment, find_proxy=choice.find_proxies().find)
    return sources.open_git(source, locked_commit)


def make_sources(cache_dir: Path | None, environ: Mapping[str, str]) -> GitSources:
    cache = cache_dir or Path(tempfile.gettempdir()) / "lockbot-git"
    return GitSources(cache=cache / "git", environ=environ, find_proxy=read_proxies(environ).find)
