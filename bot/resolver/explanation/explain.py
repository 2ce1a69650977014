"""Why there is no solution: the facts that contradict each other, and what of the project's own takes part in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.lockfile.model import Requirement
from bot.markers import TRUE, Marker, parse_marker
from bot.pubgrub.derivation import derivation_tree
from bot.pubgrub.version_set import VersionSet
from bot.resolver.explanation.facts import Barred, Fact, FindOrigin, NeedsPython, Origin, Requires, gather_facts
from bot.resolver.explanation.hints import Hints
from bot.resolver.explanation.places import Places
from bot.resolver.explanation.ranges import render_specifiers, render_versions
from bot.resolver.explanation.story import Story, find_crux, in_order
from bot.resolver.explanation.unblock import Attempt, ContradictionFacts, find_unblocking
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import NETWORK_IS_OFF, IndexPort
from bot.resolver.model.needs import Facts, Need, to_need
from bot.resolver.model.request import LockRequest
from bot.resolver.model.spoken import spoken_environment
from bot.resolver.offers.releases import Obstacle
from bot.resolver.search.fork_state import ForkState
from bot.resolver.search.universal import Contradiction
from bot.values import replace, value

#: What bars a version in some environments only.
_BY_PLACE = (Obstacle.TAG.value, "has no wheels ")

__all__ = ["Explanation", "explain_contradiction", "render_versions"]


@value
class Explanation:
    """A contradiction in parts. ``packages`` are the names that take part, in the order in which they are told.

    ``where`` are the environments in words (empty: all, else with a blank before), ``facts`` those of ``lines``.
    """

    where: str
    lines: tuple[str, ...]
    conclusion: str
    hints: tuple[str, ...]
    unblocking: str | None
    packages: tuple[str, ...]
    facts: tuple[Fact, ...]
    story: Story

    @property
    def asked(self) -> tuple[str, ...]:
        """The packages that a constraint of this run alone holds somewhere."""
        rows = (one for one in self.facts if isinstance(one, Requires) and one.origin is Origin.SESSION)
        return tuple(dict.fromkeys(one.target.name for one in rows))

    @property
    def sentence(self) -> str:
        """The contradiction in one sentence, without heading and full stop."""
        return f"{self.story.in_short(self.facts)}{self.where}"

    @property
    def text(self) -> str:
        rows = [f"- {line}" for line in self.lines] + [self.conclusion]
        rows += [f"hint: {hint}" for hint in self.hints]
        rows += [self.unblocking] if self.unblocking else []
        return f"No solution{self.where}:\n" + "\n".join(f"  {row}" for row in rows)


def explain_contradiction(
    found: Contradiction, request: LockRequest, port: IndexPort, places: Places, attempt: Attempt | None = None
) -> Explanation:
    """Tell why a fork has no solution; with ``attempt``, also look for a change that would give one."""

    def read(another: Contradiction, changed: LockRequest) -> ContradictionFacts:
        return _read(another, changed, port, places)[0]

    reason, hints = _read(found, request, port, places)
    facts, story = reason.facts, reason.story
    return Explanation(
        where=spoken_environment(_where(found.fork.environment, facts), request.requires_python_text),
        lines=tuple(story.lines(facts)),
        conclusion=story.conclusion(facts),
        hints=tuple(hints.of(facts)),
        unblocking=None
        if attempt is None or _needs_network(facts)
        else find_unblocking(request, reason, attempt, read),
        packages=_names(facts, story.members),
        facts=tuple(facts),
        story=story,
    )


def _where(environment: Environment, facts: Sequence[Fact]) -> Environment:
    """Where the facts hold together: a fork is often narrower, for the sake of packages that have no part in them."""
    marker = TRUE
    for fact in facts:
        match fact:
            case Requires():
                marker = marker & fact.marker
            case NeedsPython():
                marker = marker & environment.python.marker()
            case Barred(reason=reason) if reason.startswith(_BY_PLACE):
                return environment
            case _:
                pass
    if not (environment.marker & _spoken_of()).is_disjoint(~marker):
        return environment
    items = _items(facts)
    return replace(
        environment,
        marker=TRUE if _spoken_of().is_disjoint(~marker) else marker,
        included=frozenset(one for one in environment.included if (one.package, one.name) in items),
        excluded=frozenset(),
    )


def _spoken_of() -> Marker:
    """Systems that people mean by everywhere."""
    return parse_marker("sys_platform == 'linux' or sys_platform == 'darwin' or sys_platform == 'win32'")


def _items(facts: Iterable[Fact]) -> frozenset[tuple[str, str | None]]:
    """The extras and groups that take part in the facts."""
    subjects = [fact.subject for fact in facts] + [fact.target for fact in facts if isinstance(fact, Requires)]
    return frozenset((one.name, one.kind_name) for one in subjects if one.kind_name)


def _needs_network(facts: Iterable[Fact]) -> bool:
    """Whether more might be known with the network: then no change of the project is to be advised."""
    return any(isinstance(fact, Barred) and NETWORK_IS_OFF in fact.reason for fact in facts)


def _read(
    found: Contradiction, request: LockRequest, port: IndexPort, places: Places
) -> tuple[ContradictionFacts, Hints]:
    """The facts that contradict each other, who tells them, and what could be hinted at."""
    fork = found.fork
    members = frozenset(member.metadata.name for member in request.members)

    def known(name: str) -> Sequence[bytes]:
        return fork.known_keys.get(name, ())

    tree = derivation_tree(fork.solver, found.incompatibility)
    facts = in_order(gather_facts(tree, members, _find_origin(fork, request), known), members)
    hints = Hints(request=request, port=port, explicit=fork.indexes, crux=find_crux(facts, known))
    story = Story(
        root=_root(request),
        members=members,
        known=known,
        spell=hints.spell,
        places=places,
        environment=fork.environment,
        python=request.requires_python_text,
        told_of=dict(request.upgrade.told),
    )
    return ContradictionFacts(facts=facts, story=story), hints


def _root(request: LockRequest) -> str:
    if request.called is not None:
        return request.called
    if request.is_script:
        return "the script" if request.build_of is None else "the build system"
    return request.members[0].metadata.name if len(request.members) == 1 else "the workspace"


def _names(facts: Iterable[Fact], members: frozenset[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for fact in facts:
        names.setdefault(fact.subject.name)
        if isinstance(fact, Requires):
            names.setdefault(fact.target.name)
    return tuple(name for name in names if name and name not in members)


def _find_origin(fork: ForkState, request: LockRequest) -> FindOrigin:
    """Constraints and overrides reach the solver as requirements of whoever requires the package: tell them apart."""
    session = _ranges(request.upgrade.constraints)
    constraints = _ranges(request.constraints)
    overridden = {one.name for one in request.overrides if isinstance(one, Requirement)}
    stated = _Stated(request, fork)

    def origin(package: str, versions: VersionSet, dependency: str, wanted: VersionSet) -> tuple[Origin, str]:
        text = stated.text(package, versions, dependency, wanted)
        if text is not None:
            return Origin.PACKAGE, text
        if (dependency, wanted) in session:
            return Origin.SESSION, session[dependency, wanted]
        if (dependency, wanted) in constraints:
            return Origin.CONSTRAINT, constraints[dependency, wanted]
        return (Origin.OVERRIDE if dependency in overridden else Origin.PACKAGE), ""

    return origin


def _ranges(requirements: Iterable[Requirement]) -> dict[tuple[str, VersionSet], str]:
    needs = [to_need(one) for one in requirements]
    return {(need.name, need.range.versions): render_specifiers(need.specifiers) for need in needs}


class _Stated:
    """What the root, and the versions that were looked at, require by their own word; empty name: the root."""

    def __init__(self, request: LockRequest, fork: ForkState) -> None:
        groups = (one for group in request.dependency_groups.values() for one in group)
        self._root = [to_need(one) for one in (*request.requirements, *groups)]
        self._facts: dict[str, list[tuple[bytes, Facts]]] = {}
        for (name, key), pin in fork.pins.items():
            if pin.facts is not None:
                self._facts.setdefault(name, []).append((key, pin.facts))

    def text(self, package: str, versions: VersionSet, dependency: str, wanted: VersionSet) -> str | None:
        """The specifiers of the requirement that asks for exactly these versions, ``None`` where there is none."""
        for need in self._needs(package, versions):
            if need.name == dependency and need.range.versions is wanted:
                return render_specifiers(need.specifiers)
        return None

    def _needs(self, package: str, versions: VersionSet) -> Iterator[Need]:
        if not package:
            yield from self._root
        for key, facts in self._facts.get(package, ()):
            if versions.contains(key):
                yield from facts.needs
                for group in facts.groups.values():
                    yield from group
