"""What is known of the locks of a repository: by a service of advisories, and by the forge's own alerts.

The service is asked about packages of public indexes only. What an alert says was found by the forge itself: it counts
for packages of every index, and its words stay out of what everybody may read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.advisories.alerts import read_alerts
from bot.advisories.exceptions import Accepted, Ignored, read_exceptions
from bot.advisories.findings import Asked, Finding, Locked, find_findings, packages_of
from bot.advisories.model import Advisory
from bot.advisories.port import AdvisoryFailure, AdvisoryPort
from bot.lockfile.model import Lock, RegistrySource
from bot.plan.proposals.repository import Workload
from bot.plan.security.known import Known
from bot.ports.advisories import Alert, FindingSource
from bot.repoconfig.model import RepoConfig
from bot.wall import KeepError, to_problem

_DISMISSED = "its alert was dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisories:
    """A service of advisories, and the indexes whose packages it may be asked about; ``service`` ``None``: nobody is."""

    service: AdvisoryPort | None = None
    public: tuple[str, ...] = ()


NO_ADVISORIES = Advisories()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Who is asked. ``service`` ``None``: nobody but the forge, whose ``alerts`` these are; ``public`` are the indexes whose
    packages everybody may know of.

    ``is_told_to_all``: everybody may read what is said of the repository. ``ignored`` is what its configuration lives
    with, ``ignored_by`` what the settings of a unit do.
    """

    service: AdvisoryPort | None = None
    public: tuple[str, ...] = ()
    alerts: Sequence[Alert] = ()
    is_told_to_all: bool = False
    ignored: Ignored = field(default_factory=Ignored)
    ignored_by: Callable[[Workload], Ignored] = field(default=lambda _: Ignored(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One lock with what is known of it: ``live`` is to be mended, ``accepted`` is lived with.

    ``sources`` says by package and identifier who knows of it.
    """

    workload: Workload
    known: Known
    asked: Asked
    live: tuple[Finding, ...] = ()
    accepted: tuple[tuple[Finding, Accepted], ...] = ()
    sources: Mapping[tuple[Locked, str], FindingSource] = field(default_factory=dict)
    is_told_to_all: bool = False

    @property
    def name(self) -> str:
        return self.workload.name

    @property
    def lock(self) -> Lock:
        return self.workload.trial.base.lock

    def may_tell(self, finding: Finding) -> bool:
        """Where everybody reads it, what the forge alone knows is not written down."""
        return not self.is_told_to_all or self.source_of(finding) is not FindingSource.ALERT

    def source_of(self, finding: Finding) -> FindingSource:
        return self.sources[finding.locked, finding.advisory.id]

    def may_tell_why(self, reason: Accepted) -> bool:
        """The same of what was decided about an alert."""
        return not (self.is_told_to_all and reason.reason == _DISMISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """``unsure``: why the service could not be asked; then something may be missing. ``is_asking``: there is one to ask."""

    held: tuple[Held, ...] = ()
    records: Mapping[Locked, Sequence[Advisory]] = field(default_factory=dict)
    unsure: str | None = None
    is_asking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who may be asked on whose behalf: ``alerts`` are the forge's, ``None`` where there is none."""

    advisories: Advisories
    alerts: Callable[[], Sequence[Alert] | None] | None
    is_told_to_all: bool
    now: datetime
    keep: KeepError


def gather_by_config(
    workloads: Sequence[Workload], config: RepoConfig, asking: Asking, ignored_by: Callable[[Workload], Ignored]
) -> Knowledge:
    """What is known, as far as the configuration wants to know it; what fails here is kept for the log, and holds up
    nothing."""
    if not config.vulnerability_alerts.enabled:
        return Knowledge()
    sources = Sources(
        service=asking.advisories.service if config.osv_vulnerability_alerts else None,
        public=asking.advisories.public,
        alerts=(asking.alerts() if asking.alerts is not None else None) or (),
        is_told_to_all=asking.is_told_to_all,
        ignored=read_exceptions(config, asking.now),
        ignored_by=ignored_by,
    )
    try:
        return gather_knowledge(workloads, sources)
    except Exception as error:  # noqa: BLE001 - the wall
        return Knowledge(unsure=to_problem(error, "", asking.keep).message)


def gather_knowledge(workloads: Sequence[Workload], sources: Sources) -> Knowledge:
    """What is known of every lock, all asked about at once."""
    locked = [one for one in workloads if one.trial.unit.lock_path is not None]
    asked = {one.name: _asked(one, sources) for one in locked}
    packages = sorted({package for one in asked.values() for package in one.packages})
    found, unsure = _find(sources.service, packages)
    opened = {(one.package, one.advisory) for one in sources.alerts if not one.is_dismissed}
    alerts = read_alerts(one for one in sources.alerts if not one.is_dismissed)
    # One that is open for another file was not decided about.
    dismissed = read_alerts(one for one in sources.alerts if (one.package, one.advisory) not in opened)
    ignored = sources.ignored.joined(Ignored(accepted=tuple(_dismissed(dismissed))))
    records: dict[str, Sequence[Advisory]] = {}
    # Who does not answer now is not asked again in this run.
    asking = sources if unsure is None else replace(sources, service=None)
    held = tuple(_held(one, asked[one.name], found, alerts, asking, ignored, records) for one in locked)
    return Knowledge(held=held, records=found, unsure=unsure, is_asking=sources.service is not None)


def _find(
    service: AdvisoryPort | None, packages: Sequence[Locked]
) -> tuple[Mapping[Locked, Sequence[Advisory]], str | None]:
    if service is None or not packages:
        return {}, None
    try:
        return service.find(packages), None
    except AdvisoryFailure as error:
        return {}, str(error)


def _asked(workload: Workload, sources: Sources) -> Asked:
    if sources.service is None:
        return Asked()
    return packages_of(workload.trial.base.lock, sources.public, _registries(workload))


def _registries(workload: Workload) -> frozenset[str]:
    return frozenset(index.url for index in workload.trial.request.indexes)


def _dismissed(alerts: Mapping[str, Sequence[Advisory]]) -> Iterator[Accepted]:
    for name, rows in alerts.items():
        yield from (Accepted(id=one.id, reason=_DISMISSED, package=name, waits=True) for one in rows)


def _held(
    workload: Workload,
    asked: Asked,
    found: Mapping[Locked, Sequence[Advisory]],
    alerts: Mapping[str, Sequence[Advisory]],
    sources: Sources,
    ignored: Ignored,
    records: dict[str, Sequence[Advisory]],
) -> Held:
    entries = _entries(workload.trial.base.lock)
    about = {
        one: (
            *(found.get(one, ()) if one in asked.packages else ()),
            *(row for row in alerts.get(one.name, ()) if row.affects(one.name, one.version)),
        )
        for one in entries
    }
    findings = find_findings(entries, about)
    everything = ignored.joined(sources.ignored_by(workload))
    reasons = [(finding, everything.find(finding)) for finding in findings]
    return Held(
        workload=workload,
        asked=asked,
        known=Known(
            service=sources.service,
            ignored=everything,
            public=sources.public,
            alerts=alerts,
            private=frozenset(one.name for one in entries) - {one.name for one in asked.packages},
            registries=_registries(workload),
            records=records,
        ),
        live=tuple(finding for finding, reason in reasons if reason is None),
        accepted=tuple((finding, reason) for finding, reason in reasons if reason is not None),
        sources={(one.locked, one.advisory.id): _source(one, about[one.locked], alerts) for one in findings},
        is_told_to_all=sources.is_told_to_all,
    )


def _entries(lock: Lock) -> Sequence[Locked]:
    return sorted(
        {
            Locked(name=package.name, version=package.version)
            for package in lock.packages
            if isinstance(package.source, RegistrySource) and package.version is not None
        }
    )


def _source(finding: Finding, records: Sequence[Advisory], alerts: Mapping[str, Sequence[Advisory]]) -> FindingSource:
    told = {id(one) for one in alerts.get(finding.locked.name, ())}
    kinds = {id(one) in told for one in records if not set(one.ids).isdisjoint(finding.advisory.ids)}
    if len(kinds) > 1:
        return FindingSource.BOTH
    return FindingSource.ALERT if True in kinds else FindingSource.OSV
