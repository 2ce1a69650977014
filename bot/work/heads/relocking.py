"""Locking somebody's pull request again, and committing to its branch where the forge lets the App.

A fork's branch is committed to only where its author lets maintainers do so; where nothing can be pushed, people are shown
what would have been. Each step looks before it acts, so that it may run twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.events.jobs import RelockJob
from bot.ports.forge import (
    AppIdentity,
    CommitUpdate,
    Forge,
    ForgeConflict,
    ForgeForbidden,
    ForgeRejected,
    PullRequest,
    PullRequestState,
)
from bot.ports.judging import JudgeRequest, Relocked
from bot.ports.run import Sha
from bot.ports.steps import StepRunner
from bot.report import relocking as words
from bot.work.heads.auto_relock import list_relocked
from bot.work.heads.head_look import is_strangers
from bot.work.heads.policy import make_reader, read_policy
from bot.work.job import JobDone, JobPorts
from bot.work.publishing.target import is_own, say_anywhere

_DEPENDABOT = "dependabot[bot]"


class PushResult(StrEnum):
    """``SHOWN``: nothing could be pushed. ``MOVED``: the branch is no longer where it was."""

    NOTHING = "nothing to change"
    PUSHED = "pushed"
    SHOWN = "not pushed"
    MOVED = "moved meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelockDone:
    """``commit``: the new head, where one was pushed. ``why``: what kept it from being pushed, as a clause."""

    result: PushResult
    commit: Sha | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocking:
    """One pull request, at the head that it has."""

    ports: JobPorts
    forge: Forge
    identity: AppIdentity
    pull_request: PullRequest

    def make(self) -> Relocked:
        """Solve its locks again; nothing is pushed."""
        policy = read_policy(self.ports, self.forge)
        touched = self.forge.list_pull_request_files(self.pull_request.number)
        with self.ports.cloner.clone(self.forge.get_clone_source(), self.pull_request.head) as root:
            return self.ports.judge.relock(
                JudgeRequest(
                    root=root,
                    commit=self.pull_request.head,
                    now=self.ports.clock.now(),
                    repository=self.forge.ref.full_name,
                    policy=policy.text,
                    touched=None if touched is None else frozenset(touched),
                    find_base=make_reader(self.forge, self.forge.find_branch(self.pull_request.base_branch)),
                    is_stranger=is_strangers(self.forge, self.identity, self.pull_request),
                    presets=policy.presets,
                )
            )

    def push(self, done: Relocked) -> RelockDone:
        """Commit what was made on top of the head that it was made for."""
        if not done.files:
            return RelockDone(result=PushResult.NOTHING)
        now = self.forge.get_pull_request(self.pull_request.number)
        if now.head != self.pull_request.head:
            return self._find_pushed(now)
        if now.from_fork and not now.maintainer_can_modify:
            return RelockDone(result=PushResult.SHOWN, why=words.no_way_in())
        update = CommitUpdate(
            repository=now.head_repository or self.forge.ref.full_name,
            branch=now.head_branch,
            parent=now.head,
            message=words.relock_message(done.files, now.head, is_dependabots=now.author == _DEPENDABOT),
            files=done.files,
        )
        try:
            return RelockDone(result=PushResult.PUSHED, commit=self.forge.push_commit(update))
        except (ForgeForbidden, ForgeRejected) as error:
            return RelockDone(result=PushResult.SHOWN, why=str(error))
        except ForgeConflict:
            return self._find_pushed(self.forge.get_pull_request(now.number))

    def _find_pushed(self, now: PullRequest) -> RelockDone:
        """The branch has moved; perhaps by an earlier attempt of this very job."""
        head = self.forge.get_commit(now.head)
        is_ours = head.vouched == self.identity.login and head.parents == (self.pull_request.head,)
        if is_ours and words.RELOCK_TRAILER in head.message:
            return RelockDone(result=PushResult.PUSHED, commit=now.head)
        return RelockDone(result=PushResult.MOVED)


def relock_job(ports: JobPorts, job: RelockJob, steps: StepRunner) -> JobDone:
    """Mend a pull request's lock unasked. What can't be is said by its check run already."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is not PullRequestState.OPEN or pull_request.from_fork or is_own(identity, pull_request):
        return JobDone(note="not a pull request to be mended")
    relocking = Relocking(ports=ports, forge=forge, identity=identity, pull_request=at_head(pull_request, job.head))
    made = steps.run("relock", Relocked, relocking.make)
    done = steps.run("push", RelockDone, lambda: relocking.push(made))
    if done.commit is not None:
        steps.run("remember", RelockDone, lambda: _remember(relocking, done))
    return JobDone(note=f"pull request {job.number}: {done.result}")


def at_head(pull_request: PullRequest, head: Sha) -> PullRequest:
    """The pull request as it was with that head, whatever has come since."""
    return replace(pull_request, head=head)


def _remember(relocking: Relocking, done: RelockDone) -> RelockDone:
    """In the one comment that tells of it: which content was mended."""
    forge, identity, number = relocking.forge, relocking.identity, relocking.pull_request.number
    tree = forge.get_commit(relocking.pull_request.head).tree
    known = list_relocked(forge, identity, number)
    trees = known if tree in known else (*known, tree)
    text = words.relocked_unasked(relocking.pull_request.author, done.commit or Sha(""), trees)
    say_anywhere(forge, identity, number, text, words.RELOCKED_MARK)
    return done
