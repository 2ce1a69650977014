"""Everything in a repository that uv could lock."""

from __future__ import annotations

from collections.abc import Sequence

from bot.detect.model import Detected, Listing
from bot.detect.projects import find_projects, read_pyprojects
from bot.detect.scripts import candidates, find_scripts, read_scripts


def detect(listing: Listing, script_files: Sequence[str] | None = None) -> Detected:
    """Find projects, workspaces and scripts; never raises for what a file says.

    ``script_files``: the files that contain ``# /// script``, where a search has found them more cheaply than reading
    every Python file would.
    """
    files = frozenset(listing.paths())
    pyprojects, problems = read_pyprojects(listing)
    units, contradictions = find_projects(pyprojects, files)
    searched = files if script_files is None else script_files
    scripts, script_problems = read_scripts(listing, candidates(searched))
    return Detected(
        units=(*units, *find_scripts(scripts, files)),
        problems=(*problems, *contradictions, *script_problems),
        pyprojects=pyprojects,
        scripts=scripts,
    )
