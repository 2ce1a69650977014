"""Security updates: the smallest move that leaves nothing affected, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bot.advisories.exceptions import Ignored
from bot.lockfile.reader import parse_lock
from bot.repoconfig.load import parse_config
from tests.advisories.service import Known
from tests.plan.scenario import make_scenario
from tests.plan.scenario_runs import run_scenario
from tests.plan.security_runs import Mending, Releases, mend, versions_of


def about(name: str, *spans: tuple[str, str | None], id: str = "GHSA-1", versions: tuple[str, ...] = ()) -> Known:
    return Known(id=id, name=name, spans=spans, versions=versions)


def free(*versions: str) -> dict[str, list[str]]:
    return {version: [] for version in versions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``moves`` is what the lock has afterwards of all that moved; ``edits`` the requirements that are written;
    ``blocked`` the packages that stay, each with a part of the reason."""

    requires: tuple[str, ...]
    locked: dict[str, str]
    releases: Releases
    known: tuple[Known, ...]
    ignored: Ignored = field(default_factory=Ignored)
    moves: dict[str, str] = field(default_factory=dict)
    edits: tuple[str, ...] = ()
    blocked: dict[str, str] = field(default_factory=dict)
    back: tuple[str, ...] = ()


CASES = {
    "an indirect package moves to the first release that mends it": Case(
        requires=("alpha",),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={"alpha": {"1.0": ["beta"], "1.1": ["beta"]}, "beta": free("1.0", "1.1", "1.2", "1.3")},
        known=(about("beta", ("0", "1.2")),),
        moves={"beta": "1.2"},
    ),
    "a pin follows": Case(
        requires=("beta==1.0",),
        locked={"beta": "1.0"},
        releases={"beta": free("1.0", "1.1", "2.0")},
        known=(about("beta", ("0", "1.1")),),
        moves={"beta": "1.1"},
        edits=("beta==1.1",),
    ),
    "over a major where nothing else is free": Case(
        requires=("beta>=1,<2",),
        locked={"beta": "1.0"},
        releases={"beta": free("1.0", "1.9", "2.0", "2.1")},
        known=(about("beta", ("0", "2.0")),),
        moves={"beta": "2.0"},
        edits=("beta>=2,<3",),
    ),
    "one that is affected by something else is passed over": Case(
        requires=("beta",),
        locked={"beta": "1.0"},
        releases={"beta": free("1.0", "1.1", "1.2", "1.3")},
        known=(about("beta", ("0", "1.1")), about("beta", ("1.1", "1.3"), id="GHSA-2")),
        moves={"beta": "1.3"},
    ),
    "who holds it moves with it, no further than needed": Case(
        requires=("alpha==1.0",),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={
            "alpha": {"1.0": ["beta<1.1"], "1.1": ["beta<1.2"], "1.2": ["beta<1.3"]},
            "beta": free("1.0", "1.1", "1.2"),
        },
        known=(about("beta", ("0", "1.1")),),
        moves={"alpha": "1.1", "beta": "1.1"},
        edits=("alpha==1.1",),
    ),
    "what comes with it must be free too": Case(
        requires=("alpha==1.0",),
        locked={"alpha": "1.0"},
        releases={"alpha": {"1.0": [], "1.1": ["beta"]}, "beta": free("1.0", "1.1")},
        known=(about("alpha", ("0", "1.1")), about("beta", ("1.1", None), id="GHSA-2")),
        moves={"alpha": "1.1", "beta": "1.0"},
        edits=("alpha==1.1",),
    ),
    "nothing newer is free: back to the nearest older one": Case(
        requires=("beta>=1",),
        locked={"beta": "1.3"},
        releases={"beta": free("1.0", "1.1", "1.2", "1.3", "1.4")},
        known=(about("beta", versions=("1.2", "1.3", "1.4"), id="MAL-1"),),
        moves={"beta": "1.1"},
        back=("beta",),
    ),
    "a release that mends it is blocked by somebody": Case(
        requires=("alpha",),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={"alpha": {"1.0": ["beta<2"]}, "beta": free("1.0", "2.0")},
        known=(about("beta", ("0", "2.0")),),
        blocked={"beta": "requires beta <2"},
    ),
    "no release mends it": Case(
        requires=("beta",),
        locked={"beta": "1.0"},
        releases={"beta": free("1.0", "1.1")},
        known=(about("beta", ("0", None)),),
        blocked={"beta": "no version of beta is free of it"},
    ),
    "two at once": Case(
        requires=("alpha==1.0", "beta==1.0"),
        locked={"alpha": "1.0", "beta": "1.0", "gamma": "1.0"},
        releases={
            "alpha": free("1.0", "1.1"),
            "beta": {"1.0": ["gamma"], "1.1": ["gamma"]},
            "gamma": free("1.0", "1.1"),
        },
        known=(about("alpha", ("0", "1.1")), about("gamma", ("0", "1.1"), id="GHSA-2")),
        moves={"alpha": "1.1", "gamma": "1.1"},
        edits=("alpha==1.1",),
    ),
    "one is mended, another is not": Case(
        requires=("alpha==1.0", "beta==1.0"),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={"alpha": free("1.0", "1.1"), "beta": free("1.0")},
        known=(about("alpha", ("0", "1.1")), about("beta", ("0", None), id="GHSA-2")),
        moves={"alpha": "1.1"},
        edits=("alpha==1.1",),
        blocked={"beta": "no version of beta is free of it"},
    ),
    "what is ignored stays": Case(
        requires=("alpha==1.0", "beta==1.0"),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={"alpha": free("1.0", "1.1"), "beta": free("1.0", "1.1")},
        known=(about("alpha", ("0", "1.1")), about("beta", ("0", "1.1"), id="GHSA-2")),
        ignored=Ignored(always=("GHSA-1",)),
        moves={"beta": "1.1"},
        edits=("beta==1.1",),
    ),
    "pre-releases mend nothing": Case(
        requires=("beta",),
        locked={"beta": "1.0"},
        releases={"beta": free("1.0", "1.1rc1", "1.1")},
        known=(about("beta", ("0", "1.1rc1")),),
        moves={"beta": "1.1"},
    ),
    "a package that is not needed any more": Case(
        requires=("alpha==1.0",),
        locked={"alpha": "1.0", "beta": "1.0"},
        releases={"alpha": {"1.0": ["beta"], "1.1": []}, "beta": free("1.0")},
        known=(about("alpha", ("0", "1.1")), about("beta", ("0", None), id="GHSA-2")),
        moves={"alpha": "1.1", "beta": "-"},
        edits=("alpha==1.1",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_mended_and_how(case: Case) -> None:
    done = mend(case.requires, case.locked, case.releases, *case.known, ignored=case.ignored)
    assert done.versions() == case.moves
    assert written(done, case.requires) == case.edits
    assert {one.package for one in done.fixes.blocked} == set(case.blocked)
    for one in done.fixes.blocked:
        assert case.blocked[one.package] in one.reason
    assert tuple(one.package for one in done.fixes.mended if one.is_back) == case.back


def written(done: Mending, requires: tuple[str, ...]) -> tuple[str, ...]:
    text = done.texts.get("pyproject.toml", "")
    found = [part for part in text.split('"')[1::2] if any(part.startswith(Requirement(one).name) for one in requires)]
    return tuple(one for one in found if one not in requires)


# --- brute force ----------------------------------------------------------------------------------


def random_case(random: Random) -> tuple[tuple[str, ...], dict[str, str], Releases, tuple[Known, ...]] | None:
    """A few packages in up to four versions with bounds on one another, a lock of them, and something that is affected."""
    names = ("alpha", "beta", "gamma")[: random.randint(1, 3)]
    releases = {
        name: {
            f"{at}.0": [
                f"{other}{random.choice(('', '>=2', '<3', '<2', '!=2.0'))}"
                for other in names[place + 1 :]
                if random.random() < 0.6
            ]
            for at in range(1, random.randint(2, 5))
        }
        for place, name in enumerate(names)
    }
    requires = tuple(
        f"{name}{random.choice(('', '>=1'))}" for name in names if name == "alpha" or random.random() < 0.3
    )
    choices = solutions(requires, releases)
    if not choices:
        return None
    locked = random.choice(choices)
    bad = random.choice(sorted(locked))
    versions = {locked[bad], *random.sample(sorted(releases[bad]), random.randint(0, len(releases[bad])))}
    return requires, locked, releases, (about(bad, versions=tuple(sorted(versions))),)


def solutions(requires: tuple[str, ...], releases: Releases) -> list[dict[str, str]]:
    """Every set of versions that satisfies, with nothing that nobody needs."""
    found = []
    for chosen in product(*(sorted(rows) for rows in releases.values())):
        versions = dict(zip(releases, chosen, strict=True))
        needed: dict[str, str] = {}
        waiting = list(requires)
        while waiting:
            one = Requirement(waiting.pop())
            if not one.specifier.contains(versions[one.name]):
                break
            if one.name not in needed:
                needed[one.name] = versions[one.name]
                waiting += releases[one.name][versions[one.name]]
        else:
            if needed not in found:
                found.append(needed)
    return found


def nearest(name: str, locked: dict[str, str], good: list[dict[str, str]]) -> Version:
    own = Version(locked[name])
    options = [one for one in good if name in one]
    upward = [one for one in options if Version(one[name]) > own]
    forward = [one for one in upward if all(one.get(other, at) >= at for other, at in locked.items())]
    above = [Version(one[name]) for one in forward or upward]
    return min(above) if above else max(Version(one[name]) for one in options)


@pytest.mark.parametrize("batch", range(4))
def test_no_smaller_move_would_do(batch: int) -> None:
    """Of all solutions without what is affected, the affected package is at the nearest version above its own: where that
    takes no other package back, else where it does, else below."""
    mended = blocked = 0
    for number in range(30):
        case = random_case(Random(f"security {batch} {number}"))
        if case is None:
            continue
        requires, locked, releases, known = case
        done = mend(requires, locked, releases, *known)
        bad = known[0]
        good = [one for one in solutions(requires, releases) if one.get(bad.name) not in bad.versions]
        after = versions_of(done.after) if done.after is not None else dict(locked)
        if done.fixes.blocked:
            blocked += 1
            assert not [one for one in good if bad.name in one]
            continue
        mended += 1
        assert after.get(bad.name) not in bad.versions
        if bad.name in after:
            assert Version(after[bad.name]) == nearest(bad.name, locked, good)
    assert mended >= 5
    assert blocked >= 1


def test_the_fixing_release_need_not_be_old_enough_and_its_companions_have_to() -> None:
    waiting = parse_config('{ "minimumReleaseAge": "9 years" }', "c")
    releases: Releases = {
        "alpha": {"1.0": [], "1.1": []},
        "beta": {"1.0": ["gamma"], "1.1": ["gamma>=2"]},
        "gamma": free("1.0", "2.0"),
    }
    requires, locked = ("alpha==1.0", "beta==1.0"), {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    known = (about("alpha", ("0", "1.1")), about("beta", ("0", "1.1"), id="GHSA-2"))
    done = mend(requires, locked, releases, *known, config=waiting)
    assert done.versions() == {"alpha": "1.1"}
    (blocked,) = done.fixes.blocked
    assert blocked.package == "beta"
    assert "gamma 2.0 is not to be had: minimumReleaseAge" in blocked.reason


# --- proposals ------------------------------------------------------------------------------------

#: Security updates and nothing else.
ALONE = """{
  "lockFileMaintenance": { "enabled": false },
  "packageRules": [{ "matchPackageNames": ["*"], "enabled": false }]
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What a run makes of a case: by package the versions that each proposal's lock has, and what is blocked."""

    locks: dict[str, dict[str, str]]
    blocked: frozenset[str]


def propose(
    requires: tuple[str, ...], locked: dict[str, str], releases: Releases, known: tuple[Known, ...]
) -> Proposed:
    table = {
        "why": "So.",
        "root": {"requires": list(requires)},
        "locked": locked,
        "config": ALONE,
        "packages": {
            name: {"versions": {version: {"requires": needs} for version, needs in rows.items()}}
            for name, rows in releases.items()
        },
        "advisories": [{"id": one.id, "package": one.name, "versions": list(one.versions)} for one in known],
    }
    _, report = run_scenario(make_scenario(table, Path("case.toml")))
    assert report.problems == ()
    locks = {
        one.group: dict(versions_of(parse_lock(text, "uv.lock")))
        for one in report.proposals
        for text in [next(file.text or "" for file in one.files if file.path == "uv.lock")]
    }
    for found in locks.values():
        found.pop("project", None)
    return Proposed(locks=locks, blocked=frozenset(row.package for row in report.security if row.branch is None))


@pytest.mark.parametrize("batch", range(4))
def test_every_proposal_is_the_smallest_move_of_its_package(batch: int) -> None:
    """With one or two affected packages: each proposal leaves its own at the nearest version that brute force finds, brings
    in nothing that is affected, and takes nothing else back unless there is no other way."""
    mended = blocked = 0
    for number in range(25):
        random = Random(f"proposals {batch} {number}")
        case = random_case(random)
        if case is None:
            continue
        requires, locked, releases, known = case
        others = sorted(set(locked) - {known[0].name})
        if others and random.random() < 0.6:
            second = random.choice(others)
            known = (*known, about(second, id="GHSA-2", versions=(locked[second],)))
        bad = {one.name: set(one.versions) for one in known}
        found = propose(requires, locked, releases, known)
        for name, versions in bad.items():
            good = [
                one
                for one in solutions(requires, releases)
                if one.get(name) not in versions
                and all(one.get(other) not in bad[other] or one.get(other) == locked.get(other) for other in bad)
            ]
            if not [one for one in good if name in one]:
                assert name in found.blocked or any(name not in one for one in found.locks.values())
                blocked += 1
                continue
            # One that says what an earlier one does is not made twice.
            own = found.locks.get(f"security-{name}") or next(
                one for one in found.locks.values() if one.get(name) not in versions
            )
            mended += 1
            assert own in good
            assert Version(own[name]) == nearest(name, locked, good)
    assert mended >= 5
    assert blocked >= 1
