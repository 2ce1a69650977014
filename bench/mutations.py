"""Damages manifests as people do, and compares what ``lockbot lock`` and the real ``uv lock`` make of them.

    python -m bench.mutations --count 5000 --seed 1              # as many mutations, and the tally
    python -m bench.mutations --seed 1 --only 4711               # one of them again, with its texts and both answers
    python -m bench.mutations --count 500 --corpus DIR           # also the manifests of the folders below DIR

The projects stand in ``mutation_bases.toml``, the changes in ``mutation_changes``; a mutation is made of the seed and its
number alone. Both tools lock the same folder, against indexes of small wheels in folders beside it. Compared are the exit
code, the bytes of the lock, and whether there is a warning about settings. What uv would need a build or the network
for is counted apart. ``lockbot`` runs within this process, uv as a program of its own; all they write is below a passing
folder. A fixed sample is in the tests (``tests/laws/test_mutations.py``).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.mutation_changes import change, change_text, render
from bot.cli.locking.command import run_lock
from bot.errors import LockbotError
from bot.manifest.script import find_header
from tests.resolver.package_files import Release, sdist_bytes, wheel_bytes
from tests.resolver.stand_in_python import make_stand_in

PYTHON = "3.13"
_BASES = Path(__file__).parent / "mutation_bases.toml"
#: What uv says where it would have to build, or to reach somebody.
_BEYOND = (
    "failed to build",
    "build backend",
    "building source distributions is disabled",
    "building from source is disabled",
    "failed to fetch",
    "failed to clone",
    "git operation failed",
    "error sending request",
    "dns error",
    "client error (connect)",
    "failed to generate package metadata",
    # lockbot asks no interpreter.
    "the requested interpreter resolved to",
)
#: Where it ends before it comes to what is wrong: it asked an interpreter, began a build, or broke.
_SOONER = ("the requested interpreter resolved to", "failed to parse cache keys", "panicked at")
#: Its warnings about settings.
_ABOUT_SETTINGS = ("during settings discovery", "Found both a `uv.toml` file")
_RELEASES = (
    Release(name="harbor", version="1.0", requires=["moonphase"]),
    Release(name="harbor", version="1.5", requires=["moonphase>=1"]),
    Release(name="harbor", version="2.0", requires=["moonphase>=1", "winch; os_name == 'nt'"], extras={"sail": ["compass"]}),
    Release(name="harbor", version="3.0a1", requires=["moonphase"]),
    Release(name="lantern", version="1.0"),
    Release(name="lantern", version="2.0", extras={"color": ["brush"], "wide": ["moonphase"]}),
    Release(name="lantern", version="2.1", requires_python=">=3.9", extras={"color": ["brush>=1"], "wide": []}),
    Release(name="moonphase", version="1.0"),
    Release(name="moonphase", version="2.0", requires_python=">=3.12"),
    Release(name="winch", version="1.0"),
    Release(name="winch", version="1.1"),
    Release(name="chartroom", version="1.0", requires=["lantern"]),
    Release(name="chartroom", version="2.0", requires=["lantern>=2"]),
    Release(name="compass", version="1.0"),
    Release(name="sextant", version="2.0"),
    Release(name="sextant", version="3.0", requires=["compass"]),
    Release(name="brush", version="1.0"),
    Release(name="brush", version="1.1"),
)  # fmt: skip
_ELSEWHERE = (Release(name="compass", version="1.4"), Release(name="compass", version="1.5", requires=["brush"]))
_LINKED = (Release(name="winch", version="1.2"), Release(name="brush", version="1.2"))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A damaged project: its files by path, the script to lock where it is one, and what was done to it."""

    number: int
    base: str
    files: Mapping[str, str]
    script: str | None
    done: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool made of it. ``code`` is -1 where lockbot ended in an error that is not its own."""

    code: int
    said: str
    lock: bytes | None
    warned: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is ``same``, ``beyond`` or a difference."""

    mutation: Mutation
    kind: str
    uv: Answer
    lockbot: Answer


# --- mutations ------------------------------------------------------------------------------------


def read_bases(corpus: Path | None = None) -> dict[str, dict[str, str]]:
    """The projects by name; of a corpus, the folders with a manifest that have no more than one."""
    bases: dict[str, dict[str, str]] = tomllib.loads(_BASES.read_text("utf-8"))
    for manifest in sorted(corpus.glob("*/pyproject.toml")) if corpus else ():
        if len(list(manifest.parent.rglob("pyproject.toml"))) == 1:
            bases[manifest.parent.name] = {"pyproject.toml": manifest.read_text("utf-8")}
    return bases


def make_mutation(bases: Mapping[str, Mapping[str, str]], seed: int, number: int) -> Mutation:
    draw = random.Random(hashlib.sha256(f"{seed} {number}".encode()).digest())
    base = draw.choice(sorted(bases))
    files = dict(bases[base])
    path = draw.choice(sorted(files))
    if draw.random() < 0.15:
        files[path], done = change_text(files[path], draw)
    else:
        files[path], done = _changed(files[path], path, draw)
    script = next((one for one in files if one.endswith(".py")), None)
    return Mutation(number=number, base=base, files=files, script=script, done=f"{done} ({base}/{path})")


def _changed(text: str, path: str, draw: random.Random) -> tuple[str, str]:
    header = find_header(text, path) if path.endswith(".py") else None
    document = tomllib.loads(header.toml if header else text)
    done = change(document, draw, "script" if header else "uv.toml" if path.endswith("uv.toml") else "pyproject")
    made = render(document)
    if header is None:
        return made, done
    rows = "".join(f"# {line}\n" if line else "#\n" for line in made.splitlines())
    return f"# /// script\n{rows}# ///\nimport harbor\n", done


# --- both tools -----------------------------------------------------------------------------------


class Arena:
    """A folder with indexes, stand-in interpreters and caches, in which projects are locked one after the other."""

    def __init__(self, folder: Path, uv: Path) -> None:
        self._folder = folder
        self._uv = uv
        self._python = make_stand_in(folder, PYTHON)
        _write_index(folder / "main", _RELEASES)
        _write_index(folder / "internal", _ELSEWHERE)
        _write_links(folder / "links", _LINKED)
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "TZ": "UTC",
            "UV_DEFAULT_INDEX": (folder / "main").as_uri(),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CONFIG_HOME": str(folder),
            "XDG_CONFIG_DIRS": str(folder),
            "LOCKBOT_CACHE_DIR": str(folder / "lockbot-cache"),
        }

    def judge(self, mutation: Mutation) -> Verdict:
        theirs = self._lock(mutation, self._run_uv)
        ours = self._lock(mutation, self._run_lockbot)
        return Verdict(mutation=mutation, kind=_kind(theirs, ours), uv=theirs, lockbot=ours)

    def _lock(self, mutation: Mutation, run: _Run) -> Answer:
        project = self._folder / "project"
        shutil.rmtree(project, ignore_errors=True)
        for path, text in mutation.files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._filled(text).encode("utf-8", "surrogateescape"))
        arguments = ["--script", mutation.script] if mutation.script else []
        code, said = run(project, arguments)
        lock = project / (f"{mutation.script}.lock" if mutation.script else "uv.lock")
        return Answer(code=code, said=said, lock=lock.read_bytes() if lock.exists() else None, warned=_warned(said))

    def _filled(self, text: str) -> str:
        for word, place in (
            ("INTERNAL", "../internal"),
            ("MAIN", (self._folder / "main").as_uri()),
            ("LINKS", "../links"),
        ):
            text = text.replace(word, place)
        return text

    def _run_uv(self, project: Path, arguments: Sequence[str]) -> tuple[int, str]:
        command = [str(self._uv), "lock", "--color", "never", "--python", str(self._python), *arguments]
        done = subprocess.run(command, cwd=project, env=self._environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def _run_lockbot(self, project: Path, arguments: Sequence[str]) -> tuple[int, str]:
        with _within(project, self._environment), contextlib.redirect_stderr(io.StringIO()) as said:
            code = _lock_here(["--python", PYTHON, *arguments])
        return code, said.getvalue()


class _Run(Protocol):
    """Runs a tool in a project: its exit code, and what it said."""

    def __call__(self, project: Path, arguments: Sequence[str], /) -> tuple[int, str]: ...


@contextlib.contextmanager
def _within(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, place = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


def _lock_here(arguments: Sequence[str]) -> int:
    try:
        run_lock(("lock", *arguments))
    except LockbotError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except Exception:  # noqa: BLE001  # what nobody expected is told, and the next mutation goes on
        traceback.print_exc()
        return -1
    return 0


def _warned(said: str) -> bool:
    return any(words in said for words in _ABOUT_SETTINGS) or "of the settings of [tool.uv]" in said


def _kind(uv: Answer, lockbot: Answer) -> str:
    if lockbot.code == -1:
        return "crash"
    if uv.code and not lockbot.code and any(words in uv.said.lower() for words in _BEYOND):
        return "beyond"
    if uv.code and uv.code != lockbot.code and any(words in uv.said.lower() for words in _SOONER):
        return "beyond"
    if (uv.code == 0) != (lockbot.code == 0):
        return "refused by lockbot alone" if lockbot.code else "refused by uv alone"
    if uv.code != lockbot.code:
        return f"exit code {lockbot.code} for {uv.code}"
    if uv.lock != lockbot.lock:
        return "another lock"
    # Where both refuse, one may have read the settings before and the other not.
    if uv.code or uv.warned == lockbot.warned:
        return "same"
    return "warned by lockbot alone" if lockbot.warned else "warned by uv alone"


def _write_index(folder: Path, releases: Sequence[Release]) -> None:
    pages: dict[str, list[str]] = defaultdict(list)
    (folder / "files").mkdir(parents=True)
    for release in releases:
        requires = (
            f' data-requires-python="{release.requires_python.replace(">", "&gt;")}"' if release.requires_python else ""
        )
        for name, content in _files(release):
            (folder / "files" / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            pages[release.name].append(
                f'<a href="../files/{name}#sha256={digest}"{requires} data-upload-time="2026-02-01T00:00:00Z">{name}</a><br>'
            )
    for name, links in pages.items():
        (folder / name).mkdir()
        (folder / name / "index.html").write_text("<!DOCTYPE html>\n" + "\n".join(links), "utf-8")


def _files(release: Release) -> Iterator[tuple[str, bytes]]:
    yield f"{release.stem}-py3-none-any.whl", wheel_bytes(release, "py3-none-any")
    yield f"{release.stem}.tar.gz", sdist_bytes(release)


def _write_links(folder: Path, releases: Sequence[Release]) -> None:
    folder.mkdir()
    for release in releases:
        for name, content in _files(release):
            (folder / name).write_bytes(content)


@contextlib.contextmanager
def open_arena(folder: Path | None = None) -> Iterator[Arena]:
    """An arena in ``folder``, else in a passing one; uv is the one beside this Python."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        yield Arena(Path(made).resolve(), Path(sys.executable).parent / "uv")


# --- the program ----------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--only", type=int, help="one number, told at length")
    parser.add_argument("--corpus", type=Path, help="a folder of folders with manifests")
    parser.add_argument("--show", type=int, default=3, help="examples of each difference")
    options = parser.parse_args()
    bases = read_bases(options.corpus)
    with open_arena() as arena:
        if options.only is not None:
            return _tell_one(arena.judge(make_mutation(bases, options.seed, options.only)))
        numbers = range(options.first, options.first + options.count)
        return _tell_all((arena.judge(make_mutation(bases, options.seed, one)) for one in numbers), options.show)


def _tell_all(verdicts: Iterator[Verdict], show: int) -> int:
    started = time.monotonic()
    tally: Counter[str] = Counter()
    for verdict in verdicts:
        tally[verdict.kind] += 1
        if verdict.kind not in ("same", "beyond") and tally[verdict.kind] <= show:
            print(
                f"{verdict.kind}: {verdict.mutation.number}, {verdict.mutation.done}\n{_answers(verdict)}", flush=True
            )
    rows = "  ".join(f"{kind} {count}" for kind, count in tally.most_common())
    print(f"{sum(tally.values())} mutations in {time.monotonic() - started:.0f} s: {rows}")
    return int(any(kind not in ("same", "beyond") for kind in tally))


def _answers(verdict: Verdict) -> str:
    rows = []
    for name, answer in (("uv", verdict.uv), ("lockbot", verdict.lockbot)):
        words = [line for line in answer.said.splitlines() if line.strip() and not line.startswith("Using ")]
        rows += [f"    {name} {answer.code}: {line[:160]}" for line in words[-6:]]
    return "\n".join(rows)


def _tell_one(verdict: Verdict) -> int:
    print(f"{verdict.kind}: {verdict.mutation.done}")
    for path, text in verdict.mutation.files.items():
        print(f"--- {path}\n{text}")
    for name, answer in (("uv", verdict.uv), ("lockbot", verdict.lockbot)):
        print(f"--- {name}: {answer.code}\n{answer.said}\n{(answer.lock or b'').decode()}")
    return int(verdict.kind not in ("same", "beyond"))


if __name__ == "__main__":
    sys.exit(main())
