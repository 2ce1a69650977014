"""What people said to ignore, as rules of the configuration that no file holds: the solver is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from bot.plan.policy import TOOLCHAIN, update_kind
from bot.ports.run import Declined, Ignoring, UpdateKind, Width
from bot.repoconfig.model import RepoConfig, SaidRule, UpdateType

#: What is named by its tool, not by a package.
_TOOLS = frozenset({"python", *TOOLCHAIN})


def obey(config: RepoConfig, ignored: Sequence[Ignoring]) -> RepoConfig:
    """The configuration with these as its last rules, which win."""
    if not ignored:
        return config
    rules = (*config.package_rules, *map(_rule, ignored))
    return config.model_copy(update={"package_rules": rules})


def _rule(one: Ignoring) -> SaidRule:
    stated: dict[str, object] = {"matchPackageNames": [one.package], "said": one.reason}
    match one.width:
        case Width.ALL:
            stated["enabled"] = False
        case Width.MAJOR:
            stated |= {"upTo": one.version, "matchUpdateTypes": [UpdateType.MAJOR]}
        case Width.VERSION:
            stated["upTo"] = one.version
    return SaidRule.model_validate(stated)


def said_rules(config: RepoConfig, name: str) -> Iterator[SaidRule]:
    """Those that hide versions of a package."""
    for rule in config.package_rules:
        if isinstance(rule, SaidRule) and rule.up_to is not None and name in rule.match_package_names:
            yield rule


def find_said(config: RepoConfig, name: str, current: Version | None, version: Version) -> str | None:
    """Why a version is to be ignored where ``current`` is locked, as a clause; None where it is not."""
    found = (rule.said for rule in said_rules(config, name) if _hides(rule, current, version))
    return next(found, None)


def _hides(rule: SaidRule, current: Version | None, version: Version) -> bool:
    limit = Version(rule.up_to or "0")
    if rule.match_update_types:
        is_within = (version.epoch, version.major) <= (limit.epoch, limit.major)
        return is_within and (current is None or _is_major(current, version))
    return version <= limit and (current is None or _is_major(current, version) is _is_major(current, limit))


def _is_major(current: Version, version: Version) -> bool:
    return update_kind(current, version) is UpdateKind.MAJOR


def decline_tools(ignored: Sequence[Ignoring]) -> Iterator[Declined]:
    """The same for what moves by the places that name a tool's version, which no index is asked for."""
    for one in ignored:
        if one.package in _TOOLS and one.width is not Width.ALL:
            kinds = (True,) if one.width is Width.MAJOR else (True, False)
            yield from (Declined(package=one.package, version=one.version, is_major=kind) for kind in kinds)
