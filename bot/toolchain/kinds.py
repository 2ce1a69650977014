"""The kinds of places. A new one is a module that satisfies ``PlaceKind``, and a row here."""

from __future__ import annotations

from collections.abc import Iterator

from bot.patterns import pattern
from bot.toolchain import devcontainers, dockerfiles, hooks, manifests, mise, scripts, tool_files, yaml_files
from bot.toolchain.model import Place, PlaceKind, Source, Tool

KINDS: tuple[PlaceKind, ...] = (
    dockerfiles,
    devcontainers,
    yaml_files,
    hooks,
    tool_files,
    mise,
    manifests,
    scripts,
)

#: What a file has to mention for a version of a tool to be in it.
_MENTIONS = pattern(r"(?i)\buv|uv\b|uv_|python|^\s*(?:cpython)?-?3\.|target-version")


def find_kind(path: str) -> PlaceKind | None:
    """The kind that a file may be of, by its path alone."""
    return next((kind for kind in KINDS if kind.is_kind(path)), None)


def is_brought(path: str) -> bool:
    """Whether lockbot looks for such places in a file."""
    return find_kind(path) is not None


def find_places(source: Source) -> tuple[Place, ...]:
    """The places of a file in its order, each once; raises ``InputError`` where it can't be read."""
    kind = find_kind(source.path)
    if kind is None or not _MENTIONS.search(source.text):
        return ()
    found: dict[tuple[Tool, int, str], Place] = {}
    for place in kind.find(source):
        digest = place.image.digest if place.image else ""
        found.setdefault((place.tool, place.start, f"{place.image and place.image.repository}{digest}"), place)
    return tuple(_without_repetition(sorted(found.values(), key=lambda one: (one.start, one.image is not None))))


def _without_repetition(places: list[Place]) -> Iterator[Place]:
    """An image says more than the same version alone, as far as it is edited with it."""
    taken: set[int] = set()
    for place in places:
        if place.start in taken and place.kept is None and (place.image is None or not place.image.digest):
            continue
        taken.add(place.start)
        yield place
