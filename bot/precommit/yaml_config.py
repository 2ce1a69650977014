"""Reads ``.pre-commit-config.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.formats.yaml import Alias, Mapping, Node, Scalar, Sequence, parse_yaml
from bot.precommit.model import Hook, HookConfig, HookRepository, Text

_TRUE: Final = frozenset(("true", "yes", "on"))


def parse_yaml_config(text: str, path: str) -> HookConfig:
    """What the file says; raises ``InputError``."""
    document = next(iter(parse_yaml(text, path)), None)
    # Before version 1 the file was the list itself.
    listed = _followed(document) if isinstance(document, Sequence) else _get(document, "repos")
    rows = [_repository(text, row) for row in _items(listed)]
    return HookConfig(path=path, repositories=tuple(row for row in rows if row is not None))


def _repository(text: str, node: Node) -> HookRepository | None:
    url, rev = _get(node, "repo"), _get(node, "rev") or _get(node, "sha")
    if not isinstance(node, Mapping) or not isinstance(url, Scalar):
        return None
    return HookRepository(
        url=url.text,
        line=url.line,
        rev=_text(text, rev) if isinstance(rev, Scalar) else None,
        hooks=tuple(_hooks(text, _get(node, "hooks"))),
    )


def _hooks(text: str, listed: Node | None) -> Iterator[Hook]:
    for item in _items(listed):
        node = _followed(item)
        name = _get(node, "id")
        if isinstance(node, Mapping) and isinstance(name, Scalar):
            yield _hook(text, node, name)


def _hook(text: str, node: Mapping, name: Scalar) -> Hook:
    args, stages = _get(node, "args"), _get(node, "stages")
    said, when = _texts(args), _texts(stages)
    passes = _plain(_get(node, "pass_filenames"))
    environment = _followed(_get(node, "env"))
    return Hook(
        id=name.text,
        line=name.line,
        name=_plain(_get(node, "name")),
        entry=_plain(_get(node, "entry")),
        args=said,
        language=_plain(_get(node, "language")),
        passes_files=None if passes is None else passes.lower() in _TRUE,
        stages=when,
        environment=tuple(key.text for key, _ in environment.entries) if isinstance(environment, Mapping) else (),
        dependencies=tuple(
            _text(text, one) for one in _items(_get(node, "additional_dependencies")) if isinstance(one, Scalar)
        ),
        is_odd=(args is not None and said is None) or (stages is not None and when is None),
    )


def _followed(node: Node | None) -> Node | None:
    """The node itself, or what it repeats: once, for an alias of an alias is a scalar or an alias of what is there."""
    return node.target if isinstance(node, Alias) else node


def _get(node: Node | None, key: str) -> Node | None:
    """The value of a key, also one that is merged in (``<<``) from a mapping beside."""
    node = _followed(node)
    if not isinstance(node, Mapping):
        return None
    found = node.get(key)
    if found is None and isinstance(merged := _followed(node.get("<<")), Mapping):
        return merged.get(key)
    return found


def _items(node: Node | None) -> tuple[Node, ...]:
    node = _followed(node)
    return node.items if isinstance(node, Sequence) else ()


def _plain(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _texts(node: Node | None) -> tuple[str, ...] | None:
    """A list of texts; ``None`` for anything else."""
    node = _followed(node)
    if not isinstance(node, Sequence):
        return None
    texts = [one.text for one in node.items if isinstance(one, Scalar)]
    return tuple(texts) if len(texts) == len(node.items) else None


def _text(text: str, scalar: Scalar) -> Text:
    rest = text[scalar.end :].partition("\n")[0]
    stripped = rest.lstrip(" \t,]}")
    has_comment = stripped.startswith("#") and stripped != rest
    return Text(
        text=scalar.text,
        line=scalar.line,
        start=scalar.inner,
        is_quoted=text[scalar.start : scalar.start + 1] in ("'", '"'),
        comment=stripped.rstrip("\r") if has_comment else "",
        comment_start=scalar.end + len(rest) - len(stripped) if has_comment else None,
    )
