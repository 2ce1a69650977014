"""Dependabot's alerts."""

from __future__ import annotations

from pydantic import Field

from bot.forge.github.client import Params
from bot.forge.github.payloads import Read, Rows
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import Alert, AlertState, ForgeForbidden, ForgeNotFound

_STATES = {
    "open": AlertState.OPEN,
    "fixed": AlertState.FIXED,
    "dismissed": AlertState.DISMISSED,
    "auto_dismissed": AlertState.DISMISSED,
}


class _Package(Read):
    ecosystem: str
    name: str


class _Dependency(Read):
    package: _Package
    manifest: str = Field(alias="manifest_path")


class _Advisory(Read):
    ghsa_id: str
    summary: str = ""


class _Patched(Read):
    identifier: str


class _Vulnerability(Read):
    severity: str
    range: str = Field(alias="vulnerable_version_range")
    patched: _Patched | None = Field(alias="first_patched_version")


class _AlertBody(Read):
    number: int
    state: str
    dependency: _Dependency
    advisory: _Advisory = Field(alias="security_advisory")
    vulnerability: _Vulnerability = Field(alias="security_vulnerability")

    def alert(self) -> Alert:
        patched = self.vulnerability.patched
        return Alert(
            number=self.number,
            package=self.dependency.package.name,
            ecosystem=self.dependency.package.ecosystem,
            manifest=self.dependency.manifest,
            advisory=self.advisory.ghsa_id,
            vulnerable=self.vulnerability.range,
            patched=patched.identifier if patched else None,
            severity=self.vulnerability.severity,
            state=_STATES.get(self.state, AlertState.OPEN),
            summary=self.advisory.summary,
        )


class Alerts(RepositoryScope):
    def list_alerts(self) -> tuple[Alert, ...] | None:
        # What is fixed is left out: it grows for ever.
        params: Params = {"state": "open,dismissed,auto_dismissed", "ecosystem": "pip"}
        try:
            pages = self._client.get_linked(Rows[_AlertBody], f"{self._path}/dependabot/alerts", params=params)
            return tuple(row.alert() for page in pages for row in page.rows)
        except (ForgeForbidden, ForgeNotFound):
            return None
