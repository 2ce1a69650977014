"""The examples of ``docs/resolver.md``: each chapter begins with one, and what it shows is what lockbot does."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.resolver.scenario_runs import run_lockbot
from tests.resolver.universe import read_scenario

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "resolver.md"

#: Stands for lines that an excerpt leaves out.
_GAP = "…"


class Example(NamedTuple):
    """A scenario and the excerpts of its outcome: ``kind`` is ``lock`` or ``explanation``."""

    chapter: str
    scenario: str
    kind: str
    excerpts: tuple[tuple[str, ...], ...]


def chapters() -> list[tuple[str, str]]:
    """The number and the text of each chapter."""
    parts = re.split(r"(?m)^## (?=\d)", DOCUMENT.read_text("utf-8"))[1:]
    return [(part.partition(" ")[0], part.partition("\n")[2]) for part in parts]


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks that say what they are: the last word after the fence, and what stands inside."""
    return re.findall(r"(?m)^```(?:[a-z]+ )?(scenario|lock|explanation|pycon)\n((?:.*\n)*?)^```$", text)


def examples() -> Iterator[Example]:
    for number, text in chapters():
        found = blocks(text)
        for (kind, scenario), (shown, outcome) in pairwise(found):
            if kind == "scenario":
                yield Example(number, scenario, shown, tuple(excerpts(outcome)))


def excerpts(outcome: str) -> Iterator[tuple[str, ...]]:
    for part in re.split(rf"(?m)^{_GAP}\n", outcome):
        yield tuple(part.splitlines())


@pytest.mark.parametrize(("number", "text"), chapters(), ids=lambda one: one[:1])
def test_each_chapter_begins_with_an_example(number: str, text: str) -> None:
    assert re.match(r"\n```(toml scenario|pycon)\n", text), f"chapter {number}"


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.chapter)
def test_the_example_shows_what_comes_out(example: Example, tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(f'why = "An example of the document."\n{example.scenario}', "utf-8")
    found = run_lockbot(read_scenario(path))
    text = found.lock if example.kind == "lock" else found.no_solution
    assert text is not None, found
    assert_in_order(text.splitlines(), example.excerpts)


def assert_in_order(lines: Sequence[str], wanted: Sequence[Sequence[str]]) -> None:
    start = 0
    for excerpt in wanted:
        places = range(start, len(lines) - len(excerpt) + 1)
        found = next((at for at in places if list(lines[at : at + len(excerpt)]) == list(excerpt)), None)
        assert found is not None, "\n".join(["not there, or not in this order:", *excerpt, "", "in:", *lines])
        start = found + len(excerpt)


@pytest.mark.parametrize(("number", "text"), chapters(), ids=lambda one: one[:1])
def test_what_is_typed_gives_what_is_shown(number: str, text: str) -> None:
    typed = "\n".join(inside for kind, inside in blocks(text) if kind == "pycon")
    parsed = doctest.DocTestParser().get_doctest(typed, {}, f"chapter {number}", str(DOCUMENT), 0)
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(parsed, out=told.append)
    assert told == []


def test_an_excerpt_that_is_not_there_is_told() -> None:
    with pytest.raises(AssertionError, match="not in this order"):
        assert_in_order(["a", "b"], [["b"], ["a"]])
