"""Numbers that the documents state of the program are those of the program: limits, minutes, how long and how many.

Each row is a piece of a page as it stands there, made with what the code says. A number that changes in the code fails here
until the page says it too; a sentence that is edited is edited here.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import accumulate

import pytest

from bot.app import solving
from bot.app import work as checkers
from bot.changelog import reader as notes
from bot.forge.github.limits import DELIVERY
from bot.jobs.database import engine, runs, workers
from bot.jobs.limits import dead_letters
from bot.jobs.queue import queue
from bot.jobs.workers import priority
from bot.jobs.workers import worker as working
from bot.jobs.workflows import parts as workflows
from bot.judging.patience import FOR_STRANGERS
from bot.plan.releases import beyond
from bot.repoconfig.model import RepoConfig
from bot.web import metrics as shown
from bot.web.bodies import BodyLimits
from bot.web.listening import DoorProtocol
from bot.web.server import WebParts
from bot.web.setup.doorkeeper import MOST_ATTEMPTS
from bot.web.signin import sessions
from bot.work import lost
from bot.work.indexes import cadence
from tests.test_docs import DOCS, ROOT, read, sections

_MB = 1_000_000
_MIB = 1 << 20
_BODIES = BodyLimits()
_WATCHED = cadence.WatchPolicy()
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def word(number: float) -> str:
    """As prose writes small numbers, and round ones."""
    return {16: "sixteen", 20: "twenty", 30: "thirty", 90: "ninety"}.get(int(number)) or _WORDS[int(number)]


def minute_of(action: str) -> str:
    """At which minute of the hour the clock does that."""
    (minute,) = re.findall(
        rf"self\.{action}, CronTrigger\(minute=(\d+),", read(ROOT / "bot" / "jobs" / "clock" / "schedule.py")
    )
    return str(minute)


def looks() -> list[str]:
    """How many minutes after a feed told of a release its page is looked at again."""
    return [f"{seconds / 60:.0f}" for seconds in accumulate(reversed(cadence._HINTED))]


_LATER = looks()
_NEXT = ".".join(map(str, engine._SUBSECOND_SQLITE))

STATED = [
    # operating.md
    ("operating", f"Once an hour, at minute {minute_of('look_for_lost')}, lockbot looks over all repositories"),
    ("operating", f"once an hour (minute {minute_of('look_for_advisories')}) one question for all repositories"),
    ("operating", f"puts the job off: {workflows.BACKOFF.first:.0f} s, then longer each time"),
    ("operating", f"After {word(workflows.BACKOFF.attempts)} attempts it is given up"),
    ("operating", f"{DoorProtocol.most} connections, {DoorProtocol.header_patience:.0f} seconds for the headers"),
    ("operating", f"{_BODIES.bodies} bodies and {_BODIES.total // _MB} MB of them at a time"),
    ("operating", f"{DELIVERY // _MIB} MB and {_BODIES.patience:.0f} seconds for one"),
    ("operating", f"a second more for each {_BODIES.rate / _MB} MB of it that has come"),
    ("operating", f"the answer is 503 within {WebParts.__dataclass_fields__['storing'].default:.0f} seconds"),
    ("operating", f"Workers and what they start run at nice {priority._NICE}"),
    ("operating", f"with Python 3.12 or later SQLite {_NEXT} or later"),
    (
        "operating",
        f"A commit that took its worker down {'twice' if dead_letters.MOST_DEATHS == 2 else '?'} is set aside",
    ),
    ("operating", f"looks at {word(queue.AT_ONCE)} others meanwhile"),
    (
        "operating",
        f"than a run has ({word(checkers._CHECK_SECONDS / 60)} minutes, {checkers._CHECK_MEMORY // 1000**3} GB)",
    ),
    ("operating", f"touched last and in the last {word(lost._FRESH.days)} days"),
    (
        "operating",
        f"counts as there (`lockbot_workers_alive`) for that {'minute' if workers.SILENT == 60 else '?'} too",
    ),
    # metrics.md
    ("metrics", f"A worker tells its counts every {word(working._TELL)} seconds"),
    ("metrics", f"of the {shown._LEAST} installations with the smallest part left"),
    ("metrics", f"installations with less than a {'tenth' if shown._LOW == 0.1 else '?'} left"),
    ("metrics", f"each after {word(workflows.BACKOFF.attempts)} attempts"),
    # scaling.md
    ("scaling", f"a job that has ended, for a {'week' if queue.KEPT.days == 7 else '?'}"),
    ("scaling", f"the steps of a solved job, for {'an hour' if queue._KEPT_SOLVED.total_seconds() == 3600 else '?'}"),
    ("scaling", f"does {word(queue.AT_ONCE)} of them at a time"),
    # index-watching.md
    ("index-watching", f"at once, and again after {_LATER[0]}, {_LATER[1]} and {_LATER[2]} minutes"),
    ("index-watching", f"is read every {word(_WATCHED.feed_interval / 60)} minutes"),
    ("index-watching", f"{word(_WATCHED.settle / 60)} minutes later, so that a release of many packages"),
    ("index-watching", f"for a {'quarter of an hour' if _WATCHED.pause == 900 else '?'}"),
    ("index-watching", f"may have {_WATCHED.watched:,} pages watched, on {_WATCHED.places} hosts"),
    ("index-watching", f"at most {_WATCHED.pages} pages a minute"),
    ("index-watching", f"looks for at most {_WATCHED.patience:.0f} seconds"),
    ("index-watching", f"asked for {word(cadence._UNMARKED)} times less often"),
    # app.md
    ("app", f"{FOR_STRANGERS.search.seconds:.0f} seconds and {FOR_STRANGERS.search.decisions:,} decisions for a lock"),
    ("app", f"{FOR_STRANGERS.seconds:.0f} seconds in all"),
    ("app", f"a {'hundred' if FOR_STRANGERS.units == 100 else '?'} locks"),
    ("app", f"archives up to {solving._STRANGERS_LIMITS.archive_bytes // _MIB} MB"),
    # status-pages.md
    ("status-pages", f"A session lasts {word(sessions.LIFE / 3600)} hours"),
    ("status-pages", f"or {word(sessions.IDLE / 3600)} hour without a page being opened"),
    ("status-pages", f"GitHub is asked again every {word(sessions.CHECKED / 60)} minutes"),
    ("status-pages", f"the last {word(runs.MOST_RUNS)} jobs are kept"),
    # setup.md
    ("setup", f"after {word(MOST_ATTEMPTS)} wrong ones nobody"),
    # pull-requests.md
    ("pull-requests", f"at most {beyond._MOST_NOTES} packages of a run"),
    ("pull-requests", f"for {word(beyond._FOR_NOTES)} seconds when everything is solved"),
    ("pull-requests", f"Answers are kept for {word(notes._FRESH / 3600)} hours"),
    # configuration.md
    ("configuration", f"`prConcurrentLimit` pull requests ({word(RepoConfig().pr_concurrent_limit)}, unless said)"),
    (
        "configuration",
        f"asked bit by bit: {word(queue._BURST)} at once, then {word(60 / queue._PACE)} a minute",
    ),
]


@pytest.mark.parametrize(("page", "piece"), STATED, ids=[f"{page}: {piece}" for page, piece in STATED])
def test_a_page_says_what_the_program_does(page: str, piece: str) -> None:
    text = " ".join(read(DOCS / f"{page}.md").split())
    assert piece in text


def numbers(text: str) -> set[str]:
    """What was measured, in prose or in a table; versions, years and small counts are something else."""
    plain = re.sub(r"uv 0\.[\d.]+|Python 3\.\d+|20\d\d|`[^`]*`|\]\([^)]*\)", "", text)
    return {found for found in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.]*\w)", plain) if len(found) > 1}


@pytest.mark.parametrize(("told", "heading"), [("README.md", "How long it takes"), ("docs/performance.md", "In short")])
def test_what_is_told_in_short_is_what_was_measured(told: str, heading: str) -> None:
    short = sections(read(ROOT / told))[heading]
    assert numbers(short)
    assert numbers(short) - numbers(read(DOCS / "performance.md").replace(short, "")) == set()


def test_verdicts_of_maintainers_are_counted_right() -> None:
    page = read(DOCS / "maintainers.md")
    verdicts = Counter(re.findall(r"^    \* .*?: \*\*(.*?)\*\*", page, re.MULTILINE))
    by_hand = verdicts.total() - verdicts["yes"] - verdicts["was no"]
    told = f"of {verdicts.total()} proposals, or kinds of them, {verdicts['yes']} would be merged"
    assert told in " ".join(page.split())
    assert f"and {by_hand} more" in " ".join(page.split())
    assert verdicts["was no"] == _WORDS.index("four")
