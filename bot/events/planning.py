"""Which jobs follow from an event."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.detect.kinds import find_owner, is_brought
from bot.events.event import (
    AlertRaised,
    BasePushed,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    Event,
    HeadChanged,
    HeadJudged,
    Ignored,
    InstallationResumed,
    IssueClosed,
    PullRequestClosed,
    QueueEntered,
    RepositoriesAdded,
    RepositoriesRemoved,
    RepositoryChanged,
)
from bot.events.jobs import CheckJob, ClosedJob, CommandJob, ForgetJob, Job, MergeJob, RunJob, Scope, SyncJob
from bot.orders import Order, find_new_orders, find_newly_ticked, find_orders
from bot.repoconfig.load import CONFIG_PATHS
from bot.report.head_check import HEAD_CHECK
from bot.report.pulls.branch import ONBOARDING_BRANCH


def plan_jobs(event: Event) -> tuple[Job, ...] | Ignored:
    match event:
        case RepositoriesAdded():
            return tuple(RunJob(repository=one, scope=Scope.ALL) for one in event.repositories)
        case RepositoriesRemoved():
            gone = None if event.repositories is None else tuple(one.id for one in event.repositories)
            return (ForgetJob(installation=event.installation, repositories=gone),)
        case InstallationResumed():
            return (SyncJob(installation=event.installation),)
        case BasePushed():
            return _plan_push(event)
        case PullRequestClosed():
            return (ClosedJob(repository=event.repository, number=event.number),)
        case CommentWritten():
            return _plan_orders(event, _answer_to(event), find_orders(event.text))
        case CommentEdited():
            job = replace(_answer_to(event), editor=event.editor)
            return _plan_orders(event, job, find_new_orders(event.before, event.after))
        case BodyEdited():
            job = CommandJob(repository=event.repository, number=event.number, author=event.editor)
            return _plan_orders(event, job, find_newly_ticked(event.before, event.after))
        case HeadJudged():
            return (MergeJob(repository=event.repository, head=event.head),)
        case RepositoryChanged():
            return (RunJob(repository=event.repository, scope=Scope.ALL),)
        case HeadChanged():
            return _plan_head(event)
        case QueueEntered():
            return (CheckJob(repository=event.repository, head=event.head, base=event.base),)
        case CheckRerequested():
            return _plan_again(event)
        case IssueClosed():
            return Ignored(reason="the next run looks at the dashboard")
        case AlertRaised():
            return (RunJob(repository=event.repository, scope=Scope.SECURITY),)
        case _:
            assert_never(event)


def _plan_head(event: HeadChanged) -> tuple[Job, ...]:
    """Every head is checked. What a person moves is not merged by itself any more, and that is seen to at once."""
    check = CheckJob(repository=event.repository, head=event.head, number=event.number)
    if event.owner_is_bot and not event.sender.endswith("[bot]"):
        if event.head_branch == ONBOARDING_BRANCH:
            # What somebody writes into the first configuration is planned with at once.
            return (check, RunJob(repository=event.repository, scope=Scope.OPEN))
        return (check, MergeJob(repository=event.repository, number=event.number))
    return (check,)


def _plan_again(event: CheckRerequested) -> tuple[Job, ...]:
    """The check of a head is made again by itself; all others are told of by a run. Who asks for all of them means either."""
    numbers: tuple[int | None, ...] = event.numbers or (None,)
    checks = (CheckJob(repository=event.repository, head=event.commit, number=one) for one in numbers[:1])
    if event.name == HEAD_CHECK or event.numbers:
        return tuple(checks)
    run = RunJob(repository=event.repository, scope=Scope.ALL)
    return (run,) if event.name is not None else (*checks, run)


def _plan_push(event: BasePushed) -> tuple[Job, ...] | Ignored:
    """A change of the configuration asks for a whole run, one of files that nobody reads for none. That of another branch than
    the default one is not obeyed."""
    if event.branch is None and not event.touched.isdisjoint(CONFIG_PATHS):
        return (RunJob(repository=event.repository, scope=Scope.ALL),)
    if event.is_whole and not any(_is_read(path, event.touched) for path in event.touched):
        return Ignored(reason="push touches no manifest, lock or configuration")
    return (RunJob(repository=event.repository, scope=Scope.OPEN, branch=event.branch),)


def _is_read(path: str, touched: frozenset[str]) -> bool:
    return is_brought(path, touched) or find_owner(path) is not None


def is_checked(touched: frozenset[str]) -> bool:
    """Whether a commit that changes these paths changes a manifest, a lock, or the configuration."""
    return not touched.isdisjoint(CONFIG_PATHS) or any(_is_read(path, touched) for path in touched)


def _answer_to(event: CommentWritten | CommentEdited) -> CommandJob:
    return CommandJob(repository=event.repository, number=event.number, comment=event.comment, author=event.author)


def _plan_orders(
    event: CommentWritten | CommentEdited | BodyEdited, job: CommandJob, orders: tuple[Order, ...]
) -> tuple[Job, ...] | Ignored:
    """Orders are given on what is an App's, be it closed, and in comments on anybody's open pull requests."""
    if not orders:
        return Ignored(reason="nothing is ordered")
    is_an_apps = isinstance(event, BodyEdited) or event.owner_is_bot
    if not is_an_apps and not (event.is_pull_request and event.is_open):
        return Ignored(reason="not an App's")
    return (replace(job, orders=orders),)
