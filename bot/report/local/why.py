"""What ``lockbot why`` shows."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from bot.plan.local.hold import spoken_requirements
from bot.plan.local.why import Asker, LockedAs, Why
from bot.printable import printable_lines
from bot.report.screens.screen import Screen

_ASKERS = 20


def render_why(answers: Sequence[Why], screen: Screen) -> Iterator[str]:
    """A paragraph for each unit that has the package."""
    for at, answer in enumerate(answers):
        if at:
            yield ""
        heading, *lines = map(printable_lines, _paragraph(answer))
        yield screen.strong(heading)
        for line in lines:
            yield from _fitted(line, screen)


def render_why_json(answers: Sequence[Why]) -> str:
    return json.dumps({"why": [_object(answer) for answer in answers]}, indent=2, ensure_ascii=False)


def not_locked(package: str, units: Sequence[str]) -> str:
    """Why there is no answer."""
    if not units:
        return f"{package} is in no lock: there is no lock here"
    return f"{package} is in none of the locks here: {', '.join(units[:5])}{' …' if len(units) > 5 else ''}"


def _paragraph(answer: Why) -> Iterator[str]:
    versions = ", ".join(entry.version for entry in answer.entries)
    yield f"{answer.package} {versions}  ({answer.unit}{'' if answer.is_locked else ', as it would be locked now'})"
    yield "  asked for by:"
    for asker in answer.askers[:_ASKERS]:
        yield f"    {_asker(asker)}"
    if len(answer.askers) > _ASKERS:
        yield f"    and {len(answer.askers) - _ASKERS} more"
    if len(answer.chain) > 2 and not any(asker.place for asker in answer.askers):
        yield f"  by way of: {' -> '.join(answer.chain)}"
    yield from _worlds(answer.entries)
    yield f"  why this version: {why_this_version(answer)}"
    if answer.newest is not None:
        yield f"  for {answer.newest}: {what_unblocks(answer)}"


def _asker(asker: Asker) -> str:
    place = f" ({asker.place})" if asker.place else ""
    where = f", where {asker.marker}" if asker.marker else ""
    return f"{asker.who}: {asker.requirement or 'any version that fits'}{place}{where}"


def _worlds(entries: Sequence[LockedAs]) -> Iterator[str]:
    for entry in entries:
        source = f" from {entry.source}" if entry.source else ""
        if entry.worlds:
            yield f"  {entry.version}{source} is for: {' or '.join(entry.worlds)}"
        elif source:
            yield f"  {entry.version} is{source}"


def why_this_version(answer: Why) -> str:
    """In one clause."""
    if any(entry.source for entry in answer.entries):
        return "its source is named, not chosen"
    if answer.newest is None:
        return "nothing newer may be chosen"
    hold = answer.hold
    if hold is None or (not hold.own and hold.reason is None):
        return _as_locked(answer) or "the lock is older than the newest version that may be chosen"
    parts = [f"the requirement {spoken_requirements(hold.own)}"] if hold.own else []
    return "; ".join([*parts, *([hold.by] if hold.by else [])])


def _as_locked(answer: Why) -> str | None:
    """The packages that want an older one as long as they stay where they are."""
    holding = [one for one in answer.askers if one.shuts_out]
    return "; ".join(f"{one.who}, as it is locked, wants {one.requirement}" for one in holding) or None


def what_unblocks(answer: Why) -> str:
    """What would have to be done for the newest version, in one clause."""
    hold, way = answer.hold, answer.way_out
    if hold is None or (not hold.own and hold.reason is None):
        return f"`{_command(answer)}` takes it{_along(hold.moves if hold else {})}"
    own = f"change {spoken_requirements(hold.own)}" if hold.own else ""
    if hold.reason is None:
        return f"{own}, as `{_command(answer)}` does{_along(hold.moves)}"
    if way is not None and way.companions:
        moves = ", ".join(f"{name} to {version}" for name, version in way.companions.items())
        return f"{own} and move {moves} with it" if own else f"move {moves} with it"
    if way is not None and way.companions is not None:
        return own or "other packages have to move with it; `lockbot upgrade` without a name tries that"
    return f"nothing in the project helps as long as this holds: {hold.by or 'no lock can be found'}"


def _command(answer: Why) -> str:
    return f"lockbot upgrade {answer.package}{' --major' if answer.is_major else ''}"


def _along(moves: Mapping[str, str]) -> str:
    listed = ", ".join(f"{name} {version}" for name, version in moves.items())
    return f", with {listed}" if listed else ""


def _fitted(line: str, screen: Screen) -> Iterator[str]:
    """Sentences flow; what stands below them is moved in."""
    if screen.width is None or len(line) <= screen.width:
        yield line
        return
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    yield from textwrap.wrap(
        line, screen.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True,
    )  # fmt: skip


def _object(answer: Why) -> dict[str, object]:
    return {
        "unit": answer.unit,
        "package": answer.package,
        "versions": [
            {"version": one.version, "source": one.source, "worlds": list(one.worlds)} for one in answer.entries
        ],
        "asked_for_by": [
            {"who": one.who, "requirement": one.requirement, "place": one.place, "marker": one.marker}
            for one in answer.askers
        ],
        "by_way_of": list(answer.chain),
        "newest": None if answer.newest is None else str(answer.newest),
        "why_this_version": why_this_version(answer),
        "unblocked_by": None if answer.newest is None else what_unblocks(answer),
        "reason": None if answer.hold is None else answer.hold.reason,
    }
