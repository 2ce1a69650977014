"""``lockbot audit``: the locks against the known advisories; ``--fix`` mends them in the working tree."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from bot.advisories.audit import Audited, audit_locks
from bot.advisories.exceptions import Ignored, read_exceptions
from bot.advisories.findings import Finding
from bot.advisories.locks import LocksFound, find_locks
from bot.advisories.model import Advisory
from bot.advisories.statuses import add_statuses, find_projects, request_statuses
from bot.app.advisories import make_advisories
from bot.cli.local.repository import find_named, open_index
from bot.cli.local.speaking import KeptErrors, Voice, make_voice, refusals, speaks
from bot.cli.local.surveying import Look, choose_units, look_at
from bot.cli.local.writing import write_all
from bot.cli.options.lock_settings import names_indexes
from bot.cli.options.tabled import HELP_OPTIONS
from bot.detect.model import Told
from bot.detect.repository import detect
from bot.detect.requirements import find_compile_commands
from bot.distribution import NAME
from bot.errors import InputError
from bot.follow.followers import find_followers
from bot.git.working_tree import WorkingTree, open_working_tree
from bot.index.memory import MemoryIndex
from bot.osv.client import OsvClient
from bot.pipeline.configuration import read_config
from bot.plan.security.fix import Fixes, plan_fixes
from bot.plan.security.known import Known
from bot.ports.run import BranchName, Problem, RunRequest, Sha
from bot.repoconfig.model import DEFAULT_CONFIG
from bot.report.audit.fixed import render_fixes, render_fixes_json
from bot.report.audit.json import render_audit_json
from bot.report.audit.sarif import render_sarif
from bot.report.audit.text import render_audit
from bot.report.terminal import problem_line
from bot.resolver.lowering import CommandSettings
from bot.settings import Settings, read_settings
from bot.values import value
from bot.wall import KeepError

_FORMATS: Final = ("text", "json", "sarif")


@click.command(context_settings=HELP_OPTIONS)
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option("--fix", is_flag=True, help="Move what is affected to the nearest version that is not.")
@click.option("--dry-run", is_flag=True, help="With --fix: solve, but write nothing.")
@click.option("--output-format", "form", type=click.Choice(_FORMATS), default="text", help="What to print.")
@click.option("--json", "as_json", is_flag=True, help="Short for --output-format json.")
@click.option("--ignore", multiple=True, metavar="ID", help="Leave this vulnerability out.")
@click.option("--ignore-until-fixed", multiple=True, metavar="ID", help="The same, while no release mends it.")
@click.option("--service-url", metavar="URL", help="The service to ask, in place of LOCKBOT_OSV_URL.")
@speaks
@click.pass_context
def audit(
    context: click.Context,
    path: Path,
    *,
    fix: bool,
    dry_run: bool,
    form: str,
    as_json: bool,
    ignore: tuple[str, ...],
    ignore_until_fixed: tuple[str, ...],
    service_url: str | None,
) -> None:
    """Look for known vulnerabilities and adverse project statuses in the locks at PATH, every package of them.

    Locks are read as they are; nothing is resolved, built or changed. Only packages from PyPI, and from indexes in
    LOCKBOT_PUBLIC_INDEXES, are asked about. [tool.uv.audit] is obeyed. The index that a package is locked from is asked
    whether the project is archived, deprecated or quarantined; that is told, and changes no exit code.

    With --fix each affected package moves to the lowest version that is free of what is known, everything else stays as
    locked where it can, and requirements follow. All files are written, or none.

    Ends with 0 when nothing is known (with --fix: nothing is left), 1 when something is, 2 when a lock or the service
    could not be read.
    """
    form = "json" if as_json else form
    if dry_run and not fix:
        raise click.UsageError("--dry-run belongs to --fix")
    if fix and form == "sarif":
        raise click.UsageError("--fix has no report in SARIF")
    voice, kept = make_voice(context, os.environ), KeptErrors()
    said = Ignored(always=ignore, until_fixed=ignore_until_fixed)
    with refusals(voice, kept):
        settings = read_settings()
        tree = open_working_tree(path if path.is_dir() else path.parent, os.environ)
        found = _locks(tree, path, kept)
        accepted, broken = _exceptions(tree)
        found, said = replace(found, problems=(*broken, *found.problems)), said.joined(accepted)
        with make_advisories(settings, service_url) as service:
            with voice.progress() as progress:
                progress("ask", service.http.base_url.host)
                audits = _audited(tree, found, service, settings, said, has_statuses=not fix)
            mending = _Mending(service=service, settings=settings, said=said, path=path, voice=voice, kept=kept)
            done = mending.mend(found, audits, is_written=not dry_run) if fix else None
    if done is None:
        _give(audits, found, voice, form)
        left = any(one.found for one in audits)
    else:
        _give_fixes(done, voice, form, is_written=not dry_run)
        left = bool(done.blocked or done.unanswered) or (dry_run and bool(done.mended))
    _warn(audits, found, voice)
    raise SystemExit(2 if found.problems else 1 if left else 0)


def _locks(tree: WorkingTree, path: Path, keep: KeepError) -> LocksFound:
    here = path.resolve().relative_to(tree.root).as_posix()
    detected = detect(tree, keep, Told(compiles=tuple(find_compile_commands(tree))))
    units = choose_units(detected.units, here)
    # Where somebody's own settings name indexes, a file of pins may be from those: its names stay here.
    index = None if names_indexes(os.environ, Path.home()) else MemoryIndex()
    found = find_locks(tree, detected, units, CommandSettings(now=datetime.now(UTC)), index)
    if not found.locks and not found.problems:
        raise InputError("nothing here has a lock", path=str(path), hint="run lockbot lock first")
    return found


def _audited(
    tree: WorkingTree, found: LocksFound, service: OsvClient, settings: Settings, said: Ignored, *, has_statuses: bool
) -> Sequence[Audited]:
    """``has_statuses``: with what indexes say against the projects; they are asked while the service is."""
    if not has_statuses or not found.locks:
        return audit_locks(found.locks, service, settings.all_public_indexes, said)
    named = find_named(tree, tree.root, os.environ)
    projects = [find_projects(lock, str(tree.root), named.indexes) for lock in found.locks]
    with open_index(named, os.environ, datetime.now(UTC)) as index:
        request_statuses([one for its in projects for one in its], index)
        audits = audit_locks(found.locks, service, settings.all_public_indexes, said)
        return add_statuses(audits, found.locks, projects, index)


def _exceptions(tree: WorkingTree) -> tuple[Ignored, tuple[Problem, ...]]:
    """Those of the repository's configuration; a broken one counts for nothing, and is told."""
    now = datetime.now(UTC)
    request = RunRequest(root=tree.root, base=Sha(""), base_branch=BranchName(""), now=now, repository=tree.root.name)
    state, config = read_config(request, tree)
    return (Ignored() if config is None else read_exceptions(config, now)), state.problems


def _give(audits: Sequence[Audited], found: LocksFound, voice: Voice, form: str) -> None:
    if form == "json":
        voice.give(render_audit_json(audits, found.problems))
    elif form == "sarif":
        voice.give(render_sarif(audits, version(NAME)))
    else:
        voice.tell(render_audit(audits, voice.screen))


def _give_fixes(done: Fixes, voice: Voice, form: str, *, is_written: bool) -> None:
    if form == "json":
        voice.give(render_fixes_json(done, is_written=is_written))
    else:
        voice.tell(render_fixes(done, voice.screen, is_written=is_written))
    for one in done.unanswered:
        voice.warn(f"{one.unit}: {one.reason}")


def _warn(audits: Sequence[Audited], found: LocksFound, voice: Voice) -> None:
    for manifest in found.without:
        voice.warn(f"{manifest}: it has no lock, so nothing is known of it (run lockbot lock)")
    for problem in found.problems:
        voice.warn(problem_line(problem))
    for name in dict.fromkeys(name for one in audits for name in one.unmatched):
        voice.warn(f"{name}: to be ignored, but nothing here has it")


@value
class _Mending:
    """What ``--fix`` needs beside the findings."""

    service: OsvClient
    settings: Settings
    said: Ignored
    path: Path
    voice: Voice
    kept: KeptErrors

    def mend(self, found: LocksFound, audits: Sequence[Audited], *, is_written: bool) -> Fixes:
        """Solve, and write all files or none."""
        findings = {one.path: [row.finding for row in one.found] for one in audits}
        if not any(findings.values()):
            return Fixes(finished=None)
        now = datetime.now(UTC)
        with look_at(self.path, os.environ, now, self.voice, self.kept) as look, self.voice.progress() as progress:
            progress("solve", "")
            done = self._plan(look, found, findings)
        if done.finished is not None and is_written:
            before = {path: look.tree.read_text(path) for path in done.finished.texts}
            write_all(look.tree.root, done.finished.texts, before)
        return done

    def _plan(self, look: Look, found: LocksFound, findings: Mapping[str, Sequence[Finding]]) -> Fixes:
        public, records = self.settings.all_public_indexes, dict[str, Sequence[Advisory]]()
        known = {
            one.path: Known(
                service=self.service,
                ignored=self.said.joined(one.ignored),
                public=public,
                registries=one.registries,
                records=records,
            )
            for one in found.locks
        }
        followers = find_followers(look.tree, look.survey.config or DEFAULT_CONFIG, self.kept)
        return plan_fixes(look.tree, look.survey.workloads, findings, known, look.index, followers)
