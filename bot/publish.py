"""From the proposals of a run to branches and pull requests: opened, refreshed, left alone, retired.

Every function here may run again after a crash anywhere: branch names are fixed, branches move under a lease, a pull
request is found by its head before one is opened, an answer is looked for before it is given.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import answers
from bot.block import Block, find_block, make_key, render_body
from bot.events import Scope
from bot.ports.forge import (
    AppIdentity,
    BranchUpdate,
    CheckConclusion,
    CheckReport,
    Forge,
    ForgeConflict,
    ForgeRejected,
    NewPullRequest,
    PullRequest,
    PullRequestState,
    PushOutcome,
)
from bot.ports.run import BranchName, Problem, Proposal, Sha

#: GitHub's limit for a check run's summary: characters by its description, taken as bytes to be safe.
_MOST_SUMMARY = 65_535
_CUT = "\n\n… cut: there is more than a check run may hold."


class Outcome(StrEnum):
    OPENED = "opened"
    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    NOT_OPEN = "not open"
    SNOOZED = "snoozed"
    EDITED = "edited by others"
    RETIRED = "retired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to publish: the base that the proposals were solved on."""

    forge: Forge
    identity: AppIdentity
    base: Sha
    base_branch: BranchName


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``reason``: what the forge says of a proposal that it refused."""

    branch: BranchName
    outcome: Outcome
    number: int | None = None
    reason: str = ""


def publish_proposal(target: Target, proposal: Proposal, scope: Scope) -> Published:
    """Open or refresh the proposal's pull request, unless a person closed the same content or works on the branch."""
    pull_request = find_own(target, proposal.branch)
    refused = _find_refusal(target, proposal, scope, pull_request)
    if refused is not None:
        return Published(branch=proposal.branch, outcome=refused, number=pull_request.number if pull_request else None)
    return rebuild_proposal(target, proposal, pull_request)


def rebuild_proposal(target: Target, proposal: Proposal, pull_request: PullRequest | None) -> Published:
    """The same without asking: other people's commits on the branch are replaced."""
    update = BranchUpdate(
        branch=proposal.branch,
        base=target.base,
        expected=target.forge.find_branch(proposal.branch),
        message=proposal.commit_message,
        files=proposal.files,
    )
    pushed = target.forge.push_branch(update)
    if pull_request is not None:
        return _refresh(target, proposal, pull_request, pushed.outcome)
    try:
        return _open(target, proposal)
    except ForgeConflict:
        found = find_own(target, proposal.branch)
        if found is None:
            raise
        return _refresh(target, proposal, found, pushed.outcome)


def find_own(target: Target, branch: BranchName) -> PullRequest | None:
    """The App's open pull request for a branch."""
    found = target.forge.list_pull_requests(PullRequestState.OPEN, head=branch)
    return next((one for one in found if one.base_branch == target.base_branch and is_own(target.identity, one)), None)


def is_own(identity: AppIdentity, pull_request: PullRequest) -> bool:
    return pull_request.author == identity.login and not pull_request.from_fork


def _find_refusal(target: Target, proposal: Proposal, scope: Scope, pull_request: PullRequest | None) -> Outcome | None:
    if pull_request is None and scope is Scope.OPEN:
        return Outcome.NOT_OPEN
    if pull_request is None and _is_snoozed(target, proposal):
        return Outcome.SNOOZED
    return Outcome.EDITED if _is_edited(target, proposal.branch) else None


def _is_snoozed(target: Target, proposal: Proposal) -> bool:
    """Whether a person closed a pull request with this very content."""
    key = make_key(proposal)
    for one in target.forge.list_pull_requests(PullRequestState.CLOSED, head=proposal.branch):
        block = find_block(one.body) if is_own(target.identity, one) else None
        if one.state is PullRequestState.CLOSED and block and block.key == key and not block.retired:
            return True
    return False


def _is_edited(target: Target, branch: BranchName) -> bool:
    head = target.forge.find_branch(branch)
    return head is not None and target.forge.get_commit(head).author_login != target.identity.login


def _open(target: Target, proposal: Proposal) -> Published:
    block = Block(key=make_key(proposal))
    new = NewPullRequest(
        head=proposal.branch,
        base=target.base_branch,
        title=proposal.title,
        body=render_body(proposal.body, block),
    )
    opened = target.forge.open_pull_request(new)
    _put_labels(target, proposal, opened, block)
    return Published(branch=proposal.branch, outcome=Outcome.OPENED, number=opened.number)


def _put_labels(target: Target, proposal: Proposal, pull_request: PullRequest, block: Block) -> None:
    """The block is told afterwards: a crash in between puts the labels on again, which changes nothing."""
    missing = tuple(one for one in proposal.labels if one not in block.labels)
    if not missing:
        return
    target.forge.add_labels(pull_request.number, missing)
    body = render_body(proposal.body, block.model_copy(update={"labels": (*block.labels, *missing)}))
    target.forge.edit_pull_request(pull_request.number, title=proposal.title, body=body)


def _refresh(target: Target, proposal: Proposal, pull_request: PullRequest, pushed: PushOutcome) -> Published:
    known = find_block(pull_request.body)
    block = Block(key=make_key(proposal), labels=known.labels if known else ())
    body = render_body(proposal.body, block)
    same = (pull_request.title, pull_request.body.strip()) == (proposal.title, body.strip())
    if not same:
        target.forge.edit_pull_request(pull_request.number, title=proposal.title, body=body)
    _put_labels(target, proposal, pull_request, block)
    unchanged = same and pushed is PushOutcome.UNCHANGED
    outcome = Outcome.UNCHANGED if unchanged else Outcome.REFRESHED
    return Published(branch=proposal.branch, outcome=outcome, number=pull_request.number)


def list_own(target: Target) -> tuple[PullRequest, ...]:
    """The App's open pull requests on the base branch."""
    found = target.forge.list_pull_requests(PullRequestState.OPEN)
    return tuple(one for one in found if is_own(target.identity, one) and one.base_branch == target.base_branch)


def retire_others(target: Target, wanted: Collection[BranchName], reason: str) -> tuple[Published, ...]:
    """Close the App's pull requests whose branch is no longer wanted, saying why."""
    return tuple(retire(target, one, reason) for one in list_own(target) if one.head_branch not in wanted)


def retire(target: Target, pull_request: PullRequest, reason: str) -> Published:
    block = find_block(pull_request.body) or Block(key="")
    # Noted before it is closed: a pull request that lockbot closed must not count as one that a person did not want.
    body = render_body(pull_request.body, block.model_copy(update={"retired": True}))
    target.forge.edit_pull_request(pull_request.number, title=pull_request.title, body=body)
    comment_once(target, pull_request.number, reason, answers.RETIRED_MARK)
    target.forge.close_pull_request(pull_request.number)
    if not _is_edited(target, pull_request.head_branch):
        delete_head(target.forge, pull_request)
    return Published(branch=pull_request.head_branch, outcome=Outcome.RETIRED, number=pull_request.number)


def delete_head(forge: Forge, pull_request: PullRequest) -> None:
    """A branch that moved since is somebody's: it stays."""
    try:
        forge.delete_branch(pull_request.head_branch, expected=pull_request.head)
    except (ForgeConflict, ForgeRejected):
        return


def comment_once(target: Target, number: int, text: str, mark: str) -> None:
    said = target.forge.list_comments(number)
    if not any(one.author == target.identity.login and mark in one.body for one in said):
        target.forge.comment(number, text)


def report_config(forge: Forge, commit: Sha, problems: tuple[Problem, ...], *, fallback: Sha | None) -> None:
    _write_check_once(
        forge,
        CheckReport(
            commit=commit,
            name=answers.CONFIG_CHECK,
            conclusion=CheckConclusion.FAILURE,
            title=answers.config_title(problems),
            summary=answers.config_summary(problems, fallback=fallback),
            problems=problems,
        ),
    )


def report_problems(forge: Forge, commit: Sha, problems: tuple[Problem, ...]) -> None:
    """Neutral: what lockbot can't use need not be wrong for the repository itself."""
    _write_check_once(
        forge,
        CheckReport(
            commit=commit,
            name=answers.PROBLEMS_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=answers.problems_title(problems),
            summary=answers.problems_summary(problems),
            problems=problems,
        ),
    )


def report_failure(forge: Forge, commit: Sha, reference: str) -> None:
    """One for a commit, however often its runs fail. Neutral: the failure is lockbot's own."""
    if forge.list_checks(commit, answers.FAILURE_CHECK):
        return
    forge.write_check(
        CheckReport(
            commit=commit,
            name=answers.FAILURE_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=answers.failure_title(),
            summary=answers.failure_summary(reference),
        )
    )


def _write_check_once(forge: Forge, report: CheckReport) -> None:
    """The same report is not written twice on a commit."""
    report = replace(report, summary=_fit(report.summary))
    if not any(one.summary.strip() == report.summary.strip() for one in forge.list_checks(report.commit, report.name)):
        forge.write_check(report)


def _fit(summary: str) -> str:
    data = summary.encode()
    if len(data) <= _MOST_SUMMARY:
        return summary
    return data[: _MOST_SUMMARY - len(_CUT.encode())].decode(errors="ignore") + _CUT
