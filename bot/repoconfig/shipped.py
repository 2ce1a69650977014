"""What ships with lockbot as files of ``config/``: presets under Renovate's names, and the names that Renovate has.

These files are as much a part of the program as its modules are; nothing of a repository or of the machine is read here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.repoconfig.jsonc import Json

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What Renovate has and lockbot does nothing with. ``later``: options that lockbot is to have.

    ``presets`` by namespace; of ``spaces`` all presets are for others. ``renamed`` are presets of former times.
    """

    later: frozenset[str]
    unused: frozenset[str]
    managers: frozenset[str]
    presets: Mapping[str, frozenset[str]]
    spaces: frozenset[str]
    renamed: Mapping[str, str]


@lru_cache(maxsize=1)
def read_names() -> Names:
    found = json.loads(_read("renovate.json"))
    return Names(
        later=frozenset(found["options"]["later"]),
        unused=frozenset((*found["options"]["unused"], *found["global"])),
        managers=frozenset(found["managers"]),
        presets={space: frozenset(names) for space, names in found["presets"]["unused"].items()},
        spaces=frozenset(found["presets"]["unusedWholly"]),
        renamed=found["presets"]["renamed"],
    )


@lru_cache(maxsize=1)
def read_presets() -> Mapping[str, Mapping[str, Json]]:
    """The presets by namespace and name; ``default`` is that of ``:name``."""
    folder = _folder() / "presets"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def _read(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _folder() -> Path:
    """Beside the package in a checkout, in it where it is installed."""
    installed = _PACKAGE / "_config"
    return installed if installed.exists() else _PACKAGE.parent / "config"
