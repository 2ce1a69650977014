"""``lockbot obey``: what a comment or a ticked box orders, by the event that began a workflow."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.local.speaking import KeptErrors, Voice, make_voice, refusals, speaks
from bot.cli.options.tabled import HELP_OPTIONS
from bot.cli.publish.command import Call, find_reference, open_session, write_summary
from bot.cli.publish.obeying import Errand, read_event, run_errand
from bot.cli.publish.publishing import Heard
from bot.errors import InputError
from bot.forge.github.webhooks.workflow import find_repository
from bot.report.publishing.told import heard_entries, render_heard
from bot.report.terminal import problem_line
from bot.settings import get_environment, read_settings


@click.command(context_settings=HELP_OPTIONS)
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--event", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The event's payload; without it the file of GITHUB_EVENT_PATH.",
)  # fmt: skip
@click.option("--event-name", metavar="NAME", help="What happened; without it GITHUB_EVENT_NAME.")
@click.option("--repository", metavar="OWNER/NAME", help="Where it happened; without it the event's repository.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--summary", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Append what was done to FILE, as Markdown.",
)  # fmt: skip
@speaks
@click.pass_context
def obey(
    context: click.Context,
    path: Path,
    *,
    event: Path | None,
    event_name: str | None,
    repository: str | None,
    as_json: bool,
    summary: Path | None,
) -> None:
    """Obey the commands of a comment, or the ticked boxes, that began a GitHub workflow.

    Who gave them is asked of GitHub first; nothing of a pull request is checked out, and PATH is read only where it is a clone
    of the repository.

    Ends with 0 when what was ordered is done or was answered, 1 when an order failed, 2 when the event or the repository
    could not be read.
    """
    voice, kept = make_voice(context, os.environ), KeptErrors()
    with refusals(voice, kept), voice.progress() as progress:
        environ = get_environment()
        body = read_event(_find_event(event))
        name = event_name if event_name is not None else environ.get("GITHUB_EVENT_NAME", "")
        call = Call(
            path=path, environ=environ, now=datetime.now(UTC), repository=_find_place(repository, body), summary=summary
        )
        session = open_session(call, read_settings(), progress, kept)
        errand = Errand(name=name, body=body, path=path, reference=find_reference(environ))
        heard = run_errand(session, errand)
        _tell(call, voice, heard, as_json=as_json)
    click.echo(kept.render(), err=True, nl=False)
    raise SystemExit(1 if heard.problems else 0)


def _find_event(given: Path | None) -> Path:
    found = given or get_environment().get("GITHUB_EVENT_PATH")
    if not found:
        raise InputError("there is no event", hint="name its file with --event, or set GITHUB_EVENT_PATH")
    return Path(found)


def _find_place(given: str | None, body: bytes) -> str:
    found = find_repository(body)
    if found is None:
        raise InputError("the event names no repository", hint="hand over the file of GITHUB_EVENT_PATH as it is")
    if given is not None and given.lower() != found.lower():
        raise InputError(f"the event is about {found}, not about {given}")
    return found


def _tell(call: Call, voice: Voice, heard: Heard, *, as_json: bool) -> None:
    assert call.repository is not None, "the event names it"
    if call.summary is not None:
        write_summary(call.summary, render_heard(call.repository, heard.lines, heard.problems))
    if as_json:
        voice.give(
            json.dumps(heard_entries(call.repository, heard.lines, heard.problems), indent=2, ensure_ascii=False)
        )
    else:
        voice.tell(heard.lines)
    for problem in heard.problems:
        voice.warn(problem_line(problem))
