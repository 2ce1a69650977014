"""YAML of strangers as a tree of texts with their places. No tag is resolved, no object made, no alias copied.

What a scalar means (a number, a date, nothing) is the reader's to say: ``text`` is as it is written, without its quotes.
The structure is read from PyYAML's events, which come one by one, so that depth and size are bounded before a tree is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.errors import InputError
from bot.limits import YAML_DEPTH, YAML_LIMIT
from bot.patterns import pattern

#: The tag and the anchor before a scalar.
_PROPERTIES = pattern(r"(?:[&!]\S*\s+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One text. ``start`` and ``end`` are offsets of the file, quotes included; ``line`` counts from one.

    ``inner`` is the offset of the first character of ``text`` where the file has it letter by letter, ``None`` where it is
    folded, escaped or over several lines: such a text can't be edited in parts.
    """

    text: str
    start: int
    end: int
    line: int
    inner: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """``entries`` in the file's order, those with a key that is no scalar left out; keys may come twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int

    def get(self, key: str) -> Node | None:
        """The first of this key."""
        return next((node for name, node in self.entries if name.text == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """``*name`` of a list or mapping; that of a scalar is the scalar itself.

    ``target`` is what it repeats, the very node: whoever follows it decides how far, as aliases of aliases grow fast.
    """

    name: str
    line: int
    target: Sequence | Mapping | None = field(default=None, repr=False, compare=False)


Node = Scalar | Sequence | Mapping | Alias


def parse_yaml(text: str, path: str) -> tuple[Node, ...]:
    """The documents of a file, empty ones left out; raises ``InputError`` with the line."""
    if len(text) > YAML_LIMIT:
        raise InputError(f"the text is longer than {YAML_LIMIT} characters", path=path)
    try:
        return tuple(_Reader(text=text, path=path, events=yaml.parse(text, yaml.SafeLoader)).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"not valid YAML: {error.problem or error.context}"
        raise InputError(problem, path=path, line=None if mark is None else mark.line + 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError("not valid YAML: a character that it does not allow", path=path, line=line) from None


def scalars(node: Node) -> Iterator[Scalar]:
    """All texts below a node, keys included, in the file's order."""
    waiting: list[Node] = [node]
    while waiting:
        match waiting.pop():
            case Scalar() as one:
                yield one
            case Sequence(items=items):
                waiting.extend(reversed(items))
            case Mapping(entries=entries):
                waiting.extend(part for key, value in reversed(entries) for part in (value, key))
            case Alias():
                pass


@dataclass(slots=True, kw_only=True)
class _Reader:
    text: str
    path: str
    events: Iterator[Any]
    anchors: dict[str, Node] = field(default_factory=dict)

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
            elif not isinstance(event, yaml.DocumentEndEvent | yaml.StreamStartEvent | yaml.StreamEndEvent):
                node = self._node(event, 1)
                if not (isinstance(node, Scalar) and not node.text):
                    yield node

    def _node(self, event: Any, depth: int) -> Node:
        if depth > YAML_DEPTH:
            raise InputError(
                f"nested more than {YAML_DEPTH} levels deep", path=self.path, line=event.start_mark.line + 1
            )
        line = event.start_mark.line + 1
        node: Node
        if isinstance(event, yaml.AliasEvent) and event.anchor is not None:
            found = self.anchors.get(event.anchor)
            return found if isinstance(found, Scalar) else _alias(event.anchor, line, found)
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(items=tuple(self._until(yaml.SequenceEndEvent, depth)), line=line)
        else:
            node = Mapping(entries=tuple(_pairs(self._until(yaml.MappingEndEvent, depth))), line=line)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _until(self, end: type[Any], depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _scalar(self, event: Any) -> Scalar:
        end = event.end_mark.index
        start = self._after_properties(event.start_mark.index, end)
        quote = 1 if event.style in ("'", '"') else 0
        is_plain = self.text[start + quote : end - quote] == event.value
        line = self.text.count("\n", event.start_mark.index, start) + event.start_mark.line + 1
        return Scalar(text=event.value, start=start, end=end, line=line, inner=start + quote if is_plain else None)

    def _after_properties(self, start: int, end: int) -> int:
        found = _PROPERTIES.match(self.text, start, end) if self.text[start : start + 1] in ("&", "!") else None
        return found.end() if found is not None else start


def _alias(name: str, line: int, found: Node | None) -> Alias:
    return Alias(name=name, line=line, target=found if isinstance(found, Sequence | Mapping) else None)


def _pairs(nodes: Iterable[Node]) -> Iterator[tuple[Scalar, Node]]:
    waiting = iter(nodes)
    for key in waiting:
        value = next(waiting)
        if isinstance(key, Scalar):
            yield key, value
