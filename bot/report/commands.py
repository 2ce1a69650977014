"""What is said in answer to orders of people: in one comment for each of theirs, edited in place. Pure.

Each order has a paragraph of its own behind a hidden mark, so that one which comes later (the comment was edited) or again
(a job was killed) finds its place.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.orders import Order
from bot.ports.handling import Obstacle
from bot.ports.run import Explained, Width
from bot.printable import printable
from bot.report.cut import cut_body
from bot.report.markdown import code, details, escape, table

#: Marks an answer that is given once only on an issue or pull request.
NO_PERMISSION_MARK = "<!-- lockbot: no permission -->"
#: Marks the list of commands: who orders something unknown is shown it once.
LIST_MARK = "<!-- lockbot: commands -->"

#: Who may give commands that need the right to write, and those that the author may give too.
WRITERS = "people with write access to this repository"
AUTHORS = "people with write access to this repository and the pull request's author"

_NAMED = 20
_SECTION = re.compile(r"<!-- lockbot: line ([0-9a-f]{12}) -->\n")


def answer_mark(comment: int | None) -> str:
    """Marks the answer to one comment, or to ticked boxes."""
    return f"<!-- lockbot: answer to {comment or 'a box'} -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to say to one order, as Markdown; ``text`` None: nothing but that it was obeyed."""

    order: Order
    text: str | None


def spoken(order: Order) -> str:
    """An order as people write it."""
    return code(" ".join(filter(None, ("/lockbot", order.word, order.argument))))


def render_answer(mark: str, told: Sequence[Told], old: str, most: int) -> str | None:
    """The answer with what was said before to other orders; None where there is nothing to say.

    Of several orders each is named, also one that was just obeyed.
    """
    sections = dict(_read_sections(old, mark))
    named = len(told) > 1 or bool(sections.keys() - {_key(one.order) for one in told})
    if not any(one.text for one in told):
        return None
    for one in told:
        text = one.text or "done."
        sections[_key(one.order)] = f"{spoken(one.order)}: {text}" if named else text
    body = "\n\n".join(f"<!-- lockbot: line {key} -->\n{text}" for key, text in sections.items())
    return f"{cut_body(body, most - len(mark) - 1)}\n{mark}"


def _key(order: Order) -> str:
    told = f"{order.word} {order.argument}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _read_sections(body: str, mark: str) -> Iterable[tuple[str, str]]:
    parts = _SECTION.split(body.replace("\r\n", "\n").replace(mark, ""))
    return ((key, text.strip()) for key, text in zip(parts[1::2], parts[2::2], strict=True))


# --- refusals -------------------------------------------------------------------------------------


def no_permission(who: str) -> str:
    return f"Only {who.rstrip(',')} can give me commands.\n{NO_PERMISSION_MARK}"


def not_yours(who: str) -> str:
    """To one of several orders."""
    return f"only {who} can order this."


def unknown(order: Order) -> str:
    if not order.word:
        return "what shall I do?"
    return f"I don't know {code(order.word)}."


def meaningless(order: Order, form: str) -> str:
    """The words behind a command that there is mean nothing."""
    known = " ".join(filter(None, ("/lockbot", order.word, form)))
    what = f"{code(order.argument)} means nothing to me here" if order.argument else "Something is missing"
    # Of the table, so it needs no escaping; outside of one, a pipe may not have any.
    return f"{what}: it is `{known}`."


_PLACES: Mapping[str, str] = {
    "open": "on open pull requests of mine",
    "closed": "on closed pull requests of mine",
    "dashboard": "on my dashboard issue",
    "other": "on pull requests of others",
}


#: To an order behind one that failed.
NOT_BEGUN = "Not begun, as what stands before it failed: order it again."


def not_here(order: Order, places: Sequence[str]) -> str:
    where = " and ".join(_PLACES[one] for one in places)
    again = " `/lockbot recreate` makes a closed one again." if "open" in places and "closed" not in places else ""
    return f"{code(order.word)} can be ordered {where}.{again}"


# --- what was done --------------------------------------------------------------------------------

MERGED = "This was merged: there is nothing to make again."


def no_pull_request(branch: str) -> str:
    return f"I have no open pull request for {code(branch)}."


def no_closed_pull_request(branch: str) -> str:
    return f"I have no closed pull request for {code(branch)}."


def nothing_proposed(branch: str) -> str:
    return (
        f"There is nothing to propose for {code(branch)} now: the base branch has it already, or it no longer applies."
    )


def not_opened(branch: str, why: str, reason: str) -> str:
    told = f" ({escape(reason)})" if reason else ""
    return f"{code(branch)} could not be opened: {why}{told}."


def here_again(number: int) -> str:
    """GitHub makes a link of it."""
    return f"Here it is again: #{number}."


# --- merging --------------------------------------------------------------------------------------

WILL_BE_MERGED = "GitHub merges this as soon as everything that it requires has passed."

_OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NOT_OPEN: "it is not open",
    Obstacle.DRAFT: "it is a draft",
    Obstacle.MOVED: "its branch was moved a moment ago",
    Obstacle.UNKNOWN: "GitHub does not know yet whether it can be merged",
    Obstacle.CONFLICTS: "it conflicts with the base branch: `/lockbot rebase` solves it again",
    Obstacle.CHANGES_REQUESTED: "a review asks for changes",
    Obstacle.REVIEW: "a review is required",
    Obstacle.CHECK_FAILED: "a required check has failed",
    Obstacle.CHECK_RUNNING: "a required check is still running",
    Obstacle.BEHIND: "it is behind the base branch, which has to be in it: `/lockbot rebase` builds it anew",
    Obstacle.NO_CHECK: "no check of anybody else has passed",
    Obstacle.METHOD: "no way of merging is allowed in this repository",
    Obstacle.SCHEDULE: "its schedule says later",
    Obstacle.TURNED_OFF: "somebody turned that off",
    Obstacle.REFUSED: "GitHub does not let me",
}


def not_merged(obstacle: Obstacle, reason: str) -> str:
    """What people have to do first."""
    told = f" ({escape(reason)})" if reason and obstacle is Obstacle.REFUSED else ""
    return f"Not merged: {_OBSTACLES[obstacle]}{told}."


# --- ignoring -------------------------------------------------------------------------------------


def ignored_by(login: str, number: int | None) -> str:
    """Why an update is held back, as a clause."""
    where = "on the dashboard" if number is None else f"in pull request {number}"
    return f"{login or 'somebody'} said to ignore it, {where}"


def which_package(names: Sequence[str]) -> str:
    listed = ", ".join(map(code, names[:_NAMED])) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    if not names:
        return "Which one? Nothing in here was chosen for itself: say its name."
    return f"Which one? This updates {listed}."


def no_version(package: str) -> str:
    return f"I propose no version of {code(package)} here. `this dependency` ignores all of it."


def no_major(package: str, version: str) -> str:
    return f"{code(f'{package} {version}')} is no new major. `this version` or `this dependency` can be ignored here."


def ignoring(package: str, width: Width, version: str) -> str:
    undo = f"{code(f'/lockbot unignore {package}')} takes that back."
    match width:
        case Width.VERSION:
            return f"I propose {code(package)} again when there is something newer than {code(version)}. {undo}"
        case Width.MAJOR:
            return f"I propose no major of {code(package)} up to that of {code(version)}. {undo}"
        case Width.ALL:
            return f"I leave {code(package)} where it is from now on, in every proposal. {undo}"


def ignored_by_configuration(package: str, width: Width, version: str) -> str:
    """There is no dashboard to remember it."""
    rule: dict[str, object] = {"matchPackageNames": [package]}
    match width:
        case Width.VERSION:
            rule["allowedVersions"] = f">{version}"
        case Width.MAJOR:
            rule |= {"matchUpdateTypes": ["major"], "allowedVersions": f">{version}"}
        case Width.ALL:
            rule["enabled"] = False
    return _by_configuration({"packageRules": [rule]})


def _by_configuration(lines: Mapping[str, object]) -> str:
    shown = fenced(json.dumps(lines, indent=2).splitlines(), "json")
    return f"I have no dashboard issue here, so I can't remember that. In `.lockbot.json` the same is:\n\n{shown}"


def not_ignored(package: str, *, is_kept: bool) -> str:
    hint = "" if is_kept else " What `.lockbot.json` says is changed there."
    return f"Nobody told me to ignore {code(package)}.{hint}"


def unignored(package: str) -> str:
    return f"I propose updates of {code(package)} again."


# --- pausing --------------------------------------------------------------------------------------

PAUSED_HERE = "I leave this pull request and its branch as they are until `/lockbot resume`."
PAUSED = "I leave the whole repository as it is until `/lockbot resume`, or until the box above is ticked."
RESUMED_HERE = "I look after this pull request again."
RESUMED = "I look after this repository again."
NOT_MINE = "This pull request has lost what I remember it by: `/lockbot rebase` writes it again."
NOT_PAUSED = "Nothing is paused here."


# --- explaining -----------------------------------------------------------------------------------


def explained(found: Sequence[Explained], most: int) -> str:
    """What ``lockbot why`` prints, for as many packages as there is room for; several are folded."""
    parts: list[str] = []
    for one in found:
        text = fenced(one.lines) if one.lines else f"{code(one.package)} is in no lock here."
        part = details(escape(one.package), text) if len(found) > 1 and one.lines else text
        if sum(map(len, parts)) + len(part) > most:
            left = len(found) - len(parts)
            return "\n\n".join([*parts, f"There is no room for {left} more: ask for one by its name."])
        parts.append(part)
    return "\n\n".join(parts)


NOTHING_TO_EXPLAIN = "Nothing is held back, and nothing moves: say the name of a package."


def fenced(lines: Sequence[str], language: str = "") -> str:
    """Lines of text in a block of code that they can't leave."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *map(printable, lines), fence])


# --- help -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    name: str
    form: str
    help: str

    @property
    def usage(self) -> str:
        return " ".join(filter(None, ("/lockbot", self.name, self.form)))


def tell_commands(lines: Iterable[HelpLine]) -> str:
    rows = table(("on a line of its own", "what it does"), ((code(one.usage), one.help) for one in lines))
    return f"What I can do here:\n\n{rows}\n\n{LIST_MARK}"
