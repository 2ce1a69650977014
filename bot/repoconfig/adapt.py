"""From what a file says, in Renovate's words of today or of former times, to the options of the model.

What Renovate has and lockbot does not is left out with a notice; what neither has stays, for the model to refuse.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from bot.repoconfig.globs import matches_text
from bot.repoconfig.jsonc import Json, JsonPath
from bot.repoconfig.model import LockFileMaintenance, PackageRule, RepoConfig, VulnerabilityAlerts
from bot.repoconfig.option_types import TABLES
from bot.repoconfig.regexes import check_regex
from bot.repoconfig.shipped import Names, read_names
from bot.repoconfig.words import (
    ANSWERED,
    MANAGERS,
    OTHER_TABLES,
    OTHER_UPDATES,
    PATTERNS,
    RENAMED,
    RENAMED_MATCHERS,
    UNKNOWN_MATCHERS,
)

Options: TypeAlias = dict[str, Json]
#: A rule, and where it stands.
Placed: TypeAlias = tuple[Json, JsonPath]

_UNUSED = "has no effect in lockbot"
_LATER = "has no effect in lockbot yet"
_ELSEWHERE = "this rule has no effect: it is about what lockbot does not update"
_JOINED = frozenset(
    {
        "addLabels",
        "additionalReviewers",
        "exports",
        "ignoreDeps",
        "packageRules",
        "prBodyNotes",
        "vulnerabilityExceptions",
    }
)
_SAYING_NOTHING = frozenset({"$schema", "description", "extends", "ignorePresets"})
#: How alike a word has to be to one of ours to be taken for it.
_MISSPELT = 0.85
_UPDATE_BLOCKS = ("major", "minor", "patch")


class Kind(Enum):
    """Which object is read: what may stand in it differs."""

    ROOT = "root"
    RULE = "rule"
    MAINTENANCE = "maintenance"
    SECURITY = "security"


_OPTIONS: Mapping[Kind, frozenset[str]] = {
    kind: frozenset(one.alias or name for name, one in model.model_fields.items())
    for kind, model in (
        (Kind.ROOT, RepoConfig),
        (Kind.RULE, PackageRule),
        (Kind.MAINTENANCE, LockFileMaintenance),
        (Kind.SECURITY, VulnerabilityAlerts),
    )
}
_ANY_OPTION = frozenset.union(*_OPTIONS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that is accepted and does less than it says, at its place in the file.

    ``later`` are the options that it is about, where lockbot is to have them; ``is_said``: the same stands there in other
    words now, so nothing is lost.
    """

    place: JsonPath
    message: str
    later: tuple[str, ...] = ()
    is_said: bool = False


class Expand(Protocol):
    """What a preset says in an object of a kind; notices go by the place of its name."""

    def __call__(self, name: str, kind: Kind, place: JsonPath) -> Adapted: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """``origins``: where in the file something stood that stands elsewhere now."""

    options: Options
    notices: tuple[Notice, ...] = ()
    origins: Mapping[JsonPath, JsonPath] = field(default_factory=dict)


def adapt(value: Options, kind: Kind, place: JsonPath, expand: Expand) -> Adapted:
    """The options of one object; raises what ``expand`` does."""
    work = _Work(expand=expand, names=read_names())
    options = work.object(value, kind, place)
    return Adapted(options=options, notices=tuple(work.notices), origins=work.origins)


def merged(first: Options, second: Options) -> Options:
    """The second over the first: lists of rules are joined, objects merged, everything else replaced."""
    result = dict(first)
    for key, value in second.items():
        result[key] = _joined(key, result[key], value) if key in result else value
    return result


def _joined(key: str, first: Json, second: Json) -> Json:
    if isinstance(first, dict) and isinstance(second, dict):
        return merged(first, second)
    if key in _JOINED or key.startswith("match"):
        return [*as_list(first), *as_list(second)] if not _is_scalar_matcher(key) else second
    return second


def _is_scalar_matcher(key: str) -> bool:
    return key in {"matchCurrentVersion", "matchCurrentAge"}


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object(value: Json) -> Options:
    return value if isinstance(value, dict) else {}


def _texts(value: Json) -> list[str]:
    return [one for one in as_list(value) if isinstance(one, str)]


@dataclass(slots=True, kw_only=True)
class _Work:
    """Collects what is noticed on the way."""

    expand: Expand
    names: Names
    notices: list[Notice] = field(default_factory=list)
    origins: dict[JsonPath, JsonPath] = field(default_factory=dict)

    def note(self, place: JsonPath, message: str, *, is_said: bool = False) -> None:
        self.notices.append(Notice(place=place, message=message, is_said=is_said))

    # --- objects -----------------------------------------------------------------------------------

    def object(self, value: Options, kind: Kind, place: JsonPath) -> Options:
        built = self._built_on(value, kind, place)
        own: Options = {}
        for key, given in value.items():
            name = RENAMED_MATCHERS.get(key, key) if kind is Kind.RULE else key
            name = RENAMED.get(name, name)
            if name != key:
                self.origins[*place, name] = (*place, key)
            self._take(own, name, given, kind, (*place, key))
        return merged(built, own)

    def _built_on(self, value: Options, kind: Kind, place: JsonPath) -> Options:
        """What the presets say that the object extends; at the root they were laid under it before."""
        built: Options = {}
        for position, name in enumerate(as_list(value.get("extends"))) if kind is not Kind.ROOT else ():
            if isinstance(name, str):
                found = self.expand(name, kind, (*place, "extends", position))
                self.notices += found.notices
                built = merged(built, found.options)
        return built

    def _take(self, own: Options, name: str, given: Json, kind: Kind, place: JsonPath) -> None:
        if name == "extends" and kind is not Kind.ROOT:
            return
        if self._take_special(own, name, given, kind, place):
            return
        if name in _OPTIONS[kind]:
            own[name] = given
        elif name in self.names.later:
            self.notices.append(Notice(place=place, message=_LATER, later=(name,)))
        elif name in self.names.unused or name in self.names.managers or name in _ANY_OPTION:
            self.note(place, _UNUSED if kind is Kind.ROOT else f"{_UNUSED} here")
        else:
            own[name] = given

    def _take_special(self, own: Options, name: str, given: Json, kind: Kind, place: JsonPath) -> bool:
        """What is said in another way than it is meant."""
        match name:
            case "packageRules" if kind is Kind.ROOT and isinstance(given, list):
                self._add_rules(own, self._rules(given, place))
            case "lockFileMaintenance" if kind is Kind.ROOT and isinstance(given, dict):
                own[name] = self.object(given, Kind.MAINTENANCE, place)
            case "vulnerabilityAlerts" if kind is Kind.ROOT and isinstance(given, dict):
                own[name] = self.object(given, Kind.SECURITY, place)
            case "semanticCommits" if isinstance(given, bool):
                own[name] = "enabled" if given else "disabled"
                self.note(place, f"is written {own[name]!r} now", is_said=True)
            case "stabilityDays" if isinstance(given, int):
                own["minimumReleaseAge"] = f"{given} days"
                self.note(place, "is called minimumReleaseAge now", is_said=True)
            case "pinVersions" if isinstance(given, bool):
                own["rangeStrategy"] = "pin" if given else "replace"
            case "upgradeInRange":
                own.update({"rangeStrategy": "bump"} if given else {})
            case "automergeType" if given in ("branch", "pr-comment"):
                own[name] = "pr"
                self.note(place, f"{given!r} is taken as 'pr': lockbot merges pull requests only")
            case "prCreation" if given in ("not-pending", "status-success"):
                own[name] = "immediate"
                self.note(place, f"{given!r} is taken as 'immediate': lockbot opens a pull request with its branch")
            case "prBodyNotes" if any("{{" in one for one in _texts(given)):
                own[name] = [one for one in as_list(given) if not (isinstance(one, str) and "{{" in one)]
                self.note(place, "a note with a template is left out: lockbot fills in none")
            case "constraints" if isinstance(given, dict):
                own[name] = self._constraints(given, place)
            case _ if kind is Kind.ROOT:
                return self._take_block(own, name, given, place)
            case _:
                return False
        return True

    def _constraints(self, given: Options, place: JsonPath) -> Json:
        for key in given:
            if key != "python":
                self.note((*place, key), f"{_UNUSED}: only python is solved for")
        return {key: value for key, value in given.items() if key == "python"}

    # --- blocks of the root ------------------------------------------------------------------------

    def _take_block(self, own: Options, name: str, given: Json, place: JsonPath) -> bool:
        """Options for one kind of update or for one manager: rules before all others."""
        if name == "enabledManagers":
            self._add_rules(own, self._switched_off(given, place))
        elif name in _UPDATE_BLOCKS and isinstance(given, dict):
            self._add_rules(own, self._rule({"matchUpdateTypes": [name], **given}, place), first=True)
        elif name in MANAGERS and isinstance(given, dict):
            self._add_rules(own, self._rule({"matchManagers": [name], **given}, place), first=True)
        else:
            return False
        return True

    def _switched_off(self, given: Json, place: JsonPath) -> Iterator[Placed]:
        wanted = _texts(given)
        for manager in MANAGERS:
            if not _is_among(manager, wanted or ["*"]):
                self.note(place, f"leaves {manager} out: nothing of it is updated", is_said=True)
                yield {"matchManagers": [manager], "enabled": False}, place

    # --- rules -------------------------------------------------------------------------------------

    def _add_rules(self, own: Options, rules: Iterable[Placed], *, first: bool = False) -> None:
        known = as_list(own.get("packageRules"))
        origins = [self.origins.get(("packageRules", position)) for position in range(len(known))]
        added = list(rules)
        fresh: list[Json] = [rule for rule, _ in added]
        places: list[JsonPath | None] = [place for _, place in added]
        own["packageRules"] = [*fresh, *known] if first else [*known, *fresh]
        ordered = [*places, *origins] if first else [*origins, *places]
        self.origins.update(
            {("packageRules", position): one for position, one in enumerate(ordered) if one is not None}
        )

    def _rules(self, given: Sequence[Json], place: JsonPath) -> Iterator[Placed]:
        for position, rule in enumerate(given):
            if isinstance(rule, dict):
                yield from self._rule(rule, (*place, position))
            else:
                yield rule, (*place, position)

    def _rule(self, given: Options, place: JsonPath) -> Iterator[Placed]:
        """The rule, and one more for each block of a kind of update in it; none where it is about something else."""
        seen = len(self.notices)
        plain = {key: value for key, value in given.items() if key not in (*_UPDATE_BLOCKS, "lockFileMaintenance")}
        found = self.object(self._patterns(plain), Kind.RULE, place)
        is_empty = "extends" in given and not any(key.startswith("match") for key in found)
        rule = None if is_empty else self._matchers(found, place)
        if is_empty:
            self.note(place, "this rule is left out: the presets that it extends name no package here")
        if rule is None:
            # What it says of other things needs no words.
            self.notices[seen:] = [one for one in self.notices[seen:] if one.place == place]
            return
        blocks = [key for key in given if key not in plain and isinstance(given[key], dict)]
        if not (blocks and _is_only_matching(rule)):
            yield rule, place
        for key in blocks:
            inner = self.object(_object(given[key]), Kind.RULE, (*place, key))
            matchers = {name: value for name, value in rule.items() if name.startswith("match")}
            yield {**matchers, **inner, "matchUpdateTypes": [key]}, (*place, key)

    def _patterns(self, given: Options) -> Options:
        """Matchers by patterns, as those that took their place."""
        result: Options = {}
        for key, value in given.items():
            name = RENAMED_MATCHERS.get(key, key)
            if name in PATTERNS:
                target, form = PATTERNS[name]
                written: list[Json] = ["*" if one == "*" else form.format(one) for one in _texts(value)]
                result[target] = [*as_list(result.get(target)), *written]
            elif name in result and name.startswith("match"):
                result[name] = [*as_list(result[name]), *as_list(value)]
            else:
                result[name] = value
        return result

    def _matchers(self, rule: Options, place: JsonPath) -> Options | None:
        """The rule with those matchers only that have to be asked; None where it never applies, or can't be judged."""
        unknown = sorted(UNKNOWN_MATCHERS & rule.keys())
        if unknown:
            self.note(place, f"this rule is left out: lockbot can't tell what {' and '.join(unknown)} asks")
            return None
        found = dict(rule)
        for name, word in ANSWERED.items():
            if name in found and not _is_among(word, _texts(found.pop(name))):
                self.note(place, _ELSEWHERE)
                return None
        managers = found.get("matchManagers")
        if (
            managers is not None
            and _is_readable(managers)
            and not any(_is_among(one, _texts(managers)) for one in MANAGERS)
        ):
            self.note(place, _ELSEWHERE)
            return None
        for key, others in (("matchUpdateTypes", _is_other_update), ("matchDepTypes", _is_other_table)):
            if key in found:
                left = [one for one in as_list(found[key]) if not others(one)]
                if not left:
                    self.note(place, _ELSEWHERE)
                    return None
                found[key] = left
        if any(key.startswith("match") for key in rule) and not any(key.startswith("match") for key in found):
            found["matchPackageNames"] = ["*"]
        return found


def _is_readable(patterns: Json) -> bool:
    """Whether no expression among them is broken: those are for the model to refuse."""
    try:
        return all(check_regex(one) == one for one in _texts(patterns))
    except ValueError:
        return False


def _is_among(word: str, patterns: Sequence[str]) -> bool:
    return _is_readable([*patterns]) and matches_text(word, patterns)


def _is_other_update(value: Json) -> bool:
    return isinstance(value, str) and value in OTHER_UPDATES


def _is_other_table(value: Json) -> bool:
    """A table of other ecosystems: no pattern, none of ours, and not one of ours that is misspelt."""
    if not isinstance(value, str) or not value.replace("-", "").replace(".", "").replace("_", "").isalnum():
        return False
    return value in OTHER_TABLES or not difflib.get_close_matches(value, TABLES, n=1, cutoff=_MISSPELT)


def is_without_effect(options: Options) -> bool:
    """Whether nothing is left in it but rules and objects that say nothing."""
    return not any(_says(key, value) for key, value in options.items())


def _says(key: str, value: Json) -> bool:
    match value:
        case dict():
            return not is_without_effect(value)
        case list() if key == "packageRules":
            return any(isinstance(rule, dict) and not _is_only_matching(rule) for rule in value)
        case _:
            return key not in _SAYING_NOTHING


def _is_only_matching(rule: Options) -> bool:
    """Whether a rule sets no option."""
    return all(key.startswith("match") or key in _SAYING_NOTHING for key in rule)


def with_arguments(value: Json, arguments: Sequence[str]) -> Json:
    """A preset with ``{{arg0}}`` and so on filled in."""
    match value:
        case str():
            for position, argument in enumerate(arguments):
                value = value.replace(f"{{{{arg{position}}}}}", argument)
            return value.replace("{{args}}", ",".join(arguments))
        case list():
            return [with_arguments(one, arguments) for one in value]
        case dict():
            return {key: with_arguments(one, arguments) for key, one in value.items()}
        case _:
            return value
