"""The wheel and the sdist: what they hold, what they say of themselves, and that they install where they are meant to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from bot.distribution import NAME
from tests.distribution.description import description
from tests.distribution.pythons import find_python, supported
from tests.real_uv import need_uv
from tests.test_architecture import ROOT

pytestmark = pytest.mark.pypi

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
INFO = f"uv_lockbot-{VERSION}.dist-info"

#: Extra -> a module that needs all of it.
NEEDS = {
    "aws": "bot.index.access.cloud_aws_codeartifact",
    "azure": "bot.index.access.cloud_azure",
    "gcp": "bot.index.access.cloud_gcp",
    "github": "bot.app.edges",
    "otel": "bot.traces.otlp",
    "server": "bot.cli.commands.serve",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    wheel: Path
    sdist: Path


def run(*line: str | Path, cwd: Path) -> str:
    """What it prints; it has to end with 0."""
    kept = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "LOCKBOT"))
    }
    environment = {**kept, "UV_PYTHON_DOWNLOADS": "never", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git has, as they are now: what lies about beside them is none of the distribution's."""
    folder = tmp_path_factory.mktemp("tracked")
    for name in listed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def listed() -> list[str]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in names.split("\0") if name and (ROOT / name).is_file())


@pytest.fixture(scope="module")
def built(tracked: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist, and the wheel that is built of it."""
    folder = tmp_path_factory.mktemp("built")
    run(need_uv(), "build", "-q", "--python", sys.executable, "-o", folder, cwd=tracked)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel=wheel, sdist=sdist)


def test_an_index_would_take_them(built: Built, tmp_path: Path) -> None:
    said = run(sys.executable, "-m", "twine", "check", "--strict", built.wheel, built.sdist, cwd=tmp_path)
    assert said.count("PASSED") == 2


def test_the_wheel_holds_the_program_its_configuration_and_nothing_else(built: Built) -> None:
    names = listed()
    ours = {name for name in names if name.startswith("bot/")}
    ours |= {f"bot/_config/{name.removeprefix('config/')}" for name in names if name.startswith("config/")}
    told = {f"{INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    with zipfile.ZipFile(built.wheel) as wheel:
        assert set(wheel.namelist()) == ours | told
    assert "bot/py.typed" in ours


def test_the_sdist_holds_what_git_has(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert held == {*listed(), "PKG-INFO"}


def test_the_sdist_builds_the_same_wheel(built: Built, tracked: Path, tmp_path: Path) -> None:
    run(need_uv(), "build", "-q", "--wheel", "--python", sys.executable, "-o", tmp_path, cwd=tracked)
    assert (tmp_path / built.wheel.name).read_bytes() == built.wheel.read_bytes()


def test_what_they_say_of_themselves_is_complete(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        said = message_from_bytes(wheel.read(f"{INFO}/METADATA"))
    assert (said["Name"], said["Version"], said["License-Expression"]) == (NAME, VERSION, "MIT")
    assert said["Requires-Python"] == PROJECT["requires-python"]
    links = {one.partition(",")[0] for one in said.get_all("Project-URL", ())}
    assert links >= {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert set(said.get_all("Provides-Extra", ())) == set(NEEDS)
    assert said["Keywords"]
    assert "Typing :: Typed" in said.get_all("Classifier", ())


def test_their_description_reads_without_the_files_beside_it(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        said = message_from_bytes(wheel.read(f"{INFO}/METADATA"))
    assert said["Description-Content-Type"] == "text/markdown"
    assert str(said.get_payload()).strip() == description().strip()


def install(built: Built, python: Path, folder: Path, extras: Sequence[str] = ()) -> Path:
    run(need_uv(), "venv", "-q", "--python", python, folder, cwd=folder.parent)
    what = f"{built.wheel}[{','.join(extras)}]" if extras else str(built.wheel)
    run(need_uv(), "pip", "install", "-q", "--python", folder / "bin" / "python", what, cwd=folder.parent)
    return folder / "bin"


@pytest.mark.parametrize("version", supported())
def test_it_installs_with_each_python(version: str, built: Built, tmp_path: Path) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    programs = install(built, python, tmp_path / "environment")
    assert run(programs / "lockbot", "--version", cwd=tmp_path) == f"lockbot {VERSION}\n"
    assert run(programs / "python", "-m", "bot", "--version", cwd=tmp_path) == f"lockbot {VERSION}\n"
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    run(programs / "lockbot", "lock", "--check", "--offline", cwd=tmp_path)
    (tmp_path / ".lockbot.json").write_text("{}", encoding="utf-8")
    run(programs / "lockbot", "config", "check", cwd=tmp_path)


def test_the_python_of_these_tests_is_among_them() -> None:
    assert "{}.{}".format(*sys.version_info) in supported()
    assert [version for version in supported() if find_python(version)], "no Python was found that is supported"


@pytest.mark.parametrize("extra", NEEDS)
def test_each_extra_brings_what_it_is_for(extra: str, built: Built, tmp_path: Path) -> None:
    programs = install(built, Path(sys.executable), tmp_path / "environment", [extra])
    run(programs / "python", "-W", "error", "-c", f"import {NEEDS[extra]}", cwd=tmp_path)


def test_every_extra_is_looked_at() -> None:
    assert set(PROJECT["optional-dependencies"]) == set(NEEDS)
