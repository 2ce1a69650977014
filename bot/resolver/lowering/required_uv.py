"""``required-version``: which uv a project wants to be locked by.

It is obeyed where lockbot stands in for one uv (``lockbot lock``). The bot stands in for none: it keeps what the lock's
own uv wrote, so it never asks.
"""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet

from bot.errors import InputError
from bot.lockfile.specifiers import render_specifiers
from bot.manifest.lines import line_of
from bot.manifest.model import KeyPath
from bot.values import value


@value
class SettingsPlace:
    """Where settings are written: the table within a TOML ``text``, whose first row is ``first_line`` of the file."""

    path: str
    text: str
    table: KeyPath = ()
    first_line: int = 1


def refuse_another_uv(
    stands_for: str | None, files: Iterable[tuple[SpecifierSet | None, SettingsPlace | None]]
) -> None:
    """Raise ``InputError`` if the strongest of the files that state a ``required-version`` does not admit this uv."""
    if stands_for is None:
        return
    for required, place in files:
        if required is None or place is None:
            continue
        if not required.contains(stands_for, prereleases=True):
            raise _refusal(required, stands_for, place)
        return


def _refusal(required: SpecifierSet, stands_for: str, place: SettingsPlace) -> InputError:
    return InputError(
        f"required-version asks for uv {render_specifiers(required, ', ')}, and this is what uv {stands_for} writes",
        path=place.path,
        line=line_of(place.text, (*place.table, "required-version"), first_line=place.first_line),
        hint="admit that version, or pass --revision keep for a lock in the style of the one that is there",
    )
