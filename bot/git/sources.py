"""Git dependencies: a reference becomes a commit (``ls-remote``), a commit becomes a readable tree (one shallow fetch).

Repositories named by a manifest are strangers: only the allowed protocols are used, redirects are not followed, and
each host is looked up by ``resolve_host``, which may refuse it; git then connects to exactly that address. Fetched
commits are kept below ``cache`` by URL; a commit never changes, so what is there is never asked for again.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import IndexFailure
from bot.git.bare import check_protocol, fetch_commit, fetch_history, init_bare
from bot.git.command import Credential, Git, GitError, Network, origin_of, redact
from bot.git.scratch import held_folder
from bot.git.tree import CommitTree
from bot.lockfile.model import GitReference, GitReferenceKind, GitRequirement
from bot.resolver.model.index import GitTree

_FULL_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT_SHA = re.compile(r"[0-9a-fA-F]{4,39}")
#: Beside the cache, so that a repository that is made there can be put into it in one step.
SCRATCH = "scratch"
_PORTS = {"https": 443, "http": 80}


def trust_dns(host: str, port: int) -> str | None:
    """The address policy of the command line: git looks the host up itself."""
    del host, port
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSources:
    """Opens git dependencies. ``resolve_host(host, port)`` gives the one address to use, ``None`` to leave it to git, or
    raises; ``find_credential`` gives the credential for a URL that the operator wrote down for its origin. Where
    ``find_proxy`` gives a proxy for a URL, that looks the host up; ``check_host`` raises where it may not be asked to.
    """

    cache: Path
    environ: Mapping[str, str] = field(repr=False)
    protocols: tuple[str, ...] = ("https",)
    resolve_host: Callable[[str, int], str | None] = trust_dns
    find_proxy: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    check_host: Callable[[str], None] = lambda _: None
    find_credential: Callable[[str], Credential | None] = field(default=lambda _: None, repr=False)

    def open_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        """Resolve the reference (or take ``locked_commit``) and open the tree at that commit.

        Raises ``IndexFailure`` when the repository cannot be read, ``InputError`` for a URL that may not be used.
        """
        try:
            git = self._open(source.url)
            commit = locked_commit or self._resolve(git, source)
            if not _has(git, commit):
                fetch_commit(git, commit)
        except GitError as error:
            raise IndexFailure(f"{redact(source.url)}: {error}") from None
        return GitTree(commit=commit, tree=CommitTree(git, commit))

    def find_tags(self, url: str, tags: Sequence[str], patience: float) -> Mapping[str, str]:
        """The commits of those of the tags that a repository has; raises ``GitError`` or ``InputError``."""
        git = replace(self._open(url), patience=patience)
        names = [_ref_names(GitReference(kind=GitReferenceKind.TAG, name=tag)) for tag in tags]
        listed = _read_refs(git.run("ls-remote", "--quiet", "origin", *(name for pair in names for name in pair)))
        found = {tag: listed.get(peeled) or listed.get(plain) for tag, (plain, peeled) in zip(tags, names, strict=True)}
        return {tag: commit for tag, commit in found.items() if commit is not None and _FULL_SHA.fullmatch(commit)}

    def _open(self, url: str, kind: str = "") -> Git:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        git = Git(folder=self.cache / f"{name}{kind}", environ=self.environ, network=self._network(url))
        if not (git.folder / "HEAD").exists():
            self._make(git, url)
        return git

    def _make(self, git: Git, url: str) -> None:
        """Made beside and renamed: another process may be making the same one."""
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            with held_folder(self.cache.with_name(SCRATCH), "git") as folder:
                made = folder / "git"
                init_bare(Git(folder=made, environ=git.environ), url)
                with contextlib.suppress(OSError):
                    made.rename(git.folder)
        except OSError as error:
            raise GitError(f"it can't be kept in {self.cache}: {error.strerror}") from None

    def _network(self, url: str) -> Network:
        scheme = check_protocol(url, self.protocols)
        parts = urlsplit(url)
        credential = self.find_credential(url)
        if credential is not None and credential.origin != origin_of(url):
            credential = None
        proxy = self.find_proxy(url)
        pinned = self._pin(parts.hostname, parts.port or _PORTS.get(scheme), proxy)
        return Network(
            protocols=(scheme,),
            credential=credential,
            pinned=pinned,
            proxy=proxy,
            follows_redirects=self.resolve_host is trust_dns,
        )

    def _pin(self, host: str | None, port: int | None, proxy: str | None) -> tuple[str, ...]:
        if host is None or port is None:
            return ()
        if proxy is not None:
            self.check_host(host)
            return ()
        address = self.resolve_host(host, port)
        return (f"{host}:{port}:{address}",) if address else ()

    def _resolve(self, git: Git, source: GitRequirement) -> str:
        reference = source.reference
        if reference is not None and reference.kind is GitReferenceKind.REV and _FULL_SHA.fullmatch(reference.name):
            return reference.name
        wanted = _ref_names(reference)
        listed = _read_refs(git.run("ls-remote", "--quiet", "origin", *wanted))
        for name in wanted:
            commit = listed.get(f"{name}^{{}}") or listed.get(name)
            if commit is not None:
                return commit
        if reference is not None and reference.kind is GitReferenceKind.REV and _SHORT_SHA.fullmatch(reference.name):
            return self._expand(source.url, reference)
        raise GitError(f"the repository has no {_spoken(reference)}")

    def _expand(self, url: str, reference: GitReference) -> str:
        """The commit that an abbreviation means among all of the repository; only commits are brought for that.

        They lie in a repository of their own: in the other one history ends with the commits that were fetched.
        """
        git = self._open(url, "-history")
        fetch_history(git)
        offline = Git(folder=git.folder, environ=git.environ)
        found = offline.try_run("rev-parse", "--verify", "--quiet", f"{reference.name}^{{commit}}")
        if found.returncode:
            raise GitError(f"the repository has no {_spoken(reference)}, or several commits begin so")
        return found.stdout.decode().strip()


def _has(git: Git, commit: str) -> bool:
    offline = Git(folder=git.folder, environ=git.environ)
    return offline.try_run("cat-file", "-e", f"{commit}^{{tree}}").returncode == 0


def _ref_names(reference: GitReference | None) -> Sequence[str]:
    """The refs that a reference may mean, best first; a peeled tag is asked for with its tag."""
    match reference:
        case None:
            return ("HEAD",)
        case GitReference(kind=GitReferenceKind.TAG, name=name):
            return (f"refs/tags/{name}", f"refs/tags/{name}^{{}}")
        case GitReference(kind=GitReferenceKind.BRANCH, name=name):
            return (f"refs/heads/{name}",)
        case GitReference(name=name) if name.startswith("refs/"):
            return (name, f"{name}^{{}}")
        case GitReference(name=name):
            return (f"refs/tags/{name}", f"refs/tags/{name}^{{}}", f"refs/heads/{name}")


def _read_refs(listing: bytes) -> Mapping[str, str]:
    rows = (line.partition("\t") for line in listing.decode("utf-8", "replace").splitlines())
    return {name: commit for commit, tab, name in rows if tab}


def _spoken(reference: GitReference | None) -> str:
    return "HEAD" if reference is None else f"{reference.kind.value} {reference.name!r}"
