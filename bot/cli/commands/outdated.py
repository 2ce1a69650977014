"""``lockbot outdated``: the direct packages that have something newer."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.local.speaking import KeptErrors, make_voice, refusals, speaks
from bot.cli.local.surveying import look_at
from bot.cli.options.tabled import HELP_OPTIONS
from bot.plan.local.outdated import Outdated, find_outdated
from bot.report.local.outdated import render_outdated, render_outdated_json


@click.command(context_settings=HELP_OPTIONS)
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@speaks
@click.pass_context
def outdated(context: click.Context, path: Path, *, as_json: bool) -> None:
    """List the packages that the projects and scripts at PATH require directly and that have something newer.

    Looks at the files as they are, committed or not, and changes nothing. "In range" is the newest version that the
    project's own requirements admit, "Held by" what keeps the newest of all away.

    Ends with 0 when all was looked at, 1 when something could not be read or locked, 2 when nothing could.
    """
    voice, kept, now = make_voice(context, os.environ), KeptErrors(), datetime.now(UTC)
    with refusals(voice, kept), look_at(path, os.environ, now, voice, kept) as look, voice.progress() as progress:
        rows: list[Outdated] = []
        for workload in look.survey.workloads:
            progress("look", workload.name)
            rows += find_outdated(workload, look.index)
    if as_json:
        voice.give(render_outdated_json(rows))
    elif rows:
        voice.tell(render_outdated(rows, now, voice.screen))
    elif look.survey.workloads:
        voice.tell(["Nothing is outdated: every package that is required directly is the newest that may be chosen."])
    raise SystemExit(look.exit_code)
