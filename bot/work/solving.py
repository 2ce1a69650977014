"""What there is to work on, and what could move there: by the present configuration, or by the last valid one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.ports.forge import Forge, ForgeNotFound
from bot.ports.run import BranchName, ConfigText, Problem, RunReport, RunRequest, Sha
from bot.work.job import JobPorts
from bot.work.target import Target, list_own

#: How far back to look for the last configuration that was valid.
_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to work on; ``base`` None: nothing (archived, disabled, empty, gone)."""

    base: Sha | None
    base_branch: BranchName
    open: int
    why: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedRepository:
    """``broken`` are the problems of the present configuration, when ``fallback``'s was used or nothing was done."""

    report: RunReport
    broken: tuple[Problem, ...] = ()
    fallback: Sha | None = None

    @property
    def may_retire(self) -> bool:
        """With problems, a proposal that is not there proves nothing: perhaps an index was down."""
        return not self.report.problems and not self.report.config.problems


def look(ports: JobPorts, forge: Forge) -> Look:
    try:
        repository = forge.get_repository()
    except ForgeNotFound:
        return Look(base=None, base_branch=BranchName(""), open=0, why="the repository is gone", gone=True)
    branch = repository.default_branch
    if repository.archived or repository.disabled:
        return Look(base=None, base_branch=branch, open=0, why="the repository is archived or disabled")
    base = forge.find_branch(branch)
    if base is None:
        return Look(base=None, base_branch=branch, open=0, why="the repository is empty")
    target = Target(forge=forge, identity=ports.app.get_identity(), base=base, base_branch=branch)
    return Look(base=base, base_branch=branch, open=len(list_own(target)))


def solve(ports: JobPorts, target: Target) -> SolvedRepository:
    with ports.cloner.clone(target.forge.get_clone_source(), target.base) as root:
        request = RunRequest(
            root=root,
            base=target.base,
            base_branch=target.base_branch,
            now=ports.clock.now(),
            repository=target.forge.ref.full_name,
        )
        report = ports.run_repository(request)
        if not report.config.problems:
            return SolvedRepository(report=report)
        return _solve_with_earlier(ports, target.forge, request, report)


def _solve_with_earlier(ports: JobPorts, forge: Forge, request: RunRequest, report: RunReport) -> SolvedRepository:
    """The last valid configuration stays in force; where there never was one, nothing is proposed."""
    broken, path = report.config.problems, report.config.path or ".lockbot.json"
    for commit in forge.list_file_history(path, request.base, limit=_HISTORY):
        text = forge.find_file(path, commit)
        if text is None:
            continue
        again = ports.run_repository(replace(request, config=ConfigText(path=path, text=text)))
        if not again.config.problems:
            return SolvedRepository(report=again, broken=broken, fallback=commit)
    return SolvedRepository(report=report, broken=broken)
