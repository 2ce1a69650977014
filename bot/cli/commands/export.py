"""``lockbot export``: a drop-in for ``uv export``. What is written is ``bot.export``'s; here are files, time and words."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.local.writing import write_beside
from bot.cli.locking.command import lock_as_told
from bot.cli.options.lock_settings import settings_in
from bot.cli.options.tabled import TabledCommand
from bot.command_line.environment import with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import Bears, absent_values
from bot.errors import InputError, LockbotError
from bot.export.arguments import ExportArguments, Format, arguments_of, command_of, read_export_words
from bot.export.batch import read_batch
from bot.export.cyclonedx import Identity
from bot.export.document import ExportRequest, export_text
from bot.export.indexes import find_indexes
from bot.export.options import EXPORT_OPTIONS
from bot.export.project import ExportProject, Located, locate_project
from bot.export.pylock_toml import Places
from bot.git.folder import FolderTree
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.manifest.script import parse_script
from bot.resolver.lowering.settings import WrittenIndexes
from bot.values import replace, value


def _run(words: tuple[str, ...]) -> None:
    typed = read_export_words(words)
    export_as_told(_with_environment(typed, os.environ), command_of(words))


export = TabledCommand(
    "export",
    """\
Write the lock in another format, as uv export does. Nothing is ever built or run.

Ends with 0 when it is written, 1 when there is no lock or (with --locked) it is out of date, 2 for bad input.
""",
    EXPORT_OPTIONS,
    _run,
)


def _with_environment(typed: Mapping[str, object], environment: Mapping[str, str]) -> ExportArguments:
    """What ``UV_*`` variables say where the command says nothing; the lock asks them for itself."""
    own = [option for option in EXPORT_OPTIONS if option.bears is Bears.COMMAND]
    filled = with_environment(own, typed, environment)
    if filled["frozen"] and filled["locked"]:
        if not typed["frozen"] and not typed["locked"]:
            raise InputError("UV_FROZEN and UV_LOCKED can't be used together", hint="unset one of them")
        filled |= {"frozen": typed["frozen"], "locked": typed["locked"]}
    return arguments_of(filled)


# --- the command ------------------------------------------------------------------------------------


def export_as_told(arguments: ExportArguments, command: str) -> None:
    """Lock unless told not to, then write the lock in the format that is asked for; raises ``LockbotError``."""
    try:
        _export_as_told(arguments, command)
    except InputError as error:
        raise _located(error) from None


def _located(error: InputError) -> InputError:
    """The error with its path as seen from here instead of from the root of all."""
    if error.path is None:
        return error
    path, here = Path("/", error.path), Path.cwd()
    near = path.relative_to(here) if path.is_relative_to(here) else path
    return type(error)(error.problem, path=str(near), line=error.line, hint=error.hint)


def _export_as_told(arguments: ExportArguments, command: str) -> None:
    base = Path(arguments.directory or ".").resolve()
    if not base.is_dir():
        raise InputError("no such folder", path=str(base), hint="check --directory")
    entries = None if arguments.batch is None else _read_entries(arguments, base)
    source = _source(arguments, base)
    if entries is None:
        text = _text(arguments, source, base, command)
        if arguments.output is None or not arguments.quiet:
            sys.stdout.write(text)
        if arguments.output is not None:
            _write(base / arguments.output, text)
        return
    # A later entry that can't be made leaves all files as they are.
    texts = [(base / (one.output or ""), _text(one, _source_of(one, source, base), base, command)) for one in entries]
    for path, text in texts:
        _write(path, text)


def _read_entries(arguments: ExportArguments, base: Path) -> tuple[ExportArguments, ...]:
    path = base / (arguments.batch or "")
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(path), hint="check --batch") from None
    return read_batch(text, arguments.batch or "", arguments)


def _text(arguments: ExportArguments, source: _Source, base: Path, command: str) -> str:
    settings = settings_in(os.environ, _in_tree(base))
    indexes = find_indexes(arguments, source.tree, source.folder, source.script, settings)
    _tell(arguments, indexes)
    output = None if arguments.output is None else base / arguments.output
    return export_text(
        ExportRequest(
            arguments=arguments,
            lock=source.lock,
            project=source.project,
            places=Places(
                lock=source.folder,
                output=_in_tree(base if output is None else Path(os.path.abspath(output)).parent),
                tree_root="/",
            ),
            command=command,
            indexes=indexes,
            identity=Identity(serial=str(uuid.uuid4()), timestamp=_now()),
        )
    )


def _tell(arguments: ExportArguments, indexes: WrittenIndexes) -> None:
    if arguments.index_urls and indexes.has_explicit and arguments.format is Format.REQUIREMENTS:
        told = "requirements.txt can't say that an index serves some packages only: it is listed for all of them"
        print(f"note: {told}", file=sys.stderr)


def _write(path: Path, text: str) -> None:
    """Replace a file, or write to what is none (a pipe, a terminal)."""
    real = path.resolve()
    if real.exists() and not real.is_file():
        real.write_text(text, encoding="utf-8")
        return
    real.parent.mkdir(parents=True, exist_ok=True)
    write_beside(real, text)


def _now() -> str:
    seconds, fraction = divmod(time.time_ns(), 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


@value
class _Source:
    """What is exported. ``folder`` is the lock's in the tree, ``script`` the path of a script."""

    lock: Lock
    project: ExportProject | None
    folder: str
    tree: FolderTree
    script: str | None = None


def _source(arguments: ExportArguments, base: Path) -> _Source:
    tree = FolderTree(Path("/"))
    if arguments.script is not None:
        return _script_source(arguments, base, tree)
    located = _locate(arguments, base, tree)
    lock = (
        _frozen(Path("/", located.folder, "uv.lock"))
        if arguments.frozen
        else lock_as_told(_lock_options(arguments, base, dry_run=False))
    )
    return _Source(lock=lock, project=located.project, folder=located.folder, tree=tree)


def _source_of(entry: ExportArguments, whole: _Source, base: Path) -> _Source:
    """The same lock, by the project that one entry of a batch means."""
    return replace(whole, project=_locate(entry, base, whole.tree).project)


def _locate(arguments: ExportArguments, base: Path, tree: FolderTree) -> Located:
    where = (base / arguments.project).resolve() if arguments.project is not None else base
    if not where.is_dir():
        raise InputError("no such folder", path=str(where), hint="check --project")
    package = arguments.packages[0] if len(arguments.packages) == 1 else None
    located = locate_project(tree, _in_tree(where), package)
    if not located.has_manifest and (arguments.index_urls or arguments.find_links):
        raise InputError("there is no pyproject.toml that names indexes", path=str(where), hint="leave --emit-… out")
    return located


def _script_source(arguments: ExportArguments, base: Path, tree: FolderTree) -> _Source:
    script = (base / (arguments.script or "")).resolve()
    path = script.with_name(f"{script.name}.lock")
    text = tree.read_text(_in_tree(script))
    if text is None or parse_script(text, _in_tree(script)) is None:
        problem = "no such file" if text is None else "no '# /// script' header"
        raise InputError(problem, path=str(script), hint="check --script")
    # A script without a lock doesn't get one by being exported.
    lock = (
        _frozen(path) if arguments.frozen else lock_as_told(_lock_options(arguments, base, dry_run=not path.is_file()))
    )
    return _Source(lock=lock, project=None, folder=_in_tree(script.parent), tree=tree, script=_in_tree(script))


class NoLockError(LockbotError):
    """``--frozen``, and there is no lock."""


def _in_tree(path: Path) -> str:
    return path.relative_to("/").as_posix()


def _frozen(path: Path) -> Lock:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NoLockError(f"{path}: there is no lock to export (run lockbot lock first)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(path)) from None
    return parse_lock(text, str(path))


def _lock_options(arguments: ExportArguments, base: Path, *, dry_run: bool) -> Mapping[str, object]:
    """The options of ``lockbot lock`` that the command names."""
    return {
        **absent_values(LOCK_OPTIONS),
        **arguments.locking,
        "directory": base,
        "check": arguments.locked,
        "dry_run": dry_run and not arguments.locked,
        "project": None if arguments.project is None else Path(arguments.project),
        "script": None if arguments.script is None else Path(arguments.script),
    }
