"""PEP 723 scripts of a repository (marimo notebooks are such scripts too)."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from bot.detect.ignored import is_ignored, to_problem
from bot.detect.model import DetectProblem, Listing, LockKind, LockUnit
from bot.errors import InputError
from bot.manifest.model import Script
from bot.manifest.script import MARK, parse_script


def candidates(files: Iterable[str]) -> list[str]:
    """Return the files that may be scripts by their names: ``.py``, or no suffix at all."""
    return [path for path in sorted(files) if _may_be_script(path) and not is_ignored(path)]


def _may_be_script(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(".py") or "." not in name


def read_scripts(listing: Listing, files: Iterable[str]) -> tuple[dict[str, Script], list[DetectProblem]]:
    """Parse the header of every script among ``files``; by path, in the order given."""
    found: dict[str, Script] = {}
    problems: list[DetectProblem] = []
    for path in files:
        try:
            text = listing.read_text(path)
        except InputError as error:
            if path.endswith(".py"):
                problems.append(to_problem(error, path))
            continue
        if text is None or MARK not in text:
            continue
        try:
            script = parse_script(text, path)
        except InputError as error:
            problems.append(to_problem(error, path))
            continue
        if script is not None:
            found[path] = script
    return found, problems


def find_scripts(scripts: Iterable[str], files: Collection[str]) -> list[LockUnit]:
    """Return a unit for each script, with its lock if there is one."""
    return [
        LockUnit(
            kind=LockKind.SCRIPT,
            root=posixpath.dirname(path) or ".",
            manifests=(path,),
            lock=f"{path}.lock" if f"{path}.lock" in files else None,
        )
        for path in scripts
    ]
