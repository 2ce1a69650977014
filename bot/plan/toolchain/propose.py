"""The proposals of a tool: its places, beside what locks and build requirements have of it in the same group."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.follow.model import LeftAlone
from bot.lockfile.model import RegistryRequirement
from bot.plan.available import Newest, find_newest
from bot.plan.candidates import Candidate
from bot.plan.policy import LOCK_MAINTENANCE, TOOLCHAIN, Group, join_groups
from bot.plan.proposals.proposal import Finished, Places
from bot.plan.proposals.repository import Plan, Workload, merged
from bot.plan.toolchain.decide import Bound, Step, Toolchain, decide
from bot.plan.toolchain.edit import Edits, Means, Moved, plan_edits, tell_edits, tell_updates, write
from bot.plan.toolchain.places import Found, name_of_places
from bot.ports.run import Declined, HeldBack, Problem
from bot.printable import printable
from bot.repoconfig.model import RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.settings import find_settings, merge_settings
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest
from bot.toolchain.cpython import NEWEST
from bot.toolchain.forms import base_version
from bot.toolchain.kinds import find_places
from bot.toolchain.model import Place, Role, Source, Tool
from bot.wall import KeepError, to_problem

_UV = "uv"
_OF_PROJECTS = frozenset({"uv.lock", "pyproject.toml"})
_ANY = (RegistryRequirement(specifier=SpecifierSet()),)


def decide_uv(
    tree: Tree,
    found: Found,
    workloads: Sequence[Workload],
    config: RepoConfig,
    declined: Sequence[Declined],
    index: IndexPort,
    settings: CommandSettings,
) -> Toolchain:
    """Where uv goes, by the indexes and the cut-off of the repository's first project, else of its settings at the top.

    Raises ``IndexFailure``, and ``InputError`` for settings that can't be read.
    """
    if not found.of(Tool.UV):
        return Toolchain(tool=Tool.UV)
    request = _request(tree, workloads, settings)

    def newest(current: Sequence[Version], within: SpecifierSet) -> Newest:
        return find_newest(request, index, _UV, _ANY, current, within)

    return decide(Tool.UV, found, config, declined, tuple(_constraints(workloads)), newest)


def decide_python(found: Found, config: RepoConfig, declined: Sequence[Declined]) -> Toolchain:
    """Where Python goes: nowhere, unless the configuration asks for it."""
    if not config.python.enabled:
        return Toolchain(tool=Tool.PYTHON)
    return decide(Tool.PYTHON, found, config, declined, (), _newest_python)


def _newest_python(current: Sequence[Version], within: SpecifierSet) -> Newest:
    newer = [one for one in NEWEST if one > current[-1] and within.contains(one)]
    return Newest(in_major=max(newer, default=None), overall=None)


def _request(tree: Tree, workloads: Sequence[Workload], settings: CommandSettings) -> LockRequest:
    projects = [one.trial for one in workloads if posixpath.basename(one.trial.unit.path) in _OF_PROJECTS]
    first = min(projects, key=lambda one: (one.unit.folder.count("/"), one.unit.folder), default=None)
    if first is not None:
        return first.request
    effective = merge_settings(settings, find_settings(tree, ".", settings))
    return LockRequest(
        requires_python=SpecifierSet(),
        requires_python_text="",
        is_script=True,
        indexes=effective.indexes,
        options=effective.options,
    )


def _constraints(workloads: Iterable[Workload]) -> Iterable[Bound]:
    """Requirements on uv itself that are not rewritten."""
    for workload in workloads:
        for row in (row for one in workload.candidates if one.name == _UV for row in one.rows):
            if row.kept is not None:
                declared = row.declaration
                place = f"{declared.text} ({declared.path}:{declared.line})"
                yield Bound(specifier=row.specifier, place=place, reason=row.kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchains:
    """All tools. ``problems``: why one could not be decided."""

    chains: tuple[Toolchain, ...] = ()
    problems: tuple[Problem, ...] = ()
    keep: KeepError

    @staticmethod
    def decide(
        *,
        tree: Tree,
        found: Found,
        workloads: Sequence[Workload],
        config: RepoConfig,
        declined: Sequence[Declined],
        index: IndexPort,
        settings: CommandSettings,
        keep: KeepError,
    ) -> Toolchains:
        """A tool that can't be decided is a problem, and nothing is proposed of it."""
        ways: tuple[Callable[[], Toolchain], ...] = (
            lambda: decide_uv(tree, found, workloads, config, declined, index, settings),
            lambda: decide_python(found, config, declined),
        )
        chains: list[Toolchain] = []
        problems: list[Problem] = []
        for way in ways:
            try:
                chains.append(way())
            except Exception as error:  # noqa: BLE001 - the wall
                problems.append(to_problem(error, "", keep, heading="the newest uv can't be looked up: "))
        return Toolchains(chains=tuple(chains), problems=tuple(problems), keep=keep)

    @property
    def groups(self) -> Sequence[Group]:
        return [step.group for one in self.chains for step in one.steps]

    @property
    def newest(self) -> Mapping[Tool, Version]:
        """The newest version of each tool that something newer than its places was heard of."""
        return {one.tool: one.newest for one in self.chains if one.newest is not None}

    def cap(self, workload: Workload) -> Workload:
        """The workload with packages of a tool going no further than its places do."""
        for one in self.chains:
            workload = cap(workload, one) if one.tool is Tool.UV else workload
        return workload

    def propose(self, plan: Plan, tree: Tree, found: Found, means: Means, wants: Callable[[Group], bool]) -> Plan:
        """The plan with the places of all tools in it."""
        files, failed, problems = Files(tree=tree, unread=found.unread), set[Tool](), list(self.problems)
        for one in self.chains:
            try:
                plan = with_places(plan, one, files, means, wants)
            except Exception as error:  # noqa: BLE001 - the wall
                problems.append(to_problem(error, "", self.keep, heading=f"{one.tool} can't be moved: "))
                failed.add(one.tool)
        own = (place for one in self.chains if one.tool not in failed for place in one.places if _is_own(place))
        solved = sorted({name_of_places(place.path) for place in own})
        return replace(plan, problems=(*plan.problems, *problems), solved=tuple(solved))


def _is_own(place: Place) -> bool:
    """Whether a place may be edited at all."""
    return place.tool is Tool.UV or place.role is Role.PIN


# --- what the solver may take ---------------------------------------------------------------------


def cap(workload: Workload, chain: Toolchain) -> Workload:
    """The workload with the tool's packages going no further than its places do."""
    return replace(workload, candidates=tuple(_capped(one, chain) for one in workload.candidates))


def _capped(candidate: Candidate, chain: Toolchain) -> Candidate:
    if candidate.name not in TOOLCHAIN or not (chain.steps or chain.bounds):
        return candidate
    limits = {step.group: step.version for step in chain.steps}
    top = max(limits.values(), default=None)
    groups = {group: _lower(version, limits.get(group)) for group, version in candidate.groups.items()}
    admitted = {
        group: version
        for group, version in groups.items()
        if version > candidate.current[-1] and chain.within.contains(version, prereleases=True)
    }
    series = candidate.series & chain.within & SpecifierSet(f"<={top.public}" if top is not None else "")
    is_below = series.contains(candidate.current[-1], prereleases=True)
    return replace(candidate, groups=admitted, series=series if is_below else candidate.series)


def _lower(version: Version, limit: Version | None) -> Version:
    return version if limit is None else min(version, limit)


# --- proposals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What places are read from and told with: the repository, and files that could not be read."""

    tree: Tree
    unread: tuple[LeftAlone, ...] = ()


def with_places(plan: Plan, chain: Toolchain, files: Files, means: Means, wants: Callable[[Group], bool]) -> Plan:
    """The plan with the tool's places in the proposals of its groups, as far as these are wanted."""
    proposals = list(plan.proposals)
    held_back = list(chain.held_back)
    for step in chain.steps:
        if not wants(step.group):
            continue
        known = next((one for one in proposals if one.group == step.group), None)
        edits = plan_edits(chain, step.version, means)
        if edits.refused is not None:
            held_back += _refused(chain, step, edits)
            continue
        done = _finish(known, step, chain, edits, files)
        if done is None:
            held_back += _stuck(chain, step, edits)
            continue
        if known is not None:
            proposals[proposals.index(known)] = done
        else:
            proposals.insert(_position(proposals, step.group), done)
    rows = merged((*plan.held_back, *_unless_told(held_back, plan.held_back)))
    return replace(plan, proposals=tuple(proposals), held_back=rows)


def _unless_told(rows: Sequence[HeldBack], told: Sequence[HeldBack]) -> Iterable[HeldBack]:
    known = {(one.package, one.latest) for one in told}
    return (one for one in rows if (one.package, one.latest) not in known)


def _refused(chain: Toolchain, step: Step, edits: Edits) -> Sequence[HeldBack]:
    return [_held(chain, step, edits.refused or "")]


def _held(chain: Toolchain, step: Step, reason: str) -> HeldBack:
    bases = [base for one in chain.places if (base := base_version(one)) is not None and base < step.version]
    current = str(min(bases, default=step.version))
    return HeldBack(package=chain.tool.value, current=current, latest=str(step.version), reason=printable(reason))


def _stuck(chain: Toolchain, step: Step, edits: Edits) -> Sequence[HeldBack]:
    """Where nothing can be moved at all there is no proposal to tell it."""
    reason = "; ".join(f"{one.reason} ({one.path})" for one in edits.left)
    return [_held(chain, step, reason)] if reason else []


def _position(proposals: Sequence[Finished], group: Group) -> int:
    """Common groups first, then majors, lock maintenance last."""
    for at, one in enumerate(proposals):
        is_behind = one.group.key == LOCK_MAINTENANCE or (one.group.single is not None and group.single is None)
        if is_behind or (one.group.single is None and group.single is None and one.group.key > group.key):
            return at
    return len(proposals)


def _finish(known: Finished | None, step: Step, chain: Toolchain, edits: Edits, files: Files) -> Finished | None:
    alone = Finished(group=step.group, texts={}, results=())
    base = alone if known is None else replace(known, group=join_groups(known.group, step.group))
    texts = {}
    moved: list[Moved] = []
    for path in dict.fromkeys(one.place.path for one in edits.moved):
        rows = [one for one in edits.moved if one.place.path == path]
        before = base.texts.get(path)
        if before is not None:
            rows = _again(rows, before)
        text = before if before is not None else files.tree.read_text(path) or ""
        if rows:
            texts[path] = write(text, rows)
            moved += rows
    if not moved and known is None:
        return None
    left = (*base.left, *edits.left, *(files.unread if chain.tool is Tool.UV else ()))
    return replace(
        base,
        texts={**base.texts, **texts},
        left=tuple(dict.fromkeys(left)),
        places=Places(
            edits=tuple(tell_edits(moved)),
            updates=tuple(tell_updates(chain, step.version, moved)),
            notes=tuple(dict.fromkeys(one.unasked for one in moved if one.unasked)),
        ),
    )


def _again(rows: Sequence[Moved], text: str) -> list[Moved]:
    """The same places in a text that other edits have changed already."""
    now = list(find_places(Source(path=rows[0].place.path, text=text)))
    found: list[Moved] = []
    for row in rows:
        same = next((one for one in now if _is_same(one, row.place)), None)
        if same is not None:
            now.remove(same)
            found.append(replace(row, place=same))
    return found


def _is_same(one: Place, other: Place) -> bool:
    return (one.tool, one.role, one.shown, one.text) == (other.tool, other.role, other.shown, other.text)
