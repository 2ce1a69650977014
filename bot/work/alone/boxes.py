"""Boxes that somebody ticked and no workflow heard of: found where they stand, in lockbot's pull requests and on the
dashboard. An event would say who ticked one; here it is asked who wrote the text last.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.events.jobs import CommandJob
from bot.orders import MOST, Order, find_ticked
from bot.ports.forge import AppIdentity, Forge, ForgeForbidden, ForgeNotFound, RepositoryRef
from bot.work.dashboard.issue import find_dashboard
from bot.work.job import JobPorts, find_home
from bot.work.looking import list_own


def find_ticks(ports: JobPorts, ref: RepositoryRef) -> Iterator[CommandJob]:
    """Their orders, for who may have given them. Where nobody can be found who did, the box stays as it is."""
    forge, identity = ports.app.open_repository(ref), ports.app.get_identity()
    for number, orders in _list_ticked(ports, forge):
        who = _find_ticker(forge, identity, number)
        if who is not None:
            yield CommandJob(repository=ref, number=number, author=who, orders=orders)


def _list_ticked(ports: JobPorts, forge: Forge) -> Iterator[tuple[int, tuple[Order, ...]]]:
    texts = [(one.number, one.body) for one in list_own(ports, forge.survey())]
    try:
        board = find_dashboard(find_home(ports, forge))
    except ForgeForbidden:
        board = None
    texts += [(board.number, board.body)] if board is not None else []
    for number, text in texts:
        orders = find_ticked(text)[:MOST]
        if orders:
            yield number, orders


def _find_ticker(forge: Forge, identity: AppIdentity, number: int) -> str | None:
    """Of all who wrote there lately anybody may have set the tick, but lockbot: it sets none. So all must be allowed to, or
    none; None: nobody can tell."""
    try:
        editors = forge.list_editors(number)
    except (ForgeForbidden, ForgeNotFound):
        return None
    people = [one for one in editors if not one.endswith("[bot]")]
    if not people or any(one.endswith("[bot]") and one != identity.login for one in editors):
        return None
    may_order = {forge.get_permission(one).can_write for one in people}
    return people[0] if len(may_order) == 1 else None
