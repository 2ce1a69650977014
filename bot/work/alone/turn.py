"""What a run that a clock began may do: nobody remembers which turns there were, the schedule of the repository tells."""

from __future__ import annotations

from bot.events.jobs import Scope
from bot.pipeline.configuration import read_stated
from bot.ports.forge import Forge
from bot.work.heads.policy import read_policy
from bot.work.job import JobPorts


def find_scope(ports: JobPorts, forge: Forge) -> Scope:
    """``TURN`` within the schedule of the repository. Where it states none, whoever set the clock has chosen the turns, but
    for groups with schedules of their own: those have no turn of the repository's."""
    policy = read_policy(ports, forge)
    config, _ = read_stated(policy.text, policy.presets)
    if config.problems or (config.own_schedules and not config.schedule):
        return Scope.ALL
    return Scope.TURN if ports.is_open_now(config.schedule, config.timezone) else Scope.ALL
