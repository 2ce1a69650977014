"""What a configuration of pre-commit says, as far as it concerns dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One value. ``start`` is the offset of its first letter, ``None`` where the file does not have it letter by letter.

    ``is_quoted``: whether it stands in quotes. ``comment`` is what follows on its line, which begins at the offset
    ``comment_start``.
    """

    text: str
    line: int
    start: int | None
    is_quoted: bool = False
    comment: str = ""
    comment_start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """``None`` stands for what is not said: the repository of the hook has a value for it.

    ``args`` and ``stages`` are ``None`` too where they can't be read as a list of texts, with ``is_odd`` set.
    ``environment`` names the variables that the hook sets.
    """

    id: str
    line: int
    name: str | None = None
    entry: str | None = None
    args: tuple[str, ...] | None = None
    language: str | None = None
    passes_files: bool | None = None
    stages: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    dependencies: tuple[Text, ...] = ()
    is_odd: bool = False

    @property
    def is_by_hand(self) -> bool:
        """Whether it runs only when somebody asks for it by its stage or its name."""
        return self.stages is not None and "manual" in self.stages and len(self.stages) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRepository:
    """``url`` as it is written (``local``, ``meta`` and ``builtin`` are none); ``rev`` where one is stated."""

    url: str
    line: int
    rev: Text | None = None
    hooks: tuple[Hook, ...] = ()

    @property
    def address(self) -> str:
        """The repository by host and path in small letters, ``github.com/owner/name``, however the URL is spelled."""
        return address_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookConfig:
    path: str
    repositories: tuple[HookRepository, ...]

    def hooks(self) -> Iterator[tuple[HookRepository, Hook]]:
        for repository in self.repositories:
            for hook in repository.hooks:
                yield repository, hook


def address_of(url: str) -> str:
    """``https://GitHub.com/a/b.git``, ``git@github.com:a/b`` and ``ssh://git@github.com/a/b/`` are one repository."""
    scheme, separator, rest = url.strip().lower().partition("://")
    if not separator:
        rest = scheme.replace(":", "/", 1)
    host, slash, path = rest.partition("/")
    return f"{host.rpartition('@')[2]}{slash}{path.rstrip('/').removesuffix('.git')}"
