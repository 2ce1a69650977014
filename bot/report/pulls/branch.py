"""Branch names: fixed for a group, so that a proposal is found again; no version in them."""

from __future__ import annotations

from bot.plan.policy import Group
from bot.ports.run import BranchName

#: Of the pull request that brings a repository its first configuration: what that says of branches is not there yet.
ONBOARDING_BRANCH = BranchName("lockbot/configure")


def branch_name(prefix: str, group: Group) -> BranchName:
    return BranchName(prefix + group.key)
