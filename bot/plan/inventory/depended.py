"""Which pages of indexes a repository's proposals come from: there a new release is worth a run.

Those are the pages of what its files require themselves, as far as the configuration lets it move, of uv where files name
its version, and of packages of a lock that stay vulnerable until there is a release. Other packages move with lock
maintenance, which has turns of its own, or because one of these asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from bot.errors import IndexFailure
from bot.lockfile.model import RegistrySource
from bot.manifest.model import Declaration
from bot.plan.policy import Group, choose, decide_group, keep_declarations
from bot.plan.proposals.repository import Workload
from bot.plan.unit import declarations_by_name
from bot.ports.advisories import SecurityRow
from bot.ports.indexes import Depended
from bot.ports.run import UpdateKind
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.fingerprint import fingerprint
from bot.resolver.model.index import Authenticate, Index, IndexFormat, IndexPort

_PYPI = Index(url="https://pypi.org/simple", default=True)
_UV = "uv"
_KINDS = (UpdateKind.PATCH, UpdateKind.MINOR, UpdateKind.MAJOR)


def find_depended(
    workloads: Sequence[Workload],
    config: RepoConfig,
    index: IndexPort,
    security: Iterable[SecurityRow] = (),
    *,
    names_uv: bool = False,
) -> tuple[Depended, ...]:
    """Each page once, with the least age and the greatest urgency that anything in the repository gives it."""
    stuck: dict[str, set[str]] = {}
    for row in security:
        if row.branch is None and not row.is_accepted:
            stuck.setdefault(row.unit, set()).add(row.package)
    found = [one for unit in workloads for one in _of_unit(unit, config, index, stuck.get(unit.name, ()))]
    return _merged([*found, *(_of_tool(workloads, config, index) if names_uv else ())])


def _of_unit(unit: Workload, config: RepoConfig, index: IndexPort, stuck: Collection[str]) -> Iterator[Depended]:
    trial = unit.trial
    declared = declarations_by_name(row for row in trial.unit.declarations if row.requirement.url is None)
    ages = {name: _find_age(unit, config, name, rows) for name, rows in declared.items()}
    for package in trial.base.lock.packages:
        age = ages.get(package.name)
        if not isinstance(package.source, RegistrySource) or (age is None and package.name not in stuck):
            continue
        place = _find_place(package.source.url, package.name, trial.request.indexes, index)
        # Only what the run asked anyway: an index that nothing but the lock names may never answer.
        asked = index if place in trial.request.indexes else None
        page = _depend(place, package.name, asked, age or 0.0)
        if page is not None:
            yield replace(page, is_urgent=package.name in stuck)


def _find_place(url: str, name: str, indexes: Sequence[Index], index: IndexPort) -> Index:
    """The index that a lock names; where its form names none, the first that has the package."""
    if url:
        plain = url.rstrip("/")
        return next((one for one in indexes if one.url.rstrip("/") == plain), Index(url=url))
    usual = [one for one in indexes if not one.explicit]
    with_it = (one for one in usual[:-1] if _has(index, one, name))
    return next(with_it, usual[-1] if usual else _PYPI)


def _has(index: IndexPort, place: Index, name: str) -> bool:
    try:
        return index.get_page(place, name) is not None
    except IndexFailure:
        return False


def _find_age(unit: Workload, config: RepoConfig, name: str, rows: Sequence[Declaration]) -> float | None:
    """The least age that any kind of update of a package needs; None: none of them may be proposed."""
    standing = unit.trial.standings.of(name)
    if not keep_declarations(config, rows):
        return None
    kinds = [one for one in _KINDS if isinstance(decide_group(config, name, rows, one, standing), Group)]
    ages = (choose(config, name, rows, one, standing).minimum_age for one in kinds)
    return min((0.0 if one is None else one.total_seconds() for one in ages), default=None)


def _of_tool(workloads: Sequence[Workload], config: RepoConfig, index: IndexPort) -> Iterator[Depended]:
    if _UV in config.ignore_deps:
        return
    known = (one for unit in workloads[:1] for one in unit.trial.request.indexes if one.default)
    age = choose(config, _UV, (), None).minimum_age
    place = _depend(next(known, _PYPI), _UV, index, 0.0 if age is None else age.total_seconds())
    if place is not None:
        yield place


def _depend(place: Index, name: str, index: IndexPort | None, age: float) -> Depended | None:
    """None for what nobody watches: a folder, and an index whose login stands in the repository's own files.

    ``index``: where the page that the run saw can be had.
    """
    if place.folder is not None or place.login is not None or not place.url.startswith(("https://", "http://")):
        return None
    is_flat = place.format is IndexFormat.FLAT
    return Depended(
        index=place.url if is_flat else place.url.rstrip("/"),
        package="" if is_flat else name,
        seen="" if is_flat or index is None else _see(index, place, name),
        age=age,
        is_anonymous=place.authenticate is Authenticate.NEVER,
    )


def _see(index: IndexPort, place: Index, name: str) -> str:
    try:
        return fingerprint(index.get_page(place, name))
    except IndexFailure:
        return ""


def _merged(found: Iterable[Depended]) -> tuple[Depended, ...]:
    pages: dict[tuple[str, str, bool], Depended] = {}
    for one in found:
        key = (one.index, one.package, one.is_anonymous)
        other = pages.get(key, one)
        pages[key] = replace(one, age=min(one.age, other.age), is_urgent=one.is_urgent or other.is_urgent)
    return tuple(pages[key] for key in sorted(pages))
