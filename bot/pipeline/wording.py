"""From what was solved to proposals with their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.detect.model import Listing
from bot.pipeline.edges import Edges
from bot.plan.changes import Moved, indirect_line, lock_changes, update_lines
from bot.plan.policy import LOCK_MAINTENANCE, Group
from bot.plan.proposals.proposal import Finished
from bot.plan.proposals.repository import Plan, merged
from bot.plan.releases.beyond import Beyond
from bot.plan.releases.describe import Shelf, find_step
from bot.plan.releases.model import Step, Stories
from bot.plan.toolchain.places import name_of_places
from bot.plan.worlds.holdings import name_of
from bot.ports.handling import Importance
from bot.ports.notes import Notes, NotesAccess
from bot.ports.run import (
    FileChange,
    FileMode,
    HeldBack,
    LeftAlone,
    LockChange,
    PlaceChange,
    Problem,
    Proposal,
    RunRequest,
    UpdateLine,
)
from bot.repoconfig.model import RepoConfig
from bot.report.pulls.body import pull_request_body
from bot.report.pulls.branch import branch_name
from bot.report.pulls.commit import commit_message
from bot.report.pulls.content import Content
from bot.report.pulls.title import is_semantic_history, proposal_title, with_base
from bot.wall import KeepError, to_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of the releases that a run moves between."""

    stories: Stories = field(default_factory=dict)
    notes: Mapping[Step, Notes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all proposals of a run are worded with. ``warned``: what there is to say of the settings of each unit."""

    plan: Plan
    tree: Listing
    config: RepoConfig
    config_path: str | None
    warned: Mapping[str, Sequence[Problem]]
    now: datetime
    forges: tuple[str, ...]
    known: _Known


def look_beyond_walled(proposals: Sequence[Finished], request: RunRequest, edges: Edges) -> _Known:
    """Nothing of it decides anything: what fails here is kept for the log, and holds up nothing."""
    try:
        return _look_beyond(proposals, request, edges)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", edges.keep)
        return _Known()


def _look_beyond(proposals: Sequence[Finished], request: RunRequest, edges: Edges) -> _Known:
    access = NotesAccess(repository=request.repository, token=request.read_token)
    beyond = Beyond(releases=edges.releases, notes=edges.notes, access=access, clock=edges.clock)
    found: dict[bool, dict[Step, Shelf]] = {True: {}, False: {}}
    for result in (result for done in proposals for result in done.results if result.shelf is not None):
        assert result.shelf is not None
        direct = {name_of(row) for row in result.unit.declarations}
        for change in result.changes:
            step = find_step(change)
            if step is not None:
                found[change.name in direct].setdefault(step, result.shelf)
    # What people chose is asked about before what comes with it.
    steps = {**found[True], **found[False]}
    stories = beyond.tell_stories(tuple(steps.items()))
    return _Known(stories=stories, notes=beyond.find_notes(stories))


def word_walled(done: Finished, frame: Frame, keep: KeepError) -> Proposal | Problem:
    try:
        return word_proposal(done, frame)
    except Exception as error:  # noqa: BLE001 - the wall
        return to_problem(error, next((one.unit.name for one in done.results), ""), keep)


@dataclass(slots=True)
class Speech:
    """Whether the repository's commits are semantic; found out once, when somebody asks."""

    subjects: Callable[[], Sequence[str]] | None
    answer: bool | None = None

    def __call__(self) -> bool:
        if self.answer is None:
            self.answer = self.subjects is not None and is_semantic_history(self.subjects())
        return self.answer


def settle_speech(done: Finished, speaks_so: Callable[[], bool]) -> Finished:
    """With its wording decided."""
    return replace(done, group=replace(done.group, wording=done.group.wording.settled(speaks_so)))


def find_unworded(plan: Plan, worded: Sequence[Proposal | Problem]) -> frozenset[str]:
    """The units of proposals that were found and could not be worded: that they aren't there proves nothing."""
    pairs = zip(plan.proposals, worded, strict=True)
    return frozenset(one.unit.name for done, words in pairs if isinstance(words, Problem) for one in done.results)


def word_proposal(done: Finished, frame: Frame) -> Proposal:
    # A requirement that several locks are made of moves once.
    moved = dict.fromkeys(row for result in done.results for row in update_lines(result))
    updates = (*moved, *_mended(done), *done.places.updates)
    changes = tuple(row for result in done.results for row in lock_changes(result))
    title = proposal_title(done.group, updates, _back(done))
    return Proposal(
        branch=branch_name(frame.config.branch_prefix, done.group),
        group=done.group.key,
        title=title,
        body=pull_request_body(_content(done, updates, changes, frame)),
        commit_message=commit_message(title, updates, changes),
        labels=done.group.labels,
        updates=updates,
        lock_changes=changes,
        files=tuple(_file(path, text, frame.tree) for path, text in sorted(done.texts.items())),
        single=done.group.single,
        units=(
            *(result.unit.name for result in done.results),
            *dict.fromkeys(name_of_places(edit.path) for edit in done.places.edits),
        ),
        places=tuple(
            PlaceChange(path=one.path, line=one.line, before=one.before, after=one.after) for one in done.places.edits
        ),
        left=tuple(LeftAlone(path=one.path, reason=one.reason) for one in done.left),
        schedule=done.group.schedule,
        draft=done.group.draft,
        advisories=done.advisories,
        is_security=done.group.is_security,
        importance=_importance(done.group),
        handling=done.group.handling,
    )


def _content(done: Finished, updates: Sequence[UpdateLine], changes: Sequence[LockChange], frame: Frame) -> Content:
    warnings = dict.fromkeys(one for result in done.results for one in frame.warned.get(result.unit.name, ()))
    return Content(
        group=done.group,
        updates=updates,
        changes=changes,
        results=done.results,
        held_back=_told(done, updates, frame.plan),
        left=done.left,
        places=done.places,
        warnings=list(warnings),
        stories=frame.known.stories,
        notes=frame.known.notes,
        advisories=done.advisories,
        config_path=frame.config_path,
        schedule=frame.config.schedule if done.group.schedule is None else done.group.schedule,
        now=frame.now,
        forges=frame.forges,
    )


def name_base(worded: Proposal | Problem, request: RunRequest) -> Proposal | Problem:
    if not request.names_base or isinstance(worded, Problem):
        return worded
    message = commit_message(with_base(worded.title, request.base_branch), worded.updates, worded.lock_changes)
    return replace(worded, title=with_base(worded.title, request.base_branch), commit_message=message)


def _importance(group: Group) -> Importance:
    if group.is_security:
        return Importance.SECURITY
    if group.key == LOCK_MAINTENANCE:
        return Importance.MAINTENANCE
    return Importance.MAJOR if group.is_major else Importance.NON_MAJOR


def _mended(done: Finished) -> Iterator[UpdateLine]:
    """What a security update is about need not be a requirement."""
    if done.group.is_security:
        names = (
            dict.fromkeys(one.package for one in done.advisories) if done.group.single is None else [done.group.single]
        )
        lines = (indirect_line(result, name) for name in names for result in done.results)
        yield from (one for one in lines if one is not None)


def _back(done: Finished) -> Sequence[Moved]:
    return list(dict.fromkeys(one for result in done.results for one in result.back))


def _told(done: Finished, updates: Sequence[UpdateLine], plan: Plan) -> Sequence[HeldBack]:
    """A major's proposal tells of its own package only, lock maintenance of none.

    What the configuration turns off is told where it concerns the packages that move: the others are off on purpose.
    """
    if done.group.key == LOCK_MAINTENANCE:
        return ()
    held = [row for row in plan.held_back if done.group.single in {None, row.package}]
    moved = {update.package for update in updates}
    return merged((*held, *(row for row in plan.turned_off if row.package in moved)))


def _file(path: str, text: str, tree: Listing) -> FileChange:
    mode = tree.mode(path)
    return FileChange(path=path, text=text, mode=FileMode(mode) if mode else FileMode.REGULAR)
