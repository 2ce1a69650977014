"""Who is asked about a pull request, once: afterwards people take themselves off, and stay off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.ports.forge import ForgeForbidden, ForgeRejected
from bot.ports.handling import People
from bot.repoconfig.owners import OWNERS_PATHS, find_owners, parse_owners
from bot.work.publishing.target import Target

_TEAM = "team:"


def ask_people(target: Target, number: int, people: People, paths: Iterable[str]) -> tuple[str, ...]:
    """Assign and ask for a review; gives whom the forge refuses, who holds up nobody else. ``paths``: what changes."""
    owners = _read_owners(target, paths) if people.owners_assigned or people.owners_review else ()
    assigned = (*people.assignees, *(owners if people.owners_assigned else ()))
    assignees = tuple(dict.fromkeys(one for one in assigned if not one.startswith(_TEAM)))
    asked = dict.fromkeys((*map(_plain, people.reviewers), *(owners if people.owners_review else ())))
    logins = tuple(one for one in asked if not one.startswith(_TEAM))
    teams = tuple(one.removeprefix(_TEAM) for one in asked if one.startswith(_TEAM))
    refused: list[str] = []
    if assignees:
        refused += _try(assignees, lambda: target.forge.add_assignees(number, assignees))
    if logins or teams:
        refused += _try(tuple(asked), lambda: target.forge.request_reviewers(number, logins, teams))
    return tuple(dict.fromkeys(refused))


def _try(everybody: tuple[str, ...], ask: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return ask()
    except (ForgeForbidden, ForgeRejected):
        return everybody


def _plain(name: str) -> str:
    """A team without its organisation: it is that of the repository."""
    is_team = name.startswith(_TEAM) or "/" in name
    return f"{_TEAM}{name.removeprefix(_TEAM).rpartition('/')[2]}" if is_team else name


def _read_owners(target: Target, paths: Iterable[str]) -> tuple[str, ...]:
    """By the base's file: the pull request's own has no say."""
    texts = (target.forge.find_file(path, target.base) for path in OWNERS_PATHS)
    text = next((one for one in texts if one is not None), "")
    return tuple(map(_plain, find_owners(parse_owners(text), paths)))
