"""The job that checks the head of a pull request, or what a merge queue makes: one check run, always of the same name.

Every head gets one, so that it can be a required check. It is red only where something is proven wrong. What would be
planned after the merge is part of it as far as there is time: nobody is to wait for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.events.jobs import CheckJob, RelockJob
from bot.ports.forge import (
    AppIdentity,
    CheckConclusion,
    CheckReport,
    Forge,
    ForgeConflict,
    ForgeError,
    ForgeUnavailable,
)
from bot.ports.judging import CommitReport, JudgeRequest, Standing
from bot.ports.run import BranchName, ConfigText, RunReport, RunRequest, RunTooLong, Sha
from bot.ports.steps import OutcomeUnreadable, SetAside, StepRunner
from bot.repoconfig.load import CONFIG_PATHS
from bot.report import head_check as words
from bot.report.cut import cut_summary
from bot.work.account import read_subjects
from bot.work.heads.auto_relock import wants_relock
from bot.work.heads.head_look import HeadLook, look_at_head
from bot.work.heads.policy import Policy, make_reader, read_policy
from bot.work.job import JobDone, JobPorts
from bot.work.telling import attempt_to_tell

#: How long the plan after the merge may take, in seconds: the verdict waits for it.
_PLANNING = 5.0


# --- when the job comes in ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """``job`` None: it is done, as ``note`` says."""

    job: CheckJob | None
    note: str


def enter_check(ports: JobPorts, job: CheckJob) -> Entered:
    """At a glance: what needs no solving is written at once; of the rest the check run says that it has begun."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    found = look_at_head(forge, identity, job)
    if found.why:
        return Entered(job=None, note=found.why)
    if found.is_own:
        _write(forge, job.head, CheckConclusion.SUCCESS, words.own_title(), words.own_summary())
        return Entered(job=None, note="lockbot's own commit")
    if found.is_untouched:
        _write(forge, job.head, CheckConclusion.SKIPPED, words.skipped_title(), words.skipped_summary())
        return Entered(job=None, note="nothing to check is changed")
    _write(forge, job.head, None, words.running_title(), words.running_summary())
    return Entered(job=replace(job, number=found.number, is_stranger=found.is_stranger), note="to be checked")


# --- when it is done ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """``relocks``: the pull request's lock is to be mended unasked."""

    note: str
    relocks: bool = False


def check_job(ports: JobPorts, job: CheckJob, steps: StepRunner, reference: str) -> tuple[JobDone, RelockJob | None]:
    """Check the commit, and say so in its check run, whatever comes; and the job that follows from it.

    An error that nobody expected is told there with ``reference``, and passes through.
    """
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    with _telling(forge, job.head, reference):
        done = steps.run("check", Checked, lambda: _check(ports, forge, identity, job))
    follows = None
    if done.relocks and job.number is not None:
        follows = RelockJob(repository=job.repository, number=job.number, head=job.head)
    return JobDone(note=done.note), follows


def give_up_check(ports: JobPorts, job: CheckJob, reason: str) -> None:
    forge = ports.app.open_repository(job.repository)
    _write(forge, job.head, CheckConclusion.NEUTRAL, words.failed_title(), words.given_up_summary(reason))


def set_check_aside(ports: JobPorts, job: CheckJob) -> None:
    forge = ports.app.open_repository(job.repository)
    _write(forge, job.head, CheckConclusion.NEUTRAL, words.failed_title(), words.set_aside_summary())


@contextmanager
def _telling(forge: Forge, head: Sha, reference: str) -> Iterator[None]:
    try:
        yield
    except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable, SetAside):
        # May pass, or is told by who knows more.
        raise
    except Exception as error:
        # The sentences of other errors may be about the operator's machines.
        is_told = isinstance(error, ForgeError)
        summary = words.given_up_summary(str(error)) if is_told else words.failed_summary(reference)
        attempt_to_tell(error, lambda: _write(forge, head, CheckConclusion.NEUTRAL, words.failed_title(), summary))
        raise


def _check(ports: JobPorts, forge: Forge, identity: AppIdentity, job: CheckJob) -> Checked:
    found = look_at_head(forge, identity, job)
    if found.why:
        return Checked(note=found.why)
    policy = read_policy(ports, forge)
    with ports.cloner.clone(forge.get_clone_source(), job.head) as root:
        request = _request(ports, forge, found, policy, root)
        report = ports.judge.judge(request)
        if not report.enabled:
            _write(forge, job.head, CheckConclusion.SKIPPED, words.switched_off_title(), words.switched_off_summary())
            return Checked(note="switched off")
        conclusion = decide_conclusion(report)
        is_planned = not found.is_stranger and not found.is_queued
        plan = _plan(ports, forge, found, policy, report, root) if is_planned else ""
        _write_report(forge, found, report, conclusion, plan)
    return Checked(
        note=f"{conclusion}: {words.head_title(report)}", relocks=wants_relock(forge, identity, found, report)
    )


def _request(ports: JobPorts, forge: Forge, found: HeadLook, policy: Policy, root: Path) -> JudgeRequest:
    return JudgeRequest(
        root=root,
        commit=found.head,
        now=ports.clock.now(),
        repository=forge.ref.full_name,
        policy=policy.text,
        touched=found.touched,
        find_base=make_reader(forge, found.base),
        is_stranger=found.is_stranger,
        presets=policy.presets,
    )


def decide_conclusion(report: CommitReport) -> CheckConclusion:
    """Red where something is proven wrong, and nowhere else."""
    touched = [one.standing for one in report.verdicts if one.is_touched]
    is_broken = report.config is not None and bool(report.config.problems)
    if is_broken or Standing.STALE in touched:
        return CheckConclusion.FAILURE
    doubts = (Standing.UNKNOWN in touched, report.stale_files, report.problems, report.ended)
    return CheckConclusion.NEUTRAL if any(doubts) else CheckConclusion.SUCCESS


# --- the plan after the merge ---------------------------------------------------------------------


def _plan(ports: JobPorts, forge: Forge, found: HeadLook, policy: Policy, report: CommitReport, root: Path) -> str:
    """What a run after the merge would propose; with the configuration that is brought, where that is valid."""
    is_previewed = report.config is not None and not report.config.problems
    stated = policy.text or ConfigText(path=CONFIG_PATHS[0], text="{}")
    now = ports.clock.now()
    request = RunRequest(
        root=root,
        base=found.head,
        base_branch=BranchName(found.base_branch),
        now=now,
        repository=forge.ref.full_name,
        # Without a text the run reads what the commit itself says.
        config=None if is_previewed else stated,
        presets=policy.presets,
        subjects=lambda: read_subjects(forge, found.base or found.head, ports.memory, now),
        seconds=_PLANNING,
    )
    try:
        planned: RunReport = ports.run_repository(request)
    except RunTooLong:
        return words.plan_later()
    return words.plan_section(planned, is_previewed=is_previewed)


# --- writing --------------------------------------------------------------------------------------


def _write_report(forge: Forge, found: HeadLook, report: CommitReport, conclusion: CheckConclusion, plan: str) -> None:
    forge.write_check(
        CheckReport(
            commit=found.head,
            name=words.HEAD_CHECK,
            conclusion=conclusion,
            title=words.head_title(report),
            summary=cut_summary(words.head_summary(report, plan, is_stranger=found.is_stranger), forge.limits.summary),
            problems=(*(report.config.problems if report.config else ()), *report.problems),
            warnings=report.config.warnings if report.config else (),
        )
    )


def _write(forge: Forge, head: Sha, conclusion: CheckConclusion | None, title: str, summary: str) -> None:
    forge.write_check(
        CheckReport(commit=head, name=words.HEAD_CHECK, conclusion=conclusion, title=title, summary=summary)
    )
