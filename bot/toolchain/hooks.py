"""``.pre-commit-config.yaml``: the revision of uv's own hooks, and uv among what other hooks install."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.patterns import pattern
from bot.precommit.config import is_hook_config, parse_hook_config
from bot.precommit.model import Text
from bot.toolchain.installs import find_value
from bot.toolchain.model import Form, Frozen, Place, Source, Tool
from bot.toolchain.traced import trace

_UV_HOOKS = "github.com/astral-sh/uv-pre-commit"
_COMMIT = pattern(r"[0-9a-f]{40}")
_FROZEN = pattern(r"#\s*frozen:\s*(?P<tag>\S+)")
_UV = pattern(r"uv(?:\[[\w,-]*\])?\s*(?P<specifier>[=~<>!].*)")


def is_kind(path: str) -> bool:
    return is_hook_config(path)


def find(source: Source) -> Iterator[Place]:
    for repository in parse_hook_config(source.text, source.path).repositories:
        if repository.rev is not None and repository.address == _UV_HOOKS:
            yield from _revision(source, repository.rev)
        for hook in repository.hooks:
            for text in hook.dependencies:
                yield from _dependency(source, text)


def _revision(source: Source, rev: Text) -> Iterator[Place]:
    if _COMMIT.fullmatch(rev.text):
        yield from _frozen(source, rev)
    elif rev.start is not None:
        yield from find_value(source, "uv-pre-commit rev: ", trace(rev.text, rev.start), Tool.UV)


def _frozen(source: Source, rev: Text) -> Iterator[Place]:
    found = _FROZEN.match(rev.comment)
    if found is None or rev.comment_start is None:
        return
    value = trace(found["tag"], rev.comment_start + found.start("tag"))
    for place in find_value(source, "uv-pre-commit rev, frozen: ", value, Tool.UV) if rev.start is not None else ():
        yield replace(place, frozen=Frozen(repository=_UV_HOOKS, commit=rev.text, start=rev.start or 0))


def _dependency(source: Source, text: Text) -> Iterator[Place]:
    found = _UV.fullmatch(text.text)
    if found is not None and text.start is not None:
        value = trace(found["specifier"], text.start + found.start("specifier"))
        for place in find_value(source, text.text[: found.start("specifier")], value, Tool.UV):
            yield replace(place, form=Form.SPECIFIER)
