"""What a person does not want, and what goes beyond it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from bot.plan.candidates import Candidate
from bot.plan.policy import Group, update_kind
from bot.ports.run import Declined, Proposal, UpdateKind, UpdateLine


def highest(*texts: str) -> str:
    """The highest version of texts that may each hold several, as an update of forks has it."""
    return max((one for text in texts for one in text.split(", ")), key=Version)


def comes_again(proposal: Proposal, declined: Sequence[Declined], *, at_turn: bool) -> bool:
    """Whether a direct update goes beyond what was declined: of a single package's proposal that one, of a group's any.

    A group comes again only at its turn, so that one closing does not bring the next one within minutes.
    """
    rows = [one for one in proposal.updates if proposal.single in (None, one.package)]
    if all(is_declined(one, declined) for one in rows):
        return False
    packages = {one.package for one in rows} | {one.package for one in declined}
    return at_turn or proposal.single is not None or len(packages) == 1


def is_mixed(proposal: Proposal, declined: Sequence[Declined]) -> bool:
    """Whether a group holds updates that were declined beside others."""
    verdicts = {is_declined(one, declined) for one in proposal.updates}
    return proposal.single is None and verdicts == {True, False}


def is_declined(update: UpdateLine, declined: Iterable[Declined]) -> bool:
    version = Version(highest(update.after))
    return any(_covers(one, update.package, version, is_major=update.kind is UpdateKind.MAJOR) for one in declined)


def leave_out(candidates: Sequence[Candidate], declined: Sequence[Declined]) -> tuple[Candidate, ...]:
    """The candidates without the steps that were declined; such a package moves only where others need it."""
    return tuple(_without_declined(one, declined) for one in candidates)


def _without_declined(candidate: Candidate, declined: Sequence[Declined]) -> Candidate:
    left = _keep_groups(candidate, declined)
    gone = [version for group, version in candidate.groups.items() if group not in left]
    is_inside = any(update_kind(candidate.current[-1], version) is not UpdateKind.MAJOR for version in gone)
    return replace(candidate, groups=left, is_declined=is_inside)


def _keep_groups(candidate: Candidate, declined: Sequence[Declined]) -> Mapping[Group, Version]:
    return {
        group: version
        for group, version in candidate.groups.items()
        if not _is_step_declined(candidate.name, candidate.current[-1], version, declined)
    }


def _is_step_declined(package: str, current: Version, version: Version, declined: Sequence[Declined]) -> bool:
    is_major = update_kind(current, version) is UpdateKind.MAJOR
    return any(_covers(one, package, version, is_major=is_major) for one in declined)


def _covers(one: Declined, package: str, version: Version, *, is_major: bool) -> bool:
    """A declined major is all of that major and of those before; it says nothing of steps within one."""
    if (one.package, one.is_major) != (package, is_major):
        return False
    limit = Version(one.version)
    if is_major:
        return (version.epoch, version.major) <= (limit.epoch, limit.major)
    return version <= limit
