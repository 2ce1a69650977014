"""How many lines of an old lock change when one package is bumped: by lockbot, by uv 0.13.9, and by the uv that wrote it.

Installs old uv versions from PyPI into ``.churn/``, lets each lock the projects of ``bench/churn_cases/`` with one package
held at an old version, then bumps that package: with ``lockbot lock --revision keep``, with the newest uv, and with
the old one itself. Lines are counted as ``git diff --numstat`` counts them (added and removed). Both uvs are asked
afterwards whether they accept what lockbot wrote (``uv lock --check``).

    python bench/churn.py [--uv VERSION]... [--case NAME]... [--cases FOLDER] [--work FOLDER] [--markdown]

What the uvs made stays in the work folder and is not made again. ``--markdown`` prints the table of
docs/lock-style.md. Exit 1: something that lockbot wrote was not accepted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version
from uv import find_uv_bin

HERE = Path(__file__).resolve().parent
VERSIONS = (
    *("0.5.31", "0.6.3", "0.6.13", "0.6.17", "0.7.22", "0.8.17", "0.9.28", "0.10.12"),
    *("0.11.20", "0.11.30", "0.12.5", "0.12.24", "0.13.1", "0.13.8"),
)
SECONDS = 120
CUTOFF = "2026-06-01T00:00:00Z"
#: From this version on, ``uv lock`` has ``--check``; before, ``--locked`` said the same.
CHECK_SINCE = Version("0.7.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A project, the package to bump in it, and the version to start from."""

    name: str
    folder: Path
    why: str
    package: str
    start: str
    script: str | None = None
    since: str = "0"

    @property
    def lock_name(self) -> str:
        return f"{self.script}.lock" if self.script else "uv.lock"

    @property
    def target(self) -> list[str]:
        return ["--script", self.script] if self.script else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Changed lines by who changed them (``None``: it failed), and whether lockbot's lock was accepted."""

    version: str
    case: str
    lockbot: int | None
    newest: int | None
    own: int | None
    accepted_by_old: bool
    accepted_by_newest: bool

    @property
    def is_accepted(self) -> bool:
        return self.lockbot is not None and self.accepted_by_old and self.accepted_by_newest


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    rows = list(measure(options.uv or VERSIONS, read_cases(options.cases, options.case), options.work, options.python))
    if options.markdown:
        print("\n".join(markdown(rows)))
    return 0 if all(row.is_accepted for row in rows) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Churn of old locks.")
    parser.add_argument("--uv", action="append", metavar="VERSION")
    parser.add_argument("--case", action="append", default=[], metavar="NAME")
    parser.add_argument("--cases", type=Path, default=HERE / "churn_cases")
    parser.add_argument("--work", type=Path, default=HERE.parent / ".churn")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that every uv is shown")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args(arguments)


def read_cases(folder: Path, only: Sequence[str]) -> list[Case]:
    cases = []
    for path in sorted(folder.glob("*/churn.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        case = Case(
            name=path.parent.name,
            folder=path.parent,
            why=table["why"],
            package=table["package"],
            start=table["from"],
            script=table.get("script"),
            since=table.get("since", "0"),
        )
        if not only or case.name in only:
            cases.append(case)
    return cases


def measure(versions: Sequence[str], cases: Sequence[Case], work: Path, python: str) -> Iterator[Row]:
    for version in versions:
        program = install(version, work)
        for case in cases:
            if Version(version) >= Version(case.since):
                row = Run(case=case, version=version, program=program, work=work, python=python).measure()
                if row is not None:
                    print(_line(row), file=sys.stderr, flush=True)
                    yield row


def _line(row: Row) -> str:
    accepted = f"{_yes(row.accepted_by_old)}/{_yes(row.accepted_by_newest)}"
    return (
        f"{row.version:8} {row.case:10} lockbot {_count(row.lockbot):>5}  uv 0.13.9 {_count(row.newest):>5}"
        f"  itself {_count(row.own):>5}  accepted {accepted}"
    )


def install(version: str, work: Path) -> str:
    """The program of that version."""
    folder = work / "uv" / version
    if not (folder / "bin" / "uv").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = [find_uv_bin(), "pip", "install", "-q", "--no-deps", "--target", str(folder), f"uv=={version}"]
        subprocess.run(command, check=True)
    return str(folder / "bin" / "uv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One case with one old uv."""

    case: Case
    version: str
    program: str
    work: Path
    python: str

    def measure(self) -> Row | None:
        """``None`` where the old uv makes no lock of the case."""
        case = self.case
        start = f"{case.package}=={case.start}"
        base = self.folder("base")
        if not (base / case.lock_name).exists():
            shutil.rmtree(base, ignore_errors=True)
            shutil.copytree(case.folder, base)
            if self.lock(base, self.program, "--upgrade-package", start):
                print(f"{self.version:8} {case.name:10} makes no lock", file=sys.stderr, flush=True)
                return None
        bump = ("--upgrade-package", case.package)
        ours = self.bumped("lockbot", *_lockbot(), "lock", "--revision", "keep", *bump)
        return Row(
            version=self.version,
            case=case.name,
            lockbot=ours,
            newest=self.bumped("newest", find_uv_bin(), "lock", "--python", self.python, *bump),
            own=self.bumped("own", self.program, "lock", "--python", self.python, *bump),
            accepted_by_old=ours is not None and self.accepts(self.program, Version(self.version)),
            accepted_by_newest=ours is not None and self.accepts(find_uv_bin(), CHECK_SINCE),
        )

    def folder(self, name: str) -> Path:
        return self.work / "runs" / self.version / self.case.name / name

    def bumped(self, name: str, *command: str) -> int | None:
        """Lines that a command changes in a copy of the base; ``None`` where it fails."""
        folder = self.folder(name)
        before = self.folder("base") / self.case.lock_name
        if name == "lockbot" or not (folder / self.case.lock_name).exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.folder("base"), folder)
            if self.run(folder, [*command, *self.case.target]):
                (folder / self.case.lock_name).unlink()
                return None
        return changed_lines(before, folder / self.case.lock_name)

    def accepts(self, program: str, version: Version) -> bool:
        flag = "--check" if version >= CHECK_SINCE else "--locked"
        return not self.lock(self.folder("lockbot"), program, flag)

    def lock(self, folder: Path, program: str, *arguments: str) -> int:
        return self.run(folder, [program, "lock", "--python", self.python, *arguments, *self.case.target])

    def run(self, folder: Path, command: Sequence[str]) -> int:
        command = ["timeout", str(SECONDS), *command]
        done = subprocess.run(command, cwd=folder, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            (folder / "stderr.txt").write_text(done.stderr, encoding="utf-8")
        return done.returncode

    def environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        caches = {"UV_CACHE_DIR": str(self.work / "cache"), "LOCKBOT_CACHE_DIR": str(self.work / "lockbot-cache")}
        return {**kept, **caches, "UV_EXCLUDE_NEWER": CUTOFF, "UV_PYTHON_DOWNLOADS": "never"}


def _lockbot() -> list[str]:
    return [sys.executable, "-m", "bot"]


def changed_lines(old: Path, new: Path) -> int:
    command = ["git", "diff", "--no-index", "--numstat", "--", str(old), str(new)]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    added, removed = text.split("\t")[:2] if text else ("0", "0")
    return int(added) + int(removed)


def _count(lines: int | None) -> str:
    return "fails" if lines is None else str(lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def markdown(rows: Sequence[Row]) -> Iterator[str]:
    """One row for each uv, one column for each case: lines by lockbot / by uv 0.13.9 / by the uv itself."""
    cases = sorted({row.case for row in rows})
    cells = {(row.version, row.case): row for row in rows}
    yield f"| uv | {' | '.join(cases)} | accepted by both |"
    yield f"|---|{'---|' * len(cases)}---|"
    for version in dict.fromkeys(row.version for row in rows):
        found = [cells.get((version, case)) for case in cases]
        counts = " | ".join("-" if row is None else _cell(row) for row in found)
        made = [row for row in found if row is not None]
        yield f"| {version} | {counts} | {sum(row.is_accepted for row in made)} of {len(made)} |"


def _cell(row: Row) -> str:
    return f"{_count(row.lockbot)} / {_count(row.newest)} / {_count(row.own)}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
