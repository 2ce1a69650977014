"""``lockbot run``: the whole bot on a local git repository; every proposal becomes a branch with one commit, on this disk or
on the forge."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from bot.app.advisories import make_advisories
from bot.app.commits import open_commit
from bot.cli.local.committing import LocalResult, run_local
from bot.cli.local.repository import LocalRun, look_around, named_indexes, open_index
from bot.cli.local.speaking import KeptErrors, Voice, make_voice, refusals, speaks
from bot.cli.options.tabled import HELP_OPTIONS
from bot.distribution import needs
from bot.git.sources import SCRATCH
from bot.plan.security.knowledge import Advisories
from bot.ports.run import RunReport
from bot.report.patch import render_patch
from bot.report.review import render_review
from bot.report.run_json import render_json
from bot.report.screens.plan import render_plan
from bot.report.terminal import problem_line, timing_lines
from bot.settings import read_settings
from bot.values import value


@click.command(context_settings=HELP_OPTIONS)
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Plan and solve, but make no branch.")
@click.option("--push", is_flag=True, help="Push the branches to GitHub, and open nothing.")
@click.option(
    "--pull-requests", is_flag=True, help="Push the branches to GitHub, and open and tend their pull requests."
)
@click.option("--repository", metavar="OWNER/NAME", help="Where to publish; without it the remote's repository.")
@click.option(
    "--scheduled", is_flag=True, help="A clock has begun this: within the repository's schedule it is its turn."
)
@click.option(
    "--summary", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Append what was published to FILE, as Markdown.",
)  # fmt: skip
@click.option("--only", metavar="NAME", help="Only this group, branch or package.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown"]), default="table", show_default=True,
    help="markdown: what a reviewer would see.",
)  # fmt: skip
@click.option("--notes", is_flag=True, help="Read release notes, licenses and publishers too, as the server does.")
@click.option("--diff", is_flag=True, help="Print the changes of all proposals as patches.")
@click.option("--exit-zero", is_flag=True, help="End with 0 also where there were problems.")
@speaks
@click.pass_context
def run(
    context: click.Context,
    path: Path,
    *,
    dry_run: bool,
    push: bool,
    pull_requests: bool,
    repository: str | None,
    scheduled: bool,
    summary: Path | None,
    only: str | None,
    as_json: bool,
    form: str,
    notes: bool,
    diff: bool,
    exit_zero: bool,
) -> None:
    """Plan and solve every update of the git repository at PATH, and commit each proposal on its own branch.

    The checked-out branch, the index and the working tree stay as they are. Works on the committed HEAD.

    With --push or --pull-requests it works on the default branch as GitHub has it, and publishes there with the token of
    LOCKBOT_TOKEN or GITHUB_TOKEN, or with an App's own credentials.

    Ends with 0 when all was done (what is held back included), 1 when a unit had a problem or a branch could not be
    written, 2 when the repository or its configuration could not be read.
    """
    call = _Call(
        path=path,
        only=only,
        dry_run=dry_run,
        form=_choose_form(as_json=as_json, diff=diff, form=form),
        notes=notes,
    )
    ways = _choose_ways(push=push, pull_requests=pull_requests)
    _check_ways(context, call, ways)
    voice, kept = make_voice(context, os.environ), KeptErrors()
    with refusals(voice, kept):
        if ways is None:
            code = _run_here(call, voice, kept)
        else:
            there = _There(ways=ways, repository=repository, is_turn=scheduled, summary=summary)
            code = _publish(call, there, voice, kept)
    raise SystemExit(0 if exit_zero and code == 1 else code)


@value
class _Call:
    """``form``: ``table``, ``json``, ``markdown`` or ``diff``."""

    path: Path
    only: str | None
    dry_run: bool
    form: str
    notes: bool


def _choose_form(*, as_json: bool, diff: bool, form: str) -> str:
    asked = [
        name for name, is_asked in (("--json", as_json), ("--diff", diff), ("--format", form != "table")) if is_asked
    ]
    if len(asked) > 1:
        raise click.UsageError(f"{asked[0]} and {asked[1]} contradict each other")
    return "json" if as_json else "diff" if diff else form


# --- on the forge ---------------------------------------------------------------------------------


@value
class _There:
    """What concerns publishing alone; ``ways`` in the words of ``bot.cli.publish.publishing.Ways``."""

    ways: str
    repository: str | None
    is_turn: bool
    summary: Path | None


def _choose_ways(*, push: bool, pull_requests: bool) -> str | None:
    return "pull requests" if pull_requests else "push" if push else None


def _check_ways(context: click.Context, call: _Call, ways: str | None) -> None:
    if ways is None:
        lonely = [name for name in ("repository", "scheduled", "summary") if context.params[name]]
        if lonely:
            raise click.UsageError(f"--{lonely[0]} is for --push and --pull-requests")
    elif call.form == "diff":
        raise click.UsageError("--diff shows what stays here: with --push and --pull-requests GitHub shows it")
    elif call.only is not None and ways == "pull requests":
        raise click.UsageError("--only and --pull-requests contradict each other: what is left out would be closed")


def _publish(call: _Call, there: _There, voice: Voice, kept: KeptErrors) -> int:
    publish = _load_publishing(f"lockbot run --{there.ways.replace(' ', '-')}")
    asked = publish.Call(
        path=call.path,
        environ=os.environ,
        now=datetime.now(UTC),
        repository=there.repository,
        only=call.only,
        is_dry=call.dry_run,
        is_turn=there.is_turn,
        ways=publish.Ways(there.ways),
        form=call.form,
        summary=there.summary,
    )
    code: int = publish.run_published(asked, voice, kept)
    return code


def _load_publishing(what: str) -> ModuleType:
    """The library that speaks with the forge is an extra of the distribution, and takes its time."""
    with needs("github", what):
        return import_module("bot.cli.publish.command")


# --- here -----------------------------------------------------------------------------------------


def _run_here(asked: _Call, voice: Voice, kept: KeptErrors) -> int:
    settings = read_settings()
    call = LocalRun(
        path=asked.path,
        environ=os.environ,
        now=datetime.now(UTC),
        only=asked.only,
        dry_run=asked.dry_run,
        scratch=settings.cache_dir / SCRATCH,
    )
    with (
        open_index(named_indexes(call), call.environ, call.now) as index,
        make_advisories(settings) as service,
        voice.progress() as progress,
    ):
        advisories = Advisories(service=service, public=settings.all_public_indexes)
        around, releases = look_around(call.environ), index if asked.notes else None
        result = run_local(call, index, kept, progress, around, advisories, releases=releases)
    patches = _patches(call, result.report) if asked.form == "diff" else ""
    _tell_result(asked, voice, result, patches)
    _tell_problems(voice, result, kept)
    return result.exit_code


def _tell_result(asked: _Call, voice: Voice, result: LocalResult, patches: str) -> None:
    match asked.form:
        case "json":
            voice.give(render_json(result.report))
        case "diff":
            voice.give(patches)
        case "markdown":
            voice.give(render_review(result.report, asked.only))
        case _:
            voice.tell(render_plan(result.report, result.outcomes, voice.screen, asked.only))


def _tell_problems(voice: Voice, result: LocalResult, kept: KeptErrors) -> None:
    if result.report.warnings or result.report.unsure or result.report.problems:
        voice.part()
    for warning in result.report.warnings:
        voice.warn(f"warning: {problem_line(warning)}")
    if result.report.unsure is not None:
        voice.warn(f"security updates may be missing: {result.report.unsure}")
    for problem in result.report.problems:
        voice.warn(problem_line(problem))
    voice.explain(timing_lines(result.report.timings))
    click.echo(kept.render(), err=True, nl=False)


def _patches(call: LocalRun, report: RunReport) -> str:
    """A patch for each proposal, behind a line that names its branch: ``git apply`` passes over such lines."""
    parts = []
    with open_commit(call.path, report.base, environ=call.environ) as tree:
        for proposal in report.proposals:
            before = {file.path: tree.read_text(file.path) for file in proposal.files}
            parts.append(f"# {proposal.branch}: {proposal.title}\n{render_patch(proposal.files, before)}")
    return "\n".join(parts)
