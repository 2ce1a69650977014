"""Check runs on the base commit: a broken configuration, problems of the repository, a failure of lockbot itself."""

from __future__ import annotations

from dataclasses import replace

from bot.ports.forge import CheckConclusion, CheckReport, Forge
from bot.ports.run import BranchName, Problem, Sha
from bot.report import checks as words
from bot.report.cut import cut_summary
from bot.work.publishing.queueing import Room


def report_config(forge: Forge, commit: Sha, problems: tuple[Problem, ...], *, fallback: Sha | None) -> None:
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.CONFIG_CHECK,
            conclusion=CheckConclusion.FAILURE,
            title=words.config_title(problems),
            summary=words.config_summary(problems, fallback=fallback),
            problems=problems,
        ),
    )


def report_config_warnings(forge: Forge, commit: Sha, warnings: tuple[Problem, ...]) -> None:
    """Neutral: the file is valid, and says more than lockbot does."""
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.CONFIG_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.warnings_title(warnings),
            summary=words.warnings_summary(warnings),
            problems=warnings,
        ),
    )


def report_problems(
    forge: Forge, commit: Sha, problems: tuple[Problem, ...], warnings: tuple[Problem, ...] = ()
) -> None:
    """Neutral: what lockbot can't use need not be wrong for the repository itself."""
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.PROBLEMS_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.problems_title(problems, warnings),
            summary=words.problems_summary(problems, warnings),
            problems=problems,
            warnings=warnings,
        ),
    )


def report_waiting(
    forge: Forge, commit: Sha, branches: tuple[BranchName, ...], windows: tuple[str, ...], timezone: str
) -> None:
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.WAITING_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.waiting_title(len(branches)),
            summary=words.waiting_summary(branches, windows, timezone),
        ),
    )


def report_queued(forge: Forge, commit: Sha, branches: tuple[BranchName, ...], room: Room) -> None:
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.QUEUE_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.queue_title(len(branches)),
            summary=words.queue_summary(branches, room.limits, is_hour_over=room.is_hour_over and not room.is_full),
        ),
    )


def report_failure(forge: Forge, commit: Sha, reference: str) -> None:
    """One for a commit, however often its runs fail. Neutral: the failure is lockbot's own."""
    if forge.list_checks(commit, words.FAILURE_CHECK):
        return
    forge.write_check(
        CheckReport(
            commit=commit,
            name=words.FAILURE_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.failure_title(),
            summary=words.failure_summary(reference),
        )
    )


def report_set_aside(forge: Forge, commit: Sha) -> None:
    _write_once(
        forge,
        CheckReport(
            commit=commit,
            name=words.FAILURE_CHECK,
            conclusion=CheckConclusion.NEUTRAL,
            title=words.set_aside_title(),
            summary=words.set_aside_summary(),
        ),
    )


def _write_once(forge: Forge, report: CheckReport) -> None:
    """The same report is not written twice on a commit."""
    report = replace(report, summary=cut_summary(report.summary, forge.limits.summary))
    if not any(one.summary.strip() == report.summary.strip() for one in forge.list_checks(report.commit, report.name)):
        forge.write_check(report)
