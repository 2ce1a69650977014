"""The kind ``requirements``: files that ``uv pip compile`` writes, with what they are made of, and plain files of pins.

What a command writes is a lock of its own, with the requirements of its inputs as declarations. A file that no command
writes holds pins: these move, nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.detect.model import Detected, Listing, Manifest, Told
from bot.detect.requirements import naming
from bot.detect.requirements.compiled import find_compiled
from bot.detect.requirements.outputs import find_outputs
from bot.detect.requirements.plain import find_plain
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import IndexTable
from bot.requirements.declarations import edit_requirements, find_note


def is_manifest(path: str) -> bool:
    return naming.may_state_requirements(path)


def find_owner(_path: str) -> None:
    """Which files an output is made of stands in it."""


def is_brought(path: str, files: Collection[str]) -> bool:
    return naming.is_brought(path, files)


def find_package_folder(_path: str) -> None:
    """No package is described."""


def detect(listing: Listing, paths: Sequence[str], files: Collection[str], told: Told) -> Detected:
    outputs = find_outputs(listing, paths, told.compiles)
    compiled = find_compiled(listing, outputs, files)
    taken = {
        *(one.path for one in outputs.found),
        *(one.path for one in outputs.foreign),
        *told.exports,
        *compiled.read,
    }
    plain = find_plain(listing, [path for path in paths if path not in taken], files)
    manifests: dict[str, Manifest] = {**compiled.manifests, **plain.manifests}
    return Detected(
        units=(*compiled.units, *plain.units),
        problems=compiled.problems,
        manifests=manifests,
        left_alone=(*outputs.foreign, *plain.left_alone),
    )


def edit(text: str, edits: Sequence[SpecifierEdit]) -> str:
    return edit_requirements(text, edits)


def find_comment(text: str, line: int) -> str:
    return find_note(text, line)


def find_indexes(_listing: Listing, _paths: Sequence[str]) -> Iterator[IndexTable]:
    """None: what these files name is an index without a name."""
    return iter(())
