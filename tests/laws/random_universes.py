"""Small random universes, and an oracle that searches them for installations, one environment at a time.

The oracle knows nothing of the solver: requirements, markers and versions are those of ``packaging``, and the search tries
every version. Universes stay within what an installer can judge by itself: no pre-releases, nothing yanked, lower bounds
of Python only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.resolver.universe import Scenario, read_scenario, toml_value

_MARKERS: Final = (
    "sys_platform == 'linux'",
    "sys_platform != 'darwin'",
    "sys_platform == 'win32' and platform_machine == 'AMD64'",
    "python_version < '3.13'",
    "python_version >= '3.13'",
    "python_version >= '3.12' and sys_platform == 'linux'",
    "os_name == 'nt' or python_version < '3.12'",
)
_LOOSE: Final = ("", "", "", ">=1", "<3", "!=2")
_TIGHT: Final = (">=2", "<2", "==1", "==2", ">=2,<3")
_PYTHONS: Final = (">=3.8", ">=3.8", ">=3.8", ">=3.12", ">=3.13")
_PLATFORMS: Final = (("posix", "linux", "x86_64"), ("nt", "win32", "AMD64"), ("posix", "darwin", "arm64"))
_MINORS: Final = range(10, 15)

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    requires: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]]
    requires_python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """``optional`` and ``groups`` are the project's; a lock must allow for all of them at once."""

    requires_python: str
    requires: tuple[str, ...]
    optional: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    packages: Mapping[str, Mapping[str, Release]]

    def roots(self) -> tuple[str, ...]:
        """Everything that the project requires, with all its extras and groups."""
        lists = (self.requires, *self.optional.values(), *self.groups.values())
        return tuple(one for requirements in lists for one in requirements)

    def scenario(self, folder: Path) -> Scenario:
        """The universe as a scenario, by way of a file in ``folder``."""
        stated = {
            "why": "A random universe.",
            "root": {"requires_python": self.requires_python, "requires": list(self.requires)},
            "pyproject": {
                "project": {"optional-dependencies": {name: list(listed) for name, listed in self.optional.items()}},
                "dependency-groups": {name: list(listed) for name, listed in self.groups.items()},
            },
            "packages": {name: {"versions": _stated(releases)} for name, releases in self.packages.items()},
        }
        path = folder / "universe.toml"
        path.write_text("".join(f"{key} = {toml_value(value)}\n" for key, value in stated.items()), "utf-8")
        return read_scenario(path)


def _stated(releases: Mapping[str, Release]) -> dict[str, object]:
    return {
        version: {
            "requires": list(release.requires),
            "extras": {name: list(listed) for name, listed in release.extras.items()},
            "requires_python": release.requires_python,
            "sdist": False,
        }
        for version, release in releases.items()
    }


def random_universe(random: Random) -> Universe:
    """A universe of two to six packages with two or three versions each; the last package may be out of reach."""
    names = "abcdef"[: random.randint(2, 6)]
    extras = {name: "x" if random.random() < 0.3 else "" for name in names}
    known = names[:-1] if len(names) > 2 and random.random() < 0.5 else names

    def some(most: int) -> tuple[str, ...]:
        return tuple(_requirement(random, known, extras) for _ in range(random.choice([0, 0, 1, most])))

    def own(name: str) -> tuple[str, ...]:
        return (f"{name}{random.choice(_TIGHT)}",) if random.random() < 0.15 else ()

    packages = {
        name: {
            str(version): Release(
                requires=(*some(2), *own(name)),
                extras={extra: some(2) for extra in extras[name]},
                requires_python=random.choice(_PYTHONS),
            )
            for version in range(1, random.randint(2, 3) + 1)
        }
        for name in names
    }
    return Universe(
        requires_python=random.choice([">=3.10", ">=3.11", ">=3.12"]),
        requires=(_requirement(random, known, extras), *some(3)),
        optional={name: some(2) for name in ("one", "two") if random.random() < 0.3},
        groups={"dev": some(2)} if random.random() < 0.3 else {},
        packages=packages,
    )


def _requirement(random: Random, names: str, extras: Mapping[str, str]) -> str:
    name = random.choice(names)
    extra = "[x]" if extras[name] and random.random() < 0.5 else ""
    marker = f" ; {random.choice(_MARKERS)}" if random.random() < 0.35 else ""
    specifier = random.choice(_TIGHT if random.random() < 0.3 else _LOOSE)
    return f"{name}{extra}{specifier}{marker}"


def environments(universe: Universe) -> Iterator[Environment]:
    """Sampled environments that the project supports."""
    supported = SpecifierSet(universe.requires_python)
    for minor, (os_name, sys_platform, machine) in product(_MINORS, _PLATFORMS):
        if supported.contains(f"3.{minor}.4"):
            yield {
                "python_version": f"3.{minor}",
                "python_full_version": f"3.{minor}.4",
                "os_name": os_name,
                "sys_platform": sys_platform,
                "platform_machine": machine,
            }


@cache
def parsed(requirement: str) -> Requirement:
    return Requirement(requirement)


def applying(requirements: tuple[str, ...], environment: Environment) -> Iterator[Requirement]:
    """Those of the requirements whose markers hold."""
    for one in map(parsed, requirements):
        if one.marker is None or one.marker.evaluate(dict(environment)):
            yield one


def find_installation(universe: Universe, environment: Environment) -> dict[str, str] | None:
    """Versions that can be installed together, found by trying all; ``None`` if there are none."""
    return _search(universe, environment, list(applying(universe.roots(), environment)), {}, frozenset())


def _search(
    universe: Universe,
    environment: Environment,
    waiting: list[Requirement],
    chosen: dict[str, str],
    activated: frozenset[tuple[str, str]],
) -> dict[str, str] | None:
    if not waiting:
        return chosen
    first, *rest = waiting
    held = chosen.get(first.name)
    for version in sorted(universe.packages[first.name]) if held is None else [held]:
        release = universe.packages[first.name][version]
        if not first.specifier.contains(version) or not _runs_on(release, environment):
            continue
        new = {(first.name, extra) for extra in first.extras} - activated
        lists = [release.extras.get(extra, ()) for _, extra in sorted(new)] + (
            [release.requires] if held is None else []
        )
        more = [one for listed in lists for one in applying(listed, environment)]
        found = _search(universe, environment, rest + more, {**chosen, first.name: version}, activated | new)
        if found is not None:
            return found
    return None


def _runs_on(release: Release, environment: Environment) -> bool:
    return SpecifierSet(release.requires_python).contains(environment["python_full_version"])


def faults(universe: Universe, environment: Environment, chosen: Mapping[str, str]) -> list[str]:
    """What is wrong with an installation: requirements that it does not meet, versions that do not run there."""
    found: list[str] = []
    waiting = list(applying(universe.roots(), environment))
    seen: set[tuple[str, str | None]] = set()
    while waiting:
        one = waiting.pop()
        version = chosen.get(one.name)
        if version is None or not one.specifier.contains(version):
            found.append(f"{one} is not met by {version}")
            continue
        release = universe.packages[one.name][version]
        if not _runs_on(release, environment):
            found.append(f"{one.name} {version} does not run on {environment['python_full_version']}")
        for part in {None, *one.extras} - {extra for name, extra in seen if name == one.name}:
            seen.add((one.name, part))
            listed = release.requires if part is None else release.extras.get(part, ())
            waiting += applying(listed, environment)
    return found
