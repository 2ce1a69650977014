"""A bare repository on this machine, and one commit fetched into it without blobs."""

from __future__ import annotations

from bot.errors import InputError
from bot.git.command import Git, GitError, redact


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


def fetch_history(git: Git) -> None:
    """Fetch all commits of branches and tags; trees and blobs stay behind."""
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=tree:0", "--force")
    git.run("fetch", *options, "origin", "refs/heads/*:refs/lockbot/heads/*", "refs/tags/*:refs/lockbot/tags/*")
