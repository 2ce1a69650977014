"""What runs cost: every request to GitHub's API, but for tokens and git's own traffic, with six open pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from bot.events.jobs import RunJob, Scope
from bot.forge.github.app import GitHubApp
from bot.forge.github.client import GitHubAccess
from bot.jobs.workflows.steps import DurableSteps
from bot.ports.forge import RepositoryRef
from bot.ports.handling import Limits
from bot.ports.run import BranchName, ConfigState, FileChange, Proposal, RunReport, RunRequest
from bot.work.account import Memory
from bot.work.dashboard.issue import KnownIssues
from bot.work.job import JobDone, JobPorts
from bot.work.looking import look
from bot.work.publishing.outcome import Outcome
from bot.work.runs import run_job, settle
from tests.github import Hub
from tests.github.held import requests_are_described
from tests.github.model import Repository
from tests.work.scene import FixedClock, NoClone, SceneJudge, pass_through, propose

__all__ = ["requests_are_described"]

NAMES = ("alpha", "beta", "delta", "epsilon", "gamma", "zeta")
PINS = {f"{name}.toml": "1.0\n" for name in NAMES}
#: What an access token costs is not counted: it is asked for once an hour, and once for each clone.
TOKENS = "/access_tokens"


def propose_one(name: str, version: str) -> Proposal:
    proposal = propose(version, BranchName(f"lockbot/{name}"))
    (update,) = proposal.updates
    return replace(
        proposal,
        title=f"Update {name} to {version}",
        body=f"{name} {version}\n",
        updates=(replace(update, package=name),),
        files=(FileChange(path=f"{name}.toml", text=f"{version}\n"),),
    )


@dataclass
class Costs:
    """The App on the stand-in, in this process; the pipeline asks for all that the real one asks for."""

    hub: Hub
    app: GitHubApp
    repository: Repository
    ref: RepositoryRef
    version: str = "2.0"
    memory: Memory = field(default_factory=Memory)
    dashboards: KnownIssues = field(default_factory=KnownIssues)
    guids: Iterator[int] = field(default_factory=count)

    def solve(self, request: RunRequest) -> RunReport:
        assert request.subjects is not None
        assert request.alerts is not None
        assert request.presets is not None
        request.subjects()
        request.alerts()
        request.presets.find_defaults()
        proposals = tuple(propose_one(name, self.version) for name in NAMES)
        return RunReport(
            base=request.base,
            base_branch=request.base_branch,
            config=ConfigState(limits=Limits(open=10)),
            proposals=proposals,
            solved=("uv.lock",),
        )

    def run(self) -> JobDone:
        ports = JobPorts(
            app=self.app,
            cloner=NoClone(),
            run_repository=self.solve,
            judge=SceneJudge(),
            clock=FixedClock(),
            is_open=lambda _entries, _zone, _moment: True,
            memory=self.memory,
            dashboards=self.dashboards,
        )
        job = RunJob(repository=self.ref, scope=Scope.ALL)
        # As the server does it: a job that costs little looks whether there is anything to solve.
        assert settle(look(ports, self.app.open_repository(self.ref)), job) is None
        return run_job(ports, job, DurableSteps(pass_through), f"guid-{next(self.guids)}")

    def count(self) -> tuple[JobDone, Sequence[str]]:
        """A run, and what it asked for."""
        since = len(self.hub.seen)
        done = self.run()
        asked = [one for one in self.hub.seen[since:] if one.path.startswith("/api/") and TOKENS not in one.path]
        return done, [f"{one.method} {one.path} {one.status}" for one in asked]

    def outcomes(self) -> set[Outcome]:
        return {one.outcome for one in self.run().published}


@pytest.fixture
def costs(tmp_path: Path) -> Iterator[Costs]:
    with Hub(tmp_path / "hub") as hub:
        repository = hub.add_repository("octo/app", PINS)
        installation = hub.install(repository)
        access = GitHubAccess(
            web_url=hub.url, api_url=f"{hub.url}/api/v3", app_id=hub.app.id, private_key=hub.private_key
        )
        ref = RepositoryRef(installation=installation.id, id=repository.id, owner="octo", name="app")
        one = Costs(hub=hub, app=GitHubApp(access), repository=repository, ref=ref)
        assert one.outcomes() == {Outcome.OPENED}
        assert one.outcomes() == {Outcome.UNCHANGED}
        yield one


def test_nothing_new(costs: Costs) -> None:
    done, asked = costs.count()
    assert {one.outcome for one in done.published} == {Outcome.UNCHANGED}
    assert len(asked) <= 6, "\n".join(asked)


def test_nothing_new_on_a_base_that_moved(costs: Costs) -> None:
    costs.hub.push(costs.repository, {"README.md": "hello\n"}, login="ada")
    done, asked = costs.count()
    assert {one.outcome for one in done.published} == {Outcome.UNCHANGED}
    assert len(asked) <= 6, "\n".join(asked)


def test_nothing_new_where_each_is_built_on_a_base_of_its_own(costs: Costs) -> None:
    for name in NAMES:
        costs.hub.push(costs.repository, {f"{name}.toml": "1.5\n"}, login="ada")
        costs.run()
    git = costs.repository.git
    assert len({git.read_commit(one.head_sha).parents for one in costs.repository.open_pulls()}) == len(NAMES)
    costs.hub.push(costs.repository, {"README.md": "hello\n"}, login="ada")
    done, asked = costs.count()
    assert {one.outcome for one in done.published} == {Outcome.UNCHANGED}
    assert len(asked) <= 6, "\n".join(asked)


def test_all_six_change(costs: Costs) -> None:
    costs.version = "3.0"
    done, asked = costs.count()
    assert {one.outcome for one in done.published} == {Outcome.REFRESHED}
    assert len(asked) <= 25, "\n".join(asked)


def test_all_six_change_on_a_base_that_moved(costs: Costs) -> None:
    costs.version = "3.0"
    base = costs.hub.push(costs.repository, {f"{name}.toml": "1.5\n" for name in NAMES}, login="ada")
    done, asked = costs.count()
    assert {one.outcome for one in done.published} == {Outcome.REFRESHED}
    assert len(asked) <= 25, "\n".join(asked)
    for one in costs.repository.open_pulls():
        assert costs.repository.git.read_commit(one.head_sha).parents == (base,)
