"""Runs a scenario: through lockbot's own pipeline in memory, and through the real uv on a folder and a loopback host."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from bot.errors import LockbotError, NoSolutionError
from bot.lockfile.reader import parse_lock
from bot.resolver.assembly.written import Revision
from bot.resolver.lock import LockTask, lock_project
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from bot.resolver.lowering.dependencies import TreeLowering
from tests.resolver.index_host import IndexHost
from tests.resolver.stand_in_python import make_stand_in
from tests.resolver.trees import MemoryTree
from tests.resolver.universe import FOLDER, HOST, Expected, Scenario, ScenarioError, State
from tests.resolver.universe_index import UniverseIndex

#: The default index of every scenario, as the command line names it.
DEFAULT_INDEX = f"{HOST}/main/simple"

_NOW = datetime(2025, 6, 1, tzinfo=UTC)
_FLAGS = {"--upgrade": "upgrade", "--no-build": "no_build", "--no-sources": "no_sources", "--no-binary": "no_binary"}
_LISTS = {
    "--upgrade-package": "upgrade_package",
    "--upgrade-group": "upgrade_group",
    "--no-build-package": "no_build_package",
    "--no-sources-package": "no_sources_package",
    "--find-links": "find_links",
    "--index": "indexes",
    "--exclude-newer-package": "exclude_newer_package",
    "--preview-features": "preview_features",
}
_TEXTS = {
    "--resolution": "resolution",
    "--prerelease": "prerelease",
    "--fork-strategy": "fork_strategy",
    "--index-strategy": "index_strategy",
    "--exclude-newer": "exclude_newer",
}


def command_settings(arguments: tuple[str, ...], python: str) -> CommandSettings:
    """Read the few arguments of ``uv lock`` that scenarios give."""
    settings = CommandSettings(default_index=DEFAULT_INDEX, python=python, tree_root=FOLDER, now=_NOW, zone=UTC)
    rest: Iterator[str] = iter(arguments)
    for name in rest:
        if name in ("--preview", "--no-preview"):
            settings = replace(settings, preview=name == "--preview")
        elif name == "--refresh":
            settings = replace(settings, resolves_anew=True, compares_text=True)
        elif name == "--refresh-package":
            settings = replace(settings, resolves_anew=bool(next(rest)))
        elif name in _FLAGS:
            settings = replace(settings, **{_FLAGS[name]: True})  # type: ignore[arg-type]
        elif name in _LISTS:
            listed: tuple[str, ...] = getattr(settings, _LISTS[name])
            settings = replace(settings, **{_LISTS[name]: (*listed, next(rest))})  # type: ignore[arg-type]
        elif name in _TEXTS:
            settings = replace(settings, **{_TEXTS[name]: next(rest)})  # type: ignore[arg-type]
        else:
            raise ScenarioError(f"the argument {name} has no meaning in scenarios")
    return settings


def run_lockbot(scenario: Scenario, revision: Revision = None) -> Expected:
    """What lockbot makes of the scenario, in the form of an expectation; ``revision`` is what it keeps to in the end."""
    existing = scenario.existing
    if scenario.before is not None:
        earlier = _lock_once(scenario, scenario.before, None)
        if earlier.lock is None:
            raise ScenarioError(f"{scenario.path}: the earlier state cannot be locked: {earlier}")
        existing = earlier.lock
    return _lock_once(scenario, scenario.now, existing, revision)


def _lock_once(scenario: Scenario, state: State, existing: str | None, revision: Revision = None) -> Expected:
    tree, settings = MemoryTree(state.files), command_settings(state.arguments, scenario.python)
    index = UniverseIndex(state)
    try:
        if scenario.script is None:
            request, root = lower_project(tree, root=".", settings=settings), "."
        else:
            request = lower_script(tree, path=scenario.script, settings=settings)
            root = str(PurePosixPath(scenario.script).parent)
        task = LockTask(
            request=request,
            index=index,
            sources=TreeLowering(tree, root, settings, index),
            existing=None if existing is None else parse_lock(existing, scenario.lock_name),
            existing_text=existing,
            revision=revision,
            limits=scenario.effort,
        )
        locked = lock_project(task)
    except NoSolutionError as problem:
        return Expected(no_solution=f"{problem}\n")
    except LockbotError as problem:
        return Expected(refusal=f"{problem}\n")
    return Expected(unchanged=True) if locked.unchanged else Expected(lock=locked.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class UvRun:
    """What uv did: the lock that it left (with placeholders), or what it said when it refused."""

    lock: str | None
    said: str


class Uv:
    """The real uv with an index host of its own and stand-in interpreters, all below ``folder``."""

    def __init__(self, program: str, host: IndexHost, folder: Path) -> None:
        self._program = program
        self._host = host
        self._folder = folder
        self._interpreters: dict[str, Path] = {}

    def run(self, scenario: Scenario, project: Path) -> tuple[UvRun, str | None]:
        """Lock the scenario in the empty folder ``project``; gives the run and the lock that existed before it."""
        place = self._host.open_place()
        existing = scenario.existing
        if scenario.before is not None:
            earlier = self._lock_once(scenario, scenario.before, project, place, None)
            if earlier.lock is None:
                raise ScenarioError(f"{scenario.path}: uv cannot lock the earlier state: {earlier.said}")
            existing = earlier.lock
            for path in scenario.before.files:
                (project / path).unlink()
        return self._lock_once(scenario, scenario.now, project, place, existing), existing

    def _lock_once(self, scenario: Scenario, state: State, project: Path, place: str, existing: str | None) -> UvRun:
        def real(text: str) -> str:
            return text.replace(HOST, place).replace(FOLDER, str(project))

        self._host.put(place, state.site)
        lock = project / scenario.lock_name
        texts = dict(state.files)
        if existing is not None:
            texts[scenario.lock_name] = existing
        _write(project, {path: real(text).encode() for path, text in texts.items()} | dict(state.copies))
        command = ["lock", "--python", str(self._interpreter(scenario.python)), "--default-index", DEFAULT_INDEX]
        command += [*state.arguments, *(["--script", scenario.script] if scenario.script else [])]
        done = subprocess.run(
            [self._program, *map(real, command)],
            cwd=project,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return UvRun(lock=None, said=done.stderr)
        text = lock.read_bytes().decode()
        return UvRun(lock=text.replace(place, HOST).replace(str(project), FOLDER), said=done.stderr)

    def _interpreter(self, version: str) -> Path:
        if version not in self._interpreters:
            self._interpreters[version] = make_stand_in(self._folder, version)
        return self._interpreters[version]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        nowhere = str(self._folder / "nothing")
        return kept | {
            "UV_CACHE_DIR": str(self._folder / "cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CONFIG_HOME": nowhere,
            "XDG_CONFIG_DIRS": nowhere,
            "NO_PROXY": "127.0.0.1",
            "TZ": "UTC",
        }


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
