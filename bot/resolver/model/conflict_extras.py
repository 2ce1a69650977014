"""Conflict items inside markers: uv writes them as made-up extras, ``extra-4-demo-cpu`` for ``demo[cpu]``.

The number is the length of the package's name, so that names with dashes stay unambiguous.
"""

from __future__ import annotations

import re

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import Marker
from bot.patterns import pattern
from bot.resolver.model.environment import Environment, Rule
from bot.resolver.model.universal_marker import item_marker

_ENCODED = pattern(r"(?P<kind>extra|group|project)-(?P<length>\d+)-(?P<rest>.+)", re.ASCII | re.DOTALL)


def decode_item(text: str) -> ConflictItem | None:
    """The item that a made-up extra stands for; ``None`` where the text is none."""
    match = _ENCODED.fullmatch(text)
    if match is None:
        return None
    length, rest, kind = int(match["length"]), match["rest"], ConflictKind(match["kind"])
    package, name = rest[:length], rest[length + 1 :]
    if kind is ConflictKind.PROJECT:
        return ConflictItem(package=package, kind=kind) if package == rest else None
    return ConflictItem(package=package, kind=kind, name=name) if name and rest[length] == "-" else None


def universal_marker(environment: Environment) -> Marker:
    """A fork's marker together with its conflict items."""
    marker = environment.marker
    for item in environment.excluded:
        marker &= ~item_marker(item)
    for item in environment.included:
        marker &= item_marker(item)
    return marker


def enter_universal_marker(start: Environment, marker: Marker) -> Environment | None:
    """The fork that a marker of a lock describes, inside ``start``; ``None`` where it contradicts itself."""
    rules = []
    for name, wanted in marker.only_extras().extra_tests():
        item = decode_item(name)
        if item is not None:
            rules.append(Rule(item, included=wanted))
    filtered = start.filtered(sorted(rules, key=lambda rule: not rule.included))
    return None if filtered is None else filtered.narrowed(marker.without_extras())
