"""What to make of orders before any is obeyed: where they were given, by whom, and whether they mean anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.events.jobs import CommandJob
from bot.orders import Order
from bot.ports.forge import AppIdentity, Forge, ForgeNotFound, Permission, PullRequest, PullRequestState
from bot.report import commands as words
from bot.work.commands.command import WRITERS, Command, Place
from bot.work.dashboard.body import parse_body
from bot.work.publishing.body_block import find_block
from bot.work.publishing.target import is_own


class Verdict(StrEnum):
    """``SETTLED``: what was ordered is done already, and was said."""

    OBEY = "obey"
    UNKNOWN = "unknown"
    STRANGER = "stranger"
    MEANINGLESS = "meaningless"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """An order and what becomes of it. ``text``: what there is to say to one that is not obeyed; ``who`` may give it."""

    order: Order
    verdict: Verdict
    text: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """``place`` None: nothing there is lockbot's business, or it was not addressed; ``orders`` is empty then."""

    place: Place | None = None
    orders: tuple[Weighed, ...] = ()

    @property
    def is_heard(self) -> bool:
        """Whether there is something to obey."""
        return any(one.verdict is Verdict.OBEY for one in self.orders)

    @property
    def is_of_strangers(self) -> bool:
        return all(one.verdict is Verdict.STRANGER for one in self.orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """``author``: whose it is. ``is_retired``: lockbot closed it, and said why."""

    place: Place
    author: str
    is_retired: bool = False


def weigh(forge: Forge, identity: AppIdentity, job: CommandJob, commands: Sequence[Command]) -> Hearing:
    """``commands`` are those that there are for what gave the orders: comments, or boxes."""
    # Who is addressed by a shared name need not be lockbot.
    handles = ("",) if identity.is_shared else ("", identity.slug.lower())
    ours = tuple(one for one in job.given if one.handle in handles)
    spot = _find_spot(forge, identity, job.number) if ours else None
    if spot is None:
        return Hearing()
    rows = {one.name: one for one in commands}
    permissions = {one: forge.get_permission(one) for one in job.people}
    weighed = tuple(_weigh_one(one, rows.get(one.word), spot, permissions) for one in ours)
    return Hearing(place=spot.place, orders=weighed)


def _find_spot(forge: Forge, identity: AppIdentity, number: int) -> _Spot | None:
    try:
        pull_request = forge.get_pull_request(number)
    except ForgeNotFound:
        return _find_dashboard(forge, identity, number)
    if not is_own(identity, pull_request):
        is_open = pull_request.state is PullRequestState.OPEN
        return _Spot(place=Place.OTHER, author=pull_request.author) if is_open else None
    if pull_request.state is PullRequestState.OPEN:
        return _Spot(place=Place.OPEN, author=pull_request.author)
    return _Spot(place=Place.CLOSED, author=pull_request.author, is_retired=_is_retired(pull_request))


def _is_retired(pull_request: PullRequest) -> bool:
    block = find_block(pull_request.body)
    return block is not None and block.retired


def _find_dashboard(forge: Forge, identity: AppIdentity, number: int) -> _Spot | None:
    try:
        issue = forge.get_issue(number)
    except ForgeNotFound:
        return None
    if issue.author != identity.login or parse_body(issue.body).state is None:
        return None
    return _Spot(place=Place.DASHBOARD, author=issue.author)


def _weigh_one(order: Order, row: Command | None, spot: _Spot, permissions: Mapping[str, Permission]) -> Weighed:
    who = WRITERS if row is None else row.who
    # Strangers are not even told that there is no such command.
    if not all(who.admits(one, is_author=login == spot.author) for login, one in permissions.items()):
        return Weighed(order=order, verdict=Verdict.STRANGER, text=words.not_yours(who.words), who=who.words)
    if row is None:
        return Weighed(order=order, verdict=Verdict.UNKNOWN, text=words.unknown(order))
    form = row.forms.get(spot.place)
    if form is None:
        return _misplaced(order, row, spot)
    if not form.fits(order.argument):
        return Weighed(order=order, verdict=Verdict.MEANINGLESS, text=words.meaningless(order, form.value))
    return Weighed(order=order, verdict=Verdict.OBEY)


def _misplaced(order: Order, row: Command, spot: _Spot) -> Weighed:
    if spot.is_retired and Place.OPEN in row.forms:
        return Weighed(order=order, verdict=Verdict.SETTLED)
    return Weighed(order=order, verdict=Verdict.MEANINGLESS, text=words.not_here(order, [*row.forms]))


def list_here(commands: Sequence[Command], place: Place) -> Iterator[words.HelpLine]:
    """Those that can be given at a place."""
    for one in commands:
        if place in one.forms:
            yield words.HelpLine(name=one.name, form=one.forms[place].value, help=one.help)
