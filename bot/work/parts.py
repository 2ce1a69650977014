"""The base branches of a repository, each solved: what a run does before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.ports.run import BranchName, RunReport
from bot.work.account import AccountPresets
from bot.work.job import JobDone
from bot.work.looking import Look
from bot.work.onboarding import Standing, find_standing, has_worked, onboard, remember_configured
from bot.work.publishing.bases import list_bases, read_bases
from bot.work.publishing.retire import leave_other_bases
from bot.work.run import Base, Part, Run, describe_published
from bot.work.solving import Opening, SolvedRepository, solve, solve_other


class Solving(Run):
    __slots__ = ()

    def find_standing(self, found: Look) -> Standing:
        return self.steps.run("standing", Standing, lambda: find_standing(self.ports, self.target, found))

    def solve(self, found: Look, standing: Standing) -> Sequence[Part]:
        """The default branch, whose configuration holds for all of them, and what else that names."""
        reopening = self._leave_other_bases(found) | frozenset(self.board.state.opened)
        opening = Opening(reopening=reopening, waiting=frozenset(self.job.waiting))
        solved = self._solve_default(found, standing, opening)
        if solved.report.config.problems or not solved.report.config.bases:
            return [Part(target=self.target, solved=solved)]
        bases = self.steps.run("list bases", tuple[Base, ...], partial(self._list_bases, solved))
        if all(one.branch != self.target.base_branch for one in bases):
            solved = self._pass_over(solved, bases)
        others = [one for one in bases if one.branch != self.target.base_branch]
        return [
            Part(target=self.target, solved=solved),
            *(self._solve_other(one, solved, opening, found) for one in others),
        ]

    def _solve_default(self, found: Look, standing: Standing, opening: Opening) -> SolvedRepository:
        """By what is stated, or where nothing is and nobody was asked before by what would be suggested."""
        solving = partial(solve, self.ports, self.target, self.job.scope, opening, said=self.board.state)
        solving = partial(solving, branches=found.branches)
        asks = standing is not Standing.CONFIGURED
        solved = self.steps.run("solve", SolvedRepository, partial(solving, suggest=asks))
        is_new = standing is Standing.NEW and solved.report.suggestion is not None
        has_history = is_new and self.steps.run("look back", bool, lambda: has_worked(self.target))
        if asks and (has_history or solved.report.config.is_stated):
            remember_configured(self.ports, self.target)
        return self.steps.run("solve as ever", SolvedRepository, solving) if has_history else solved

    def _list_bases(self, solved: SolvedRepository) -> tuple[Base, ...]:
        found = list_bases(self.target.forge, self.target.base_branch, solved.report.config)
        return tuple(Base(branch=branch, head=head) for branch, head in found.items())

    def _pass_over(self, solved: SolvedRepository, bases: Sequence[Base]) -> SolvedRepository:
        """The default branch gives the configuration, and is none of those that updates are proposed for."""
        kept = frozenset(one.branch for one in bases)
        leaving = partial(leave_other_bases, self.target, kept)
        self.steps.run("leave the default branch", tuple[BranchName, ...], leaving)
        report = solved.report
        bare = RunReport(base=report.base, base_branch=report.base_branch, config=report.config, depended=())
        return replace(solved, report=bare, closed={})

    def _solve_other(self, base: Base, first: SolvedRepository, opening: Opening, found: Look) -> Part:
        target = replace(self.target, base=base.head, base_branch=base.branch)
        suffix = f" on {base.branch}"
        said = self.board.state
        solving = partial(
            solve_other, self.ports, self.target, target, first, self.job.scope, opening, said, found.branches
        )
        return Part(target=target, solved=self.steps.run(f"solve{suffix}", SolvedRepository, solving), suffix=suffix)

    def _leave_other_bases(self, found: Look) -> frozenset[BranchName]:
        """Before any branch moves; their proposals come again on the base of today."""
        if not found.elsewhere:
            return frozenset()
        return frozenset(self.steps.run("leave other bases", tuple[BranchName, ...], self._leave_former_bases))

    def _leave_former_bases(self) -> tuple[BranchName, ...]:
        target, now = self.target, self.ports.clock.now()
        presets = AccountPresets(app=self.ports.app, ref=target.forge.ref, memory=self.ports.memory, now=now)
        kept = read_bases(target.forge, target.base_branch, target.base, presets)
        # Nobody can tell from a broken file what is still wanted.
        return () if kept is None else leave_other_bases(target, kept)

    def onboard(self, solved: SolvedRepository) -> JobDone:
        """Nothing else is opened before there is a configuration."""
        asked = onboard(self.ports, self.target, solved, self.job.scope, self.steps)
        published = () if asked is None else (asked,)
        return JobDone(
            note=describe_published(published),
            base=self.target.base,
            config=solved.report.config,
            published=published,
        )
