"""Sources and requirements as text: the ``source`` of a package, git URLs with their query, requirement rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import assert_never
from urllib.parse import parse_qsl, quote_plus

from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    GitSource,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    RequirementSource,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.specifiers import render_specifiers
from bot.lockfile.toml_text import render_inline_table, render_string, render_strings
from bot.markers import marker_text
from bot.patterns import pattern

_COMMIT = pattern(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", re.ASCII)


class GitUrlError(ValueError):
    """A locked git URL without a full commit behind ``#``, or with another one than it asks for."""


# --- git URLs ---------------------------------------------------------------------------------------


def _encode(text: str) -> str:
    """Percent-encode one side of a query pair as HTML forms do."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def _render_query(pairs: Sequence[tuple[str, str]]) -> str:
    return "?" + "&".join(f"{key}={_encode(value)}" for key, value in pairs) if pairs else ""


def _reference_pairs(reference: GitReference | None) -> list[tuple[str, str]]:
    return [] if reference is None else [(reference.kind.value, reference.name)]


def _optional(key: str, value: str | None) -> list[tuple[str, str]]:
    return [] if value is None else [(key, value)]


def _lfs_pairs(lfs: bool) -> list[tuple[str, str]]:
    return [("lfs", "true")] if lfs else []


def render_git_source(source: GitSource) -> str:
    """``url?subdirectory=…&path=…&lfs=true&tag|branch|rev=…#commit``."""
    pairs = _optional("subdirectory", source.subdirectory) + _optional("path", source.path)
    pairs += _lfs_pairs(source.lfs) + _reference_pairs(source.reference)
    return f"{source.url}{_render_query(pairs)}#{source.commit}"


def render_git_requirement(source: GitRequirement) -> str:
    """The URL of a requirement; a file inside a repository states its reference before ``lfs``."""
    reference, lfs = _reference_pairs(source.reference), _lfs_pairs(source.lfs)
    if source.path is not None:
        return source.url + _render_query([("path", source.path), *reference, *lfs])
    return source.url + _render_query([*_optional("subdirectory", source.subdirectory), *lfs, *reference])


def _split_git_url(text: str) -> tuple[GitRequirement, str]:
    """The parts before ``#``, and what stands behind it."""
    address, _, fragment = text.partition("#")
    url, _, query = address.partition("?")
    reference: GitReference | None = None
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key in ("tag", "branch", "rev"):
            reference = GitReference(kind=GitReferenceKind(key), name=value)
        found[key] = value
    requirement = GitRequirement(
        url=url,
        reference=reference,
        subdirectory=found.get("subdirectory"),
        path=found.get("path"),
        lfs=found.get("lfs", "").lower() == "true",
    )
    return requirement, fragment


def parse_git_requirement(text: str) -> GitRequirement:
    return _split_git_url(text)[0]


def parse_git_source(text: str) -> GitSource:
    """Read the ``git`` value of a locked source; raises ``GitUrlError``."""
    asked, commit = _split_git_url(text)
    if not _COMMIT.fullmatch(commit):
        raise GitUrlError(f"the git source '{text}' does not end in '#' and a full commit")
    rev = asked.reference.name if asked.reference and asked.reference.kind is GitReferenceKind.REV else ""
    if _COMMIT.fullmatch(rev) and rev.lower() != commit.lower():
        raise GitUrlError(f"the git source '{text}' asks for one commit and locks another")
    return GitSource(
        url=asked.url,
        commit=commit,
        reference=asked.reference,
        subdirectory=asked.subdirectory,
        path=asked.path,
        lfs=asked.lfs,
    )


# --- sources of packages ----------------------------------------------------------------------------


def _url_fields(url: str, subdirectory: str | None) -> Iterator[str]:
    yield f"url = {render_string(url)}"
    if subdirectory is not None:
        yield f"subdirectory = {render_string(subdirectory)}"


def render_source(source: Source) -> str:
    match source:
        case RegistrySource(url=url):
            return f"{{ registry = {render_string(url)} }}"
        case GitSource():
            return f"{{ git = {render_string(render_git_source(source))} }}"
        case UrlSource(url=url, subdirectory=subdirectory):
            return render_inline_table(_url_fields(url, subdirectory))
        case PathSource(path=path):
            return f"{{ path = {render_string(path)} }}"
        case DirectorySource(path=path):
            return f"{{ directory = {render_string(path)} }}"
        case EditableSource(path=path):
            return f"{{ editable = {render_string(path)} }}"
        case VirtualSource(path=path):
            return f"{{ virtual = {render_string(path)} }}"
        case _:
            assert_never(source)


# --- requirements -----------------------------------------------------------------------------------


def render_conflict_item(item: ConflictItem) -> str:
    fields = [f"package = {render_string(item.package)}"]
    if item.kind is not ConflictKind.PROJECT and item.name is not None:
        fields.append(f"{item.kind.value} = {render_string(item.name)}")
    return render_inline_table(fields)


def _registry_fields(source: RegistryRequirement) -> Iterator[str]:
    specifier = render_specifiers(source.specifier)
    if specifier:
        yield f"specifier = {render_string(specifier)}"
    if source.index is not None:
        yield f"index = {render_string(source.index)}"
    if source.conflict is not None:
        yield f"conflict = {render_conflict_item(source.conflict)}"


def _requirement_source_fields(source: RequirementSource) -> Iterator[str]:
    match source:
        case RegistryRequirement():
            yield from _registry_fields(source)
        case GitRequirement():
            yield f"git = {render_string(render_git_requirement(source))}"
        case UrlRequirement(url=url, subdirectory=subdirectory):
            yield from _url_fields(url, subdirectory)
        case PathRequirement(path=path):
            yield f"path = {render_string(path)}"
        case DirectoryRequirement(path=path, kind=kind):
            yield f"{kind.value} = {render_string(path)}"
        case _:
            assert_never(source)


def render_requirement(requirement: Requirement) -> str:
    """One row of ``requires-dist``, ``requires-dev`` or a manifest table."""
    fields = [f"name = {render_string(requirement.name)}"]
    if requirement.extras:
        fields.append(f"extras = {render_strings(requirement.extras)}")
    if requirement.groups:
        fields.append(f"groups = {render_strings(requirement.groups)}")
    marker = marker_text(requirement.marker)
    if marker is not None:
        fields.append(f"marker = {render_string(marker)}")
    fields += _requirement_source_fields(requirement.source)
    return render_inline_table(fields)
