"""Check runs: their names, titles and summaries. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.handling import Limits
from bot.ports.run import Problem
from bot.report.answers import for_the_operator
from bot.report.markdown import code, escape, parted
from bot.report.problems import describe_problem

CONFIG_CHECK = "lockbot configuration"
PROBLEMS_CHECK = "lockbot problems"
FAILURE_CHECK = "lockbot failure"
WAITING_CHECK = "lockbot schedule"
QUEUE_CHECK = "lockbot queue"

#: All of them begin with this word, as the job of a workflow that runs lockbot does by its documents.
_OWN = "lockbot"

#: More rows than this help nobody.
_MOST_ROWS = 50


def is_own_check(name: str) -> bool:
    """Whether a check of that name says what lockbot thinks: it vouches for nothing."""
    return name.partition(" ")[0] == _OWN


def config_title(problems: Sequence[Problem]) -> str:
    path = parted(problems[0].path or "the configuration")
    return f"{path} can't be used: {problems_title(problems)}"


def config_summary(problems: Sequence[Problem], *, fallback: str | None) -> str:
    """``fallback`` is the commit whose configuration stays in force."""
    return f"{_rows(problems)}\n\n{configuration_in_force(fallback)}"


def configuration_in_force(fallback: str | None) -> str:
    """What holds while the configuration is broken."""
    if fallback:
        return f"Until it is corrected, the configuration of {fallback} stays in force."
    return "Until it is corrected, lockbot proposes nothing."


def warnings_title(warnings: Sequence[Problem]) -> str:
    count = "1 entry" if len(warnings) == 1 else f"{len(warnings)} entries"
    return f"{parted(warnings[0].path or 'the configuration')} is valid; {count} without effect"


def warnings_summary(warnings: Sequence[Problem]) -> str:
    return f"{_rows(warnings)}\n\nEverything else in the file holds."


def problems_title(problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> str:
    counted = (_counted(len(problems), "problem"), _counted(len(warnings), "warning"))
    return ", ".join(filter(None, counted))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def problems_summary(problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> str:
    """``warnings``: what keeps nothing from being updated."""
    parts = [_rows(problems), "The rest of the repository gets its updates."] if problems else []
    if warnings:
        parts += ["**Warnings**: nothing is held up by these.", _rows(warnings)]
    return "\n\n".join(parts)


def waiting_title(count: int) -> str:
    return f"{count} proposal{'s' if count > 1 else ''} wait{'' if count > 1 else 's'} for the schedule"


def waiting_summary(branches: Sequence[str], schedule: Sequence[str], timezone: str) -> str:
    rows = "\n".join(f"* {code(one)}" for one in branches[:_MOST_ROWS])
    windows = ", ".join(code(one) for one in schedule[:_MOST_ROWS])
    return f"{rows}\n\nPull requests are opened within {windows} ({escape(timezone)})."


def queue_title(count: int) -> str:
    return f"{count} proposal{'s' if count > 1 else ''} wait{'' if count > 1 else 's'} for others"


def queue_summary(branches: Sequence[str], limits: Limits, *, is_hour_over: bool) -> str:
    rows = "\n".join(f"* {code(one)}" for one in branches[:_MOST_ROWS])
    if is_hour_over:
        option, why = (
            "prHourlyLimit",
            f"So many pull requests as may be in an hour were opened in this one: {limits.hourly}.",
        )
    else:
        option, why = "prConcurrentLimit", f"So many pull requests as may be at once are open: {limits.open}."
    when = "when the next hour begins" if is_hour_over else "when one of them is merged or closed"
    return f"{rows}\n\n{why} The first of these is opened {when} (`{option}` in the configuration)."


def failure_title() -> str:
    return "lockbot failed unexpectedly"


def failure_summary(reference: str) -> str:
    return f"This is no fault of the repository's: its updates wait for the next run. {for_the_operator(reference)}"


def set_aside_title() -> str:
    return "lockbot set this commit aside"


def set_aside_summary() -> str:
    return (
        "Solving this commit took more memory or time than lockbot gives to one repository, twice. It is tried again "
        "when something is pushed, or when whoever runs lockbot asks for it (`lockbot jobs --retry`)."
    )


def annotation_message(problem: Problem) -> str:
    """What stands beside the line; it is shown as plain text."""
    lines = [*problem.message.splitlines(), *([problem.hint] if problem.hint else [])]
    return "\n".join(parted(line) for line in lines if line.strip())


def _rows(problems: Sequence[Problem]) -> str:
    rows = [f"* {describe_problem(one)}" for one in problems[:_MOST_ROWS]]
    if len(problems) > _MOST_ROWS:
        rows.append(f"* and {len(problems) - _MOST_ROWS} more")
    return "\n".join(rows)
