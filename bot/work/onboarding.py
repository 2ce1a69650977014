"""The first pull request of a repository: its configuration. Until there is one nothing else is opened.

Where lockbot has worked before, it goes on: an earlier pull request of its own counts as a configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from bot.events.jobs import Scope
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import BranchName, ConfigText, FileChange, Proposal, RunReport, Suggestion
from bot.ports.steps import StepRunner
from bot.repoconfig.load import CONFIG_PATHS
from bot.report.onboarding import COMMIT_MESSAGE, TITLE, onboarding_body
from bot.report.pulls.branch import ONBOARDING_BRANCH
from bot.work.job import JobPorts
from bot.work.looking import Look
from bot.work.publishing.body_block import ONBOARDING, find_block
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.occasion import find_occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.ownership import judge_branch
from bot.work.publishing.publish import describe_edited, publish_proposal
from bot.work.publishing.target import Target, is_own
from bot.work.solving import SolvedRepository, solve_with


class Standing(StrEnum):
    """Whether a repository is lockbot's to work in. ``NEW`` and ``ASKED`` (its onboarding pull request is open): if a run
    finds that a configuration is stated."""

    CONFIGURED = "configured"
    NEW = "new"
    ASKED = "asked"
    REFUSED = "refused"


def find_standing(ports: JobPorts, target: Target, found: Look) -> Standing:
    """Remembered where it can't change any more."""
    if not ports.onboarding:
        return Standing.CONFIGURED
    if ports.memory.configured.find_lasting((target.forge.ref.id,)):
        return Standing.CONFIGURED
    standing = _ask(target, found)
    if standing is Standing.REFUSED and _has_config(target):
        standing = Standing.CONFIGURED
    if standing is Standing.CONFIGURED:
        remember_configured(ports, target)
    return standing


def remember_configured(ports: JobPorts, target: Target) -> None:
    ports.memory.configured.keep((target.forge.ref.id,), True)


def has_worked(target: Target) -> bool:
    """Whether there ever was another pull request of the App's. All that was closed is gone through: only before somebody
    would be asked."""
    return any(not _is_onboarding(one) for one in _list_own(target, PullRequestState.CLOSED))


def _ask(target: Target, found: Look) -> Standing:
    """``NEW`` also where only ``has_worked`` could tell otherwise."""
    open_now = _list_open(target, found)
    if open_now - {ONBOARDING_BRANCH}:
        return Standing.CONFIGURED
    if open_now:
        return Standing.ASKED
    ended = [one for one in _list_own(target, PullRequestState.CLOSED, ONBOARDING_BRANCH) if _is_onboarding(one)]
    if any(one.state is PullRequestState.MERGED for one in ended):
        return Standing.CONFIGURED
    return Standing.REFUSED if found.is_fork or any(not _is_retired(one) for one in ended) else Standing.NEW


def _list_open(target: Target, found: Look) -> frozenset[BranchName]:
    if found.branches is not None:
        return frozenset(one.branch for one in found.branches)
    return frozenset(one.head_branch for one in _list_own(target, PullRequestState.OPEN))


def _list_own(target: Target, state: PullRequestState, head: BranchName | None = None) -> Sequence[PullRequest]:
    return [one for one in target.forge.list_pull_requests(state, head=head) if is_own(target.identity, one)]


def _is_onboarding(pull_request: PullRequest) -> bool:
    """Also where somebody has taken the hidden block out."""
    block = find_block(pull_request.body)
    return pull_request.head_branch == ONBOARDING_BRANCH if block is None else block.group == ONBOARDING


def _is_retired(pull_request: PullRequest) -> bool:
    block = find_block(pull_request.body)
    return block is not None and block.retired


def _has_config(target: Target) -> bool:
    return any(target.forge.find_file(path, target.base) is not None for path in CONFIG_PATHS)


def onboard(
    ports: JobPorts, target: Target, solved: SolvedRepository, scope: Scope, steps: StepRunner
) -> Published | None:
    """Open or refresh the pull request; None where there is nothing that lockbot could keep current."""
    suggestion = solved.report.suggestion
    if suggestion is None or not solved.report.found:
        return None
    return steps.run("onboard", Published, lambda: _publish(ports, target, solved.report, suggestion, scope))


def _publish(ports: JobPorts, target: Target, report: RunReport, suggestion: Suggestion, scope: Scope) -> Published:
    pulls = target.forge.list_pull_requests(PullRequestState.OPEN)
    found = next((one for one in pulls if target.owns(one) and one.head_branch == ONBOARDING_BRANCH), None)
    if found is None and scope is Scope.OPEN:
        return Published(branch=ONBOARDING_BRANCH, outcome=Outcome.NOT_OPEN)
    edited = None if found is None else _find_edited(target, found, suggestion)
    if found is not None and edited is not None:
        theirs = solve_with(ports, target, edited)
        proposal = _propose(replace(theirs, found=report.found), suggestion, edited=True)
        return describe_edited(target, proposal, found)
    proposal = _propose(report, suggestion)
    alone = replace(report, proposals=(proposal,))
    occasion = find_occasion(target, Scope.ALL, alone, {ONBOARDING_BRANCH: ClosedBefore()}, pulls)
    return publish_proposal(target, proposal, occasion)


def _find_edited(target: Target, pull_request: PullRequest, suggestion: Suggestion) -> ConfigText | None:
    """The file as people have it on the branch; None where the branch is lockbot's."""
    block = find_block(pull_request.body)
    known = judge_branch(target, ONBOARDING_BRANCH, block.heads if block else ())
    if known.mover is None or known.head is None:
        return None
    text = target.forge.find_file(suggestion.path, known.head)
    return ConfigText(path=suggestion.path, text=text or "")


def propose_configuration(report: RunReport) -> Proposal | None:
    """What the pull request holds; None where the run suggests nothing."""
    return None if report.suggestion is None else _propose(report, report.suggestion)


def _propose(report: RunReport, suggestion: Suggestion, *, edited: bool = False) -> Proposal:
    return Proposal(
        branch=ONBOARDING_BRANCH,
        group=ONBOARDING,
        title=TITLE,
        body=onboarding_body(report, suggestion, edited=edited),
        commit_message=COMMIT_MESSAGE,
        files=(FileChange(path=suggestion.path, text=suggestion.text),),
    )
