"""Branch names: fixed for a group, so that a proposal is found again; no version in them."""

from __future__ import annotations

from bot.plan.policy import Group
from bot.ports.run import BranchName


def branch_name(prefix: str, group: Group) -> BranchName:
    return BranchName(prefix + group.key)


def is_named(group: Group, prefix: str, wanted: str) -> bool:
    """Whether a person means this group: by its key, its words, its branch or its package."""
    return wanted.lower() in {group.key, group.name.lower(), branch_name(prefix, group).lower(), group.single}
