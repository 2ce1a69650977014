"""Which pages a solve will ask for first: known before the solver is loaded, so that they come while it loads."""

from __future__ import annotations

from collections.abc import Iterator

from bot.lockfile.model import RegistryRequirement, Requirement
from bot.markers import Marker
from bot.resolver.model.index import IndexPort
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import IndexStrategy, LockRequest


def request_first_pages(request: LockRequest, port: IndexPort) -> None:
    """Ask for the pages of what members, groups and scripts require of the index that is searched first.

    Only what the solver is sure to ask for too: no page is asked for that it might not need.
    """
    implicit = [index for index in request.indexes if not index.explicit and not index.find_links]
    if not implicit or request.options.index_strategy is not IndexStrategy.FIRST_INDEX:
        return
    if request.overrides or request.excludes:
        return  # what they leave of the requirements is the solver's to say
    names = list(dict.fromkeys(_names(request)))
    if names:
        port.request_pages(implicit[0], names)


def _names(request: LockRequest) -> Iterator[str]:
    python = PythonRange.from_specifiers(request.requires_python).marker()
    requirements = list(request.direct_requirements())
    elsewhere = {member.metadata.name for member in request.members}
    elsewhere |= {one.name for one in (*requirements, *request.constraints) if not _is_of_any_index(one)}
    for one in requirements:
        if one.name not in elsewhere and _is_possible(one, python):
            yield one.name


def _is_of_any_index(requirement: Requirement) -> bool:
    return isinstance(requirement.source, RegistryRequirement) and requirement.source.index is None


def _is_possible(requirement: Requirement, python: Marker) -> bool:
    return not requirement.marker.is_disjoint(python)
