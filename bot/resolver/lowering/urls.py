"""URLs as a lock prints them: no fragment, no credentials of git and index URLs; direct URLs (PEP 508) taken apart."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from bot.errors import InputError
from bot.lockfile.model import (
    DirectoryKind,
    DirectoryRequirement,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    PathRequirement,
    RequirementSource,
    UrlRequirement,
)
from bot.patterns import pattern
from bot.resolver.lowering.paths import file_url_path, has_suffix
from bot.values import replace

_ARCHIVE = pattern(r"\.(whl|zip|tar|tar\.(gz|bz2|xz|zst|lz|lzma)|tgz|tbz|txz|tlz)$", re.IGNORECASE)

_COMMIT = pattern(r"[0-9a-fA-F]{40}")


def is_archive_name(path: str) -> bool:
    """Whether a path ends like a wheel or source archive."""
    return bool(_ARCHIVE.search(path))


def without_credentials(url: str) -> str:
    """Return the URL as a lock prints it; ``git@`` of SSH addresses is no secret and stays."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if at and not (parts.scheme in ("ssh", "git+ssh") and userinfo == "git"):
        parts = parts._replace(netloc=host)
    return urlunsplit(_with_root_path(parts))


def _with_root_path(parts: SplitResult) -> SplitResult:
    scheme_has_path = parts.scheme in ("http", "https", "ssh", "git+https", "git+ssh") and parts.netloc
    netloc = parts.netloc.lower() if "@" not in parts.netloc and parts.netloc != parts.netloc.lower() else parts.netloc
    return parts._replace(path="/" if scheme_has_path and not parts.path else parts.path, netloc=netloc)


def without_fragment(url: str) -> str:
    return url.partition("#")[0]


def archive_url(url: str) -> str:
    """Return the URL of an archive as a requirement of a lock prints it: whatever the manifest says but the fragment."""
    return urlunsplit(_with_root_path(urlsplit(without_fragment(url))))


def parse_direct_url(url: str) -> RequirementSource:
    """Lower the URL of ``name @ url``; raises ``InputError``."""
    if url.startswith("git+"):
        return _parse_git(url.removeprefix("git+"))
    if "${" in url:
        raise InputError(f"environment variables in URLs are not expanded: {url}", hint="write the whole URL")
    path = without_fragment(url) if url.startswith("/") else file_url_path(without_fragment(url))
    if path is not None:
        return _local(path)
    if "://" not in url:
        raise InputError(f"{url!r} is not a URL", hint="use [tool.uv.sources] with path = … for local packages")
    if not is_archive_name(urlsplit(url).path):
        raise InputError(f"{url} is no wheel or source archive", hint="for a repository write git+https://…")
    subdirectory = dict(parse_qsl(urlsplit(url).fragment)).get("subdirectory")
    return UrlRequirement(url=archive_url(url), subdirectory=subdirectory)


def _local(path: str) -> RequirementSource:
    if is_archive_name(path):
        return PathRequirement(path=path)
    if has_suffix(path) and not path.endswith("/"):
        raise InputError(f"{path} is no wheel or source archive")
    return DirectoryRequirement(path=path.rstrip("/") or "/", kind=DirectoryKind.DIRECTORY)


def _parse_git(url: str) -> GitRequirement:
    parts = urlsplit(url)
    path, _, reference = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "")
    options = dict(parse_qsl(parts.fragment))
    return git_requirement(
        urlunsplit(parts._replace(path=path, fragment="")),
        reference=GitReference(kind=GitReferenceKind.REV, name=reference) if reference else None,
        subdirectory=options.get("subdirectory"),
        path=options.get("path"),
        lfs=options.get("lfs") == "true",
    )


def git_requirement(
    url: str, *, reference: GitReference | None, subdirectory: str | None, path: str | None, lfs: bool
) -> GitRequirement:
    """Make a git requirement with its URL as the lock prints it, and a whole commit in small letters."""
    is_commit = reference is not None and reference.kind is GitReferenceKind.REV and _COMMIT.fullmatch(reference.name)
    return GitRequirement(
        url=without_credentials(url),
        reference=replace(reference, name=reference.name.lower()) if reference and is_commit else reference,
        subdirectory=subdirectory,
        path=path,
        lfs=lfs,
    )
