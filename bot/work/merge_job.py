"""The job that looks again at what waits to be merged: a check, a status or a review told of one, or an hour has gone by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.events.jobs import MergeJob
from bot.ports.forge import ForgeNotFound
from bot.ports.handling import Obstacle
from bot.ports.run import Sha
from bot.work.job import JobPorts
from bot.work.publishing.merging import MergeResult, MergeWays, MergeWish, tend_merging
from bot.work.publishing.target import Target

#: What is over, one way or another.
_ENDED = frozenset((Obstacle.NOT_OPEN, Obstacle.TURNED_OFF))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """``ended``: the pull requests that nobody has to look at again."""

    note: str
    ended: tuple[int, ...] = ()


def choose_wishes(wishes: Sequence[MergeWish], job: MergeJob) -> tuple[MergeWish, ...]:
    """Those that the job is about."""
    return tuple(one for one in wishes if job.head in (None, one.head) and job.number in (None, one.number))


def merge_job(ports: JobPorts, job: MergeJob, wishes: Sequence[MergeWish]) -> Tended:
    """``wishes``: what of the repository waits, and is concerned."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    try:
        repository = forge.get_repository()
    except ForgeNotFound:
        return Tended(note="the repository is gone", ended=tuple(one.number for one in wishes))
    ways = MergeWays(auto_merge=repository.allows_auto_merge, methods=repository.merge_methods)
    results: dict[MergeWish, MergeResult] = {}
    for one in wishes:
        base = forge.find_branch(one.base) or Sha("")
        target = Target(forge=forge, identity=identity, base=base, base_branch=one.base)
        results[one] = tend_merging(target, one, ways, ports.is_open_now)
    return Tended(
        note=", ".join(f"{one.branch} {_describe(result)}" for one, result in results.items()),
        ended=tuple(one.number for one, result in results.items() if _is_over(result)),
    )


def _is_over(result: MergeResult) -> bool:
    return result.merged is not None or result.obstacle in _ENDED


def _describe(result: MergeResult) -> str:
    if result.merged is not None:
        return "merged"
    return "is left to the forge" if result.on_platform else f"waits: {result.obstacle}"
