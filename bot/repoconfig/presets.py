"""What a file builds on: presets that ship with lockbot, and those of other repositories of the same account.

Whatever is wrong with another repository's preset, its words are not repeated: who reads the message may not read it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from bot.errors import DOCUMENTS, InputError
from bot.ports.presets import PresetFile, PresetSource
from bot.repoconfig.adapt import (
    Adapted,
    Kind,
    Notice,
    Options,
    adapt,
    as_list,
    is_without_effect,
    merged,
    with_arguments,
)
from bot.repoconfig.jsonc import JsonPath, parse_jsonc
from bot.repoconfig.shipped import read_names, read_presets

#: How far presets may build on each other, and how many there may be in all.
_DEPTH_LIMIT = 12
_COUNT_LIMIT = 300

_SHIPPED = re.compile(r"(?:([A-Za-z-]*):)?([A-Za-z0-9-]+)(?:\((.*)\))?")
_STORED = re.compile(
    r"(local|github)>([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)(?://([A-Za-z0-9_./-]+?))?(?::([A-Za-z0-9_./-]+?))?(?:#([\w./-]+))?"
)
_ELSEWHERE = re.compile(
    r"(?:gitlab|gitea|forgejo|bitbucket|npm|http|https)(?:>|://).*|@.*|renovate-config.*|[\w-]+", re.DOTALL
)
#: What a preset says of itself alone.
_OWN = frozenset({"$schema", "extends", "description", "ignorePresets"})

#: A preset's options checked as a file's would be: the number of its mistakes.
CountMistakes: TypeAlias = Callable[[Options], int]


def count_nothing(options: Options) -> int:
    """For those who read no presets of others."""
    del options
    return 0


class PresetError(Exception):
    """A preset that can't be used, at the place where it is named. ``plain`` says why without any name."""

    def __init__(
        self, place: JsonPath, message: str, hint: str | None = None, plain: str = "what it extends can't be used"
    ) -> None:
        super().__init__(message)
        self.place, self.message, self.hint, self.plain = place, message, hint, plain


@dataclass(slots=True, kw_only=True)
class Presets:
    """``source`` None: files of other repositories can't be read here, and that is said."""

    source: PresetSource | None
    count_mistakes: CountMistakes
    ignored: frozenset[str] = frozenset()
    _count: int = field(default=0)

    def build(self, value: Options) -> Adapted:
        """A whole file with everything that it builds on; raises ``PresetError``."""
        self.ignored = frozenset(one for one in as_list(value.get("ignorePresets")) if isinstance(one, str))
        defaults = self.source.find_defaults() if self.source is not None else None
        if defaults is None:
            return self._root(value, (), ())
        return self._root(value, (), (), self._defaults(*defaults))

    def expand(self, name: str, kind: Kind, place: JsonPath) -> Adapted:
        """One preset by itself; raises ``PresetError``."""
        return self._expand((), name, kind, place)

    def _defaults(self, name: str, text: str) -> Options:
        """What the account says for all of its repositories: every file begins with it."""
        found = self._checked(name, self._read(name, _parsed(name, text, ()), Kind.ROOT, (), ()), ())
        return {key: one for key, one in found.options.items() if key not in _OWN}

    def _root(
        self, value: Options, place: JsonPath, above: tuple[str, ...], beginning: Options | None = None
    ) -> Adapted:
        built = dict(beginning or {})
        notices: list[Notice] = []
        for position, name in enumerate(as_list(value.get("extends"))):
            if isinstance(name, str):
                found = self._expand(above, name, Kind.ROOT, (*place, "extends", position))
                notices += found.notices
                built = merged(built, {key: one for key, one in found.options.items() if key not in _OWN})
        own = adapt(value, Kind.ROOT, place, partial(self._expand, above))
        shift = len(as_list(built.get("packageRules")))
        origins = {_shifted(one, shift): origin for one, origin in own.origins.items()}
        return Adapted(options=merged(built, own.options), notices=(*notices, *own.notices), origins=origins)

    def _expand(self, above: tuple[str, ...], name: str, kind: Kind, place: JsonPath) -> Adapted:
        name = read_names().renamed.get(name.replace("default:", ":", 1), name)
        self._count += 1
        if name in self.ignored:
            return Adapted(options={})
        if name in above:
            raise PresetError(place, f"{_cut(name)} extends itself", plain="it extends itself by way of others")
        if len(above) >= _DEPTH_LIMIT or self._count > _COUNT_LIMIT:
            raise PresetError(
                place, "too many presets build on each other", plain="too many presets build on each other"
            )
        found = self._find(name, place)
        if isinstance(found, Notice):
            return Adapted(options={}, notices=(found,))
        said = self._read(name, found, kind, place, above)
        return Adapted(options=said.options, notices=_spoken(name, said, place))

    def _read(self, name: str, found: Options, kind: Kind, place: JsonPath, above: tuple[str, ...]) -> Adapted:
        try:
            if kind is not Kind.ROOT:
                return adapt(found, kind, (), partial(self._expand, (*above, name)))
            said = self._root(found, (), (*above, name))
        except PresetError as error:
            raise PresetError(place, f"{_cut(name)} can't be used: {error.plain}", plain=error.plain) from None
        return self._checked(name, said, place) if _STORED.fullmatch(name) else said

    def _checked(self, name: str, found: Adapted, place: JsonPath) -> Adapted:
        mistakes = self.count_mistakes(found.options)
        if mistakes:
            told = "there is a mistake" if mistakes == 1 else f"there are {mistakes} mistakes"
            hint = "lockbot config check FILE names them"
            raise PresetError(place, f"{_cut(name)} can't be used: {told} in it", hint)
        return found

    # --- where presets are -------------------------------------------------------------------------

    def _find(self, name: str, place: JsonPath) -> Options | Notice:
        stored = _STORED.fullmatch(name)
        if stored is not None and ".." not in name:
            return self._stored(name, _file(stored), place)
        shipped = _SHIPPED.fullmatch(name)
        if shipped is not None and (shipped[1] is not None):
            return _shipped(name, shipped[1] or "default", shipped[2], shipped[3], place)
        if _ELSEWHERE.fullmatch(name):
            return Notice(
                place=place, message=f"{_cut(name)} is not read: presets of other places have no effect in lockbot"
            )
        raise PresetError(
            place, f"{_cut(name)!r} is no preset", "write one like config:recommended or local>owner/repository"
        )

    def _stored(self, name: str, file: PresetFile, place: JsonPath) -> Options | Notice:
        if self.source is None:
            return Notice(place=place, message=f"{_cut(name)} is not read here: only the App reads other repositories")
        if file.is_foreign(self.source.account):
            return Notice(place=place, message=f"{_cut(name)} is not read: only presets of {self.source.account} are")
        text = self.source.find(file)
        if text is None:
            hint = f"it would be {' or '.join(file.paths)} in {file.repository}, where the App has to be installed too"
            raise PresetError(place, f"there is no preset {_cut(name)}", hint)
        return _parsed(name, text, place)


def _parsed(name: str, text: str, place: JsonPath) -> Options:
    try:
        value = parse_jsonc(text, name).value
    except InputError:
        value = None
    if not isinstance(value, dict):
        hint = "lockbot config check FILE says where"
        raise PresetError(place, f"{_cut(name)} can't be used: it is no JSON object", hint)
    return value


def _spoken(name: str, found: Adapted, place: JsonPath) -> tuple[Notice, ...]:
    """What of a preset has no effect, in one sentence at the place of its name."""
    later = tuple(sorted({option for notice in found.notices for option in notice.later}))
    if not found.notices or not (later or is_without_effect(found.options)):
        return ()
    if is_without_effect(found.options):
        message = f"the preset {_cut(name)} has no effect in lockbot{' yet' if later else ''}"
        return (Notice(place=place, message=message, later=later),)
    listed = ", ".join(later)
    message = f"the preset {_cut(name)} has no effect in lockbot yet where it is about {listed}"
    return (Notice(place=place, message=message, later=later),)


def _shifted(place: JsonPath, shift: int) -> JsonPath:
    """Rules of presets stand before the file's own."""
    if len(place) > 1 and place[0] == "packageRules" and isinstance(place[1], int):
        return ("packageRules", place[1] + shift, *place[2:])
    return place


def _file(found: re.Match[str]) -> PresetFile:
    _, repository, folder, name, tag = found.groups()
    prefix = f"{folder.strip('/')}/" if folder and name else ""
    chosen = name or folder
    names: Sequence[str] = (
        ("default.json", ".lockbot.json")
        if chosen is None
        else (chosen,)
        if chosen.endswith(".json")
        else (f"{chosen}.json",)
    )
    return PresetFile(repository=repository, paths=tuple(prefix + one for one in names), tag=tag)


def _shipped(whole: str, space: str, name: str, arguments: str | None, place: JsonPath) -> Options | Notice:
    names, presets = read_names(), read_presets()
    value = presets.get(space, {}).get(name)
    if isinstance(value, dict):
        filled = with_arguments(value, [one.strip() for one in arguments.split(",")] if arguments else [])
        if isinstance(filled, dict) and "{{arg" not in str(filled):
            return filled
        raise PresetError(place, f"{_cut(whole)} needs an argument", f"write it like {_cut(whole)}(…)")
    if (
        space in names.spaces
        or name in names.presets.get(space, ())
        or (space == "group" and name.endswith("Monorepo"))
    ):
        return Notice(place=place, message=f"the preset {_cut(whole)} has no effect in lockbot")
    raise PresetError(place, f"there is no preset {_cut(whole)}", _suggest(space, name))


def _suggest(space: str, name: str) -> str:
    presets = read_presets()
    shown = {"default": ""}
    known = [f"{shown.get(one, one)}:{key}" for one, found in presets.items() for key in found]
    close = difflib.get_close_matches(f"{shown.get(space, space)}:{name}", known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"{DOCUMENTS}/configuration.md lists the presets that there are"


def _cut(name: str) -> str:
    shown = "".join(one if one.isprintable() else "?" for one in name)
    return shown if len(shown) <= 100 else f"{shown[:100]}…"
