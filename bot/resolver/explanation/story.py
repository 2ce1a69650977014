"""Facts in the order of requiring, in sentences, with the lines that the project can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.manifest.model import Declaration
from bot.pubgrub.version_set import EMPTY, VersionSet
from bot.resolver.explanation.facts import Barred, Fact, KnownKeys, Missing, NeedsPython, Origin, Requires, Subject
from bot.resolver.explanation.places import Places, lines_of
from bot.resolver.explanation.ranges import count_existing, render_existing, render_outer, render_versions
from bot.resolver.model.environment import Environment
from bot.resolver.model.resolution import NodeKind
from bot.resolver.model.spoken import spoken_marker
from bot.values import field, value

#: More facts than this are not told one by one, or not in one sentence.
_FACTS = 14
_IN_SHORT = 4


@value
class Story:
    """Wording of facts. ``root`` is how the project is called, ``python`` the Pythons that it supports.

    ``told_of``: what is said of this run's constraint on a package; an empty text goes without saying.
    """

    root: str
    members: frozenset[str]
    known: KnownKeys
    spell: Callable[[str, bytes], str]
    places: Places
    environment: Environment
    python: str
    told_of: Mapping[str, str] = field(default_factory=dict)

    def lines(self, facts: Sequence[Fact]) -> list[str]:
        ordered = [fact for fact in in_order(facts, self.members) if not self._goes_without_saying(fact)]
        told = self._told(ordered[:_FACTS])
        if len(ordered) > _FACTS:
            names = dict.fromkeys(fact.subject.name for fact in ordered[_FACTS:] if fact.subject.name)
            shown = ", ".join(list(names)[:6]) + (", …" if len(names) > 6 else "")
            told.append(f"and {len(ordered) - _FACTS} more facts of this kind, about {shown}")
        return told

    def in_short(self, facts: Sequence[Fact]) -> str:
        """The facts that matter most, in one sentence; what was asked for in this run alone goes without saying."""
        crux = find_crux(facts, self.known)
        asked = {fact.target.name for fact in facts if isinstance(fact, Requires) and fact.origin is Origin.SESSION}
        kept = [fact for fact in facts if not (isinstance(fact, Requires) and fact.origin is Origin.SESSION)]
        kept.sort(key=lambda fact: fact.subject.name not in asked)
        if len(kept) > _IN_SHORT and crux is not None:
            kept = _near(crux, kept)[:_IN_SHORT]
        return ", and ".join(self._told(kept))

    def _told(self, facts: Sequence[Fact]) -> list[str]:
        told = [self.sentence(fact) for fact in facts]
        if any(isinstance(fact, NeedsPython) for fact in facts):
            told.append(f"{self.root} supports Python {self.python}{self.places.python()}")
        return told

    def sentence(self, fact: Fact) -> str:
        match fact:
            case Requires():
                return self._requires(fact)
            case NeedsPython(versions=versions, wanted=wanted):
                return f"{self.who(fact.subject, versions)} needs Python {render_versions(wanted)}"
            case Barred(versions=versions, reason=reason):
                return f"{self.who(fact.subject, versions)} {reason}"
            case Missing(versions=versions):
                return self._missing(fact.subject.name, versions)

    def conclusion(self, facts: Sequence[Fact]) -> str:
        crux = find_crux(facts, self.known)
        if crux is None:
            return f"These cannot all hold, so {self.root} cannot be locked."
        return f"No version of {crux} is left, so {self.root} cannot be locked."

    def who(self, subject: Subject, versions: VersionSet) -> str:
        """A package with the versions that are meant: the project's own go by name alone."""
        if not subject.name:
            return self.root
        name = _spelled(subject)
        if subject.name in self.members:
            return name
        meant = self._existing(subject.name, versions)
        return f"every version of {name}" if meant is None else f"{name} {meant}".rstrip()

    def declared(self, fact: Requires) -> list[Declaration]:
        """The project's own lines behind a requirement."""
        if fact.origin is Origin.CONSTRAINT:
            return self.places.constraints(fact.target.name, fact.wanted)
        if fact.origin is Origin.OVERRIDE:
            return self.places.overrides(fact.target.name, fact.wanted)
        if fact.subject.name and fact.subject.name not in self.members:
            return []
        return self.places.requirements(fact.target.name, fact.wanted)

    def _requires(self, fact: Requires) -> str:
        wanted = "" if fact.wanted.is_full() else f" {fact.text or self._wanted(fact)}"
        target = f"{_spelled(fact.target)}{wanted}"
        lines = lines_of(self.declared(fact))
        where = "" if self._is_implied(fact) else f" {spoken_marker(fact.marker)}"
        match fact.origin:
            case Origin.CONSTRAINT:
                return f"a constraint allows only {target}{where}{lines}"
            case Origin.SESSION:
                return self.told_of.get(fact.target.name) or f"{target} was asked for{where}"
            case Origin.OVERRIDE:
                return f"an override requires {target}{where}{lines}"
        parts = " (each version its own range of these)" if fact.parts > 1 else ""
        return f"{self.who(fact.subject, fact.versions)} requires {target}{where}{parts}{lines}"

    def _goes_without_saying(self, fact: Fact) -> bool:
        is_asked = isinstance(fact, Requires) and fact.origin is Origin.SESSION
        return is_asked and self.told_of.get(getattr(fact, "target", fact.subject).name) == ""

    def _wanted(self, fact: Requires) -> str:
        return render_outer(fact.wanted) if fact.parts > 1 else render_versions(fact.wanted)

    def _is_implied(self, fact: Requires) -> bool:
        return fact.marker.is_true or (self.environment.marker & self.environment.python.marker()).is_disjoint(
            ~fact.marker
        )

    def _existing(self, name: str, versions: VersionSet) -> str | None:
        keys = self.known(name)
        if not keys:
            return "" if versions.is_full() else render_versions(versions)
        return render_existing(versions, keys, lambda key: self.spell(name, key))

    def _missing(self, name: str, versions: VersionSet) -> str:
        if versions.is_full():
            return f"there are no usable versions of {name}"
        return f"no usable version of {name} is {render_versions(versions)}"


def _near(name: str, facts: Sequence[Fact]) -> list[Fact]:
    """Facts about a package, and who requires those that say something of it."""
    about = [fact for fact in facts if name in (fact.subject.name, getattr(fact, "target", fact.subject).name)]
    sayers = {fact.subject.name for fact in about}
    return [fact for fact in facts if fact in about or (isinstance(fact, Requires) and fact.target.name in sayers)]


def in_order(facts: Iterable[Fact], members: frozenset[str]) -> list[Fact]:
    """The project's own requirements first to last, each followed by what comes of it."""
    rest = list(facts)
    told: list[Fact] = []
    stack: list[Fact] = [
        fact for fact in reversed(rest) if isinstance(fact, Requires) and fact.origin is not Origin.PACKAGE
    ]
    stack += [fact for fact in reversed(rest) if _is_own(fact, members)]
    seen: set[int] = set()
    after: dict[str, list[Fact]] = {}
    for fact in reversed(rest):
        # What is missing is missing of several wishes, so it is told after all of them.
        if not isinstance(fact, Missing):
            after.setdefault(fact.subject.name, []).append(fact)
    while stack:
        fact = stack.pop()
        if id(fact) in seen:
            continue
        seen.add(id(fact))
        told.append(fact)
        if isinstance(fact, Requires):
            stack += [one for one in after.get(fact.target.name, ()) if id(one) not in seen]
    return told + [fact for fact in rest if id(fact) not in seen]


def find_crux(facts: Iterable[Fact], known: KnownKeys) -> str | None:
    """The package of which nothing is left: two wishes exclude each other, or all that is wanted is unusable."""
    wishes: dict[str, list[VersionSet]] = {}
    unusable: dict[str, VersionSet] = {}
    for fact in facts:
        if isinstance(fact, Requires):
            wishes.setdefault(fact.target.name, []).append(fact.wanted)
        else:
            name = fact.subject.name
            unusable[name] = unusable.get(name, EMPTY).union(fact.versions)
    for name, rows in wishes.items():
        if any(one.is_disjoint(other) for one in rows for other in rows):
            return name
    for name, gone in unusable.items():
        keys = known(name)
        rows = wishes.get(name, [])
        for wanted in (one.intersection(other) for one in rows for other in rows):
            if wanted.is_subset(gone) or (keys and not count_existing(wanted.difference(gone), keys)):
                return name
    return None


def _is_own(fact: Fact, members: frozenset[str]) -> bool:
    if isinstance(fact, Requires) and fact.origin is not Origin.PACKAGE:
        return False
    return not fact.subject.name or fact.subject.name in members


def _spelled(subject: Subject) -> str:
    match subject.kind:
        case NodeKind.EXTRA:
            return f"{subject.name}[{subject.kind_name}]"
        case NodeKind.GROUP:
            return f"group {subject.kind_name} of {subject.name}"
        case NodeKind.BASE:
            return subject.name
