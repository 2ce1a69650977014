"""When a page is looked at next, and what a look comes to: stories in ``looks.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.ports.indexes import Marks, Seen, Sight, Trouble, Unchanged, Unseen
from bot.work.indexes.cadence import HINTS, Look, PageState, WatchPolicy, host_of, judge_look

CASES = tomllib.loads(Path(__file__).with_name("looks.toml").read_text(encoding="utf-8"))["case"]
INDEX = "https://index.test/simple"
START = 1_800_000_000.0


def read_sight(words: list[str], now: float) -> Sight:
    match words:
        case ["304"]:
            return Unchanged()
        case ["host" | "page-fails" as kind, *wait]:
            trouble = Trouble.HOST if kind == "host" else Trouble.PAGE
            return Unseen(trouble=trouble, reason="down", wait=float(wait[0]) if wait else None)
        case ["page", releases, files, *rest]:
            ago = [float(one) for one in rest if one != "bare"]
            marks = Marks() if "bare" in rest else Marks(etag=f'"{files}"')
            return Seen(releases=releases, files=files, newest=now - ago[0] if ago else None, marks=marks)
    raise AssertionError(words)


def tell(look: Look, now: float) -> str:
    change = look.change
    if change is None:
        return f"- {look.due - now:.0f}"
    oldness = "?" if change.oldness is None else f"{change.oldness:.0f}"
    return f"{'new' if change.is_release else 'other'} {oldness} {look.due - now:.0f}"


@pytest.mark.parametrize("case", CASES, ids=[one["name"] for one in CASES])
def test_looks_at_a_page(case: dict[str, Any]) -> None:
    policy = WatchPolicy(feeds={INDEX: "https://index.test/feed"} if case.get("feed") else {})
    state, now = PageState(index=INDEX, package="alpha", releases=case["seen"]), START
    for line in case["looks"]:
        if line == "hint":
            state = replace(state, hints=HINTS)
            continue
        said, _, expected = line.partition(" -> ")
        look = judge_look(state, read_sight(said.split(), now), now, policy)
        assert tell(look, now) == expected, line
        state, now = look.state, look.due


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://Index.Test:8443/simple", "index.test"), ("http://[::1]/simple", "::1"), ("https://[oops/simple", "")],
)
def test_the_host_of_an_index(url: str, host: str) -> None:
    assert host_of(url) == host
