"""All that lockbot keeps of its own in the job database, in one place to be handed around."""

from __future__ import annotations

from bot.jobs.database.advisories import Advisories
from bot.jobs.database.covers import Covers
from bot.jobs.database.given_up import GivenUp
from bot.jobs.database.indexes.dependents import Dependents
from bot.jobs.database.indexes.looks import Looks
from bot.jobs.database.indexes.wakings import Wakings
from bot.jobs.database.merging import Merging
from bot.jobs.database.numbers import Numbers
from bot.jobs.database.orders import Orders
from bot.jobs.database.repositories import Repositories
from bot.jobs.database.runs import RunRecords
from bot.jobs.database.shares import Shares
from bot.jobs.database.turns import Turns
from bot.jobs.database.waiting import Waiting
from bot.jobs.database.workers import Workers


class Registry(
    Repositories,
    Covers,
    Waiting,
    Merging,
    Advisories,
    Turns,
    Orders,
    GivenUp,
    Shares,
    Workers,
    Dependents,
    Looks,
    Wakings,
    Numbers,
    RunRecords,
):
    """One class for each subject, over one engine: tables of one are read beside those of others in one statement."""
