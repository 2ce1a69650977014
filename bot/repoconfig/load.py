"""From the text of ``.lockbot.json`` to ``RepoConfig``, or to problems with file, line and fix."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import InputError
from bot.ports.presets import PresetSource
from bot.ports.run import Problem
from bot.repoconfig.adapt import Notice, Options
from bot.repoconfig.jsonc import JsonDocument, JsonPath, parse_jsonc
from bot.repoconfig.model import RepoConfig
from bot.repoconfig.presets import PresetError, Presets

#: Where a repository keeps its configuration; the first that exists counts.
CONFIG_PATHS = (".lockbot.json", ".github/.lockbot.json", ".github/lockbot.json")


class ConfigError(InputError):
    """A configuration that can't be used; ``problems`` are all of its mistakes, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        super().__init__(first.message, path=first.path, line=first.line, hint=first.hint)


def find_config_path(paths: Collection[str]) -> str | None:
    """Which of a repository's files is its configuration."""
    return next((path for path in CONFIG_PATHS if path in paths), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """``warnings``: what is accepted and has no effect, with its line."""

    config: RepoConfig
    warnings: tuple[Problem, ...] = ()


def load_config(text: str, path: str, source: PresetSource | None = None) -> Loaded:
    """Parse and check a configuration with everything that it extends; raises ``ConfigError``.

    ``source`` reads presets of other repositories; without one they are left out with a warning.
    """
    document = _parse(text, path)
    if not isinstance(document.value, dict):
        raise ConfigError((Problem(message="the file must hold an object: { … }", path=path, line=1),))
    presets = Presets(source=source, count_mistakes=_count_mistakes)
    try:
        adapted = presets.build(document.value)
    except PresetError as error:
        place = _place(error.place, document.lines, {})
        raise ConfigError(
            (Problem(message=error.message, path=path, line=document.lines.get(place), hint=error.hint),)
        ) from None
    told = _Told(path=path, lines=document.lines, origins=adapted.origins)
    try:
        config = RepoConfig.model_validate(adapted.options)
    except ValidationError as error:
        found = [told.problem(details) for details in error.errors(include_url=False)]
        raise ConfigError(tuple(sorted(found, key=lambda problem: problem.line or 0))) from None
    warnings = dict.fromkeys(told.warning(notice) for notice in adapted.notices)
    return Loaded(config=config, warnings=tuple(sorted(warnings, key=lambda problem: problem.line or 0)))


def parse_config(text: str, path: str) -> RepoConfig:
    """The same where nobody is to be warned."""
    return load_config(text, path).config


def _parse(text: str, path: str) -> JsonDocument:
    try:
        return parse_jsonc(text, path)
    except InputError as error:
        raise ConfigError((Problem(message=error.problem, path=path, line=error.line, hint=error.hint),)) from None


def _count_mistakes(options: Options) -> int:
    try:
        RepoConfig.model_validate(options)
    except ValidationError as error:
        return error.error_count()
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Words what is wrong with a file, or has no effect in it, where it stands there."""

    path: str
    lines: Mapping[JsonPath, int]
    origins: Mapping[JsonPath, JsonPath]

    def problem(self, details: ErrorDetails) -> Problem:
        place = _place(details["loc"], self.lines, self.origins)
        # What a preset says stands nowhere in the file: the option is named all the same.
        name = show_place(place or details["loc"])
        line = self.lines.get(place or ("extends",), self.lines.get(()))
        if details["type"] == "extra_forbidden":
            message = f"{name} is not an option of lockbot"
            return Problem(message=message, path=self.path, line=line, hint=_suggest(place))
        return Problem(message=f"{name}: {_sentence(details)}", path=self.path, line=line, hint=_fix(details))

    def warning(self, notice: Notice) -> Problem:
        place = _place(notice.place, self.lines, {})
        return Problem(message=f"{show_place(place)}: {notice.message}", path=self.path, line=self.lines.get(place))


def _place(
    location: tuple[int | str, ...], lines: Mapping[JsonPath, int], origins: Mapping[JsonPath, JsonPath]
) -> JsonPath:
    """The longest part of a place that stands in the file, where it stood before it was put into today's words."""
    place: JsonPath = tuple(location)
    known = next((place[:end] for end in range(len(place), 0, -1) if place[:end] in origins), None)
    if known is not None:
        place = (*origins[known], *place[len(known) :])
    while place and place not in lines:
        place = place[:-1]
    return place


def show_place(place: JsonPath) -> str:
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def _sentence(details: ErrorDetails) -> str:
    message = details["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


_EXPECTED: Mapping[str, str] = {
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "tuple_type": 'write a list: ["…"]',
    "string_type": "write text in double quotes",
    "model_type": "write an object: { … }",
}


def _fix(details: ErrorDetails) -> str | None:
    return _EXPECTED.get(details["type"])


def _suggest(place: JsonPath) -> str:
    options = _options_at(place[:-1])
    close = difflib.get_close_matches(str(place[-1]), options, n=1, cutoff=0.6)
    lowered = {option.lower(): option for option in options}
    same = lowered.get(str(place[-1]).lower().replace("-", "").replace("_", ""))
    if same or close:
        return f"did you mean {same or close[0]}?"
    return "the options here are " + ", ".join(sorted(option for option in options if option != "$schema"))


def _options_at(place: JsonPath) -> Collection[str]:
    """The option names of the object at a place."""
    model: type[BaseModel] = RepoConfig
    for key in place:
        if isinstance(key, str):
            fields = {field.alias: field.annotation for field in model.model_fields.values()}
            model = _model_in(fields.get(key)) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    candidates = [annotation, *get_args(annotation)]
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
