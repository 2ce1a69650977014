"""What there is to work on: a repository as one request shows it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.forge import Forge, ForgeForbidden, ForgeNotFound, MergeMethod, OwnPullRequest, Survey
from bot.ports.run import BranchName, Declined, Sha
from bot.work.dashboard.issue import find_dashboard
from bot.work.dashboard.state import DashboardState
from bot.work.job import JobPorts, find_home
from bot.work.publishing.body_block import find_block


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBranch:
    """Of an open pull request of the App's: its branch and base, and what people declined of its updates."""

    branch: BranchName
    base: BranchName
    left_out: tuple[Declined, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to work on; ``base`` None: nothing (archived, disabled, empty, gone).

    ``open`` counts the App's open pull requests, ``elsewhere`` those of them on another base, ``branches`` says more of them
    (None: written by a version that did not). ``auto_merge`` and
    ``merge_methods`` are what the repository lets; ``is_told_otherwise``: none is open, and the dashboard still tells of
    some; ``has_issues``: they are not turned off; ``is_public``: everybody may read it. ``is_fork``:
    it is a fork of another one.
    """

    base: Sha | None
    base_branch: BranchName
    open: int
    elsewhere: int = 0
    auto_merge: bool = False
    merge_methods: tuple[MergeMethod, ...] = ()
    is_told_otherwise: bool = False
    has_issues: bool = True
    is_public: bool = True
    is_fork: bool = False
    why: str = ""
    gone: bool = False
    branches: tuple[OpenBranch, ...] | None = None


def look(ports: JobPorts, forge: Forge) -> Look:
    return see(ports, forge)[0]


def see(ports: JobPorts, forge: Forge) -> tuple[Look, Survey | None]:
    """The same, and all that there was to see, with the dashboard if its number is known; None: the repository is gone."""
    try:
        seen = forge.survey(ports.dashboards.find(forge.ref.id))
    except ForgeNotFound:
        return Look(base=None, base_branch=BranchName(""), open=0, why="the repository is gone", gone=True), None
    return _judge(ports, forge, seen), seen


def list_own(ports: JobPorts, seen: Survey) -> list[OwnPullRequest]:
    """lockbot's among those of its account."""
    is_shared = ports.app.get_identity().is_shared
    return [one for one in seen.own if not is_shared or find_block(one.body) is not None]


def _judge(ports: JobPorts, forge: Forge, seen: Survey) -> Look:
    repository, own = seen.repository, list_own(ports, seen)
    branch = repository.default_branch
    if repository.archived or repository.disabled:
        return Look(base=None, base_branch=branch, open=0, why="the repository is archived or disabled")
    if seen.base is None:
        return Look(base=None, base_branch=branch, open=0, why="the repository is empty")
    return Look(
        base=seen.base,
        base_branch=branch,
        open=len(own),
        elsewhere=sum(one.base != branch for one in own),
        auto_merge=repository.allows_auto_merge,
        merge_methods=repository.merge_methods,
        is_told_otherwise=not own and repository.has_issues and read_state(ports, forge, seen).tells_of_open,
        has_issues=repository.has_issues,
        is_public=not repository.private,
        is_fork=repository.fork,
        branches=tuple(map(_open_branch, own)),
    )


def _open_branch(one: OwnPullRequest) -> OpenBranch:
    block = find_block(one.body)
    return OpenBranch(branch=one.branch, base=one.base, left_out=() if block is None else block.left_out)


def read_state(ports: JobPorts, forge: Forge, seen: Survey | None = None) -> DashboardState:
    """What people said; nothing where there is no dashboard to remember it."""
    try:
        found = find_dashboard(find_home(ports, forge), seen.issue if seen is not None else None)
    except ForgeForbidden:
        return DashboardState()
    return DashboardState() if found is None else found.state
