"""``lockbot run`` where it publishes, and ``lockbot obey``: what they are called with, and how they tell what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from bot.cli.local.speaking import KeptErrors, Progress, Voice
from bot.cli.publish.connecting import connect
from bot.cli.publish.publishing import Order, Outcomes, Ways, publish
from bot.cli.publish.session import Session
from bot.errors import InputError
from bot.report.publishing.told import PublishedRun, publishing_entries, publishing_lines, render_summary
from bot.report.review import render_review
from bot.report.run_json import render_beside, render_json
from bot.report.screens.plan import render_plan
from bot.report.terminal import problem_line, timing_lines
from bot.settings import Settings, read_settings
from bot.values import field, value


@value
class Call:
    """``repository``: as it was named; ``summary``: a file that gets the plan as Markdown."""

    path: Path
    environ: Mapping[str, str] = field(repr=False)
    now: datetime
    repository: str | None = None
    only: str | None = None
    is_dry: bool = False
    is_turn: bool = False
    ways: Ways = Ways.PULL_REQUESTS
    form: str = "table"
    summary: Path | None = None


def run_published(call: Call, voice: Voice, kept: KeptErrors) -> int:
    """The exit code."""
    settings = read_settings()
    with voice.progress() as progress:
        session = open_session(call, settings, progress, kept)
        order = Order(
            ways=call.ways,
            path=call.path,
            is_turn=call.is_turn,
            is_dry=call.is_dry,
            reference=find_reference(call.environ),
        )
        done = publish(session, order)
    tell(call, voice, kept, done)
    return done.exit_code


def open_session(call: Call, settings: Settings, progress: Progress, kept: KeptErrors) -> Session:
    progress("connect", "")
    connection = connect(settings, call.environ, call.path, call.repository, is_dry=call.is_dry)
    return Session(
        connection=connection,
        settings=settings,
        environ=call.environ,
        now=call.now,
        keep=kept,
        progress=progress,
        only=call.only,
    )


def find_reference(environ: Mapping[str, str]) -> str:
    """Where more stands of what failed."""
    run = environ.get("GITHUB_RUN_ID", "")
    return f"the log of workflow run {run}" if run.isascii() and run.isdigit() else "the output of lockbot run"


# --- told -----------------------------------------------------------------------------------------


def tell(call: Call, voice: Voice, kept: KeptErrors, done: Outcomes) -> None:
    if call.summary is not None:
        write_summary(call.summary, render_summary(done.run))
    _tell_result(call, voice, done.run)
    _tell_rest(voice, done.run)
    click.echo(kept.render(), err=True, nl=False)


def _tell_result(call: Call, voice: Voice, run: PublishedRun) -> None:
    if run.report is None:
        if call.form == "json":
            voice.give(render_beside(publishing_entries(run)))
        else:
            voice.tell(publishing_lines(run))
    elif call.form == "json":
        voice.give(render_json(run.report, publishing_entries(run)))
    elif call.form == "markdown":
        voice.give(render_review(run.report, call.only))
    else:
        voice.tell(render_plan(run.report, run.outcomes, voice.screen, call.only))
        voice.tell(publishing_lines(run))


def _tell_rest(voice: Voice, run: PublishedRun) -> None:
    report = run.report
    if report is not None:
        for warning in report.warnings:
            voice.warn(f"warning: {problem_line(warning)}")
        if report.unsure is not None:
            voice.warn(f"security updates may be missing: {report.unsure}")
        voice.explain(timing_lines(report.timings))
    for problem in run.problems:
        voice.warn(problem_line(problem))
    for note in run.notes:
        voice.warn(f"note: {note}")


def write_summary(path: Path, text: str) -> None:
    """Behind what is there: a job's steps share the file."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"the summary can't be written: {error.strerror}", path=str(path)) from None
