"""The places of a repository, read file by file; what can't be read is told where it seems to matter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.detect.ignored import is_ignored
from bot.detect.model import Listing
from bot.errors import InputError
from bot.follow.model import LeftAlone
from bot.limits import REPOSITORY_PLACES
from bot.patterns import pattern
from bot.ports.run import Problem
from bot.printable import is_encodable
from bot.toolchain.kinds import find_kind, find_places
from bot.toolchain.model import Place, Source, Tool
from bot.wall import KeepError, to_problem

_SEEMS_TO = pattern(r"astral-sh/(?:uv|setup-uv)\b|\bUV_VERSION\b|\bastral/uv:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``unread``: files that name uv and can't be read; ``problems``: where lockbot itself failed."""

    places: tuple[Place, ...] = ()
    unread: tuple[LeftAlone, ...] = ()
    problems: tuple[Problem, ...] = ()

    def of(self, tool: Tool) -> tuple[Place, ...]:
        return tuple(one for one in self.places if one.tool is tool)


def name_of_places(path: str) -> str:
    """What the places of a file are called where units are named."""
    return f"{path} [toolchain]"


def look_for_places(listing: Listing, scripts: Collection[str], keep: KeepError) -> Found:
    """All places; of Python files only ``scripts`` are looked at."""
    places: list[Place] = []
    unread: list[LeftAlone] = []
    problems: list[Problem] = []
    files = frozenset(listing.paths())
    for path in _candidates(files, scripts):
        if len(places) > REPOSITORY_PLACES:
            unread.append(LeftAlone(path=path, reason=f"more than {REPOSITORY_PLACES} places name versions before it"))
            break
        text = _text_of(listing, path)
        try:
            places += find_places(Source(path=path, text=text, files=files))
        except InputError as error:
            if _SEEMS_TO.search(text):
                unread.append(LeftAlone(path=path, reason=f"it names uv and can't be read: {error.problem}"))
        except Exception as error:  # noqa: BLE001 - the wall
            problems.append(to_problem(error, path, keep))
    return Found(places=tuple(places), unread=tuple(unread), problems=tuple(problems))


def _candidates(files: Collection[str], scripts: Collection[str]) -> Iterator[str]:
    for path in sorted(files):
        is_looked_at = not path.endswith(".py") or path in scripts or path.endswith("noxfile.py")
        if is_looked_at and is_encodable(path) and not is_ignored(path) and find_kind(path) is not None:
            yield path


def _text_of(listing: Listing, path: str) -> str:
    try:
        return listing.read_text(path) or ""
    except InputError:
        return ""
