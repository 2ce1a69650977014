"""What set-up is given by the process that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.settings import Settings
from bot.web.setup.edge import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``learn`` hears of secrets, to keep them out of the log; ``draw`` makes one; ``begin`` makes the server of complete
    settings; ``now`` counts seconds since the epoch."""

    learn: Callable[[str], None]
    draw: Callable[[], str]
    begin: Callable[[Settings], Application]
    now: Callable[[], float]
