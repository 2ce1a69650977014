"""Makes ``config/known.json``: what a real build of a source distribution gives, for releases that have nothing else.

    python -m bench.known NAME[==VERSION] ...     # build these and add them to the table
    python -m bench.known --newest 5 NAME ...     # the five newest stable releases of each
    python -m bench.known --all                   # build the whole table again and say what differs
    python -m bench.known --sample 10             # ten of it, by --seed

Code of packages runs here and nowhere else, inside bubblewrap (``apt-get install bubblewrap``): its own namespaces, no
network, no home, no variables, a file system that holds the interpreter, the build requirements and the archive. What a
build requires is installed before, from wheels alone, so that nothing of it runs outside either.

A release is left out, with the reason, if

* it has a wheel, or its metadata is static, or the index states no sha256;
* a build requirement has no wheel, or the build fails, here or with one of the interpreters of ``--python``;
* its metadata differ with Python or platform. That is judged by building with each ``--python``, and with the first of
  them once more for each world that the build is made to see: macOS and Windows on ARM, Python 3.6 and Python 3.15. Where
  a build fails in such a world, the files beside ``setup.py`` must not mention Python's version, the platform or the
  machine at all; ``os.uname`` and ``sysconfig``, which are not made to say something else, they must not mention ever.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.measure import HERE, UV, fail, say
from bot.errors import LockbotError
from bot.index.client import IndexClient, IndexSettings
from bot.index.http.certificates import find_certificates
from bot.index.http.fetch import FetchSettings
from bot.index.metadata.archives import read_members
from bot.index.metadata.identity import check_identity
from bot.index.metadata.known import parse_known
from bot.index.metadata.metadata import NotStatic, parse_core_metadata
from bot.index.metadata.source_archive import SourceRequest, read_source
from bot.index.pages.filenames import normalize_name
from bot.limits import Limits
from bot.resolver.lowering.indexes import PYPI_URL
from bot.resolver.model.index import CoreMetadata, Index, ReleaseFile
from bot.resolver.model.versions import try_parse_version

TABLE = HERE.parent / "config" / "known.json"
PYPI = Index(url=PYPI_URL, default=True)
#: What a source tree without a build system is built with.
LEGACY = {"requires": ["setuptools >= 40.8.0"], "build-backend": "setuptools.build_meta:__legacy__"}
#: What the build is made to see, beside what there is.
WORLDS: tuple[Mapping[str, str], ...] = (
    {"platform": "darwin"},
    {"platform": "win32"},
    {"python": "3.6"},
    {"python": "3.15"},
)
#: What code that looks at Python or the platform mentions.
_LOOKS = re.compile(
    r"version_info|hexversion|python_version|sys\s*\.\s*version|sys\s*\.\s*platform|from\s+sys\s+import|"
    r"\bplatform\s*\.|import\s+platform|from\s+platform|os\s*\.\s*name\b|os\s*\.\s*uname|sysconfig|\bPY[23]\b|six\s*\.\s*PY"
)
_OUT_OF_REACH = re.compile(r"os\s*\.\s*uname|from\s+os\s+import\s[^\n]*\buname\b|platform\s*\.\s*uname|sysconfig")
_LIMIT = 300


class LeftOut(Exception):
    """Why a release does not belong in the table."""


def main() -> None:
    options = _options()
    known = json.loads(TABLE.read_text("utf-8"))["releases"] if TABLE.exists() else {}
    fetch = FetchSettings(certificates=find_certificates(os.environ))
    with IndexClient(IndexSettings(fetch=fetch)) as index, TemporaryDirectory(prefix="known-") as scratch:
        workshop = Workshop(index=index, scratch=Path(scratch), interpreters=options.python, installed={})
        if options.all or options.sample:
            sys.exit(_rebuild(workshop, known, _sample(sorted(known), options)) > 0)
        _add(workshop, known, [title for title in _wanted(index, options) if title not in known])


def _sample(titles: list[str], options: argparse.Namespace) -> list[str]:
    count = min(options.sample, len(titles)) if options.sample else len(titles)
    return random.Random(options.seed).sample(titles, count)


def _rebuild(workshop: Workshop, known: Mapping[str, dict[str, Any]], titles: Sequence[str]) -> int:
    """Build entries again; how many come out otherwise."""
    differing = 0
    for title in titles:
        row = _built(workshop, title)
        differing += row is None or _tell_difference(title, known[title], row)
    say(f"{len(titles)} releases built again, {differing} differ")
    return differing


def _add(workshop: Workshop, known: dict[str, dict[str, Any]], titles: Sequence[str]) -> None:
    for title in titles:
        row = _built(workshop, title)
        if row is not None:
            known[title] = row
            say(f"{title}: {len(row.get('requires', ()))} requirements")
            write_table(known)


def _built(workshop: Workshop, title: str) -> dict[str, Any] | None:
    try:
        return workshop.build(title)
    except (LeftOut, LockbotError) as reason:
        say(f"{title}: left out, {reason}")
        return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", metavar="NAME[==VERSION]")
    parser.add_argument("--newest", type=int, default=1, help="how many releases of a NAME without version")
    parser.add_argument("--all", action="store_true", help="build the whole table again and compare")
    parser.add_argument("--sample", type=int, default=0, help="build so many entries again and compare")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", action="append", help="interpreters to build with (default: this one)")
    options = parser.parse_args()
    options.python = options.python or [str(Path(sys.executable).resolve())]
    if shutil.which("bwrap") is None:
        parser.error("bubblewrap is not installed (apt-get install bubblewrap)")
    return options


def _wanted(index: IndexClient, options: argparse.Namespace) -> Iterator[str]:
    for asked in options.releases:
        name, _, stated = asked.partition("==")
        release = normalize_name(name) or name
        if stated:
            yield f"{release}=={stated}"
            continue
        page = index.get_page(PYPI, release)
        stable = [] if page is None else [one for one in page.versions if not one.is_prerelease]
        for version in [one for one in stable if page and _only_sdist(page.files(one))][-options.newest :]:
            yield f"{release}=={version}"


def _only_sdist(files: Sequence[ReleaseFile]) -> bool:
    return bool(files) and all(file.wheel is None for file in files)


def _tell_difference(title: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    changed = [key for key in sorted({*before, *after} - {"built"}) if before.get(key) != after.get(key)]
    for key in changed:
        say(f"{title}: {key} was {before.get(key)}, is {after.get(key)}")
    return bool(changed)


def write_table(releases: Mapping[str, Mapping[str, Any]]) -> None:
    """One line for each release, by name and then by version; nothing that cannot be read back is written."""

    def order(title: str) -> tuple[str, bytes]:
        name, _, version = title.partition("==")
        parsed = try_parse_version(version)
        return name, parsed.key if parsed else b""

    rows = [f"    {json.dumps(title)}: {json.dumps(releases[title])}" for title in sorted(releases, key=order)]
    text = '{\n  "releases": {\n' + ",\n".join(rows) + "\n  }\n}\n"
    parse_known(text)
    TABLE.write_text(text, "utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Builds releases. ``installed`` are folders of build requirements by interpreter and requirements."""

    index: IndexClient
    scratch: Path
    interpreters: Sequence[str]
    installed: dict[tuple[str, tuple[str, ...]], Path]

    def build(self, title: str) -> dict[str, Any]:
        """The row of a release; raises ``LeftOut``."""
        name, _, version = title.partition("==")
        file = self._file(name, version)
        with TemporaryDirectory(dir=self.scratch) as folder:
            archive = _download(file, Path(folder))
            system = _build_system(file, archive)
            real, *others = self._answers(self.interpreters[0], system, archive, ({}, *WORLDS))
            found = _metadata(real, file)
            for interpreter in self.interpreters[1:]:
                if _metadata(self._answers(interpreter, system, archive, ({},))[0], file) != found:
                    raise LeftOut(f"its metadata are others with {_version(interpreter)}")
            _compare_worlds(others, file, found, _code(file, archive))
        return _row(found, file, self.interpreters)

    def _file(self, name: str, version: str) -> ReleaseFile:
        page, parsed = self.index.get_page(PYPI, name), try_parse_version(version)
        files = page.files(parsed) if page is not None and parsed is not None else ()
        if not files:
            raise LeftOut("the index has no such release")
        if not _only_sdist(files):
            raise LeftOut("it has a wheel")
        file = files[0]
        if not (file.hash or "").startswith("sha256:"):
            raise LeftOut("the index states no sha256")
        return file

    def _answers(
        self, interpreter: str, system: Mapping[str, Any], archive: Path, worlds: Sequence[Mapping[str, str]]
    ) -> list[dict[str, str]]:
        """What the build gives in each world."""
        stated = tuple(system["requires"])
        more = _ask(interpreter, self._installed(interpreter, stated), system, archive, {"wants": "requirements"})
        told = self._installed(interpreter, tuple(dict.fromkeys((*stated, *more))))
        answers: list[dict[str, str]] = _ask(
            interpreter, told, system, archive, {"wants": "metadata", "worlds": list(map(dict, worlds))}
        )
        return answers

    def _installed(self, interpreter: str, requirements: tuple[str, ...]) -> Path:
        """A folder with the build requirements; they come as wheels, so that nothing of them runs."""
        key = interpreter, requirements
        if key not in self.installed:
            target = self.scratch / f"requirements-{len(self.installed)}"
            target.mkdir()
            command = [UV, "pip", "install", "--target", str(target), "--only-binary", ":all:", "--python", interpreter]
            done = subprocess.run([*command, "--quiet", *requirements], capture_output=True, text=True)
            if done.returncode:
                raise LeftOut(f"what its build requires cannot be installed from wheels: {done.stderr.strip()[-200:]}")
            self.installed[key] = target
        return self.installed[key]


def _download(file: ReleaseFile, folder: Path) -> Path:
    archive = folder / file.filename
    with urllib.request.urlopen(file.url) as answer, archive.open("wb") as out:
        shutil.copyfileobj(answer, out)
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if f"sha256:{digest}" != file.hash:
        raise LeftOut("its file is not the one that the index describes")
    return archive


def _build_system(file: ReleaseFile, archive: Path) -> Mapping[str, Any]:
    request = SourceRequest(filename=file.filename, name=file.name, version=file.version)
    with archive.open("rb") as stream:
        source = read_source(stream, archive.stat().st_size, request, Limits())
    if not isinstance(source.metadata, NotStatic):
        raise LeftOut("its metadata is static")
    stated = tomllib.loads(source.pyproject or "").get("build-system")
    return {**LEGACY, **stated} if stated and "requires" in stated else LEGACY


def _code(file: ReleaseFile, archive: Path) -> str:
    """The Python files that lie beside ``setup.py``."""
    with archive.open("rb") as stream:
        found = read_members(
            stream,
            file.filename,
            archive.stat().st_size,
            lambda path: path.endswith(".py") and "/" not in path,
            Limits(),
        )
    return "\n".join(content.decode("utf-8", "replace") for content in found.values())


def _compare_worlds(answers: Sequence[Mapping[str, str]], file: ReleaseFile, found: CoreMetadata, code: str) -> None:
    """Raise ``LeftOut`` where the metadata depend on Python or platform, or may."""
    if _OUT_OF_REACH.search(code):
        raise LeftOut("its setup.py looks at os.uname or sysconfig")
    for world, answer in zip(WORLDS, answers, strict=True):
        said = " ".join(f"{key} {value}" for key, value in world.items())
        if "problem" in answer:
            if _LOOKS.search(code):
                raise LeftOut(f"its setup.py looks at Python or platform, and with {said} {_short(answer['problem'])}")
        elif _metadata(answer, file) != found:
            raise LeftOut(f"its metadata are others with {said}")


def _metadata(answer: Mapping[str, str], file: ReleaseFile) -> CoreMetadata:
    if "metadata" not in answer:
        raise LeftOut(f"its build fails: {_short(answer['problem'])}")
    found = parse_core_metadata(answer["metadata"].encode(), file.filename)
    return check_identity(found, file.name, file.version, file.filename)


def _short(problem: str) -> str:
    return " ".join(problem.split())[:160]


def _ask(
    interpreter: str, requirements: Path, system: Mapping[str, Any], archive: Path, asked: Mapping[str, Any]
) -> Any:
    """What the build backend says inside the sandbox."""
    with TemporaryDirectory(dir=archive.parent) as shared:
        spec = {
            "archive": f"/build/{archive.name}",
            "work": "/tmp/work",
            "requirements": "/build/requirements",
            "backend": system["build-backend"],
            "backend-path": system.get("backend-path", []),
            **asked,
            "answer": "/build/shared/answer.json",
        }
        command = [*_sandbox(interpreter), "--ro-bind", str(archive), f"/build/{archive.name}"]
        command += ["--ro-bind", str(requirements), "/build/requirements", "--bind", shared, "/build/shared"]
        command += ["--ro-bind", str(HERE / "known_worlds.py"), "/build/known_worlds.py", "--", "/usr/bin/env"]
        command += [interpreter, "-B", "-s", "/build/known_worlds.py", json.dumps(spec)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, errors="replace")
        except subprocess.TimeoutExpired:
            raise LeftOut(f"its build does not end within {_LIMIT} seconds") from None
        answer = Path(shared, "answer.json")
        if done.returncode or not answer.exists():
            last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            raise LeftOut(f"its build fails: {last[:160]}")
        return json.loads(answer.read_text("utf-8"))


def _sandbox(interpreter: str) -> list[str]:
    """Namespaces of its own, no network, and of this machine's files the programs alone."""
    prefix = str(Path(interpreter).resolve().parents[1])
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    for folder in ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"):
        command += ["--ro-bind-try", folder, folder]
    if not prefix.startswith("/usr"):
        command += ["--ro-bind", prefix, prefix]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/tmp/work", "--dir", "/tmp/home"]
    for name, value in {"PATH": "/usr/bin:/bin", "HOME": "/tmp/home", "LANG": "C.UTF-8"}.items():
        command += ["--setenv", name, value]
    return [*command, "--chdir", "/tmp/work"]


def _row(found: CoreMetadata, file: ReleaseFile, interpreters: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"sha256": (file.hash or "").partition(":")[2]}
    if found.requires_dist:
        row["requires"] = list(found.requires_dist)
    if found.provides_extras:
        row["extras"] = list(found.provides_extras)
    if found.requires_python:
        row["requires-python"] = found.requires_python
    row["built"] = f"{', '.join(map(_version, interpreters))} on {platform.system()} {platform.machine()}"
    return row


def _version(interpreter: str) -> str:
    ask = "import platform as p; print(p.python_implementation(), p.python_version())"
    return subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("stopped; what was built is in the table")
