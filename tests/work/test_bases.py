"""Several base branches: which they are, one configuration, names that tell them apart, common limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from bot.events.jobs import Scope
from bot.ports.forge import PullRequestState
from bot.ports.handling import Importance, Limits
from bot.ports.run import BranchName, ConfigState, Problem, RunReport, RunRequest
from bot.work.publishing.bases import MOST_BASES, choose_bases
from bot.work.publishing.outcome import Outcome
from tests.work.scene import MAIN, Scene, act, propose, run

RELEASE, OLD = BranchName("release/1.x"), BranchName("release/0.x")
CONFIG = ConfigState(path=".lockbot.json", bases=("$default", "/^release\\//"))
HEADS = tuple(map(BranchName, ("dev", "lockbot/all", "main", "release/0.x", "release/1.x")))


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        ((), ["main"]),
        (("$default",), ["main"]),
        (("dev",), ["dev"]),
        (("dev", "$default"), ["main", "dev"]),
        (("release/*",), ["release/0.x", "release/1.x"]),
        (("/^release/", "!release/0.x"), ["release/1.x"]),
        (("/.*/",), ["main", "dev", "release/0.x", "release/1.x"]),
        (("gone",), []),
    ],
)
def test_which_branches_updates_are_proposed_for(patterns: tuple[str, ...], chosen: list[str]) -> None:
    assert list(choose_bases(patterns, "lockbot/", MAIN, HEADS)) == chosen


def test_there_is_an_end_to_them() -> None:
    many = [BranchName(f"release-{number:03}") for number in range(100)]
    assert len(choose_bases(("*",), "lockbot/", MAIN, [*many, MAIN])) == MOST_BASES


@dataclass
class Branches(Scene):
    """Each base branch wants its own update, as far as its lock is old; the configuration is what the request gives."""

    def run(self, request: RunRequest) -> RunReport:
        report = super().run(request)
        lock = self.forge.find_file("uv.lock", request.base)
        proposals = tuple(one for one in report.proposals if lock is None or one.files[0].text != lock)
        if request.names_base:
            named = [
                replace(
                    one,
                    branch=BranchName(f"lockbot/{request.base_branch}-{one.group}"),
                    title=f"{one.title} ({request.base_branch})",
                )
                for one in proposals
            ]
            proposals = tuple(named)
        return replace(report, proposals=proposals)


def scene(config: ConfigState = CONFIG, *branches: BranchName) -> Branches:
    one = Branches(config=config, proposals=(replace(propose(), group="all", branch=BranchName("lockbot/all")),))
    for branch in branches or (RELEASE,):
        one.forge.branches[branch] = one.base
        one.forge.commit(branch, {"readme.md": branch}, author="octo")
    one.forge.commit(MAIN, {".lockbot.json": "of the default branch"}, author="octo")
    return one


def pulls(one: Scene) -> list[tuple[str, str, str]]:
    found = one.forge.list_pull_requests(PullRequestState.OPEN)
    return sorted((pull.base_branch, pull.head_branch, pull.title) for pull in found)


BOTH = [
    ("main", "lockbot/all", "Update alpha to 2.0"),
    ("release/1.x", "lockbot/release/1.x-all", "Update alpha to 2.0 (release/1.x)"),
]


def test_each_base_has_its_own_pull_request() -> None:
    one = scene()
    run(one)
    assert pulls(one) == BOTH
    heads = {pull.base_branch: pull.head for pull in one.forge.pull_requests.values()}
    parents = {base: one.forge.commits[head].info.parents for base, head in heads.items()}
    assert parents == {base: (one.forge.branches[base],) for base in (MAIN, RELEASE)}


def test_the_configuration_is_that_of_the_default_branch_everywhere() -> None:
    one = scene()
    one.forge.commit(RELEASE, {".lockbot.json": "of its own"}, author="eve")
    run(one)
    assert [(request.base_branch, request.config and request.config.text) for request in one.asked] == [
        ("main", None), ("release/1.x", "of the default branch"),
    ]  # fmt: skip


def test_the_second_run_changes_nothing() -> None:
    one = scene()
    run(one)
    before = dict(one.forge.pull_requests)
    assert [outcome for _, outcome in act(one)] == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert one.forge.pull_requests == before


def test_limits_hold_over_all_of_them_together() -> None:
    one = scene(replace(CONFIG, limits=Limits(open=2)), RELEASE, OLD)
    assert act(one) == [
        ("lockbot/all", Outcome.OPENED),
        ("lockbot/release/0.x-all", Outcome.OPENED),
        ("lockbot/release/1.x-all", Outcome.LIMITED),
    ]


def test_the_most_important_of_all_of_them_comes_first() -> None:
    one = scene(replace(CONFIG, limits=Limits(open=1)))
    one.proposals = (
        replace(one.proposals[0], importance=Importance.MAJOR),
        replace(one.proposals[0], group="fix", branch=BranchName("lockbot/fix"), importance=Importance.SECURITY),
    )
    assert [branch for branch, outcome in act(one) if outcome is Outcome.OPENED] == [
        "lockbot/fix", "lockbot/release/1.x-fix", "lockbot/all",
    ]  # fmt: skip


def test_each_base_retires_its_own() -> None:
    one = scene()
    run(one)
    one.forge.commit(RELEASE, {"uv.lock": "alpha 2.0\n"}, author="octo")
    assert act(one, Scope.OPEN) == [("lockbot/all", Outcome.UNCHANGED), ("lockbot/release/1.x-all", Outcome.RETIRED)]
    assert pulls(one) == BOTH[:1]


def test_a_push_to_one_rebuilds_what_is_open_there_alone() -> None:
    one = scene()
    run(one)
    before = {pull.head_branch: pull.head for pull in one.forge.pull_requests.values()}
    one.forge.commit(RELEASE, {"uv.lock": "alpha 1.1\n"}, author="octo")
    run(one, Scope.OPEN)
    moved = [pull.head_branch for pull in one.forge.pull_requests.values() if pull.head != before[pull.head_branch]]
    assert moved == ["lockbot/release/1.x-all"]


@pytest.mark.parametrize("bases", [(), ("$default",), ("$default", "/^hotfix/")])
def test_a_base_that_no_longer_matches_has_its_pull_requests_closed(bases: tuple[str, ...]) -> None:
    one = scene()
    run(one)
    one.config = replace(CONFIG, bases=bases)
    one.forge.commit(MAIN, {".lockbot.json": written(bases)}, author="octo")
    run(one, Scope.OPEN)
    assert pulls(one) == BOTH[:1]
    (said,) = [comment.body for comment in one.forge.comments[2]]
    assert "This was made for `release/1.x`" in said


def written(bases: tuple[str, ...]) -> str:
    patterns = ", ".join(f'"{base}"' for base in bases)
    return f'{{"baseBranchPatterns": [{patterns}]}}'


def test_a_default_branch_that_is_none_of_them_is_left() -> None:
    one = scene()
    run(one)
    one.config = replace(CONFIG, bases=("release/*",))
    one.forge.commit(MAIN, {".lockbot.json": written(("release/*",))}, author="octo")
    run(one)
    assert pulls(one) == BOTH[1:]
    (said,) = [comment.body for comment in one.forge.comments[1]]
    assert "This was made for `main`, and updates are proposed for `release/1.x` now." in said


def test_a_broken_configuration_closes_nothing() -> None:
    one = scene()
    run(one)
    one.forge.commit(MAIN, {".lockbot.json": "{"}, author="octo")
    one.config = replace(CONFIG, problems=(broken(),))
    run(one, Scope.OPEN)
    assert pulls(one) == BOTH


def broken() -> Problem:
    return Problem(message="no JSON", path=".lockbot.json", line=1)


def test_a_branch_that_another_base_uses_is_not_moved() -> None:
    one = scene()
    run(one)
    pull = next(pull for pull in one.forge.pull_requests.values() if pull.base_branch == RELEASE)
    one.forge.pull_requests[pull.number] = replace(pull, base_branch=MAIN)
    one.forge.commit(RELEASE, {"uv.lock": "alpha 1.1\n"}, author="octo")
    assert ("lockbot/release/1.x-all", Outcome.SHARED) in act(one)
    assert one.forge.branches[pull.head_branch] == pull.head
