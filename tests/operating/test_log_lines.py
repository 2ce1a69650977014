"""Every line that the server logs has a row in the documents, with its level and what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.jobs.workflows.endings import Ending
from bot.work.ended import JobOutcome

ROOT = Path(__file__).resolve().parents[2]
_LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def logged() -> Mapping[str, frozenset[str]]:
    """The lines by their words, with the levels that they are logged at; ``log``: one that is decided on the way."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for event, level in _find_calls(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(event, set()).add(level)
    return {event: frozenset(levels) for event, levels in found.items()}


def _find_calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or not _is_logger(node.func.value)
        ):
            continue
        name, arguments = node.func.attr, node.args
        if name in _LEVELS or name == "log":
            event = arguments[1 if name == "log" else 0]
            assert isinstance(event, ast.Constant), f"a line without words of its own: {ast.unparse(node)}"
            yield str(event.value), name


def _is_logger(node: ast.expr) -> bool:
    return ast.unparse(node) in ("log", "_LOG", "logger") or "get_logger(" in ast.unparse(node)


def documented() -> Mapping[str, frozenset[str]]:
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(
        r"^\| `([^`]+)` \| ((?:info|warning|error)(?:, (?:info|warning|error))*) \| [^|]{15,} \|$", text, re.M
    )
    return {event: frozenset(levels.split(", ")) for event, levels in rows}


def test_each_line_has_its_row_with_its_level() -> None:
    found = {event: levels - {"log"} or documented().get(event) for event, levels in logged().items()}
    assert dict(documented()) == found


def test_the_end_of_a_job_is_told_at_the_level_that_it_deserves() -> None:
    levels = {outcome: Ending(outcome=outcome, note="").level for outcome in JobOutcome}
    names = {10: "debug", 20: "info", 30: "warning", 40: "error"}
    assert {outcome.value: names[level] for outcome, level in levels.items()} == {
        "done": "info",
        "waiting": "info",
        "put off": "warning",
        "refused": "warning",
        "given up": "error",
        "set aside": "error",
        "failed": "error",
    }
    assert documented()["job ended"] == {names[level] for level in levels.values()}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('log.info("done", a=1)', [("done", "info")]),
        ('structlog.get_logger("x").error("broken")', [("broken", "error")]),
        ('log.log(level, "ended")', [("ended", "log")]),
        ('other.info("not ours")', []),
    ],
)
def test_calls_are_found(source: str, found: list[tuple[str, str]]) -> None:
    assert list(_find_calls(ast.parse(source))) == found
