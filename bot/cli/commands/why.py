"""``lockbot why``: who asks for a package, and what keeps it where it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.local.speaking import KeptErrors, make_voice, refusals, speaks
from bot.cli.local.surveying import look_at
from bot.cli.options.tabled import HELP_OPTIONS
from bot.plan.local.why import Why, find_why
from bot.plan.worlds.holdings import normal_name
from bot.report.local.why import not_locked, render_why, render_why_json


@click.command(context_settings=HELP_OPTIONS)
@click.argument("name")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@speaks
@click.pass_context
def why(context: click.Context, name: str, path: Path, *, as_json: bool) -> None:
    """Tell who asks for the package NAME, where, why it has the version that it has, and what would let it go further.

    Looks at the locks of the projects and scripts at PATH as they are now, and changes nothing.

    Ends with 0 when there is an answer, 1 when no lock holds the package, 2 when nothing could be looked at.
    """
    voice, kept, now = make_voice(context, os.environ), KeptErrors(), datetime.now(UTC)
    answers: list[Why] = []
    with refusals(voice, kept), look_at(path, os.environ, now, voice, kept) as look:
        for workload in look.survey.workloads:
            answer = find_why(workload, look.index, normal_name(name))
            answers += [answer] if answer is not None else []
    if as_json:
        voice.give(render_why_json(answers))
    elif answers:
        voice.tell(render_why(answers, voice.screen))
    if not answers and look.exit_code != 2:
        voice.refuse(not_locked(name, [workload.name for workload in look.survey.workloads]))
    raise SystemExit(look.exit_code if look.exit_code == 2 else 0 if answers else 1)
