"""Reads ``prek.toml``, which says in TOML what ``.pre-commit-config.yaml`` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import InputError
from bot.manifest.lines import find_lines, find_values
from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.precommit.model import Hook, HookConfig, HookRepository, Text
from bot.toml import TomlError, parse_toml

#: A string in which every letter stands for itself.
_PLAIN = pattern(r"""(?P<quote>["'])(?P<inner>[^"'\\\n]*)(?P=quote)""")


def parse_prek_config(text: str, path: str) -> HookConfig:
    """What the file says; raises ``InputError``."""
    try:
        document = parse_toml(text)
    except TomlError as error:
        raise InputError(error.problem, path=path, line=error.line) from None
    reader = _Reader(text=text, lines=find_lines(text), values=find_values(text))
    return HookConfig(path=path, repositories=tuple(reader.repositories(document.get("repos"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    text: str = field(repr=False)
    lines: Mapping[KeyPath, int]
    values: Mapping[KeyPath, int]

    def repositories(self, rows: object) -> Iterator[HookRepository]:
        for place, row in _tables(rows, ("repos",)):
            if isinstance(row.get("repo"), str):
                yield HookRepository(
                    url=row["repo"],
                    line=self._line(place),
                    rev=self._text(row.get("rev"), (*place, "rev")),
                    hooks=tuple(self._hooks(row.get("hooks"), place)),
                )

    def _hooks(self, rows: object, place: KeyPath) -> Iterator[Hook]:
        for where, row in _tables(rows, (*place, "hooks")):
            if isinstance(row.get("id"), str):
                yield self._hook(row, where)

    def _hook(self, row: Mapping[str, Any], place: KeyPath) -> Hook:
        args, stages = row.get("args"), row.get("stages")
        said, when = _texts(args), _texts(stages)
        passes, environment = row.get("pass_filenames"), row.get("env")
        return Hook(
            id=row["id"],
            line=self._line(place),
            name=_plain(row.get("name")),
            entry=_plain(row.get("entry")),
            args=said,
            language=_plain(row.get("language")),
            # prek also takes the most names that it passes at once.
            passes_files=None if passes is None else passes is not False,
            stages=when,
            environment=tuple(environment) if isinstance(environment, dict) else (),
            dependencies=tuple(self._dependencies(row.get("additional_dependencies"), place)),
            is_odd=(args is not None and said is None) or (stages is not None and when is None),
        )

    def _dependencies(self, rows: object, place: KeyPath) -> Iterator[Text]:
        for at, row in enumerate(rows if isinstance(rows, list) else ()):
            found = self._text(row, (*place, "additional_dependencies", at))
            if found is not None:
                yield found

    def _line(self, place: KeyPath) -> int:
        return self.lines.get(place, 1)

    def _text(self, value: object, place: KeyPath) -> Text | None:
        if not isinstance(value, str):
            return None
        start = self.values.get(place)
        found = None if start is None else _PLAIN.match(self.text, start)
        if start is None or found is None or found["inner"] != value:
            return Text(text=value, line=self._line(place), start=None, is_quoted=True)
        rest = self.text[found.end() :].partition("\n")[0]
        comment = rest.lstrip(" \t,]}")
        has_comment = comment.startswith("#")
        return Text(
            text=value,
            line=self.text.count("\n", 0, start) + 1,
            start=found.start("inner"),
            is_quoted=True,
            comment=comment.rstrip("\r") if has_comment else "",
            comment_start=found.end() + len(rest) - len(comment) if has_comment else None,
        )


def _tables(rows: object, place: KeyPath) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    for at, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield (*place, at), row


def _plain(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    """A list of texts; ``None`` for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    return tuple(value)
