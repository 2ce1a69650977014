"""``app.yml`` asks for what the code uses, no more and no less, and the stand-in grants just that."""

from __future__ import annotations

import re
from pathlib import Path

from bot.forge.github.grants import EVENTS, NEEDED
from tests.github import world

MANIFEST = (Path(__file__).resolve().parents[2] / "app.yml").read_text()


def section(name: str) -> list[str]:
    match = re.search(rf"^{name}:\n((?:  .*\n)+)", MANIFEST, re.MULTILINE)
    assert match is not None
    return [line.strip() for line in match[1].splitlines() if not line.strip().startswith("#")]


def test_permissions() -> None:
    asked = dict(row.split(": ") for row in section("default_permissions"))
    assert asked == dict(NEEDED) == world.PERMISSIONS


def test_events() -> None:
    asked = {row.removeprefix("- ") for row in section("default_events")}
    assert asked == set(EVENTS) == set(world.EVENTS)
