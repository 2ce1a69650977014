"""What is known of the packages of one lock, in every version of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from bot.advisories.exceptions import Ignored
from bot.advisories.findings import Finding, Locked, find_findings, packages_of
from bot.advisories.model import Advisory
from bot.advisories.port import AdvisoryPort
from bot.lockfile.model import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of vulnerabilities; asked about are packages from ``public`` indexes, and nobody where ``service`` is
    ``None``.

    ``alerts`` are what the forge knows, by package; ``private`` the packages of a lock whose names stay here;
    ``registries`` the indexes of a lock that does not say which of them its packages are from.
    """

    service: AdvisoryPort | None
    ignored: Ignored
    public: tuple[str, ...]
    alerts: Mapping[str, Sequence[Advisory]] = field(default_factory=dict, repr=False)
    private: frozenset[str] = frozenset()
    registries: frozenset[str] = frozenset()
    #: Records of packages in all their versions, as they were asked for.
    records: dict[str, Sequence[Advisory]] = field(default_factory=dict, repr=False)

    def findings(self, name: str, version: Version) -> Sequence[Finding]:
        """What is known of one version, without what is ignored; raises ``AdvisoryFailure``."""
        self.learn([name])
        one = Locked(name=name, version=version)
        known = () if name in self.private else self.records.get(name, ())
        about = [record for record in (*known, *self.alerts.get(name, ())) if record.affects(name, version)]
        return [found for found in find_findings([one], {one: about}) if not self.ignored.covers(found)]

    def packages(self, held: Lock) -> Sequence[Locked]:
        """What of a lock may be asked about."""
        return packages_of(held, self.public, self.registries).packages

    def learn(self, names: Iterable[str]) -> None:
        """Ask for several packages at once."""
        unknown = sorted(set(names) - set(self.records) - self.private)
        found = self.service.find_all(unknown) if unknown and self.service is not None else {}
        self.records.update({name: found.get(name, ()) for name in unknown})
