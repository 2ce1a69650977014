"""Another bot's configuration, written down as ``.lockbot.json``: what comes over, and a list of what does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import InputError
from bot.ports.run import Problem
from bot.repoconfig.adapt import Adapted, Kind, Notice, Options, adapt, as_list, is_without_effect
from bot.repoconfig.json5 import parse_json5
from bot.repoconfig.jsonc import Json, JsonPath
from bot.repoconfig.load import ConfigError, parse_config, show_place
from bot.repoconfig.presets import PresetError, Presets, count_nothing
from bot.repoconfig.shipped import read_names

#: Of which files lockbot makes its own; Renovate takes the first of its that is there.
RENOVATE_PATHS = (
    "renovate.json",
    "renovate.json5",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
)
DEPENDABOT_PATHS = (".github/dependabot.yml", ".github/dependabot.yaml")
#: Options that mean something else in lockbot.
_OTHERS = {"python": "was for all packages of Python, which lockbot's rules are about anyway"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """``text`` is a valid ``.lockbot.json``; ``left`` is what could not be translated, with its lines."""

    text: str
    left: tuple[Problem, ...] = ()


def migrate_renovate(text: str, path: str) -> Migrated:
    """Translate a ``renovate.json`` or ``renovate.json5``; raises ``ConfigError``."""
    try:
        document = parse_json5(text, path)
    except InputError as error:
        raise ConfigError((Problem(message=error.problem, path=path, line=error.line),)) from None
    value = document.value
    if not isinstance(value, dict):
        raise ConfigError((Problem(message="the file must hold an object: { … }", path=path, line=1),))
    presets = Presets(source=None, count_mistakes=count_nothing)
    try:
        names, lost = _presets(presets, as_list(value.get("extends")))
        own = adapt({key: one for key, one in value.items() if key not in _OTHERS}, Kind.ROOT, (), presets.expand)
    except PresetError as error:
        line = _line(error.place, document.lines)
        raise ConfigError((Problem(message=error.message, path=path, line=line, hint=error.hint),)) from None
    said = {key: one for key, one in own.options.items() if key not in {"$schema", "extends", "packageRules"}}
    rules = [one for one in as_list(own.options.get("packageRules")) if not is_without_effect({"packageRules": [one]})]
    options = {"extends": names, **said, "packageRules": rules}
    others = [Notice(place=(key,), message=_OTHERS[key]) for key in value if key in _OTHERS]
    left = [_left(one, path, document.lines) for one in (*lost, *others, *own.notices) if not one.is_said]
    return _checked({key: one for key, one in options.items() if one or key in said}, path, left)


def _presets(presets: Presets, names: Sequence[Json]) -> tuple[list[Json], tuple[Notice, ...]]:
    """The presets that have an effect; those that have none are told. Those of repositories are for the App to read."""
    kept: list[Json] = []
    lost: list[Notice] = []
    for position, name in enumerate(names):
        if isinstance(name, str):
            found: Adapted = presets.expand(name, Kind.ROOT, ("extends", position))
            is_stored = name.startswith(("local>", "github>"))
            lost += () if is_stored else found.notices
            kept += [read_names().renamed.get(name, name)] if is_stored or not is_without_effect(found.options) else []
    return kept, tuple(lost)


def write_options(options: Options, path: str, left: Sequence[Problem]) -> Migrated:
    """The file that says these options; raises ``ConfigError`` where that would not be valid."""
    return _checked(options, path, left)


def _checked(options: Options, path: str, left: Sequence[Problem]) -> Migrated:
    """What lockbot itself would refuse is left out, option by option and rule by rule, and told."""
    told = list(left)
    kept = dict(options)
    while True:
        text = _render(kept)
        try:
            parse_config(text, path)
        except ConfigError as error:
            place = _culprit(error, kept)
            if place is None:
                raise
            told.append(
                Problem(message=f"left out: {error.problems[0].message}", path=path, hint=error.problems[0].hint)
            )
            _drop(kept, place)
            continue
        return Migrated(text=text, left=tuple(sorted(dict.fromkeys(told), key=lambda one: one.line or 0)))


def _culprit(error: ConfigError, options: Options) -> tuple[str, int | None] | None:
    """The option (and the rule's position) that the first mistake is about."""
    name = error.problems[0].message.split(":")[0].split(" ")[0]
    option = name.split(".")[0].split("[")[0]
    if option not in options:
        return None
    position = name.partition("[")[2].partition("]")[0]
    return option, int(position) if option == "packageRules" and position.isdigit() else None


def _drop(options: Options, place: tuple[str, int | None]) -> None:
    option, position = place
    entries = options[option]
    if position is None or not isinstance(entries, list):
        del options[option]
    else:
        options[option] = [one for index, one in enumerate(entries) if index != position]


def _left(notice: Notice, path: str, lines: Mapping[JsonPath, int]) -> Problem:
    place = notice.place
    while place and place not in lines:
        place = place[:-1]
    return Problem(message=f"{show_place(place)}: {notice.message}", path=path, line=lines.get(place))


def _line(place: JsonPath, lines: Mapping[JsonPath, int]) -> int | None:
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), None)


# --- how it is written ----------------------------------------------------------------------------


def _render(options: Options) -> str:
    """Two blanks for a level; what fits into a line stands in one."""
    return _shown(options, "", is_top=True) + "\n"


def _shown(value: Json, indent: str, *, is_top: bool = False) -> str:
    flat = _flat(value)
    if not is_top and len(indent) + len(flat) <= 100:
        return flat
    inner = indent + "  "
    match value:
        case dict() if value:
            rows = [f"{inner}{json.dumps(key)}: {_shown(one, inner)}" for key, one in value.items()]
            return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
        case list() if value:
            return "[\n" + ",\n".join(inner + _shown(one, inner) for one in value) + f"\n{indent}]"
        case _:
            return flat


def _flat(value: Json) -> str:
    match value:
        case dict() if value:
            return "{ " + ", ".join(f"{json.dumps(key)}: {_flat(one)}" for key, one in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_flat, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
