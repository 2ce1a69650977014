"""What the audit asks of a service of advisories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.advisories.findings import Locked
from bot.advisories.model import Advisory
from bot.errors import LockbotError


class AdvisoryFailure(LockbotError):
    """The service could not be asked: unreachable, over a limit, or what it answered is no answer."""


class AdvisoryPort(Protocol):
    def list_ids(self, packages: Sequence[Locked], /) -> Mapping[Locked, Mapping[str, str]]:
        """The identifiers of the records about each package in its version, each with when it was last changed; those
        without any may be left out. Raises ``AdvisoryFailure``."""

    def find(self, packages: Sequence[Locked], /) -> Mapping[Locked, Sequence[Advisory]]:
        """The records about each package in its version; those without any may be left out. Raises ``AdvisoryFailure``."""

    def find_all(self, names: Sequence[str], /) -> Mapping[str, Sequence[Advisory]]:
        """The records about each package in any version, likewise: which other versions are free of them."""
