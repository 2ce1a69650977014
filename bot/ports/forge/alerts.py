"""Alerts of the forge about packages with known vulnerabilities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class AlertState(StrEnum):
    """``DISMISSED``: by a person, or by a rule of theirs."""

    OPEN = "open"
    DISMISSED = "dismissed"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """``ecosystem`` in the forge's word (``pip``), ``manifest`` the path of the file that it was found in, ``advisory`` a
    GHSA number. ``vulnerable`` is the forge's text of a range, ``patched`` the first version without it; None: none.
    """

    number: int
    package: str
    ecosystem: str
    manifest: str
    advisory: str
    vulnerable: str
    patched: str | None
    severity: str
    state: AlertState
    summary: str = ""


class AlertPort(Protocol):
    def list_alerts(self) -> tuple[Alert, ...] | None:
        """Open and dismissed ones about Python packages, newest first. None: the App may not read them, or the repository
        has them turned off.
        """
        ...
