"""The ``requirements.txt`` that is compiled: pins with hashes below, and who asks for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.compile.graph import Pinned
from bot.compile.origins import Origin, Role
from bot.compile.written import Written, WrittenAs
from bot.lockfile.order import Key
from bot.markers import Marker, marker_text
from bot.resolver.model.python_range import PythonRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How lines are written."""

    hashes: bool = False
    markers: bool = False
    annotate: bool = True
    one_line: bool = False
    index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A package with all that is written of it."""

    pinned: Pinned
    written: Written
    hashes: tuple[str, ...] = ()
    index: str | None = None


def render_requirements(
    lines: Sequence[Line], origins: Mapping[str, Sequence[tuple[Role, Origin]]], python: PythonRange, style: Style
) -> str:
    rendered: list[str] = []
    for line in sorted(lines, key=_order):
        rendered += _with_annotation(line, origins.get(line.pinned.key.name, ()), python, style)
        if style.index and line.index is not None:
            rendered.append(f"    # from {line.index}")
    return "".join(f"{one}\n" for one in rendered)


def _order(line: Line) -> Key:
    """Editable packages first, by their URL; then by name, version and URL."""
    pinned, written = line.pinned, line.written
    if written.form is WrittenAs.EDITABLE:
        return (0, written.url or "")
    version = pinned.key.version.key
    url = (0,) if written.url is None else (1, written.url)
    return (1, pinned.key.name, version, url, pinned.extras, pinned.position)


def _with_annotation(
    line: Line, origins: Sequence[tuple[Role, Origin]], python: PythonRange, style: Style
) -> Iterator[str]:
    text = _requirement(line, python, style)
    hashes = line.hashes if style.hashes else ()
    whole = " \\\n    --hash=".join((text, *hashes))
    annotation = (
        _annotation(line.pinned.dependents, origins, style, has_hashes=bool(hashes)) if style.annotate else None
    )
    if annotation is None:
        yield whole
        return
    yield from (row.rstrip() for row in f"{whole:24}{annotation}".split("\n"))


def _requirement(line: Line, python: PythonRange, style: Style) -> str:
    pinned, written = line.pinned, line.written
    if written.form is WrittenAs.EDITABLE:
        return f"-e {written.url}"
    marker = _marker(pinned.marker, python) if style.markers else None
    if written.form is WrittenAs.PATH:
        text = (written.url or "").removeprefix("file://")
    else:
        extras = f"[{', '.join(pinned.extras)}]" if pinned.extras else ""
        place = f"=={pinned.key.version.text}" if written.url is None else f" @ {written.url}"
        text = f"{pinned.key.name}{extras}{place}"
    return text if marker is None else f"{text} ; {marker}"


def _marker(marker: Marker, python: PythonRange) -> str | None:
    return marker_text(python.simplify(marker))


def _annotation(
    dependents: Sequence[str], origins: Sequence[tuple[Role, Origin]], style: Style, *, has_hashes: bool
) -> str | None:
    told = [origin.text(role) for role, origin in origins]
    if not dependents and not told:
        return None
    if style.one_line:
        separator = "\n    " if has_hashes else "  "
        return f"{separator}# via {', '.join((*dependents, *told))}"
    everyone = (*told, *dependents)
    if len(everyone) == 1:
        return f"\n    # via {everyone[0]}"
    return "\n".join(("\n    # via", *(f"    #   {one}" for one in everyone)))
