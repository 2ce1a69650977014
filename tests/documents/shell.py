"""Lines of a shell block, read and run one after the other: ``lockbot`` in this process, others as they are.

Programs that readers have and that change nothing elsewhere are run; what else a block holds makes it one that is not run.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.documents.program import Shown, call_lockbot
from tests.documents.world import FILLED_IN

#: Of a pipe or a redirection the shell itself knows best.
_BY_SHELL = re.compile(r"[|<>;`]|&&|\$\(")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
#: Programs besides ours that a block may call.
PROGRAMS = frozenset({"cat", "cp", "diff", "echo", "git", "ls", "mkdir", "mv", "rm", "test", "touch", "uv"})
#: Commands that run until they are stopped.
LASTING = frozenset({"serve", "work"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``text`` as it is written; ``environment`` is set before the command, for it alone, or for what follows (no words)."""

    text: str
    environment: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()

    @property
    def is_ours(self) -> bool:
        return self.words[:1] == ["lockbot"] or list(self.words[:3]) == ["python", "-m", "bot"]

    @property
    def arguments(self) -> list[str]:
        """Of one of ours: what stands behind the program, with something in the place of what readers fill in."""
        return [FILLED_IN.get(word, word) for word in self.words[1 if self.words[0] == "lockbot" else 3 :]]


def read_lines(text: str) -> Iterator[Line]:
    """Comments are left out, lines that go on are one."""
    for joined in re.sub(r"\\\n\s*", " ", text).splitlines():
        words = shlex.split(joined, comments=True)
        if not words:
            continue
        if words[0] == "export":
            yield Line(text=joined, environment=dict(_assigned(words[1:])))
            continue
        count = next((at for at, word in enumerate(words) if not _ASSIGNED.fullmatch(word)), len(words))
        yield Line(text=joined, environment=dict(_assigned(words[:count])), words=words[count:])


def _assigned(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        found = _ASSIGNED.fullmatch(word)
        assert found, f"not an assignment: {word}"
        yield found[1], found[2]


def _without_pypi(shown: Shown) -> Shown:
    """``doctor`` asks PyPI too, which is not there for tests: that this fails does not count."""
    failed = re.findall(r"^FAIL (\w+(?: \w+)*):", shown.screen, re.MULTILINE)
    return Shown(0, shown.screen) if failed == ["index"] else shown


@dataclass(slots=True, kw_only=True)
class Shell:
    """``folder`` and ``environment`` change as lines go by; ``start`` begins what runs until it is stopped.

    What is ``given`` holds whatever the lines set.
    """

    folder: Path
    environment: dict[str, str]
    start: Callable[[Sequence[str], Mapping[str, str]], Shown]
    given: Mapping[str, str] = field(default_factory=dict)

    def run(self, line: Line) -> Shown:
        around = {**self.environment, **line.environment, **self.given}
        if not line.words:
            self.environment = around
            return Shown(0, "")
        if _BY_SHELL.search(line.text.partition(" # ")[0]):
            return self._by_shell(line.text, around)
        if line.words[0] == "cd":
            self.folder = (self.folder / line.words[1]).resolve()
            return Shown(0 if self.folder.is_dir() else 1, "")
        if line.is_ours:
            return self._ours(line.arguments, around)
        assert line.words[0] in PROGRAMS, f"mark the block as not run, or name the program in PROGRAMS: {line.text}"
        return self._program(line.words, around)

    def _ours(self, arguments: list[str], environment: Mapping[str, str]) -> Shown:
        if arguments[:1] and arguments[0] in LASTING:
            return self.start(arguments, environment)
        shown = call_lockbot(arguments, self.folder, environment)
        return _without_pypi(shown) if arguments[:1] == ["doctor"] else shown

    def _by_shell(self, text: str, environment: Mapping[str, str]) -> Shown:
        with_ours = f'lockbot() {{ {shlex.quote(sys.executable)} -m bot "$@"; }}\nset -o pipefail\n{text}'
        return self._program(["bash", "-c", with_ours], environment)

    def _program(self, words: Sequence[str], environment: Mapping[str, str]) -> Shown:
        here = f"{Path(sys.executable).parent}:{environment['PATH']}"
        done = subprocess.run(
            list(words),
            cwd=self.folder,
            env={**environment, "PATH": here, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Shown(done.returncode, done.stdout)
