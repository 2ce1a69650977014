"""The job that solves a repository and brings its branches and pull requests to what the solution says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from types import NoneType
from typing import TypeAlias

from bot.errors import LockbotError
from bot.events import RunJob, Scope
from bot.ports.advisories import Watched
from bot.ports.forge import Forge, ForgeForbidden, ForgeRejected, PullRequest, PullRequestState, Survey
from bot.ports.handling import Obstacle
from bot.ports.run import BranchName, OtherBot, Problem, Proposal, RunReport, Sha
from bot.ports.steps import StepRunner
from bot.report.problems import (
    foreign_branch,
    refused_branch,
    refused_merge,
    refused_method,
    refused_people,
    shared_branch,
)
from bot.work.account import AccountPresets
from bot.work.checks import (
    report_config,
    report_config_warnings,
    report_failure,
    report_problems,
    report_queued,
    report_waiting,
)
from bot.work.dashboard.board import Board, find_board, write_board
from bot.work.dashboard.facts import Findings
from bot.work.job import JobDone, JobPorts, find_home
from bot.work.looking import Look, see
from bot.work.onboarding import Standing, find_standing, onboard, remember_configured
from bot.work.publishing.bases import list_bases, read_bases
from bot.work.publishing.beside import tell_beside
from bot.work.publishing.merging import MergeResult, MergeWays, MergeWish, stop_merging, tend_merging
from bot.work.publishing.occasion import Occasion, Wishes, find_occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.publish import publish_proposal
from bot.work.publishing.queueing import Room, find_room, order_key
from bot.work.publishing.retire import delete_orphans, leave_other_bases, retire_others
from bot.work.publishing.target import Target, is_own
from bot.work.publishing.together import find_behind, update_together
from bot.work.solving import Opening, SolvedRepository, solve, solve_other
from bot.work.telling import attempt_to_tell

#: A pull request that is there and lockbot's to speak in.
_STANDING = frozenset((Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED))
#: One that is looked at for its merge: also where others have moved it since that was asked of the forge.
_MERGEABLE = _STANDING | {Outcome.EDITED}


def run_job(ports: JobPorts, job: RunJob, steps: StepRunner, reference: str) -> JobDone:
    """Solve a repository and bring its pull requests to what the solution says.

    An error that nobody expected is told on the base commit with ``reference``, and passes through.
    """
    forge = ports.app.open_repository(job.repository)
    seen: list[Survey | None] = []
    found = steps.run("look", Look, lambda: _look(ports, forge, seen))
    settled = settle(found, job)
    if settled is not None:
        return settled
    assert found.base is not None, "a look without a base is settled"
    board = find_board(find_home(ports, forge), has_issues=found.has_issues, seen=next(iter(seen), None))
    target = Target(
        forge=forge,
        identity=ports.app.get_identity(),
        base=found.base,
        base_branch=found.base_branch,
        is_public=found.is_public,
        dashboard=board.number,
    )
    ways = MergeWays(auto_merge=found.auto_merge, methods=found.merge_methods)
    run = _Run(ports=ports, job=job, steps=steps, target=target, ways=ways, board=board)
    with _telling(target, reference):
        standing = run.find_standing(found)
        if standing is Standing.REFUSED:
            return JobDone(note="not here: there is no configuration", base=found.base)
        parts = run.solve(found, standing)
        if parts[0].solved.report.suggestion is not None:
            return run.onboard(parts[0].solved)
        results = run.publish(parts)
        run.tell(parts, results, is_public=found.is_public)
    return run.conclude(parts, results)


def _look(ports: JobPorts, forge: Forge, seen: list[Survey | None]) -> Look:
    """Beside the outcome that lasts what was ``seen``, which is good for this attempt alone."""
    found, whole = see(ports, forge)
    seen.append(whole)
    return found


def settle(found: Look, job: RunJob) -> JobDone | None:
    """What a look at the forge comes to where there is nothing to solve; None: there is."""
    if found.base is None:
        return JobDone(note=found.why, gone=found.gone)
    if job.scope is Scope.OPEN and not found.open and not job.waiting and not found.is_told_otherwise:
        return JobDone(note="no pull request is open", base=found.base)
    return None


@contextmanager
def _telling(target: Target, reference: str) -> Iterator[None]:
    try:
        yield
    except LockbotError:
        raise
    except Exception as error:
        attempt_to_tell(error, lambda: report_failure(target.forge, target.base, reference))
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    branch: BranchName
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One base branch, solved. ``suffix`` ends the names of its steps: there is none for the default branch."""

    target: Target
    solved: SolvedRepository
    suffix: str = ""


#: Branches of base branches, by the end of the names of their steps.
_Key: TypeAlias = tuple[str, BranchName]
_Asked: TypeAlias = tuple[_Part, Occasion, Proposal]
#: So many are worth it.
_MANY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """``wish`` None: it is not to be merged by itself."""

    wish: MergeWish | None = None
    result: MergeResult = field(default_factory=MergeResult)

    @property
    def is_open(self) -> bool:
        """Whether there is something left for lockbot to look at."""
        return self.result.merged is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What became of one proposal."""

    part: _Part
    proposal: Proposal
    done: Published
    merge: _Merge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """``pulls``: the App's own that were open when the run began to publish."""

    rows: Sequence[_Row]
    retired: tuple[Published, ...]
    room: Room
    pulls: tuple[PullRequest, ...]

    @property
    def published(self) -> tuple[Published, ...]:
        return (*(row.done for row in self.rows), *self.retired)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run under way; ``target`` is the default branch, ``ways`` how the repository lets pull requests be merged, ``board``
    the dashboard as it was when the run began."""

    ports: JobPorts
    job: RunJob
    steps: StepRunner
    target: Target
    ways: MergeWays
    board: Board

    # --- solving ----------------------------------------------------------------------------------

    def find_standing(self, found: Look) -> Standing:
        return self.steps.run("standing", Standing, lambda: find_standing(self.ports, self.target, found))

    def solve(self, found: Look, standing: Standing) -> Sequence[_Part]:
        """The default branch, whose configuration holds for all of them, and what else that names."""
        reopening = self._leave_other_bases(found) | frozenset(self.board.state.opened)
        opening = Opening(reopening=reopening, waiting=frozenset(self.job.waiting))
        asks = standing is not Standing.CONFIGURED
        solving = partial(solve, self.ports, self.target, self.job.scope, opening, said=self.board.state, suggest=asks)
        solving = partial(solving, branches=found.branches)
        solved = self.steps.run("solve", SolvedRepository, solving)
        if asks and solved.report.config.is_stated:
            remember_configured(self.ports, self.target)
        if solved.report.config.problems or not solved.report.config.bases:
            return [_Part(target=self.target, solved=solved)]
        bases = self.steps.run("list bases", tuple[_Base, ...], partial(self._list_bases, solved))
        if all(one.branch != self.target.base_branch for one in bases):
            solved = self._pass_over(solved, bases)
        others = [one for one in bases if one.branch != self.target.base_branch]
        return [
            _Part(target=self.target, solved=solved),
            *(self._solve_other(one, solved, opening, found) for one in others),
        ]

    def _list_bases(self, solved: SolvedRepository) -> tuple[_Base, ...]:
        found = list_bases(self.target.forge, self.target.base_branch, solved.report.config)
        return tuple(_Base(branch=branch, head=head) for branch, head in found.items())

    def _pass_over(self, solved: SolvedRepository, bases: Sequence[_Base]) -> SolvedRepository:
        """The default branch gives the configuration, and is none of those that updates are proposed for."""
        kept = frozenset(one.branch for one in bases)
        leaving = partial(leave_other_bases, self.target, kept)
        self.steps.run("leave the default branch", tuple[BranchName, ...], leaving)
        report = solved.report
        bare = RunReport(base=report.base, base_branch=report.base_branch, config=report.config)
        return replace(solved, report=bare, closed={})

    def _solve_other(self, base: _Base, first: SolvedRepository, opening: Opening, found: Look) -> _Part:
        target = replace(self.target, base=base.head, base_branch=base.branch)
        suffix = f" on {base.branch}"
        said = self.board.state
        solving = partial(
            solve_other, self.ports, self.target, target, first, self.job.scope, opening, said, found.branches
        )
        return _Part(target=target, solved=self.steps.run(f"solve{suffix}", SolvedRepository, solving), suffix=suffix)

    def _leave_other_bases(self, found: Look) -> frozenset[BranchName]:
        """Before any branch moves; their proposals come again on the base of today."""
        if not found.elsewhere:
            return frozenset()
        return frozenset(self.steps.run("leave other bases", tuple[BranchName, ...], self._leave_former_bases))

    def _leave_former_bases(self) -> tuple[BranchName, ...]:
        target, now = self.target, self.ports.clock.now()
        presets = AccountPresets(app=self.ports.app, ref=target.forge.ref, memory=self.ports.memory, now=now)
        kept = read_bases(target.forge, target.base_branch, target.base, presets)
        # Nobody can tell from a broken file what is still wanted.
        return () if kept is None else leave_other_bases(target, kept)

    def onboard(self, solved: SolvedRepository) -> JobDone:
        """Nothing else is opened before there is a configuration."""
        asked = onboard(self.ports, self.target, solved, self.job.scope, self.steps)
        published = () if asked is None else (asked,)
        return JobDone(
            note=_describe(published),
            base=self.target.base,
            config=solved.report.config,
            published=published,
            timings=solved.report.timings,
        )

    # --- publishing -------------------------------------------------------------------------------

    def publish(self, parts: Sequence[_Part]) -> _Results:
        """What is no longer proposed makes room; then what is proposed, the most important first, of all bases."""
        self._report_config(parts[0])
        state = self.board.state
        wishes = Wishes(opened=frozenset(state.opened), paused=state.paused is not None)
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        told = [(part, self._find_occasion(part, pulls, wishes)) for part in parts]
        bases = [part.target.base_branch for part in parts]
        retired = tuple(one for part, occasion in told for one in self._retire(part, occasion, bases))
        gone = frozenset(one.number for one in retired if one.outcome is Outcome.RETIRED)
        rows: list[_Row] = []
        room = self._find_room(parts, [one for one in pulls if one.number not in gone])
        proposals = [(part, occasion, one) for part, occasion in told for one in part.solved.report.proposals]
        asked, together = self._update_together(parts, proposals)
        for part, occasion, one in sorted(asked, key=lambda row: order_key(row[2])):
            done = together.get((part.suffix, one.branch))
            row = self._publish_one(part, occasion, one, done, has_room=room.is_for(one))
            room = room.without(one, row.done.number, is_new=row.done.outcome is Outcome.OPENED)
            rows.append(row)
        for part in parts:
            self._report_problems(part, [row for row in rows if row.part is part])
        self._delete_orphans(parts, pulls)
        own = tuple(one for one in pulls if any(part.target.owns(one) for part in parts))
        return _Results(rows=rows, retired=retired, room=room, pulls=own)

    def _find_occasion(self, part: _Part, pulls: tuple[PullRequest, ...], wishes: Wishes) -> Occasion:
        solved, moves = part.solved, self.ports.memory.moves
        return find_occasion(part.target, solved.scope, solved.report, solved.closed, pulls, wishes, moves)

    def _delete_orphans(self, parts: Sequence[_Part], pulls: Sequence[PullRequest]) -> None:
        """At turns: it costs a request, and hurries nobody."""
        config = parts[0].solved.report.config
        if self.job.scope is not Scope.TURN or config.problems or not config.enabled:
            return
        proposed = (one.branch for part in parts for one in part.solved.report.proposals)
        bases = (part.target.base_branch for part in parts)
        kept = frozenset((*proposed, *bases, *(one.head_branch for one in pulls)))
        deleting = partial(delete_orphans, self.target, config.prefix, kept)
        self.steps.run("delete orphans", tuple[BranchName, ...], deleting)

    def _update_together(
        self, parts: Sequence[_Part], proposals: Sequence[_Asked]
    ) -> tuple[Sequence[_Asked], Mapping[_Key, Published]]:
        """What several open pull requests have in common is done for all of them; the rest goes on by what is there then."""
        done: dict[_Key, Published] = {}
        tried: set[_Key] = set()
        for part in parts:
            asked = [(occasion, one) for other, occasion, one in proposals if other is part]
            behind = [row for occasion, one in asked if (row := find_behind(part.target, one, occasion)) is not None]
            if len(behind) < _MANY:
                continue
            updating = partial(update_together, part.target, behind)
            found = self.steps.run(f"update together{part.suffix}", tuple[Published, ...], updating)
            done |= {(part.suffix, one.branch): one for one in found}
            tried |= {(part.suffix, one.proposal.branch) for one in behind}
        if tried <= done.keys():
            return proposals, done
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        return [(part, replace(occasion, open=pulls), one) for part, occasion, one in proposals], done

    def _publish_one(
        self, part: _Part, occasion: Occasion, proposal: Proposal, done: Published | None, *, has_room: bool
    ) -> _Row:
        # Configurations of other bots are told of once, on the default branch.
        others = () if part.suffix else part.solved.report.other_bots
        publishing = partial(_try_to_publish, part.target, proposal, occasion, others, done, has_room=has_room)
        done = self.steps.run(f"publish {proposal.branch}{part.suffix}", Published, publishing)
        known = next((one for one in occasion.open if one.number == done.number), None)
        return _Row(part=part, proposal=proposal, done=done, merge=self._tend_merging(part, proposal, done, known))

    def _tend_merging(
        self, part: _Part, proposal: Proposal, done: Published, known: PullRequest | None
    ) -> _Merge | None:
        """See to it that it is merged, if it is to be; None: it is not. ``known``: as it was when the run began to publish."""
        is_on = known is not None and known.auto_merge
        is_there = done.number is not None and done.outcome in _MERGEABLE
        if not is_there or not (proposal.handling.merging.wanted or is_on):
            return None
        tending = partial(self._tend, part, proposal, done)
        return self.steps.run(f"merge {proposal.branch}{part.suffix}", _Merge, tending)

    def _tend(self, part: _Part, proposal: Proposal, done: Published) -> _Merge:
        assert done.number is not None, "there is a pull request"
        pull_request = part.target.forge.get_pull_request(done.number)
        if not proposal.handling.merging.wanted:
            stop_merging(part.target, pull_request)
            return _Merge()
        wish = MergeWish(
            branch=proposal.branch,
            base=part.target.base_branch,
            number=done.number,
            head=done.head or pull_request.head,
            is_sure=done.head is not None,
            merging=proposal.handling.merging,
            people=proposal.handling.people,
            timezone=part.solved.report.config.timezone,
        )
        return _Merge(wish=wish, result=tend_merging(part.target, wish, self.ways, self.ports.is_open_now))

    def _find_room(self, parts: Sequence[_Part], pulls: Sequence[PullRequest]) -> Room:
        target, limits = self.target, parts[0].solved.report.config.limits
        own = [one for one in pulls if is_own(target.identity, one)]
        recent: Sequence[PullRequest] = ()
        if limits.hourly:
            since = _start_of_hour(self.ports.clock.now())
            recent = [one for one in target.forge.list_recent_pull_requests(since) if is_own(target.identity, one)]
        proposals = [one for part in parts for one in part.solved.report.proposals]
        return find_room(limits, own, recent, proposals)

    def _report_config(self, part: _Part) -> None:
        target, solved = part.target, part.solved
        if solved.broken:
            tell = partial(report_config, target.forge, target.base, solved.broken, fallback=solved.fallback)
            self.steps.run("report configuration", NoneType, tell)
        elif warnings := solved.report.config.warnings:
            tell = partial(report_config_warnings, target.forge, target.base, warnings)
            self.steps.run("report configuration", NoneType, tell)

    def _report_problems(self, part: _Part, rows: Sequence[_Row]) -> None:
        report = part.solved.report
        problems = (*report.problems, *(problem for row in rows for problem in _find_problems(row)))
        warnings = tuple(one for one in report.warnings if one not in report.config.warnings)
        if (problems or warnings) and not report.config.problems:
            tell = partial(report_problems, part.target.forge, part.target.base, problems, warnings)
            self.steps.run(f"report problems{part.suffix}", NoneType, tell)

    def _retire(self, part: _Part, occasion: Occasion, bases: Sequence[BranchName]) -> tuple[Published, ...]:
        """Close what is no longer proposed, where the run proves that."""
        target, report = part.target, part.solved.report
        wanted = frozenset(one.branch for one in report.proposals)
        if occasion.wishes.paused or all(one.head_branch in wanted or not target.owns(one) for one in occasion.open):
            return ()
        others = [one for one in bases if one != target.base_branch]
        retiring = partial(retire_others, target, report, occasion.open, wanted, others)
        return self.steps.run(f"retire{part.suffix}", tuple[Published, ...], retiring)

    def tell(self, parts: Sequence[_Part], results: _Results, *, is_public: bool) -> None:
        """All of it, on the dashboard."""
        first = parts[0].solved
        said = (problem for row in results.rows for problem in _find_problems(row))
        findings = Findings(
            reports=tuple(part.solved.report for part in parts),
            published=results.published,
            pulls=results.pulls,
            problems=tuple(dict.fromkeys((*(one for part in parts for one in part.solved.report.problems), *said))),
            broken=first.broken,
            fallback=first.fallback,
            today=self.ports.clock.now().date(),
            is_public=is_public,
        )
        self.steps.run("write dashboard", str, lambda: write_board(self.board, findings))

    # --- what it came to --------------------------------------------------------------------------

    def conclude(self, parts: Sequence[_Part], results: _Results) -> JobDone:
        first, room, published = parts[0].solved, results.room, results.published
        outside = [self._tell_outside(part, published) for part in parts]
        limited = tuple(one.branch for one in published if one.outcome is Outcome.LIMITED)
        if limited:
            tell = partial(report_queued, self.target.forge, self.target.base, limited, room)
            self.steps.run("report queue", NoneType, tell)
        ripe = [part.solved.report.ripe_at for part in parts if part.solved.report.ripe_at is not None]
        return JobDone(
            note=_describe(published) + ("; outside the schedule" if any(outside) else ""),
            scope=first.scope,
            base=self.target.base,
            config=first.report.config,
            ripe_at=min(ripe, default=None),
            watched=_join_watched([part.solved.report.watched for part in parts]),
            unsure=next((part.solved.report.unsure for part in parts if part.solved.report.unsure is not None), None),
            published=published,
            waiting=self._find_waiting(first, published, limited),
            room_at=self._find_room_at(room) if limited else None,
            merging=tuple(row.merge.wish for row in results.rows if row.merge and row.merge.wish and row.merge.is_open),
            timings=first.report.timings,
        )

    def _find_waiting(
        self, first: SolvedRepository, published: Sequence[Published], limited: tuple[BranchName, ...]
    ) -> tuple[BranchName, ...]:
        """What waits for room alone; what did so before and is outside of its schedule now goes on to."""
        if first.report.config.problems:
            return self.job.waiting
        kept = (one.branch for one in published if one.outcome is Outcome.NOT_OPEN and one.branch in self.job.waiting)
        return (*limited, *kept)

    def _find_room_at(self, room: Room) -> float | None:
        if not room.is_hour_over:
            return None
        return (_start_of_hour(self.ports.clock.now()) + timedelta(hours=1)).timestamp()

    def _tell_outside(self, part: _Part, published: Sequence[Published]) -> bool:
        """Of a run outside of the repository's schedule: what waits for it."""
        own = {one.branch: one.schedule for one in part.solved.report.proposals}
        waiting = tuple(one.branch for one in published if one.outcome is Outcome.NOT_OPEN and one.branch in own)
        if self.job.scope is not Scope.ALL or not waiting:
            return False
        config = part.solved.report.config
        entries = (config.schedule if (stated := own[branch]) is None else stated for branch in waiting)
        windows = tuple(dict.fromkeys(entry for one in entries for entry in one))
        tell = partial(report_waiting, part.target.forge, part.target.base, waiting, windows, config.timezone)
        self.steps.run(f"report waiting{part.suffix}", NoneType, tell)
        return True


def _start_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _try_to_publish(
    target: Target,
    proposal: Proposal,
    occasion: Occasion,
    others: tuple[OtherBot, ...],
    done: Published | None,
    *,
    has_room: bool,
) -> Published:
    """A branch or pull request that the repository's rules forbid does not hold up the others. ``done``: it is already."""
    try:
        done = done or publish_proposal(target, proposal, occasion, has_room=has_room)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))
    if others and done.number is not None and done.outcome in _STANDING:
        with suppress(ForgeForbidden, ForgeRejected):
            tell_beside(target, done.number, others, occasion.open)
    return done


def _find_problems(row: _Row) -> Iterator[Problem]:
    """Why a proposal was not made, or not as it was meant, where its people can do something about it."""
    done, number = row.done, row.done.number or 0
    match done.outcome:
        case Outcome.REFUSED:
            yield refused_branch(done.branch, done.reason)
        case Outcome.FOREIGN:
            yield foreign_branch(done.branch, done.reason)
        case Outcome.SHARED:
            yield shared_branch(done.branch, number, done.reason)
        case _:
            pass
    if done.refused:
        yield refused_people(number, done.refused)
    result = row.merge.result if row.merge is not None else None
    if result is not None and result.obstacle is Obstacle.METHOD:
        yield refused_method(number, result.reason)
    elif result is not None and result.obstacle is Obstacle.REFUSED and result.reason:
        yield refused_merge(number, result.reason)


def _describe(published: tuple[Published, ...]) -> str:
    return ", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to propose"


def _join_watched(found: Sequence[tuple[Watched, ...] | None]) -> tuple[Watched, ...] | None:
    """What was asked about on all bases, each once; None: nothing is to be asked about on any of them."""
    stated = [one for one in found if one is not None]
    rows = {(row.package, row.version): row for one in stated for row in one}
    return tuple(rows.values()) if stated else None
