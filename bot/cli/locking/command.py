"""``lockbot lock``: a drop-in for ``uv lock``. What it does with its options; how they are typed is ``options``'."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.indexes.choice import IndexChoice
from bot.cli.indexes.lazy import LazyIndex
from bot.cli.local.colors import has_colors
from bot.cli.local.writing import write_beside
from bot.cli.options.lock_settings import look_around, make_choice, make_settings, place_in, refreshes_anything
from bot.command_line.environment import with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import refuse_unusable, remarks
from bot.command_line.words import read_words
from bot.errors import BuildRequiredError, InputError, LockbotError
from bot.git.folder import FolderTree
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.lockfile.spacing import find_odd_line
from bot.pep440 import shorten
from bot.report.lock_lines import change_lines, no_change_line, not_built_lines, resolved_line
from bot.resolver.judge.verdict import Satisfied, judge_lock
from bot.resolver.lowering import Workspace, discover_workspace, lower_script, lower_workspace
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.request import Experiment, LockRequest
from bot.resolver.search.head_start import request_first_pages
from bot.values import replace

if TYPE_CHECKING:
    from bot.resolver.lock import Locked


def read_lock_words(words: Sequence[str]) -> Mapping[str, object]:
    """The options of what follows ``lockbot``, the word ``lock`` among it; raises ``InputError``."""
    typed = read_words(words, LOCK_OPTIONS, "lockbot lock")
    extra = next((word for at, word in enumerate(typed.operands) if (at, word) != (0, "lock")), None)
    if extra is not None:
        raise InputError(f"unexpected argument {shorten(extra)!r}", hint="lockbot lock --help lists what can be said")
    return typed.values


def run_lock(words: Sequence[str]) -> None:
    """The command."""
    lock_as_told(read_lock_words(words), refreshes=True)


def lock_as_told(typed: Mapping[str, object], *, refreshes: bool = False) -> Lock:
    """Bring the lock up to date and give it; the options are those of ``LOCK_OPTIONS``, by their long names, as typed.

    ``refreshes``: where pages are asked about again, a lock that is right is resolved again, too.
    """
    quiet = typed["quiet"]
    assert isinstance(quiet, int)
    try:
        return _lock_as_told(typed, refreshes=refreshes)
    except LockbotError as error:
        if quiet < 2:
            raise
        sys.exit(2 if isinstance(error, InputError) else 1)


def _lock_as_told(typed: Mapping[str, object], *, refreshes: bool) -> Lock:
    refuse_unusable(LOCK_OPTIONS, typed)
    options = with_environment(LOCK_OPTIONS, typed, os.environ)
    run = _Run(options, refreshes=refreshes)
    for remark in remarks(LOCK_OPTIONS, typed, options):
        run.say(f"note: {remark}")
    return run.lock()


class _Run:
    """One call of the command."""

    def __init__(self, options: Mapping[str, object], *, refreshes: bool) -> None:
        self._options = options
        self._started = time.monotonic()
        self._here = _folder(Path(), options["directory"], "--directory")
        self._folder = _folder(self._here, options["project"], "--project")
        self._tree = FolderTree(Path(self._folder.anchor))
        self._colors = _has_colors(options, os.environ)
        around = look_around(self._tree.root, self._here, os.environ)
        settings = make_settings(options, around)
        anew = refreshes and refreshes_anything(options)
        self._settings = replace(settings, resolves_anew=anew, compares_text=anew and options["refresh"] is True)
        script = options["script"]
        assert script is None or isinstance(script, Path)
        self._script = script

    def say(self, text: str) -> None:
        """Tell on standard error, unless told to be quiet."""
        if not self._options["quiet"]:
            print(text, file=sys.stderr)

    def _explain(self, text: str) -> None:
        if self._options["verbose"]:
            self.say(text)

    def lock(self) -> Lock:
        try:
            return self._look() if self._options["check_exists"] else self._lock()
        except InputError as error:
            raise self._located(error) from None
        except BuildRequiredError as error:
            raise error if error.path is None else error.at(self._near(error.path)) from None

    def _look(self) -> Lock:
        """``--check-exists``: nothing is asked but whether the lock can be read."""
        path = self._place()[1]
        lock = _read_lock(path)[0]
        if lock is None:
            raise OutOfDateError(f"there is no lock {path.name}; run `lockbot lock`")
        self.say(f"note: {path.name} can be read; whether it is up to date was not looked at (use --check)")
        return lock

    def _lock(self) -> Lock:
        request, root, path, existing, text = self._request()
        for one in request.warnings:
            error = InputError(one.problem, path=one.path, line=one.line, hint=one.hint)
            self.say(f"warning: {self._located(error)}")
        self._check_spacing(request, path, text)
        choice = make_choice(
            self._options,
            request.indexes,
            self._here,
            os.environ,
            request.machine,
            asks_keyring=request.asks_keyring,
            foreign=() if self._script is not None else (self._folder, path.parent),
        )
        self._explain_request(request, path, choice)
        index = LazyIndex(choice)
        try:
            sources = TreeLowering(self._tree, root, self._settings, index)
            if existing is not None and self._is_right(request, existing, sources):
                self._tell_right(existing)
                return existing
            request_first_pages(request, index)
            # The solver takes longer to load than a lock that is right takes to check.
            relock = import_module("bot.cli.locking.relock").relock
            locked: Locked = relock(request, index, existing, text, sources, self._options["revision"], self._script)
        finally:
            index.close()
        self._finish(path, existing, locked)
        return locked.lock

    def _check_spacing(self, request: LockRequest, path: Path, text: str | None) -> None:
        """uv's experiment takes a lock that somebody spaced in another way for one that is not right."""
        if not self._options["check"] or text is None or Experiment.SPACING not in request.options.experiments:
            return
        line = find_odd_line(text)
        if line is not None:
            remedy = "run `lockbot lock --refresh --preview-features lockfile-format-check`"
            raise OutOfDateError(f"{path.name}:{line}: the lock is not spaced as it would be written; {remedy}")

    def _is_right(self, request: LockRequest, existing: Lock, sources: TreeLowering) -> bool:
        """Whether the lock stands as it is; one that is to get another revision is left to ``relock``."""
        if self._options["revision"] not in (None, "keep"):
            return False
        return isinstance(judge_lock(request, existing, sources.locked), Satisfied)

    # --- what is locked ---

    def _place(self) -> tuple[Workspace | None, Path]:
        """The workspace (``None`` for a script) and where its lock is."""
        if self._script is not None:
            script = (self._here / self._script).resolve()
            return None, script.with_name(script.name + ".lock")
        workspace = discover_workspace(self._tree, self._in_tree(self._folder))
        return workspace, self._tree.root / workspace.root / "uv.lock"

    def _request(self) -> tuple[LockRequest, str, Path, Lock | None, str | None]:
        """The request, the lock's folder in the tree, and the existing lock with its path and text."""
        workspace, path = self._place()
        if workspace is None:
            script = self._in_tree(path.with_name(path.name.removesuffix(".lock")))
            request = lower_script(self._tree, path=script, settings=self._settings)
            return request, self._in_tree(path.parent), path, *_read_lock(path)
        existing, text = _read_lock(path)
        request = lower_workspace(self._tree, workspace, self._settings, recorded=existing)
        return request, workspace.root, path, existing, text

    def _located(self, error: InputError) -> InputError:
        """The error with its path as seen from the current folder instead of from the tree's root."""
        if error.path is None or Path(error.path).is_absolute():
            return error
        return type(error)(error.problem, path=self._near(error.path), line=error.line, hint=error.hint)

    def _near(self, path: str) -> str:
        """A path in the tree as seen from the current folder."""
        there = self._tree.root / path
        return str(there.relative_to(Path.cwd()) if there.is_relative_to(Path.cwd()) else there)

    def _in_tree(self, path: Path) -> str:
        return place_in(self._tree.root, path)

    # --- what is told ---

    def _explain_request(self, request: LockRequest, path: Path, choice: IndexChoice) -> None:
        self._explain(f"lock: {path}")
        self._explain(f"cache: {choice.cache_dir or 'none'}")
        for index in request.indexes:
            self._explain(f"index: {index.folder or index.url}")

    def _finish(self, path: Path, existing: Lock | None, locked: Locked) -> None:
        # What the lock recorded needs no mention.
        for line in not_built_lines(locked.not_built):
            self.say(line)
        if locked.unchanged:
            self._tell_right(locked.lock)
            return
        why = locked.reason or ("it differs from what would be locked" if existing else "there is none")
        if self._options["check"]:
            raise OutOfDateError(f"the lock {path.name} needs to be updated: {why}; run `lockbot lock`")
        self._explain(f"the lock was not right: {why}")
        if not self._options["dry_run"]:
            write_beside(path, locked.text)
        self._tell_resolved(locked.lock)
        self._tell_changes(existing, locked.lock)

    def _tell_right(self, lock: Lock) -> None:
        self._tell_resolved(lock)
        if self._options["dry_run"]:
            self.say(no_change_line(is_right=True, colors=self._colors))

    def _tell_resolved(self, lock: Lock) -> None:
        self.say(resolved_line(len(lock.packages), time.monotonic() - self._started, colors=self._colors))

    def _tell_changes(self, existing: Lock | None, lock: Lock) -> None:
        """As uv does, a new lock is listed only where it isn't written."""
        is_dry = bool(self._options["dry_run"])
        if existing is None and not is_dry:
            return
        lines = list(change_lines(existing, lock, is_done=not is_dry, colors=self._colors))
        for line in lines or ([no_change_line(is_right=False, colors=self._colors)] if is_dry else []):
            self.say(line)


def _folder(start: Path, said: object, option: str) -> Path:
    if said is None:
        return start
    assert isinstance(said, Path)
    folder = start / said
    if not folder.is_dir():
        raise InputError("no such folder", path=str(folder), hint=f"check {option}")
    return folder.resolve()


def _has_colors(options: Mapping[str, object], environment: Mapping[str, str]) -> bool:
    color = options["color"] or ("never" if options["no_color"] else "auto")
    assert isinstance(color, str)
    return has_colors(sys.stderr, color, environment)


class OutOfDateError(LockbotError):
    """``--check`` found the lock out of date."""


def _read_lock(path: Path) -> tuple[Lock | None, str | None]:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None, None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(path)) from None
    return parse_lock(text, str(path)), text
