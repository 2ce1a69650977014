"""Titles: what the locks say has moved."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from packaging.version import Version

from bot.plan.changes import Moved
from bot.plan.declined import highest
from bot.plan.policy import LOCK_MAINTENANCE, TOOLCHAIN, Group
from bot.ports.run import UpdateKind, UpdateLine
from bot.repoconfig.matching import Wording

_SEMANTIC = re.compile(
    r"(?:build|chore|ci|deps|docs|feat|fix|perf|refactor|revert|style|test)(?:\([^()]{1,60}\))?!?: \S"
)
#: Fewer commits say nothing.
_ENOUGH = 3


def proposal_title(group: Group, updates: Sequence[UpdateLine], back: Sequence[Moved] = ()) -> str:
    """One line for the pull request and its commit, worded as the configuration has it."""
    return _worded(_plain_title(group, updates, back), group.wording)


def with_base(title: str, base: str) -> str:
    """The title of what is not for the default branch."""
    return f"{title} ({base})"


def _worded(title: str, wording: Wording) -> str:
    verb, _, rest = title.partition(" ")
    said = f"{wording.action} {rest}".strip() if verb == "Update" else title
    if wording.is_semantic:
        said = f"{wording.semantic} {said[:1].lower()}{said[1:]}"
    return " ".join(part for part in (wording.prefix, said, wording.suffix) if part)


def is_semantic_history(subjects: Sequence[str]) -> bool:
    """Whether most of a repository's last commits begin with a type, as in ``fix(api): …``."""
    spoken = [one for one in subjects if _SEMANTIC.match(one)]
    return len(spoken) >= _ENOUGH and 2 * len(spoken) > len(subjects)


def _plain_title(group: Group, updates: Sequence[UpdateLine], back: Sequence[Moved]) -> str:
    names = {one.name for one in back}
    if group.is_security and group.single is not None:
        return _mended(group.single, updates, back)
    if group.key == LOCK_MAINTENANCE:
        return "Lock file maintenance" + _back(back)
    if group.single is not None:
        majors: dict[str, set[int]] = {}
        for row in updates:
            if row.kind is UpdateKind.MAJOR and row.package not in names:
                majors.setdefault(row.package, set()).add(Version(highest(row.after)).major)
        own: Sequence[UpdateLine] = [row for row in updates if row.package == group.single]
        is_major = not own or group.single in majors
        return "Update " + (_listed(_first(majors, group.single)) if is_major else _reached(own)) + _back(back)
    own = _without_parts(updates)
    if len({row.package for row in own}) == 1:
        return f"Update {_reached(own)}{_back(back)}"
    return f"Update {group.name}{_back(back)}"


def _mended(name: str, updates: Sequence[UpdateLine], back: Sequence[Moved]) -> str:
    """What an affected package is locked at; of several locks or forks all."""
    own = [row for row in updates if row.package == name]
    others = _back([one for one in back if one.name != name])
    if not own:
        return f"Drop {name}{others}"
    versions = sorted({one for row in own for one in _gained(row)})
    reached = _listed([f"v{one}" for one in versions])
    if any(one.name == name for one in back):
        return f"Take {name} back to {reached}{others}"
    return f"Update {name} to {reached}{others}"


def _gained(row: UpdateLine) -> Collection[Version]:
    """The versions that are new to a lock of several forks; all where forks come together."""
    before = {Version(one) for one in (row.before or "").split(", ") if one}
    after = {Version(one) for one in row.after.split(", ")}
    return after - before or after


def _without_parts(updates: Sequence[UpdateLine]) -> Sequence[UpdateLine]:
    """One package stands for those that are one tool: the first by name."""
    leading = min((row.package for row in updates if row.package in TOOLCHAIN), default="")
    return [row for row in updates if row.package not in TOOLCHAIN or row.package == leading]


def _reached(rows: Sequence[UpdateLine]) -> str:
    """The package with the version that it gets; where units differ, with each of them."""
    versions = sorted({Version(highest(row.after)) for row in rows})
    return f"{rows[0].package} to {_listed([str(version) for version in versions])}"


def _back(back: Sequence[Moved]) -> str:
    """What goes back belongs where nobody can miss it."""
    if not back:
        return ""
    more = (
        f" and {len(back) - 1} more packages" if len(back) > 2 else f" and {back[1].spoken}" if len(back) == 2 else ""
    )
    return f", taking {back[0].spoken}{more}"


def _first(majors: Mapping[str, Collection[int]], name: str) -> list[str]:
    ordered = sorted(majors, key=lambda package: (package != name, package))
    return [f"{package} to {_listed([f'v{one}' for one in sorted(majors[package])])}" for package in ordered] or [name]


def _listed(parts: Sequence[str]) -> str:
    if len(parts) > 3:
        return f"{parts[0]} and {len(parts) - 1} that must move with it"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
