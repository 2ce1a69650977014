"""Files that state requirements in a form that lockbot does not read: where there is nothing else, that is told."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from bot.detect.ignored import is_ignored
from bot.printable import printable

_NAMES = frozenset({"setup.py", "setup.cfg", "Pipfile", "environment.yml", "environment.yaml", "poetry.lock"})
_ENDING = re.compile(r"\.ipynb$|^(?:.*-)?requirements(?:[-_.].*)?\.(?:txt|in)$")


def find_unread(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths of such files, sorted; what was brought along (vendored, in templates) is left out."""
    return tuple(
        sorted(
            printable(path) for path in paths if _states_requirements(posixpath.basename(path)) and not is_ignored(path)
        )
    )


def _states_requirements(name: str) -> bool:
    return name in _NAMES or _ENDING.search(name) is not None
