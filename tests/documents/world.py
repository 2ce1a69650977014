"""Where the commands of the documents run: repositories as their readers have them, an index, a service of advisories.

A block runs in a copy of its own. What readers fill in (``PACKAGE``, ``PATH``) stands for something that is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.advisories.service import Known, Service
from tests.documents.program import call_lockbot
from tests.runs.index_server import IndexServer

#: What readers put into commands, and what it is here.
FILLED_IN: Mapping[str, str] = {"PACKAGE": "httpx", "PATH": ".", "FILE": "pyproject.toml", "NAME": "httpx"}

#: Package -> version -> what it requires; those of ``_OLD`` were there when the samples were locked.
_OLD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "httpx": {"0.27.0": ("httpcore<2", "idna")},
    "httpcore": {"1.0.5": ("h11<0.15",)},
    "h11": {"0.14.0": ()},
    "idna": {"3.7": ()},
    "rich": {"13.9.4": ("pygments>=2.13",)},
    "pygments": {"2.18.0": ()},
    "textual": {"0.89.1": ("rich<14",)},
    "pytest": {"8.3.5": ("pluggy<2",)},
    "pluggy": {"1.5.0": ()},
}
_NEW: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "httpx": {"0.28.1": ("httpcore<2", "idna")},
    "httpcore": {"1.0.9": ("h11<0.17",)},
    "h11": {"0.16.0": ()},
    "idna": {"3.11": ()},
    "rich": {"14.1.0": ("pygments>=2.13",)},
    "pygments": {"2.19.2": ()},
    "pytest": {"8.4.2": ("pluggy<2",), "9.0.0": ("pluggy<2",)},
    "pluggy": {"1.6.0": ()},
}
_KNOWN = (
    Known(id="GHSA-vqfr-h8mv-ghfj", name="h11", spans=(("0", "0.16.0"),), summary="h11 accepts malformed chunks"),
)

_PROJECT = """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.12"
dependencies = [
    "httpx==0.27.0",
    "rich>=13,<14",
    "textual>=0.80",
]

[dependency-groups]
dev = ["pytest>=8,<9"]

[[tool.uv.index]]
url = "{index}"
default = true
"""
_SCRIPT = """\
# /// script
# requires-python = ">=3.12"
# dependencies = ["httpx==0.27.0"]
#
# [[tool.uv.index]]
# url = "{index}"
# default = true
# ///
"""
_RENOVATE = """\
{
  "extends": ["config:recommended"],
  "schedule": ["before 6am"],
  "packageRules": [{ "matchPackageNames": ["pytest"], "enabled": false }],
  // The rest of it.
  "pre-commit": { "enabled": true }
}
"""
_DEPENDABOT = """\
version: 2
updates:
  - package-ecosystem: "uv"
    directory: "/"
    schedule:
      interval: "weekly"
    open-pull-requests-limit: 10
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """``samples``: a folder for each name that ``<!-- in: … -->`` may have; ``environment`` is none of whoever tests.

    ``requirements`` is the first line of a requirements file here.
    """

    samples: Path
    home: Path
    requirements: str
    environment: Mapping[str, str]

    def copy(self, name: str, to: Path) -> Path:
        shutil.copytree(self.samples / name, to, symlinks=True)
        return to


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    with ExitStack() as running:
        index = running.enter_context(IndexServer())
        service = running.enter_context(Service(_KNOWN))
        home = folder / "home"
        home.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _PERSON.items()},
            # Nobody elsewhere is asked.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "LOCKBOT_CACHE_DIR": str(folder / "cache"),
            "LOCKBOT_OSV_URL": service.root,
            "LOCKBOT_PUBLIC_INDEXES": index.url,
        }
        first = f"--index-url {index.url}\n"
        world = World(samples=folder / "samples", home=home, environment=environment, requirements=first)
        _make_samples(world, index)
        yield world


_PERSON = {"NAME": "Ann", "EMAIL": "ann@example.invalid"}


def _make_samples(world: World, index: IndexServer) -> None:
    for package, versions in _OLD.items():
        for version, needs in versions.items():
            index.release(package, version, *needs)
    project = world.samples / "a project"
    _write(project, {"pyproject.toml": _PROJECT.format(index=index.url), "notes.py": _SCRIPT.format(index=index.url)})
    _write(project, {"requirements.in": f"{world.requirements}httpx==0.27.0\n"})
    # Pages are kept for as long as they may be, and what comes next is to be seen.
    environment = {**world.environment, "LOCKBOT_CACHE_DIR": str(world.home / "cache")}
    _lockbot(project, environment, "lock")
    _commit(project, environment)
    for package, versions in _NEW.items():
        for version, needs in versions.items():
            index.release(package, version, *needs)
    (world.samples / "an empty folder").mkdir()
    text = (project / "pyproject.toml").read_text("utf-8")
    others = {
        "a project with Renovate": ("renovate.json", _RENOVATE),
        "a project with Dependabot": (".github/dependabot.yml", _DEPENDABOT),
        "a project with a configuration": (".lockbot.json", '{ "schedule": ["before 6am"] }\n'),
        "a project with a mistake in its configuration": (".lockbot.json", '{\n  "label": ["dependencies"]\n}\n'),
        "a project whose lock is out of date": ("pyproject.toml", text.replace('"rich>=13,<14"', '"rich>=13.9,<14"')),
        "a project beside a broken one": ("broken/pyproject.toml", "broken [\n"),
        "a project with a broken configuration": (".lockbot.json", "{"),
        "a project without a solution": ("pyproject.toml", text.replace('"rich>=13,<14"', '"rich>=14"')),
    }
    for name, (path, text) in others.items():
        folder = world.copy("a project", world.samples / name)
        _write(folder, {path: text})
        _commit(folder, environment)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def _commit(folder: Path, environment: Mapping[str, str]) -> None:
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "as it is"]):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


def _lockbot(folder: Path, environment: Mapping[str, str], *words: str) -> None:
    shown = call_lockbot(words, folder, environment)
    assert shown.code == 0, shown.screen
