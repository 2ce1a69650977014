"""What ``outdated``, ``why`` and ``upgrade`` look at: the files as they are now, every lock on its base."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.app.commits import open_commit
from bot.cli.local.repository import find_named, open_index
from bot.cli.local.speaking import Progress, Voice
from bot.detect.model import LockUnit
from bot.errors import InputError
from bot.git.working_tree import WorkingTree, open_working_tree
from bot.pipeline.edges import Edges
from bot.pipeline.run import Survey, survey_repository
from bot.ports.run import BranchName, Problem, RunRequest, Sha
from bot.report.terminal import problem_line
from bot.resolver.model.index import IndexPort
from bot.values import value
from bot.wall import KeepError


@value
class Look:
    """A survey with what it was made of."""

    survey: Survey
    tree: WorkingTree
    index: IndexPort

    @property
    def exit_code(self) -> int:
        """2 for a broken configuration, 1 when something could not be read or locked, else 0."""
        if self.survey.config is None:
            return 2
        return 1 if self.survey.problems else 0


@contextmanager
def look_at(
    path: Path, environ: Mapping[str, str], now: datetime, voice: Voice, keep: KeepError, *, is_wide: bool = True
) -> Iterator[Look]:
    """The projects and scripts at ``path``: below the folder, or the one that the folder or file belongs to.

    Not ``is_wide``: the one that it belongs to, if there is one.
    """
    tree = open_working_tree(path if path.is_dir() else path.parent, environ)
    with open_index(find_named(tree, tree.root, environ), environ, now) as index:
        with voice.progress() as progress:
            survey = survey_tree(tree, path, index, now, environ, keep, progress, is_wide=is_wide)
        yield Look(survey=survey, tree=tree, index=index)
    for problem in survey.problems:
        voice.warn(problem_line(problem))


def survey_tree(
    tree: WorkingTree,
    path: Path,
    index: IndexPort,
    now: datetime,
    environ: Mapping[str, str],
    keep: KeepError,
    progress: Progress,
    *,
    is_wide: bool = True,
) -> Survey:
    """Raises ``InputError`` where there is nothing to look at."""
    edges = Edges(
        open_commit=partial(open_commit, environ=environ), index=index, is_local=True, keep=keep, progress=progress
    )
    request = RunRequest(root=tree.root, base=Sha(""), base_branch=BranchName(""), now=now, repository=tree.root.name)
    here = path.resolve().relative_to(tree.root).as_posix()
    survey = survey_repository(request, tree, edges, lambda units: choose_units(units, here, is_wide=is_wide))
    problems = tuple(one for one in survey.problems if survey.config is None or _is_at(one, here))
    survey = replace(survey, problems=problems)
    if not survey.workloads and not survey.problems:
        raise InputError("nothing here has a lock or bounds a version", path=str(path), hint="run lockbot lock first")
    return survey


def _is_at(problem: Problem, here: str) -> bool:
    return here == "." or problem.path is None or problem.path == here or problem.path.startswith(f"{here}/")


def choose_units(units: Sequence[LockUnit], here: str, *, is_wide: bool = True) -> Sequence[LockUnit]:
    """Those at or below a path of the repository; where there is none, those of the project that it lies in.

    Not ``is_wide``: the other way round.
    """
    named = [unit for unit in units if here in unit.manifests or here == unit.lock]
    below = [unit for unit in units if here == "." or any(path.startswith(f"{here}/") for path in unit.manifests)]
    around = _around(units, here)
    return named or ((below or around) if is_wide else (around or below))


def _around(units: Sequence[LockUnit], here: str) -> Sequence[LockUnit]:
    """The units of the nearest project, going up from a folder."""
    folder = "" if here == "." else here
    while True:
        found = [unit for unit in units if posixpath.join(folder, "pyproject.toml") in unit.manifests]
        if found or not folder:
            return found
        folder = posixpath.dirname(folder)
