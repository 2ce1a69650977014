"""Whether something new is known of what repositories have locked: asked for all of them at once. Pure but for the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.advisories.findings import Locked
from bot.advisories.model import read_version
from bot.advisories.port import AdvisoryPort
from bot.ports.advisories import Watched
from bot.ports.run import Sha

#: Of a moment as it is written, so much counts: services round differently.
_SECONDS = len("2026-01-01T00:00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedHead:
    """What a run on the commit ``base`` asked about, and what was known then."""

    base: Sha
    packages: tuple[Watched, ...]


def find_changed(service: AdvisoryPort | None, watched: Mapping[int, WatchedHead]) -> Sequence[int]:
    """The repositories of which something else is known now; raises ``AdvisoryFailure``."""
    rows = {number: [(one, _locked(one)) for one in head.packages] for number, head in watched.items()}
    asked = sorted({locked for found in rows.values() for _, locked in found if locked is not None})
    if service is None or not asked:
        return ()
    now = service.list_ids(asked)
    return [
        number
        for number, found in rows.items()
        if any(locked is not None and _differs(one, now.get(locked, {})) for one, locked in found)
    ]


def _locked(one: Watched) -> Locked | None:
    version = read_version(one.version)
    return None if version is None else Locked(name=one.package, version=version)


def _differs(one: Watched, now: Mapping[str, str]) -> bool:
    """Another record, or one fewer; of those whose time of change was noted, another time."""
    if one.known.keys() != now.keys():
        return True
    return any(said and said[:_SECONDS] != now[name][:_SECONDS] for name, said in one.known.items())
