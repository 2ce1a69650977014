"""What each command needs: the base is enough for all but the server's, which say what to install."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bot import distribution
from bot.cli.group import cli
from tests.test_architecture import IMPORTED_AS, PINNED_ONLY, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: Mapping[str, Sequence[str]] = PROJECT["optional-dependencies"]
#: Command, or options of one -> the extra that brings what it needs.
NEEDED: Mapping[str, str] = {
    "jobs": "server",
    "obey": "github",
    "run --push": "github",
    "run --pull-requests": "github",
    "serve": "server",
    "work": "server",
}

#: ``lockbot``, where nothing is installed that is named first.
_WITHOUT = """
import sys
sys.modules |= dict.fromkeys(sys.argv.pop(1).split())
from bot.__main__ import main
sys.argv[0] = "lockbot"
main()
"""


def libraries(extra: str) -> list[str]:
    """The packages that an extra's own libraries are imported by."""
    names = {Requirement(text).name for text in EXTRAS[extra]} - {distribution.NAME, *PINNED_ONLY}
    return sorted(IMPORTED_AS.get(name, name.replace("-", "_")) for name in names)


def call(*words: str, cwd: Path, extras: Sequence[str] = tuple(EXTRAS)) -> subprocess.CompletedProcess[str]:
    missing = " ".join(name for extra in extras for name in libraries(extra))
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(cwd), "PATH": "/usr/bin:/bin"}
    line = [sys.executable, "-W", "error", "-c", _WITHOUT, missing, *words]
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", sorted(set(cli.list_commands(None)) - set(NEEDED)))  # type: ignore[arg-type]
def test_the_base_is_enough(command: str, tmp_path: Path) -> None:
    done = call(command, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: lockbot {command}")


@pytest.mark.parametrize("command", sorted(NEEDED))
def test_a_command_without_its_extra_says_what_to_install(command: str, tmp_path: Path) -> None:
    done = call(*command.split(), cwd=tmp_path, extras=(NEEDED[command],))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"lockbot {command} needs a library that is not installed" in done.stderr
    assert "(uv tool install 'uv-lockbot[" in done.stderr
    assert NEEDED[command] in done.stderr


@pytest.mark.parametrize(
    ("command", "lacks"),
    [
        ("obey", "there is no event"),
        ("run --push", "there is no token to publish with"),
        ("run --pull-requests", "there is no token to publish with"),
    ],
)
def test_what_publishes_needs_nothing_that_only_the_server_has(command: str, lacks: str, tmp_path: Path) -> None:
    others = [extra for extra in EXTRAS if extra != "github"]
    done = call(*command.split(), "--repository", "octo/app", cwd=tmp_path, extras=others)
    assert (done.returncode, done.stdout) == (2, "")
    assert lacks in done.stderr


#: The line of ``lockbot doctor`` about the server, where nothing is installed that is named first.
_DIAGNOSED = """
import sys
from pathlib import Path
sys.modules |= dict.fromkeys(sys.argv[1].split())
from bot.cli.commands import doctor
from bot.settings import Settings
doctor.diagnose_commands = lambda _: ()
doctor.report(Settings(data_dir=Path("data")), doctor.diagnose, print)
"""


@pytest.mark.parametrize(
    ("variables", "code"), [({}, "ok  "), ({"LOCKBOT_APP_ID": "1"}, "FAIL")], ids=["no server", "a server is wanted"]
)
def test_the_doctor_says_what_the_server_lacks(variables: Mapping[str, str], code: str, tmp_path: Path) -> None:
    # In a process of its own: modules that are forgotten and imported again are not those that other tests have.
    line = [sys.executable, "-W", "error", "-c", _DIAGNOSED, " ".join(libraries("server"))]
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    (told,) = done.stdout.splitlines()
    assert told.startswith(f"{code} server: the server needs a library that is not installed")
    assert "uv tool install 'uv-lockbot[" in told


def test_what_is_installed_already_is_named_with_what_is_missing() -> None:
    assert distribution.find_extras() == set(EXTRAS)
    assert distribution.name_with([]) == "uv-lockbot"
    assert distribution.name_with(["server", "github", "gcp"]) == "uv-lockbot[gcp,server]"
    assert distribution.name_with(["github", "gcp"]) == "uv-lockbot[gcp,github]"


def test_a_module_of_ours_that_is_missing_is_no_missing_library() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"bot\.nowhere"), distribution.needs("server", "it"):
        raise ModuleNotFoundError("No module named 'bot.nowhere'", name="bot.nowhere")
