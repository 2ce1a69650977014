"""How a package that is named by URL or path is written: as the file that asks for it has it, as far as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import quote

from bot.compile.origins import Asked
from bot.compile.urls import same_source, with_commit
from bot.export.requirements_txt import git_text, path_text, with_fragment
from bot.lockfile.model import (
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    GitRequirement,
    GitSource,
    PathRequirement,
    PathSource,
    RegistrySource,
    RequirementSource,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.patterns import pattern
from bot.requirements.variables import find_variables
from bot.resolver.model.resolution import PackageKey

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")


class WrittenAs(Enum):
    """``-e URL``, the path alone, or the name with a version or URL."""

    EDITABLE = auto()
    PATH = auto()
    NAMED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """``url`` is what stands for the place, ``None`` for a package of an index."""

    form: WrittenAs
    url: str | None = None

    @property
    def is_absolute(self) -> bool:
        """Whether the place is written as one of this machine, and not by way of a variable."""
        url = self.url or ""
        return url.startswith(("/", "file:")) and not find_variables(url)


def write_package(key: PackageKey, asked: Sequence[Asked]) -> Written:
    """How a package is written; ``asked`` are all requirements that name it, of which the last spelling counts."""
    if isinstance(key.source, RegistrySource):
        return Written(form=WrittenAs.NAMED)
    url = _given(key, asked)
    if isinstance(key.source, EditableSource):
        return Written(form=WrittenAs.EDITABLE, url=url)
    is_path = isinstance(key.source, PathSource | DirectorySource | VirtualSource) and not _is_file_url(url)
    return Written(form=WrittenAs.PATH if is_path else WrittenAs.NAMED, url=url)


def _given(key: PackageKey, asked: Sequence[Asked]) -> str:
    source = _requirement(key.source)
    given = [
        one.given
        for one in asked
        if one.given is not None and one.requirement.name == key.name and same_source(one.requirement.source, source)
    ]
    if not given:
        return _default(key.source)
    return with_commit(given[-1], key.source) if isinstance(key.source, GitSource) else given[-1]


def _requirement(source: Source) -> RequirementSource:
    match source:
        case GitSource():
            return GitRequirement(
                url=source.url,
                reference=source.reference,
                subdirectory=source.subdirectory,
                path=source.path,
                lfs=source.lfs,
            )
        case UrlSource():
            return UrlRequirement(url=source.url, subdirectory=source.subdirectory)
        case PathSource():
            return PathRequirement(path=source.path)
        case DirectorySource(path=path) | EditableSource(path=path) | VirtualSource(path=path):
            return DirectoryRequirement(path=path, kind=DirectoryKind.DIRECTORY)
        case RegistrySource():
            raise AssertionError("a package of an index has no place of its own")


def _default(source: Source) -> str:
    """The place where no file that was read writes it: some other package asks for it."""
    match source:
        case GitSource():
            return git_text(source)
        case UrlSource():
            parts = () if source.subdirectory is None else (f"subdirectory={source.subdirectory}",)
            return with_fragment(source.url, parts)
        case PathSource(path=path) | DirectorySource(path=path) | EditableSource(path=path) | VirtualSource(path=path):
            return f"file://{quote(path)}" if path.startswith("/") else path_text(path)
        case RegistrySource():
            raise AssertionError("a package of an index has no place of its own")


def _is_file_url(url: str) -> bool:
    """Whether a place is written as a whole ``file:`` URL, which is kept as one."""
    if not url.startswith("file:"):
        return _SCHEME.match(url) is not None
    rest = url.removeprefix("file:")
    if not rest.startswith("//"):
        return True
    path = rest.removeprefix("//")
    return path.startswith(("/", "localhost/", "${PROJECT_ROOT}"))
