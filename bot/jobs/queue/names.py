"""What jobs are called: by names they are stored once, obeyed once and found again.

A job's name is made of its delivery's GUID, so the same delivery stored twice is one job; nothing may depend on order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import assert_never

from bot.events.jobs import (
    CheckJob,
    ClosedJob,
    CommandJob,
    ForgetJob,
    IndexJob,
    Job,
    MergeJob,
    RelockJob,
    RunJob,
    SweepJob,
    SyncJob,
    WatchJob,
)
from bot.orders import Order


def name_job(delivery: str, job: Job) -> str:
    """One delivery may bring a job for each of several repositories. What a comment orders has the comment's name, so that
    it is obeyed once, however often and by whomever lockbot is told of it."""
    match job:
        case RunJob() | MergeJob():
            return f"{delivery}:{job.repository.id}"
        case CheckJob():
            return f"{delivery}:{job.repository.id}:{job.head}"
        case RelockJob():
            # Once for each head.
            return f"relock:{job.repository.id}:{job.number}:{job.head}"
        case ClosedJob():
            return f"{delivery}:{job.repository.id}:{job.number}"
        case CommandJob():
            place = f"command:{job.repository.id}:{job.comment}" if job.comment else f"{delivery}:{job.repository.id}"
            return f"{place}:{_digest(*job.given)}"
        case ForgetJob() | SyncJob() | SweepJob() | WatchJob() | IndexJob():
            return delivery
        case _:
            assert_never(job)


def name_orders(job: CommandJob) -> Mapping[str, Order]:
    """A comment's orders, each by a name that it has in whatever job it comes."""
    return {f"{job.repository.id}:{job.comment}:{_digest(one)}": one for one in job.given}


def base_name(name: str) -> str:
    """What a job is called when it is stored first: other attempts, and what they hand on, begin with that."""
    return re.split(r"[#/!]", name, maxsplit=1)[0]


def _digest(*orders: Order) -> str:
    told = "\n".join(f"{one.handle} {one.word} {one.argument}" for one in orders)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
