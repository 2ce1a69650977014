"""Dependabot's configuration, written down as ``.lockbot.json``: its entries for uv and pip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import InputError
from bot.formats.yaml import Mapping as YamlMapping
from bot.formats.yaml import Node, Scalar, parse_yaml
from bot.formats.yaml import Sequence as YamlSequence
from bot.ports.run import Problem
from bot.repoconfig.adapt import Options
from bot.repoconfig.jsonc import Json
from bot.repoconfig.load import ConfigError
from bot.repoconfig.migration.migrate import Migrated, write_options
from bot.repoconfig.model import RepoConfig

_OURS = frozenset({"uv", "pip"})
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_STEP = "version-update:semver-"
_STRATEGIES = {
    "auto": "auto",
    "increase": "bump",
    "increase-if-necessary": "replace",
    "lockfile-only": "in-range-only",
    "widen": "widen",
}
#: Where the requirements of a kind stand.
_TABLES = {
    "development": ("dependency-groups", "tool.uv.dev-dependencies"),
    "production": ("project.dependencies", "project.optional-dependencies"),
}
_IGNORED = re.compile(r"\s*(>=|>|<=|<|==?|)\s*v?([0-9][0-9A-Za-z.!+]*?)(\.(?:x|\*))?\s*")
_OPPOSITE = {">=": "<", ">": "<=", "<": ">=", "<=": ">"}
#: What stands in an entry and is not told: it names it, or is read with something else.
_READ = frozenset(
    {
        "allow",
        "assignees",
        "commit-message",
        "cooldown",
        "directories",
        "directory",
        "exclude-paths",
        "groups",
        "ignore",
        "labels",
        "open-pull-requests-limit",
        "package-ecosystem",
        "rebase-strategy",
        "reviewers",
        "schedule",
        "target-branch",
        "versioning-strategy",
    }
)
#: Why the others have no counterpart, at the top and in an entry.
_WITHOUT = {
    "enable-beta-ecosystems": "lockbot updates Python alone",
    "insecure-external-code-execution": "lockbot runs no code of packages",
    "multi-ecosystem-group": "lockbot updates Python alone",
    "multi-ecosystem-groups": "lockbot updates Python alone",
    "patterns": "lockbot updates Python alone",
    "pull-request-branch-name": "lockbot names its branches itself, below branchPrefix",
    "registries": "who runs lockbot gives it the credentials of indexes",
    "vendor": "lockbot keeps no copies of packages",
}
#: Options of the whole file, which no rule for some folders can set.
_WHOLE = (
    "baseBranchPatterns",
    "ignorePaths",
    "lockFileMaintenance",
    "prConcurrentLimit",
    "timezone",
    "vulnerabilityAlerts",
)


@dataclass(slots=True, kw_only=True)
class _Work:
    """Collects what can't be translated."""

    path: str
    left: list[Problem] = field(default_factory=list)

    def leave(self, node: Node | None, message: str) -> None:
        self.left.append(Problem(message=message, path=self.path, line=_line(node)))

    # --- entries -----------------------------------------------------------------------------------

    def options(self, entries: Sequence[YamlMapping]) -> Options:
        """Of one entry the options of the whole file; of several the first's, and rules for the folders of the others."""
        first = self.entry(entries[0])
        rules: list[Json] = first.pop("packageRules", [])  # type: ignore[assignment]
        for entry in entries[1:]:
            for key in ("exclude-paths", "open-pull-requests-limit", "target-branch"):
                if entry.get(key) is not None and _text(entry.get(key)) != "0":
                    self.leave(entry.get(key), f"{key} of a second entry: lockbot has one for the whole repository")
            folders = [f"{one}/**" if one else "*" for one in _folders(entry)]
            rules += [rule for rule in self.rules_for(self.entry(entry), folders) if rule]
        return {**first, **({"packageRules": rules} if rules else {})}

    def rules_for(self, options: Options, folders: Sequence[str]) -> Iterator[Json]:
        rules: list[Options] = options.pop("packageRules", [])  # type: ignore[assignment]
        for name in _WHOLE:
            options.pop(name, None)
        if options:
            yield {"matchFileNames": list(folders), **options}
        for rule in rules:
            yield {"matchFileNames": list(folders), **rule}

    def entry(self, entry: YamlMapping) -> Options:
        for key, _ in entry.entries:
            if key.text not in _READ:
                self.leave(key, f"{key.text}: {_WITHOUT.get(key.text, 'has no counterpart in lockbot')}")
        found: Options = {}
        found.update(self.schedule(_map(entry.get("schedule"))))
        found.update(self.people(entry))
        found.update(self.places(entry))
        found.update(self.words(_map(entry.get("commit-message"))))
        found.update(self.strategy(entry.get("versioning-strategy")))
        rules = [
            *self.cooldown(_map(entry.get("cooldown")), found),
            *self.allowed(entry.get("allow")),
            *self.groups(_map(entry.get("groups")), found),
            *self.ignored(entry.get("ignore")),
            *self.limit(entry.get("open-pull-requests-limit"), found),
        ]
        return {**found, **({"packageRules": rules} if rules else {})}

    # --- options -----------------------------------------------------------------------------------

    def people(self, entry: YamlMapping) -> Options:
        """Labels, and who is assigned and asked; a team has its organization in front of it there."""
        teams = [f"team:{one.rpartition('/')[2]}" if "/" in one else one for one in _texts(entry.get("reviewers"))]
        said = {"labels": _texts(entry.get("labels")), "assignees": _texts(entry.get("assignees")), "reviewers": teams}
        return {name: list(texts) for name, texts in said.items() if texts}

    def places(self, entry: YamlMapping) -> Options:
        """What is looked at, for which branch, and whether what is open follows it."""
        found: Options = {}
        paths, branch = _texts(entry.get("exclude-paths")), _text(entry.get("target-branch"))
        if paths:
            found["ignorePaths"] = [*RepoConfig().ignore_paths, *paths]
        if branch:
            found["baseBranchPatterns"] = [branch]
        if _text(entry.get("rebase-strategy")) == "disabled":
            found["rebaseWhen"] = "never"
        return found

    def schedule(self, stated: YamlMapping | None) -> Options:
        if stated is None:
            return {}
        found: Options = {}
        interval, zone = _text(stated.get("interval")), _text(stated.get("timezone"))
        if zone:
            found["timezone"] = zone
        cron = _text(stated.get("cronjob"))
        if interval == "cron" and cron:
            return {**found, "schedule": [cron]}
        day, hour = _text(stated.get("day")) or "monday", (_text(stated.get("time")) or "00:00").partition(":")[0]
        first = int(hour) % 24 if hour.isdigit() else 0
        window = f"* {first}-{min(first + 3, 23)}"
        number = _DAYS.index(day.lower()) if day.lower() in _DAYS else 1
        fields = {
            "daily": "* * 1-5",
            "weekly": f"* * {number}",
            "monthly": "1 * *",
            "quarterly": "1 */3 *",
            "semiannually": "1 */6 *",
            "yearly": "1 1 *",
        }.get(interval or "")
        if fields is None:
            self.leave(stated.get("interval") or stated, f"the interval {interval!r} is not known")
            return found
        return {**found, "schedule": [f"{window} {fields}"]}

    def words(self, stated: YamlMapping | None) -> Options:
        prefix = _text(stated.get("prefix")) if stated is not None else None
        if stated is None or not prefix:
            return {}
        if stated.get("prefix-development") is not None:
            self.leave(stated.get("prefix-development"), "prefix-development: all titles have the one prefix")
        if _text(stated.get("include")) == "scope":
            return {"commitMessagePrefix": f"{prefix.removesuffix(':')}(deps):"}
        return {"commitMessagePrefix": f"{prefix}:" if prefix[-1:].isalnum() else prefix}

    def strategy(self, node: Node | None) -> Options:
        said = _text(node)
        if said is None:
            return {}
        if said not in _STRATEGIES:
            self.leave(node, f"the versioning-strategy {said!r} is not known")
            return {}
        return {"rangeStrategy": _STRATEGIES[said]}

    def limit(self, node: Node | None, found: Options) -> Iterator[Json]:
        """No pull requests at all means: security alone."""
        limit = _text(node)
        if limit == "0":
            found["lockFileMaintenance"] = {"enabled": False}
            yield {"matchPackageNames": ["*"], "enabled": False}
        elif limit is not None and limit.isdigit():
            found["prConcurrentLimit"] = int(limit)

    # --- rules -------------------------------------------------------------------------------------

    def cooldown(self, stated: YamlMapping | None, found: Options) -> Iterator[Json]:
        if stated is None:
            return
        days = {key.text: _text(node) for key, node in stated.entries}
        names = _texts(stated.get("include"))
        age = days.get("default-days")
        if age and not names:
            found["minimumReleaseAge"] = f"{age} days"
        elif age:
            yield {"matchPackageNames": list(names), "minimumReleaseAge": f"{age} days"}
        for step in ("major", "minor", "patch"):
            own = days.get(f"semver-{step}-days")
            if own:
                yield {
                    "matchPackageNames": list(names) or ["*"],
                    "matchUpdateTypes": [step],
                    "minimumReleaseAge": f"{own} days",
                }
        without = _texts(stated.get("exclude"))
        if without:
            yield {"matchPackageNames": list(without), "minimumReleaseAge": None}

    def allowed(self, node: Node | None) -> Iterator[Json]:
        names = [name for one in _maps(node) if (name := _text(one.get("dependency-name")))]
        for one in _maps(node):
            if one.get("update-types") is not None:
                self.leave(one.get("update-types"), "allow by update-types: turn the others off by a rule")
            if one.get("dependency-name") is None and _text(one.get("dependency-type")) not in {"all", "direct"}:
                self.leave(
                    one.get("dependency-type") or node, "allow by dependency-type: lockbot updates what is declared"
                )
        if names:
            yield {"matchPackageNames": ["*", *(f"!{name}" for name in names)], "enabled": False}

    def groups(self, stated: YamlMapping | None, found: Options) -> Iterator[Json]:
        """Dependabot takes the first group that fits, lockbot the last rule."""
        for key, node in reversed(stated.entries) if stated is not None else ():
            group = _map(node)
            if group is None:
                continue
            if _text(group.get("applies-to")) == "security-updates":
                self.mending(key, group, found)
                continue
            if group.get("group-by") is not None:
                self.leave(
                    group.get("group-by"), f"the group {key.text}: lockbot proposes a package for all folders at once"
                )
            steps, tables = _texts(group.get("update-types")), _TABLES.get(_text(group.get("dependency-type")) or "")
            yield {
                "matchPackageNames": [
                    *(_texts(group.get("patterns")) or ("*",)),
                    *(f"!{one}" for one in _texts(group.get("exclude-patterns"))),
                ],
                **({"matchDepTypes": list(tables)} if tables else {}),
                **({"matchUpdateTypes": list(steps)} if steps else {}),
                "groupName": key.text[:80],
            }

    def mending(self, key: Scalar, group: YamlMapping, found: Options) -> None:
        """A group of security updates: lockbot has one for all of them, or none."""
        if set(_texts(group.get("patterns"))) - {"*"} or {"exclude-patterns", "update-types", "dependency-type"} & {
            one.text for one, _ in group.entries
        }:
            self.leave(key, f"the group {key.text}: lockbot groups all security updates or none")
        else:
            found["vulnerabilityAlerts"] = {"groupName": key.text[:80]}

    def ignored(self, node: Node | None) -> Iterator[Json]:
        for one in _maps(node):
            name = _text(one.get("dependency-name")) or "*"
            steps = [text.removeprefix(_STEP) for text in _texts(one.get("update-types"))]
            versions = _texts(one.get("versions"))
            if steps:
                yield {"matchPackageNames": [name], "matchUpdateTypes": list(steps), "enabled": False}
            if versions:
                allowed = [_opposite(text) for text in versions]
                if None in allowed:
                    self.leave(one.get("versions"), f"ignored versions of {name}: write allowedVersions by hand")
                else:
                    yield {"matchPackageNames": [name], "allowedVersions": ",".join(map(str, allowed))}
            if not steps and not versions:
                yield {"matchPackageNames": [name], "enabled": False}


def migrate_dependabot(text: str, path: str) -> Migrated:
    """Translate a ``dependabot.yml``; raises ``ConfigError``."""
    try:
        documents = parse_yaml(text, path)
    except InputError as error:
        raise ConfigError((Problem(message=error.problem, path=path, line=error.line, hint=error.hint),)) from None
    top = _map(documents[0]) if documents else None
    entries = _maps(top.get("updates") if top is not None else None)
    if not entries:
        raise ConfigError((Problem(message="the file has no list of updates", path=path, line=1),))
    work = _Work(path=path)
    ours = [one for one in entries if _text(one.get("package-ecosystem")) in _OURS]
    for one in entries:
        if one not in ours:
            what = _text(one.get("package-ecosystem")) or "an entry without a name"
            work.leave(one.get("package-ecosystem"), f"{what}: lockbot updates Python alone")
    for key, _ in top.entries if top is not None else ():
        if key.text in _WITHOUT:
            work.leave(key, f"{key.text}: {_WITHOUT[key.text]}")
    options: Options = work.options(ours) if ours else {"enabled": False}
    return write_options(options, path, work.left)


def _folders(entry: YamlMapping) -> Sequence[str]:
    stated = (*_texts(entry.get("directories")), *_texts(entry.get("directory")))
    return [one.strip("/") for one in stated] or [""]


def _opposite(text: str) -> str | None:
    """The specifier that admits what an ignored range does not; None where none does."""
    found = _IGNORED.fullmatch(text)
    if found is None:
        return None
    operator, version, wildcard = found.groups()
    if operator in _OPPOSITE:
        return None if wildcard else f"{_OPPOSITE[operator]}{version}"
    return f"!={version}.*" if wildcard else f"!={version}"


# --- YAML, as far as it is asked for --------------------------------------------------------------


def _line(node: Node | None) -> int | None:
    return None if node is None else node.line


def _map(node: Node | None) -> YamlMapping | None:
    return node if isinstance(node, YamlMapping) else None


def _maps(node: Node | None) -> Sequence[YamlMapping]:
    return [one for one in node.items if isinstance(one, YamlMapping)] if isinstance(node, YamlSequence) else []


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _texts(node: Node | None) -> tuple[str, ...]:
    match node:
        case Scalar(text=text):
            return (text,)
        case YamlSequence(items=items):
            return tuple(one.text for one in items if isinstance(one, Scalar))
        case _:
            return ()
