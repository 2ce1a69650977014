"""A dashboard as one text: what stands above, the sections, the drift, what stands below. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.ports.run import Width
from bot.report.cut import cut_summary
from bot.report.dashboard.detected import detected
from bot.report.dashboard.drift import drift
from bot.report.dashboard.facts import Facts, IgnoredRow, list_packages
from bot.report.dashboard.fitting import Section, fit
from bot.report.dashboard.sections import CHECK, ISSUE, PEOPLE, Place, list_sections, people

CHECK_NAME = "lockbot dashboard"

_ISSUE_LIMIT = "an issue"
_CHECK_LIMIT = "a check run"
_HEADER = "What lockbot knows of this repository's dependencies. It is kept up to date here, and ticks are obeyed."
_PEOPLE = re.compile(rf"<!-- {PEOPLE} -->.*?<!-- /{PEOPLE} -->", re.DOTALL)
#: More than this of the configuration's own texts leaves too little room.
_OWN = 5000


def render_dashboard(facts: Facts, most: int, header: str = "", footer: str = "") -> str:
    """For an issue, in at most ``most`` characters; ``header`` and ``footer`` are the configuration's."""
    return _render(facts, most, ISSUE, _ISSUE_LIMIT, (_own(header) or _HEADER, _own(footer)))


def render_check(facts: Facts, most: int, why: str) -> str:
    """For a check run's summary, in at most ``most`` bytes. ``why`` there is no issue, as a sentence."""
    # Cut by characters first, so that whole rows go; most of them are one byte.
    return cut_summary(_render(facts, most * 9 // 10, CHECK, _CHECK_LIMIT, (why, "")), most)


def _render(facts: Facts, most: int, place: Place, limit: str, around: tuple[str, str]) -> str:
    """Of the drift and of what the configuration says nothing is dropped: they are short."""
    header, footer = around
    packages = sum(1 for _ in list_packages(facts.detected))
    below = "\n\n".join(filter(None, (drift(facts.drift, packages), footer)))
    room = most - len(header) - len(below) - 4
    return "\n\n".join(filter(None, (header, fit(_all(facts, place), room, limit), below)))


def _all(facts: Facts, place: Place) -> tuple[Section, ...]:
    return (*list_sections(facts, place), detected(facts.detected))


def replace_people(text: str, ignored: Iterable[IgnoredRow], paused: str | None) -> str:
    """The text with what people said written anew, where its place is found."""
    new = fit((people(ignored, paused, ISSUE),), len(text), _ISSUE_LIMIT)
    return _PEOPLE.sub(lambda _: new, text, count=1)


def mark_ended(text: str, number: int, *, is_merged: bool) -> str:
    """The text with a pull request that it tells of as open told as ended, with the box that takes a closing back: what
    else comes of that is for the next run to say."""
    row = re.compile(rf"^- \[[ xX]\] <!-- lockbot-box: rebase (\S+) --> (\[.*\]\(\.\./pull/{number}\))$", re.MULTILINE)
    return row.sub(lambda found: f"- {found[2]}: merged" if is_merged else _closed(found[1], found[2]), text)


def _closed(branch: str, link: str) -> str:
    return ISSUE.row(f"{link}: closed. A tick proposes it again", "recreate", branch)


def describe_width(width: Width, version: str) -> str:
    """What of a package is ignored."""
    match width:
        case Width.ALL:
            return "every version"
        case Width.MAJOR:
            return f"majors up to {version.partition('.')[0]}"
        case Width.VERSION:
            return f"versions up to {version}"


def check_title(facts: Facts) -> str:
    counts = (
        (len(facts.problems), "problem", "problems"),
        (len(facts.open), "open", "open"),
        (len(facts.waiting), "waiting", "waiting"),
        (len(facts.closed), "closed by people", "closed by people"),
    )
    told = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return ", ".join(told) or "nothing is waiting"


def no_issues() -> str:
    """Why there is no issue."""
    return "Issues are turned off in this repository, so the dashboard stands here; boxes need an issue."


def no_permission() -> str:
    return (
        "This App may not write issues here, so the dashboard stands here. Accept the permission in the settings of its "
        "installation to have it as an issue with boxes."
    )


def _own(text: str) -> str:
    """The configuration's own Markdown, without comments: they are lockbot's way to remember."""
    return text[:_OWN].replace("<!--", "&lt;!--").strip()
