"""The kinds of places. A new one is a module that satisfies ``PlaceKind``, and a row here."""

from __future__ import annotations

from collections.abc import Iterator

from bot.errors import InputError
from bot.limits import PLACES
from bot.patterns import pattern
from bot.toolchain import devcontainers, dockerfiles, hooks, manifests, mise, scripts, tool_files, yaml_files
from bot.toolchain.model import Image, Place, PlaceKind, Source, Tool

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

#: Of files that are neither hidden nor something's file by name.
_ENDINGS = (".yml", ".yaml", ".toml", ".json", ".sh", ".bash", ".zsh", ".ps1", ".mk", ".just", ".hcl", ".ini")
#: What a file has to mention for a version of a tool to be in it.
_MENTIONS = pattern(r"(?i)\buv|uv\b|uv_|python|^\s*(?:cpython)?-?3\.|target-version|required-version")


def find_kind(path: str) -> PlaceKind | None:
    """The kind that a file may be of, by its path alone."""
    name = path.rpartition("/")[2]
    if name.endswith(".py"):
        return scripts
    # Every path of a repository is asked about.
    if not (name.endswith(_ENDINGS) or name.startswith(".") or "file" in name.lower()):
        return None
    return next((kind for kind in KINDS if kind.is_kind(path)), None)


def is_brought(path: str) -> bool:
    """Whether lockbot looks for such places in a file."""
    return find_kind(path) is not None


def find_places(source: Source) -> tuple[Place, ...]:
    """The places of a file in its order, each once; raises ``InputError`` where it can't be read."""
    kind = find_kind(source.path)
    if kind is None or not _MENTIONS.search(source.text):
        return ()
    found: dict[tuple[Tool, int, Image | None], Place] = {}
    for place in kind.find(source):
        found.setdefault((place.tool, place.start, place.image), place)
        if len(found) > PLACES:
            raise InputError(f"it names versions in more than {PLACES} places", path=source.path)
    return tuple(_without_repetition(sorted(found.values(), key=lambda one: (one.start, one.image is not None))))


def _without_repetition(places: list[Place]) -> Iterator[Place]:
    """An image says more than its version alone where there is more to it: a digest, a variant, a reason to stay."""
    taken: set[int] = set()
    for place in places:
        is_plain = place.image is None or (place.image.tag == place.text and not place.image.digest)
        if place.start not in taken or place.kept is not None or not is_plain:
            yield place
        taken.add(place.start)
