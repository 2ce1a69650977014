"""What commands say line by line: what is wrong, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.ports.run import Problem
from bot.printable import printable_lines


def problem_line(problem: Problem) -> str:
    """``file:line: message (hint)``, nothing of which moves the cursor or hides."""
    place = ":".join(str(part) for part in (problem.path, problem.line) if part is not None)
    hint = f" ({problem.hint})" if problem.hint else ""
    return printable_lines(f"{place}: {problem.message}{hint}" if place else f"{problem.message}{hint}")


def timing_lines(timings: Mapping[str, float]) -> Iterator[str]:
    """How long each stage took."""
    for stage, seconds in timings.items():
        yield f"{stage}: {seconds:.2f} s"
