"""What stands in ``${{ }}`` and behind ``if:``, as GitHub has it: contexts, literals, operators, and a few functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*(?:\.[A-Za-z_*][\w-]*)*)|(&&|\|\||==|!=|[!()\[\],]))"
)
_INSERT = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Evaluator:
    """``contexts``: name -> nested mappings; ``functions`` get values. Texts compare as GitHub compares them: without case."""

    def __init__(self, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self._contexts = contexts
        self._functions: dict[str, Callable[..., Any]] = {
            "contains": lambda whole, part: str(part).lower() in str(whole or "").lower(),
            "startswith": lambda whole, part: str(whole or "").lower().startswith(str(part).lower()),
            **(functions or {}),
        }

    def fill(self, text: str) -> str:
        return _INSERT.sub(lambda found: _shown(self.evaluate(found[1])), text)

    def holds(self, condition: str) -> bool:
        inside = _INSERT.fullmatch(condition.strip())
        return bool(self.evaluate(inside[1] if inside else condition))

    def evaluate(self, text: str) -> Any:
        tokens = _split(text)
        value, rest = self._or(tokens)
        assert not rest, f"not understood: {text!r}, from {rest}"
        return value

    def _or(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._and(tokens)
        while tokens[:1] == ["||"]:
            other, tokens = self._and(tokens[1:])
            value = value or other
        return value, tokens

    def _and(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._compare(tokens)
        while tokens[:1] == ["&&"]:
            other, tokens = self._compare(tokens[1:])
            value = value and other
        return value, tokens

    def _compare(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._unary(tokens)
        if tokens[:1] in (["=="], ["!="]):
            other, rest = self._unary(tokens[1:])
            is_same = _shown(value).lower() == _shown(other).lower()
            return is_same is (tokens[0] == "=="), rest
        return value, tokens

    def _unary(self, tokens: list[str]) -> tuple[Any, list[str]]:
        head, rest = tokens[0], tokens[1:]
        if head == "!":
            value, rest = self._unary(rest)
            return not value, rest
        if head == "(":
            value, rest = self._or(rest)
            assert rest[0] == ")"
            return value, rest[1:]
        if head.startswith("'"):
            return head[1:-1].replace("''", "'"), rest
        if rest[:1] == ["("]:
            return self._call(head, rest[1:])
        return self._find(head), rest

    def _call(self, name: str, tokens: list[str]) -> tuple[Any, list[str]]:
        values = []
        while tokens[0] != ")":
            value, tokens = self._or(tokens[1:] if tokens[0] == "," else tokens)
            values.append(value)
        return self._functions[name.lower()](*values), tokens[1:]

    def _find(self, name: str) -> Any:
        if name in ("true", "false"):
            return name == "true"
        first, *path = name.split(".")
        value = self._contexts[first]
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _split(text: str) -> list[str]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, f"not understood: {text[at:]!r}"
        found.append(next(part for part in match.groups() if part is not None))
        at = match.end()
    return found


def _shown(value: Any) -> str:
    return (
        {None: "", True: "true", False: "false"}.get(value, str(value)) if value in (None, True, False) else str(value)
    )
