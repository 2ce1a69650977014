"""One run over one repository: read, detect, plan, solve, edit, word. It changes nothing outside.

Stages, each timed: ``read`` (commit and configuration), ``detect``, ``lock`` (every lock as it stands), ``plan``
(every proposal solved), ``report``. A file that can't be used becomes a problem; the rest of the repository goes on.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.advisories.locks import read_uv_lists
from bot.detect.kinds import find_owner
from bot.detect.model import Detected, Listing, LockUnit, Told
from bot.detect.other_bots import find_other_bots
from bot.detect.repository import detect, find_passed_over
from bot.detect.requirements import find_compile_commands
from bot.detect.unread import find_unread
from bot.errors import InputError
from bot.follow.followers import find_followers
from bot.follow.model import Follower
from bot.pinned.outputs import StatedCommand
from bot.plan.changes import Moved, indirect_line, lock_changes, update_lines
from bot.plan.declined import leave_out
from bot.plan.ignored import decline_tools, obey
from bot.plan.index.remote import RemoteOnly
from bot.plan.inventory.detected import tell_detected
from bot.plan.local.why import find_why
from bot.plan.make_unit import is_worth_planning, make_units
from bot.plan.policy import LOCK_MAINTENANCE, Group, find_ignoring_pattern, is_ignored_path
from bot.plan.proposals.focus import find_focus
from bot.plan.proposals.proposal import Finished, with_followers
from bot.plan.proposals.repository import Plan, Workload, make_workload, merged, plan_repository
from bot.plan.releases.beyond import Beyond
from bot.plan.releases.describe import Shelf, find_step
from bot.plan.releases.model import Step, Stories
from bot.plan.security.brought import sift
from bot.plan.security.knowledge import NO_ADVISORIES, Advisories, Asking, Knowledge, gather_by_config
from bot.plan.security.repository import Secured, SecurityTask, find_groups, plan_security
from bot.plan.security.telling import (
    find_next_look,
    held_back_rows,
    tell_rows,
    watched,
    with_advisories,
    without_mended,
)
from bot.plan.solver import Solver
from bot.plan.toolchain.edit import Means
from bot.plan.toolchain.places import Found, look_for_places, name_of_places
from bot.plan.toolchain.propose import Toolchains
from bot.plan.toolchain.pythons import tell_pythons
from bot.plan.trial import make_trial
from bot.plan.unit import Unit
from bot.plan.worlds.holdings import name_of, normal_name
from bot.ports.forge import ForgeError
from bot.ports.handling import Importance, Labels
from bot.ports.notes import Notes, NotesAccess, NotesReader
from bot.ports.presets import PresetSource
from bot.ports.registry import ImageRegistry, NoRegistry
from bot.ports.run import (
    ConfigState,
    ConfigText,
    DetectedFile,
    Explained,
    FileChange,
    FileMode,
    HeldBack,
    LeftAlone,
    LockChange,
    OtherBot,
    PlaceChange,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    RunTooLong,
    Sha,
    Suggestion,
    UpdateLine,
)
from bot.ports.surroundings import NOTHING_AROUND, Surroundings
from bot.repoconfig.load import ConfigError, find_config_path, load_config
from bot.repoconfig.matching import find_dashboard_options, find_limits, find_own_schedules
from bot.repoconfig.migration.suggestion import suggest_config
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.repoconfig.versions import find_python
from bot.report.local.why import render_why
from bot.report.pulls.body import pull_request_body
from bot.report.pulls.branch import branch_name
from bot.report.pulls.commit import commit_message
from bot.report.pulls.content import Content
from bot.report.pulls.title import is_semantic_history, proposal_title, with_base
from bot.report.screen import Screen
from bot.report.terminal import problem_line
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.attested import ReleaseReader
from bot.resolver.model.index import IndexPort
from bot.toolchain.model import Tool
from bot.wall import KeepError, to_problem

#: What is explained is shown in a comment.
_EXPLAINED_WIDTH = 100


class OpenCommit(Protocol):
    """``bot.git``: the files of a commit of the repository on disk."""

    def __call__(self, root: Path, commit: Sha) -> AbstractContextManager[Listing]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What a run needs of the world. ``is_local``: the repository is the user's own, so folders may serve as indexes.

    ``advisories``: who knows of vulnerabilities.
    ``keep`` takes what nobody expected; ``around`` is what followers ask of the world, ``registry`` knows the tags of images.
    ``forges`` are the hosts where a link to the wrong page leaves a trace.
    ``releases`` and ``notes`` are asked about what moves, when it is solved; ``None``: nothing more is asked.
    ``progress`` hears the stage and what is being worked on; ``clock`` counts seconds.
    """

    open_commit: OpenCommit
    index: IndexPort
    keep: KeepError
    around: Surroundings = NOTHING_AROUND
    registry: ImageRegistry = field(default_factory=NoRegistry)
    advisories: Advisories = NO_ADVISORIES
    releases: ReleaseReader | None = None
    notes: NotesReader | None = None
    forges: tuple[str, ...] = ("github.com",)
    is_local: bool = False
    progress: Callable[[str, str], None] = field(default=lambda _stage, _what: None)
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stopwatch:
    """What the stages took, in seconds; it announces each of them."""

    edges: Edges
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        self.edges.progress(name, "")
        started = self.edges.clock()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + self.edges.clock() - started, 3)


def run_repository(request: RunRequest, edges: Edges) -> RunReport:
    """Plan everything that could move now; implements ``bot.ports.run.RunRepository`` with ``edges`` bound."""
    edges = edges if request.seconds is None else _within(request.seconds, edges)
    stage = _Stopwatch(edges=edges)
    report = RunReport(base=request.base, base_branch=request.base_branch)
    with edges.open_commit(request.root, request.base) as tree:
        with stage.timed("read"):
            state, config, suggestion = _read_config_or_suggest(request, tree, edges.keep)
        report = replace(report, config=state, suggestion=suggestion)
        if config is None or not config.enabled:
            return replace(report, problems=state.problems, timings=stage.timings)
        config = _for_base(obey(config, request.ignored), request)
        with stage.timed("detect"):
            seen = see(tree, config, edges)
            visible, detected = seen.visible, seen.detected
            followers, unfollowed = seen.followers, seen.unfollowed
            passed_over = find_passed_over(visible, visible.hidden(), edges.keep)
            left_alone = [*detected.left_alone, *(_passed_over(path, config) for path in passed_over)]
            places = look_for_places(visible, detected.manifests, edges.keep)
            report = replace(
                report,
                found=_found(detected),
                unread=find_unread(visible.paths()),
                other_bots=_other_bots_walled(tree, detected, request, edges.keep),
                pythons=tell_pythons(places.of(Tool.PYTHON)),
            )
        with stage.timed("lock"):
            made = list(_make_workloads(request, edges, tree, detected, config))
        if request.explain:
            found = [one for one in made if isinstance(one, Workload)]
            with stage.timed("explain"):
                explained = tuple(_explain_walled(name, found, edges) for name in request.explain)
            return replace(report, explained=explained, problems=detected.problems, timings=stage.timings)
        with stage.timed("plan"):
            task = _Task(request=request, edges=edges, tree=tree, config=config, followers=followers, places=places)
            workloads = [one for one in made if isinstance(one, Workload)]
            chains = _decide_toolchains(task, workloads)
            plan, secured = _plan(task, chains, workloads, _gather(task, workloads))
            report = replace(report, detected=_detected_walled(task, detected, workloads, chains))
        with stage.timed("report"):
            warned = {one.name: tuple(_warnings(one)) for one in made if isinstance(one, Workload)}
            speaks_so = _Speech(request.subjects)
            frame = _Frame(
                plan=plan,
                tree=tree,
                config=config,
                config_path=state.path,
                warned=warned,
                now=request.now,
                forges=edges.forges,
                known=_look_beyond_walled(plan.proposals, request, edges),
            )
            worded = [_word_walled(_settled(one, speaks_so), frame, edges.keep) for one in plan.proposals]
            worded = [_with_base(one, request) for one in worded]
    paths = {one.name: one.trial.unit.path for one in made if isinstance(one, Workload)}
    security = tell_rows(secured, plan.proposals, lambda group: branch_name(config.branch_prefix, group))
    problems = [
        *detected.problems,
        *unfollowed,
        *places.problems,
        *plan.problems,
        *(one for one in (*made, *worded) if isinstance(one, Problem)),
        *(problem for one in made if isinstance(one, Workload) for problem in _unread(one)),
        *(one.problem or _problem(one.reason, paths.get(one.unit, one.unit)) for one in plan.unanswered),
        *(_problem(f"{one.group.name} could not be made: {one.reason}", one.unit.path) for one in plan.failures),
    ]
    unsolved = {one.unit for one in plan.unanswered} | _units_without_words(plan, worded)
    return replace(
        report,
        proposals=tuple(one for one in worded if isinstance(one, Proposal)),
        solved=(
            *(one.name for one in made if isinstance(one, Workload) and one.name not in unsolved),
            *plan.solved,
        ),
        held_back=merged((*plan.held_back, *plan.turned_off, *held_back_rows(security))),
        problems=tuple(dict.fromkeys(problems)),
        warnings=tuple(dict.fromkeys((*state.warnings, *(one for rows in warned.values() for one in rows)))),
        left_alone=tuple(left_alone),
        ripe_at=_earlier(_find_ripening(workloads), find_next_look(secured, security, request.now.timestamp())),
        security=security,
        unsure=secured.unsure,
        watched=watched(secured, plan.proposals),
        timings=stage.timings,
    )


def _earlier(*moments: float | None) -> float | None:
    return min((one for one in moments if one is not None), default=None)


def _within(seconds: float, edges: Edges) -> Edges:
    """Between one piece of work and the next the clock is looked at."""
    ends = edges.clock() + seconds

    def progress(stage: str, what: str) -> None:
        if edges.clock() > ends:
            raise RunTooLong(f"the run takes longer than {seconds:.0f} seconds")
        edges.progress(stage, what)

    return replace(edges, progress=progress)


def _find_ripening(workloads: Iterable[Workload]) -> float | None:
    moments = (off.until.timestamp() for one in workloads for off in one.turned_off if off.until is not None)
    return min(moments, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What there is before anything is proposed. ``config`` ``None``: it is broken, and nothing was looked at."""

    config: RepoConfig | None
    workloads: tuple[Workload, ...] = ()
    problems: tuple[Problem, ...] = ()


def survey_repository(
    request: RunRequest, tree: Listing, edges: Edges, choose: Callable[[Sequence[LockUnit]], Sequence[LockUnit]]
) -> Survey:
    """Every chosen unit on its base, with all that could move in it."""
    edges.progress("read", "")
    state, config = _read_config_walled(request, tree, edges.keep)
    if config is None:
        return Survey(config=None, problems=state.problems)
    config = obey(config, request.ignored)
    edges.progress("detect", "")
    detected = see(tree, config, edges).detected
    detected = replace(detected, units=tuple(choose(detected.units)))
    made = list(_make_workloads(request, edges, tree, detected, config))
    return Survey(
        config=config,
        workloads=tuple(one for one in made if isinstance(one, Workload)),
        problems=(*detected.problems, *(one for one in made if isinstance(one, Problem))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a configuration leaves of a commit to be looked at. ``unfollowed``: why nothing is known to follow a lock."""

    visible: _Visible
    detected: Detected
    followers: Sequence[Follower]
    unfollowed: Sequence[Problem]


def see(tree: Listing, config: RepoConfig, edges: Edges) -> Seen:
    visible = _Visible(tree, config)
    followers, unfollowed = _followers_walled(visible, config, edges)
    detected = detect(visible, edges.keep, _stated_beside(visible, config, followers))
    return Seen(visible=visible, detected=detected, followers=followers, unfollowed=unfollowed)


def _explain_walled(name: str, workloads: Sequence[Workload], edges: Edges) -> Explained:
    """What the command line tells of a package in each unit that has it."""
    try:
        found = (find_why(one, _index(edges), normal_name(name)) for one in workloads)
        answers = [one for one in found if one is not None]
    except Exception as error:  # noqa: BLE001 - the wall
        return Explained(package=name, lines=(problem_line(to_problem(error, "", edges.keep)),))
    return Explained(package=name, lines=tuple(render_why(answers, Screen(width=_EXPLAINED_WIDTH))))


# --- configuration --------------------------------------------------------------------------------


def _read_config_walled(request: RunRequest, tree: Listing, keep: KeepError) -> tuple[ConfigState, RepoConfig | None]:
    try:
        return read_config(request, tree)
    except ForgeError:
        # What the configuration builds on could not be read now: the whole run is made again later.
        raise
    except Exception as error:  # noqa: BLE001 - the wall
        path = request.config.path if request.config else find_config_path(frozenset(tree.paths()))
        return ConfigState(path=path, problems=(to_problem(error, path or "", keep),)), None


def _read_config_or_suggest(
    request: RunRequest, tree: Listing, keep: KeepError
) -> tuple[ConfigState, RepoConfig | None, Suggestion | None]:
    """The configuration that is stated; the one to suggest where none is, and the request asks for it."""
    state, config = _read_config_walled(request, tree, keep)
    if not request.suggest or state.is_stated:
        return state, config, None
    try:
        suggestion = suggest_config(frozenset(tree.paths()), tree.read_text)
    except InputError:
        # Another bot's file that is no text says nothing.
        suggestion = suggest_config((), tree.read_text)
    state, config = _parse_config(suggestion.text, suggestion.path, request.presets)
    if config is None:
        # What the translation builds on can't be read.
        suggestion = replace(suggest_config((), tree.read_text), left=state.problems)
        state, config = _parse_config(suggestion.text, suggestion.path, request.presets)
    return replace(state, path=None, is_stated=False), config, suggestion


def read_config(request: RunRequest, tree: Listing) -> tuple[ConfigState, RepoConfig | None]:
    """The configuration that holds, ``None`` where the file is broken (the state says how)."""
    path = find_config_path(frozenset(tree.paths()))
    if request.config is not None or path is None:
        return read_stated(request.config, request.presets)
    return read_own(tree, path, request.presets)


def read_stated(stated: ConfigText | None, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """What a text says; where there is none, what the account says for all its repositories."""
    return _read_defaults(presets) if stated is None else _parse_config(stated.text, stated.path, presets)


def read_own(tree: Listing, path: str, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """What the file of a commit says."""
    try:
        text = tree.read_text(path) or ""
    except InputError as error:
        return ConfigState(path=path, problems=(_problem(error.problem, path, error.line, error.hint),)), None
    return _parse_config(text, path, presets)


def _read_defaults(presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    """Without a file of its own a repository has what its account says for all of them."""
    defaults = presets.find_defaults() if presets is not None else None
    if defaults is None:
        return ConfigState(is_stated=False), DEFAULT_CONFIG
    state, config = _parse_config("{}", defaults[0], presets)
    return replace(state, path=None), config


def _parse_config(text: str, path: str, presets: PresetSource | None) -> tuple[ConfigState, RepoConfig | None]:
    try:
        loaded = load_config(text, path, presets)
    except ConfigError as error:
        return ConfigState(path=path, problems=error.problems), None
    config = loaded.config
    state = ConfigState(
        path=path,
        enabled=config.enabled,
        schedule=config.schedule,
        own_schedules=find_own_schedules(config),
        timezone=config.timezone,
        warnings=loaded.warnings,
        limits=find_limits(config),
        labels=Labels(keep=config.keep_updated_label, stop=config.stop_updating_label),
        bases=config.base_branch_patterns,
        prefix=config.branch_prefix,
        dashboard=find_dashboard_options(config),
    )
    return state, config


def _for_base(config: RepoConfig, request: RunRequest) -> RepoConfig:
    """With branches that name the base branch, where they are to."""
    if not request.names_base:
        return config
    return config.model_copy(update={"branch_prefix": f"{config.branch_prefix}{request.base_branch}-"})


def _followers_walled(
    listing: Listing, config: RepoConfig, edges: Edges
) -> tuple[Sequence[Follower], Sequence[Problem]]:
    try:
        return find_followers(listing, config, edges.keep, edges.around), ()
    except Exception as error:  # noqa: BLE001 - the wall
        return (), (to_problem(error, "", edges.keep),)


def _other_bots_walled(tree: Listing, detected: Detected, request: RunRequest, keep: KeepError) -> tuple[OtherBot, ...]:
    """They are told of where they can be: what fails here is kept for the log, and holds up nothing."""
    try:
        return find_other_bots(tree, detected, request.base_branch)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", keep)
        return ()


def _stated_beside(listing: Listing, config: RepoConfig, followers: Sequence[Follower]) -> Told:
    """What the configuration and hooks say is compiled; what follows a lock holds no requirements of its own."""
    configured = (
        StatedCommand(
            words=("pip", "compile", *one.args[2 if one.args[:2] == ("pip", "compile") else 0 :]),
            folder=posixpath.normpath(one.directory),
            output=posixpath.normpath(one.output),
            place="the configuration",
        )
        for one in config.compiled
    )
    return Told(
        compiles=(*configured, *find_compile_commands(listing)),
        exports=frozenset(one.path for one in followers),
    )


def _found(detected: Detected) -> tuple[str, ...]:
    return tuple(unit.lock or unit.manifests[0] for unit in detected.units)


def _passed_over(path: str, config: RepoConfig) -> LeftAlone:
    pattern = find_ignoring_pattern(config, path)
    if pattern is None and config.include_paths:
        return LeftAlone(path=path, reason="includePaths does not have it")
    return LeftAlone(path=path, reason=f"ignorePaths has {pattern or 'its manifest'}")


@dataclass(frozen=True, slots=True)
class _Visible:
    """The files of a commit without those that the configuration leaves alone."""

    tree: Listing
    config: RepoConfig

    def paths(self) -> Sequence[str]:
        return [path for path in self.tree.paths() if not self._is_hidden(path)]

    def hidden(self) -> Sequence[str]:
        """The others."""
        return [path for path in self.tree.paths() if self._is_hidden(path)]

    def _is_hidden(self, path: str) -> bool:
        """A lock is hidden with the manifest that it belongs to."""
        owner = find_owner(path)
        return is_ignored_path(self.config, path) or (owner is not None and is_ignored_path(self.config, owner))

    def mode(self, path: str) -> str | None:
        return self.tree.mode(path)

    def read_text(self, path: str) -> str | None:
        return self.tree.read_text(path)

    def read_bytes(self, path: str) -> bytes | None:
        return self.tree.read_bytes(path)

    def list_dirs(self, path: str) -> Sequence[str]:
        return self.tree.list_dirs(path)

    def is_dir(self, path: str) -> bool:
        return self.tree.is_dir(path)

    def exists(self, path: str) -> bool:
        return self.tree.exists(path)


# --- units ----------------------------------------------------------------------------------------


def _make_workloads(
    request: RunRequest, edges: Edges, tree: Listing, detected: Detected, config: RepoConfig
) -> Iterator[Workload | Problem]:
    """Lock every unit as it stands; one that can't be becomes a problem."""
    index, settings = _index(edges), _settings(request, edges, config)
    solver = Solver(index=index, settings=settings)
    for unit in _without_covered(list(_units(tree, detected, settings, index, config, edges.keep))):
        if isinstance(unit, Problem):
            yield unit
            continue
        edges.progress("lock", unit.name)
        try:
            workload = make_workload(make_trial(unit, tree, solver, config), index, config)
            yield replace(workload, candidates=leave_out(workload.candidates, request.declined))
        except Exception as error:  # noqa: BLE001 - the wall
            yield to_problem(error, unit.path, edges.keep, heading=_heading(unit))


def _without_covered(found: Sequence[Unit | Problem]) -> Iterator[Unit | Problem]:
    """Without the units that keep no lock while another one keeps a lock of all their requirements."""
    locked = {row for one in found if isinstance(one, Unit) and one.lock_path for row in one.declarations}
    for one in found:
        if isinstance(one, Problem) or one.lock_path is not None or not locked.issuperset(one.declarations):
            yield one


def _heading(unit: Unit) -> str:
    """A build system keeps no lock, and shares its file with a unit that does."""
    return "can't be locked as it stands: " if unit.name == unit.path else "its build requirements can't be solved: "


def _units(
    tree: Listing,
    detected: Detected,
    settings: CommandSettings,
    index: IndexPort,
    config: RepoConfig,
    keep: KeepError,
) -> Iterator[Unit | Problem]:
    for found in detected.units:
        try:
            units = [
                unit for unit in make_units(tree, detected, found, settings, index) if is_worth_planning(unit, config)
            ]
        except Exception as error:  # noqa: BLE001 - the wall
            yield to_problem(error, found.lock or found.manifests[0], keep)
            continue
        yield from units


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a plan is made of, beside the workloads."""

    request: RunRequest
    edges: Edges
    tree: Listing
    config: RepoConfig
    followers: Sequence[Follower]
    places: Found


def _gather(task: _Task, workloads: Sequence[Workload]) -> Knowledge:
    request, settings = task.request, _settings(task.request, task.edges, task.config)
    asking = Asking(
        advisories=task.edges.advisories,
        alerts=request.alerts,
        is_told_to_all=request.is_public,
        now=request.now,
        keep=task.edges.keep,
    )
    return gather_by_config(
        workloads, task.config, asking, lambda one: read_uv_lists(task.tree, one.trial.unit.folder, settings)
    )


def _secure(
    task: _Task, workloads: Sequence[Workload], knowledge: Knowledge, wants: Callable[[Group], bool]
) -> Secured:
    return plan_security(
        SecurityTask(
            tree=task.tree,
            workloads=workloads,
            config=task.config,
            index=_index(task.edges),
            followers=task.followers,
            keep=task.edges.keep,
        ),
        knowledge,
        wants,
        lambda what: task.edges.progress("plan", what),
    )


def _decide_toolchains(task: _Task, workloads: Sequence[Workload]) -> Toolchains:
    return Toolchains.decide(
        tree=task.tree,
        found=task.places,
        workloads=workloads,
        config=task.config,
        declined=(*task.request.declined, *decline_tools(task.request.ignored)),
        index=_index(task.edges),
        settings=_settings(task.request, task.edges, task.config),
        keep=task.edges.keep,
    )


def _plan(task: _Task, chains: Toolchains, workloads: Sequence[Workload], knowledge: Knowledge) -> tuple[Plan, Secured]:
    capped = [chains.cap(one) for one in workloads]
    security = find_groups(knowledge, task.config)
    focus = find_focus(capped, task.config, task.request.only, (*chains.groups, *security))
    plan = plan_repository(
        task.tree,
        focus.workloads,
        task.config,
        followers=task.followers,
        keep=task.edges.keep,
        wanted=focus.wants,
        report=lambda what: task.edges.progress("plan", what),
    )
    means = Means(
        registry=task.edges.registry,
        tags=task.edges.around.tags,
        may_write_workflows=task.request.may_write_workflows,
    )
    plan = chains.propose(plan, task.tree, task.places, means, focus.wants)
    # Those of a tool alone solved nothing, and so met no follower yet.
    others = [one if one.results else with_followers(task.tree, one, task.followers) for one in plan.proposals]
    secured = _secure(task, workloads, knowledge, focus.wants)
    # What a security update does already is not proposed again.
    new = [one for one in others if all(one.texts != done.texts for done in secured.proposals)]
    sifted = sift(new, knowledge)
    proposals = tuple(with_advisories(one, knowledge) for one in (*secured.proposals, *sifted.proposals))
    return replace(
        plan,
        proposals=proposals,
        held_back=(*without_mended(plan.held_back, secured.proposals), *sifted.held_back),
        turned_off=tuple(without_mended(plan.turned_off, secured.proposals)),
        unanswered=(*plan.unanswered, *secured.unanswered),
    ), secured


def _detected_walled(
    task: _Task, detected: Detected, workloads: Sequence[Workload], chains: Toolchains
) -> tuple[DetectedFile, ...]:
    """They are told of where they can be: what fails here is kept for the log, and holds up nothing."""
    try:
        return tell_detected(detected, workloads, _index(task.edges), task.places.places, chains.newest)
    except Exception as error:  # noqa: BLE001 - the wall
        to_problem(error, "", task.edges.keep)
        return ()


def _index(edges: Edges) -> IndexPort:
    return edges.index if edges.is_local else RemoteOnly(edges.index)


def _settings(request: RunRequest, edges: Edges, config: RepoConfig) -> CommandSettings:
    plain = CommandSettings(now=request.now, tree_root=str(request.root) if edges.is_local else None)
    python = find_python(config.constraints.python) if config.constraints.python else None
    return plain if python is None else replace(plain, python=python)


# --- wording --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of the releases that a run moves between."""

    stories: Stories = field(default_factory=dict)
    notes: Mapping[Step, Notes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What all proposals of a run are worded with. ``warned``: what there is to say of the settings of each unit."""

    plan: Plan
    tree: Listing
    config: RepoConfig
    config_path: str | None
    warned: Mapping[str, Sequence[Problem]]
    now: datetime
    forges: tuple[str, ...]
    known: _Known


def _look_beyond_walled(proposals: Sequence[Finished], request: RunRequest, edges: Edges) -> _Known:
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


def _word_walled(done: Finished, frame: _Frame, keep: KeepError) -> Proposal | Problem:
    try:
        return word_proposal(done, frame)
    except Exception as error:  # noqa: BLE001 - the wall
        return to_problem(error, next((one.unit.name for one in done.results), ""), keep)


@dataclass(slots=True)
class _Speech:
    """Whether the repository's commits are semantic; found out once, when somebody asks."""

    subjects: Callable[[], Sequence[str]] | None
    answer: bool | None = None

    def __call__(self) -> bool:
        if self.answer is None:
            self.answer = self.subjects is not None and is_semantic_history(self.subjects())
        return self.answer


def _settled(done: Finished, speaks_so: Callable[[], bool]) -> Finished:
    """With its wording decided."""
    return replace(done, group=replace(done.group, wording=done.group.wording.settled(speaks_so)))


def _unread(workload: Workload) -> Iterator[Problem]:
    """Dependencies of which nothing but what the lock says is known."""
    for name, reason in sorted(workload.trial.sources.believed.items()):
        yield _problem(f"{name} can't be read and stays as it is locked: {reason}", workload.trial.unit.path)


def _warnings(made: Workload) -> Iterator[Problem]:
    for one in (*made.trial.request.warnings, *made.trial.request.of_machine):
        yield _problem(one.problem, one.path, one.line, one.hint)


def _units_without_words(plan: Plan, worded: Sequence[Proposal | Problem]) -> frozenset[str]:
    """The units of proposals that were found and could not be worded: that they aren't there proves nothing."""
    pairs = zip(plan.proposals, worded, strict=True)
    return frozenset(one.unit.name for done, words in pairs if isinstance(words, Problem) for one in done.results)


def word_proposal(done: Finished, frame: _Frame) -> Proposal:
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


def _content(done: Finished, updates: Sequence[UpdateLine], changes: Sequence[LockChange], frame: _Frame) -> Content:
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


def _with_base(worded: Proposal | Problem, request: RunRequest) -> Proposal | Problem:
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


def _problem(message: str, path: str | None, line: int | None = None, hint: str | None = None) -> Problem:
    return Problem(message=message, path=path, line=line, hint=hint)
