"""The numbers that workers tell the rest of the world: what each is called, what it says, what it is told apart by.

Workers add to them, each machine for itself; the web process shows the sums. ``docs/metrics.md`` has a row for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Form(StrEnum):
    """``COUNTER`` only grows, ``GAUGE`` is what it was last, ``HISTOGRAM`` counts by size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """``buckets`` are the upper ends of a histogram's, the smallest first; what is larger than all is in one more."""

    name: str
    form: Form
    says: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()

    def find_bucket(self, value: float) -> str:
        return next((f"{end:g}" for end in self.buckets if value <= end), "+Inf")


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """A number of its own: the measure's name, the values of its labels, and of a histogram which ``part``: the end of a
    bucket, or ``sum``."""

    name: str
    labels: tuple[str, ...]
    part: str = ""


SUM = "sum"

JOBS_ENDED = Measure(
    name="lockbot_jobs_ended",
    form=Form.COUNTER,
    says="Attempts at jobs by kind and how they ended",
    labels=("kind", "outcome"),
)
JOB_SECONDS = Measure(
    name="lockbot_job_seconds",
    form=Form.HISTOGRAM,
    says="Seconds that an attempt at a job took a worker",
    labels=("kind",),
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800),
)
WAIT_SECONDS = Measure(
    name="lockbot_job_wait_seconds",
    form=Form.HISTOGRAM,
    says="Seconds from a job being stored to its first attempt in a lane",
    labels=("lane",),
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400),
)
SOLVE_SECONDS = Measure(
    name="lockbot_solve_seconds",
    form=Form.HISTOGRAM,
    says="Seconds that the solver worked for an attempt at a job, of those that solved anything",
    labels=("kind",),
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800),
)
STAGE_SECONDS = Measure(
    name="lockbot_stage_seconds",
    form=Form.COUNTER,
    says="Seconds that jobs took by stage; what a stage within another took counts for the inner one",
    labels=("kind", "stage"),
)
GITHUB_REQUESTS = Measure(
    name="lockbot_github_requests",
    form=Form.COUNTER,
    says="Requests to GitHub that jobs sent, by kind of job and API",
    labels=("kind", "api"),
)
INDEX_REQUESTS = Measure(
    name="lockbot_index_requests",
    form=Form.COUNTER,
    says="What jobs asked of package indexes: answered over the network, confirmed (304), from memory or disk, or failed",
    labels=("outcome",),
)
INDEX_LOOKS = Measure(
    name="lockbot_index_looks",
    form=Form.COUNTER,
    says="Requests of index watching: answered over the network, confirmed (304), or failed",
    labels=("outcome",),
)
GITHUB_REMAINING = Measure(
    name="lockbot_github_limit_remaining",
    form=Form.GAUGE,
    says="Requests that an installation has left, as GitHub said within the last hour; those with the least only",
    labels=("installation", "resource"),
)
GITHUB_LIMIT = Measure(
    name="lockbot_github_limit",
    form=Form.GAUGE,
    says="Requests that an installation has in an hour, of those whose remaining ones are shown",
    labels=("installation", "resource"),
)
WORKER_MEMORY = Measure(
    name="lockbot_worker_memory_bytes",
    form=Form.GAUGE,
    says="Memory of each worker that lives, in bytes",
    labels=("worker",),
)
CACHE_BYTES = Measure(
    name="lockbot_cache_bytes",
    form=Form.GAUGE,
    says="Size of each machine's index cache when it was last tidied up, in bytes",
    labels=("machine", "part"),
)

MEASURES = (
    JOBS_ENDED,
    JOB_SECONDS,
    WAIT_SECONDS,
    SOLVE_SECONDS,
    STAGE_SECONDS,
    GITHUB_REQUESTS,
    INDEX_REQUESTS,
    INDEX_LOOKS,
    GITHUB_REMAINING,
    GITHUB_LIMIT,
    WORKER_MEMORY,
    CACHE_BYTES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """``jobs`` by state. ``oldest``: for how many seconds the job has waited that waits longest, by lane and by whose turn
    it is. ``workers`` that live, on all machines. ``pages`` of indexes that are watched, ``overdue``: for how many seconds
    the one has been due that has been longest. ``sums`` and ``gauges``: of all workers."""

    jobs: Mapping[str, int] = field(default_factory=dict)
    oldest: Mapping[tuple[str, str], float] = field(default_factory=dict)
    workers: int = 0
    pages: int = 0
    overdue: float = 0.0
    sums: Mapping[Series, float] = field(default_factory=dict)
    gauges: Mapping[Series, float] = field(default_factory=dict)
