"""``lockbot upgrade``: the working tree instead of branches."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.local.repository import look_around
from bot.cli.local.speaking import KeptErrors, make_voice, refusals, speaks
from bot.cli.local.surveying import Look, look_at
from bot.cli.local.writing import write_all
from bot.cli.options.tabled import HELP_OPTIONS
from bot.errors import InputError
from bot.follow.followers import find_followers
from bot.plan.local.upgrade import Upgraded, Wish, plan_upgrade
from bot.plan.worlds.holdings import normal_name
from bot.ports.run import FileChange
from bot.repoconfig.model import DEFAULT_CONFIG
from bot.report.local.upgraded import render_upgraded, render_upgraded_json
from bot.report.patch import render_patch


@click.command(context_settings=HELP_OPTIONS)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--major", is_flag=True, help="Also over majors.")
@click.option(
    "--directory", "path", default=".", type=click.Path(path_type=Path, exists=True), help="Upgrade what is here."
)
@click.option("--all", "everything", is_flag=True, help="Every project and script below, not only the project here.")
@click.option("--dry-run", is_flag=True, help="Solve, but write nothing.")
@click.option("--diff", is_flag=True, help="Print the changes as a patch.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@speaks
@click.pass_context
def upgrade(
    context: click.Context,
    names: tuple[str, ...],
    path: Path,
    *,
    major: bool,
    everything: bool,
    dry_run: bool,
    diff: bool,
    as_json: bool,
) -> None:
    """Move packages as far as the solver can take them: requirements and locks of the working tree, edited together.

    NAME may be any package of a lock; without one, every package that is required directly moves. Of a repository with
    several projects the one that the current folder belongs to is meant. Nothing is written unless all of it was
    solved, and then all files or none.

    Ends with 0 when done (also when there was nothing to do), 1 when something could not be read, solved or written, 2
    when nothing could be looked at or a NAME is in no lock.
    """
    if diff and as_json:
        raise click.UsageError("--diff and --json contradict each other")
    voice, kept, now = make_voice(context, os.environ), KeptErrors(), datetime.now(UTC)
    wish = Wish(names=frozenset(map(normal_name, names)), major=major)
    with refusals(voice, kept):
        with look_at(path, os.environ, now, voice, kept, is_wide=everything) as look, voice.progress() as progress:
            progress("solve", ", ".join(names))
            around = look_around(os.environ)
            followers = find_followers(look.tree, look.survey.config or DEFAULT_CONFIG, kept, around)
            done = plan_upgrade(look.tree, look.survey.workloads, wish, look.index, followers)
        if done.unknown:
            raise InputError(f"no lock here has {', '.join(done.unknown)}", hint="check the name, or --directory")
        before = _before(look, done)
        if done.finished is not None and not dry_run:
            write_all(look.tree.root, done.finished.texts, before)
    if as_json:
        voice.give(render_upgraded_json(done, is_written=not dry_run))
    elif diff:
        voice.give(_patch(done, before))
    else:
        voice.tell(render_upgraded(done, voice.screen, is_written=not dry_run))
    for one in done.unanswered:
        voice.warn(f"{one.unit}: {one.reason}")
    raise SystemExit(look.exit_code or (1 if done.unanswered else 0))


def _before(look: Look, done: Upgraded) -> Mapping[str, str | None]:
    return {path: look.tree.read_text(path) for path in (done.finished.texts if done.finished else ())}


def _patch(done: Upgraded, before: Mapping[str, str | None]) -> str:
    texts = done.finished.texts if done.finished else {}
    return render_patch([FileChange(path=path, text=text) for path, text in texts.items()], before)
