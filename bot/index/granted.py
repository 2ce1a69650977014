"""The operator's credentials as requests use them: for all, or bound to repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bot.index.access.entries import Entry, Scheme, read_entries
from bot.index.access.secret import Keeper
from bot.index.http.credentials import Bound, Credential, Rights
from bot.values import field, value


@value
class Granted:
    """``for_all`` goes with whatever names a URL below its prefix; ``bound`` with repositories that an entry lists."""

    for_all: tuple[Credential, ...] = ()
    bound: tuple[tuple[Entry, Bound], ...] = field(default=(), repr=False)

    def rights(self, repository: str | None) -> Rights:
        """What a repository (``owner/name``) may use beside what is for all."""
        return Rights(bound=tuple(one for entry, one in self.bound if entry.serves(repository)))


NOTHING = Granted()


def grant(
    entries: Iterable[Entry],
    clock: Callable[[], float],
    *,
    learn: Callable[[str], None] = lambda _: None,
    tell: Callable[[str], None] | None = None,
) -> Granted:
    """Each entry with a keeper of its own, so that one secret serves all its prefixes. Asks for none."""
    for_all: list[Credential] = []
    bound: list[tuple[Entry, Bound]] = []
    for entry in entries:
        keeper = Keeper(entry.source, clock, learn=learn, tell=tell)
        for credential in _credentials(entry, keeper):
            if entry.repositories:
                bound.append((entry, Bound(identity=entry.identity, credential=credential)))
            else:
                for_all.append(credential)
    return Granted(for_all=tuple(for_all), bound=tuple(bound))


def grant_file(path: Path, environment: Mapping[str, str], clock: Callable[[], float]) -> Granted:
    """The same of a file, for who is told everything; raises ``InputError``."""
    return grant(read_entries(path, environment, clock), clock)


def _credentials(entry: Entry, keeper: Keeper) -> tuple[Credential, ...]:
    return tuple(
        Credential(
            prefix=prefix,
            username=entry.username,
            keeper=keeper,
            is_bearer=entry.scheme is Scheme.BEARER,
            origin=f"LOCKBOT_INDEX_CREDENTIALS ({entry.source.kind}, number {entry.number})",
        )
        for prefix in entry.prefixes
    )
