"""One call of ``pip compile`` in a small repository: by lockbot in memory, and by the real uv on a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.compile.arguments import parse_arguments
from bot.compile.compiling import CompileTask, Solving, bind_plan, compile_planned, read_plan
from bot.errors import InputError, LockbotError
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.effort import EffortLimits
from tests.resolver.index_host import IndexHost
from tests.resolver.stand_in_python import make_stand_in
from tests.resolver.trees import MemoryTree
from tests.resolver.universe import FOLDER, HOST, Site, State, site_of
from tests.resolver.universe_index import UniverseIndex

#: The default index of every repository, which the environment names.
INDEX = f"{HOST}/main/simple"
_PYTHON = "3.13"
_NOW = datetime(2025, 6, 1, tzinfo=UTC)
_LIMITS = EffortLimits(decisions=3000, forks=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Texts by path, and what the indexes hold. ``folder`` is where the command runs."""

    files: Mapping[str, str]
    site: Site = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``text`` is the file that ``-o`` names, else standard output; ``None`` where the command was refused."""

    code: int
    text: str | None = None
    said: str = ""


def repository_of(table: Mapping[str, object], path: Path) -> Repository:
    """The repository of a scenario file."""
    files = table.get("files", {})
    variables = table.get("variables", {})
    assert isinstance(files, dict)
    assert isinstance(variables, dict)
    return Repository(
        files={name: text.removeprefix("\n") for name, text in files.items()},
        site=site_of(table, path),
        variables=variables,
    )


def output_of(words: Sequence[str]) -> str | None:
    """The file that a command writes."""
    return parse_arguments(("pip", "compile", *words)).pip.output_file


def compile_with_lockbot(repository: Repository, words: Sequence[str], folder: str = ".") -> Outcome:
    """Compile in memory; what the file systems says of folders is left out."""
    whole = ("pip", "compile", *words)
    tree = MemoryTree(repository.files)
    index = UniverseIndex(State(files=repository.files, copies={}, arguments=(), site=repository.site))
    try:
        task = CompileTask(
            arguments=parse_arguments(whole),
            words=whole,
            folder=folder,
            settings=CommandSettings(default_index=INDEX, tree_root=FOLDER, now=_NOW, zone=UTC),
            variables=repository.variables,
            python=_PYTHON,
        )
        read = read_plan(task, tree)
        existing = None if read.output is None else repository.files.get(os.path.normpath(f"{folder}/{read.output}"))
        read = replace(read, task=replace(read.task, existing=existing))
        compiled = compile_planned(bind_plan(read, index), index, Solving(limits=_LIMITS))
    except InputError as error:
        return Outcome(code=error.exit_code, said=str(error))
    except LockbotError as error:
        return Outcome(code=error.exit_code, said=str(error))
    return Outcome(code=0, text=compiled.text)


class CompilingUv:
    """The real uv with an index host of its own, below ``folder``."""

    def __init__(self, program: str, host: IndexHost, folder: Path) -> None:
        self._program = program
        self._host = host
        self._folder = folder
        self._python = make_stand_in(folder, _PYTHON)

    def compile(self, repository: Repository, words: Sequence[str], project: Path, folder: str = ".") -> Outcome:
        """Compile in the empty folder ``project``."""
        place = self._host.open_place()
        self._host.put(place, repository.site)

        def real(text: str) -> str:
            return text.replace(HOST, place).replace(FOLDER, str(project))

        for path, text in repository.files.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_bytes(real(text).encode())
        done = subprocess.run(
            [self._program, "pip", "compile", *map(real, words)],
            cwd=project / folder,
            env=self._environment(real(INDEX)) | dict(repository.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return Outcome(code=done.returncode, said=done.stderr)
        output = output_of(words)
        text = done.stdout if output is None else (project / folder / output).read_bytes().decode()
        return Outcome(code=0, text=text.replace(place, HOST).replace(str(project), FOLDER), said=done.stderr)

    def _environment(self, index: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        nowhere = str(self._folder / "nothing")
        return kept | {
            "UV_CACHE_DIR": str(self._folder / "cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PYTHON": str(self._python),
            "UV_DEFAULT_INDEX": index,
            "XDG_CONFIG_HOME": nowhere,
            "XDG_CONFIG_DIRS": nowhere,
            "NO_PROXY": "127.0.0.1",
            "TZ": "UTC",
            "PATH": f"{self._folder}:{Path(sys.executable).parent}:/usr/bin:/bin",
        }
