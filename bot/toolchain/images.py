"""References to container images, as whole words or anywhere in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.patterns import pattern
from bot.toolchain.forms import VERSION
from bot.toolchain.model import Image, Place, Source, Tool
from bot.toolchain.traced import Traced

_REFERENCE = pattern(
    r"(?:docker(?:-image)?://)?(?P<name>(?:[A-Za-z0-9.-]+(?::\d+)?/)?(?:[a-z0-9._-]+/)*[a-z0-9._-]+)"
    r"(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>[a-z0-9]+:[0-9a-fA-F]+))?"
)
#: In a text that is no reference as a whole: what begins with the name of a registry, behind nothing that it may be the end of.
_ANYWHERE = pattern(
    r"(?<![\w.@:/-])(?:docker(?:-image)?://)?(?:ghcr\.io/astral-sh/uv|docker\.io/astral/uv):[\w.-]+(?:@sha256:[0-9a-f]{64})?(?![\w/:])"
)
_UV_TAG = pattern(rf"(?P<version>v?{VERSION})(?=-|$)")
_UV_PYTHON = pattern(r"python(?P<version>3\.\d+(?:\.\d+)?)(?=-|$)")
_PYTHON_TAG = pattern(r"(?:(?:\d+-)?(?:python)?)(?P<version>3\.\d+(?:\.\d+)?)(?=[-.]|$)")
_UV_IMAGES = frozenset({("ghcr.io", "astral-sh/uv"), ("docker.io", "astral/uv")})
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
#: The images whose tags begin with a version of Python, and that lockbot knows.
_PYTHON_IMAGES = frozenset(
    {
        ("docker.io", "library/python"),
        ("docker.io", "amazon/aws-lambda-python"),
        ("public.ecr.aws", "docker/library/python"),
        ("public.ecr.aws", "lambda/python"),
        ("mcr.microsoft.com", "devcontainers/python"),
        ("mcr.microsoft.com", "vscode/devcontainers/python"),
        ("mcr.microsoft.com", "azure-functions/python"),
    }
)
_ELSEWHERE = "it is an image of another registry, and lockbot does not know which tags that has"
_BROKEN = "its text is put together of parts that can't be edited one by one"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    registry: str
    repository: str
    tag: str
    tag_at: int
    digest: str
    digest_at: int


def find_images(source: Source, traced: Traced) -> Iterator[Place]:
    """The places of images of uv anywhere in a text."""
    for found in _ANYWHERE.finditer(traced.text):
        yield from find_image(source, traced.part(found.start(), found.end()))


def find_image(source: Source, traced: Traced) -> Iterator[Place]:
    """The places of a text that is a reference as a whole: the version of uv, and that of Python."""
    reference = _parse(traced.text)
    if reference is None:
        return
    name = (reference.registry, reference.repository)
    if reference.repository.endswith("astral-sh/uv") or name in _UV_IMAGES:
        kept = None if name in _UV_IMAGES else _ELSEWHERE
        yield from _places(source, traced, reference, Tool.UV, _UV_TAG.match(reference.tag), kept)
        yield from _places(source, traced, reference, Tool.PYTHON, _UV_PYTHON.search(reference.tag), kept)
    elif reference.repository.rpartition("/")[2] in ("python", "aws-lambda-python"):
        kept = None if name in _PYTHON_IMAGES else _ELSEWHERE
        yield from _places(source, traced, reference, Tool.PYTHON, _PYTHON_TAG.match(reference.tag), kept)


def _parse(text: str) -> _Reference | None:
    found = _REFERENCE.fullmatch(text)
    if found is None or found["tag"] is None:
        return None
    first, slash, rest = found["name"].partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, rest) if is_host else ("docker.io", found["name"])
    registry = "docker.io" if registry in _DOCKER_HUB else registry
    if registry == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return _Reference(
        registry=registry,
        repository=repository,
        tag=found["tag"],
        tag_at=found.start("tag"),
        digest=found["digest"] or "",
        digest_at=found.start("digest"),
    )


def _places(
    source: Source, traced: Traced, reference: _Reference, tool: Tool, found: re.Match[str] | None, kept: str | None
) -> Iterator[Place]:
    if found is None:
        return
    start, end = found.span("version")
    at = reference.tag_at + start
    text = reference.tag[start:end]
    offset = traced.find_start(at, at + len(text))
    digest_end = reference.digest_at + len(reference.digest)
    digest_start = traced.find_start(reference.digest_at, digest_end) if reference.digest else None
    is_broken = offset is None or (bool(reference.digest) and digest_start is None)
    anchor = offset if offset is not None else next((one for one in traced.offsets if one >= 0), 0)
    yield Place(
        tool=tool,
        path=source.path,
        line=source.line_at(anchor),
        start=anchor,
        text=text,
        shown=traced.text,
        shown_at=at,
        image=Image(
            registry=reference.registry,
            repository=reference.repository,
            tag=reference.tag,
            version_at=start,
            digest=reference.digest,
            digest_start=digest_start,
        ),
        kept=kept or (_BROKEN if is_broken else None),
    )
