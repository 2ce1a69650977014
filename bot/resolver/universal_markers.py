"""Conflict items inside markers: uv writes them as made-up extras, ``extra-4-demo-cpu`` for ``demo[cpu]``.

The number is the length of the package's name, so that names with dashes stay unambiguous.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import Marker, extra_marker
from bot.resolver.environment import Environment, Rule

_ENCODED = re.compile(r"(?P<kind>extra|group|project)-(?P<length>\d+)-(?P<rest>.+)", re.ASCII | re.DOTALL)


def encode_item(item: ConflictItem) -> str:
    prefix = f"{item.kind.value}-{len(item.package)}-{item.package}"
    return prefix if item.kind is ConflictKind.PROJECT else f"{prefix}-{item.name}"


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


@lru_cache(maxsize=4096)
def item_marker(item: ConflictItem) -> Marker:
    """The marker that holds where the item is active."""
    return extra_marker(encode_item(item))


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
