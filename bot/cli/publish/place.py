"""Which repository of the forge is meant: the one that was named, or the one that a folder was cloned from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import InputError
from bot.git.command import Git, GitError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
#: ``git@host:owner/name``, as ssh has it.
_SHORT = re.compile(r"(?:[^@/\s]+@)?([A-Za-z0-9.-]+):(?!//)(.+)")
_ORIGIN = "origin"


def check_name(given: str) -> str:
    """``OWNER/NAME``; raises ``InputError`` for anything else."""
    if not _NAME.fullmatch(given) or given.rpartition("/")[2] in (".", ".."):
        raise InputError(f"{given!r} does not name a repository", hint="name it as OWNER/NAME")
    return given


def find_name(path: Path, environ: Mapping[str, str], web_url: str) -> str:
    """The repository that the folder's remote leads to, on the forge at ``web_url``."""
    remotes = _read_remotes(Git(folder=path, environ=environ))
    if not remotes:
        raise InputError("no remote leads to a repository", path=str(path), hint="name it with --repository OWNER/NAME")
    if _ORIGIN not in remotes and len(remotes) > 1:
        hint = "name the repository with --repository OWNER/NAME"
        raise InputError(f"several remotes, and none is called {_ORIGIN}", path=str(path), hint=hint)
    name, url = (_ORIGIN, remotes[_ORIGIN]) if _ORIGIN in remotes else next(iter(remotes.items()))
    host, full_name = parse_remote(url)
    wanted = urlsplit(web_url).hostname or ""
    if host != wanted:
        hint = f"set LOCKBOT_GITHUB_URL=https://{host}, or name the repository with --repository OWNER/NAME"
        raise InputError(f"the remote {name} leads to {host or 'a folder'}, not to {wanted}", path=str(path), hint=hint)
    return check_name(full_name)


def parse_remote(url: str) -> tuple[str, str]:
    """The host (empty: none) and the rest of its path, without ``.git``."""
    if "://" in url:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    else:
        match = _SHORT.fullmatch(url)
        host, path = (match[1].lower(), match[2]) if match else ("", url)
    return host, path.strip("/").removesuffix(".git")


def _read_remotes(git: Git) -> dict[str, str]:
    try:
        found = git.try_run("config", "--get-regexp", r"^remote\..*\.url$").stdout.decode("utf-8", "replace")
    except (GitError, OSError):
        return {}
    rows = (line.split(" ", 1) for line in found.splitlines())
    return {key.removeprefix("remote.").removesuffix(".url"): url.strip() for key, url in rows}
