"""Which settings count: uv reads a table of them as a whole, and a wrong key or value in it is told or refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.errors import InputError
from bot.manifest.model import MachineSettings
from bot.resolver.lowering import lower_project, lower_script
from bot.resolver.model.request import LockRequest, ResolutionMode
from bot.values import replace
from tests.resolver.locked_cases import OfflineUv, settings_of, write_files
from tests.resolver.trees import MemoryTree

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "settings_cases.toml").read_text("utf-8"))["case"]
PROJECT = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.8"\n'
every_case = pytest.mark.parametrize("case", CASES, ids=[case.get("says", "right") for case in CASES])


def files_of(case: dict[str, Any]) -> dict[str, str]:
    text = case["text"]
    match case.get("file"):
        case "uv.toml":
            return {"pyproject.toml": PROJECT, "uv.toml": text}
        case "script":
            header = "\n".join(f"# {line}" for line in f"dependencies = []\n[tool.uv]\n{text}".split("\n"))
            return {"tool.py": f"# /// script\n{header}\n# ///\n"}
        case _:
            return {"pyproject.toml": f"{PROJECT}[tool.uv]\n{text}\n"}


def lower(files: dict[str, str]) -> LockRequest:
    tree, settings = MemoryTree(files), settings_of(Path("/case"), {})
    if "tool.py" in files:
        return lower_script(tree, path="tool.py", settings=settings)
    return lower_project(tree, root=".", settings=settings)


@every_case
def test_a_wrong_setting_is_told_at_its_line(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(InputError) as caught:
            lower(files_of(case))
        assert case["says"] in str(caught.value)
        assert caught.value.line == case["line"]
        return
    told = [f"{one.path}:{one.line}: {one.problem} ({one.hint})" for one in lower(files_of(case)).warnings]
    assert len(told) == ("says" in case)
    assert all(case["says"] in one and one.startswith(f"pyproject.toml:{case['line']}: ") for one in told)


@pytest.mark.uv
@every_case
def test_uv_takes_and_refuses_the_same(case: dict[str, Any], offline_uv: OfflineUv, tmp_path: Path) -> None:
    files = files_of(case)
    write_files(files, tmp_path)
    done = offline_uv.lock(tmp_path, tmp_path, {}, *(("--script", "tool.py") if "tool.py" in files else ()))
    assert done.returncode == (2 if case.get("refused") else 0), done.stderr
    warned = "during settings discovery" in done.stderr
    assert warned is ("says" in case and not case.get("refused")), done.stderr


def test_what_states_dependencies_counts_beside_settings_that_do_not() -> None:
    text = (
        f"{PROJECT}dependencies = ['a']\n[tool.uv]\nresolution = 'lowest'\nno-such = 1\n"
        "constraint-dependencies = ['a<2']\n[[tool.uv.index]]\nname = 'x'\nurl = 'https://x.invalid/simple'\n"
        "[tool.uv.sources]\na = { index = 'x' }\n"
    )
    request = lower({"pyproject.toml": text})
    assert request.options.resolution is ResolutionMode.HIGHEST
    assert [one.name for one in request.constraints] == ["a"]
    assert [index.url for index in request.indexes if not index.default] == ["https://x.invalid/simple"]
    assert request.record_registries is False


def test_settings_further_up_count_in_place_of_those_that_do_not() -> None:
    files = {
        "pyproject.toml": "[tool.uv]\nresolution = 'lowest'\n",
        "a/pyproject.toml": f"{PROJECT}[tool.uv]\nno-such = 1\n",
    }
    request = lower_project(MemoryTree(files), root="a", settings=settings_of(Path("/case"), {}))
    assert request.options.resolution is ResolutionMode.LOWEST
    assert len(request.warnings) == 1


def test_settings_that_a_uv_toml_hides_are_told() -> None:
    hidden = {"pyproject.toml": f"{PROJECT}[tool.uv]\nresolution = 'lowest'\n", "uv.toml": ""}
    (told,) = lower(hidden).warnings
    assert (told.path, told.problem) == (
        "uv.toml",
        "it counts, so none of the settings of [tool.uv] in pyproject.toml beside it does",
    )
    assert lower({"pyproject.toml": f"{PROJECT}[tool.uv]\npackage = false\n", "uv.toml": ""}).warnings == ()


def test_experiments_that_uv_does_not_know_are_told_where_they_count() -> None:
    text = f"{PROJECT}[tool.uv]\npreview-features = ['no-such', 'audit', 'no-such']\n"
    (told,) = lower({"pyproject.toml": text}).warnings
    assert (told.path, told.line) == ("pyproject.toml", text[: text.index("preview")].count("\n") + 1)
    assert told.problem == "'no-such' is not a preview feature that uv knows"
    command = replace(settings_of(Path("/case"), {}), preview_features=("other",))
    (typed,) = lower_project(MemoryTree({"pyproject.toml": text}), root=".", settings=command).warnings
    assert (typed.path, typed.problem) == (None, "'other' is not a preview feature that uv knows")
    everything = replace(command, preview=True)
    assert lower_project(MemoryTree({"pyproject.toml": text}), root=".", settings=everything).warnings == ()


def test_what_files_say_of_the_machine_is_put_together() -> None:
    files = {
        "pyproject.toml": PROJECT,
        "uv.toml": "native-tls = true\nallow-insecure-host = ['a:80', { host = 'b', scheme = 'https', port = 1 }]\n",
        "user.toml": "offline = true\nsystem-certs = false\nallow-insecure-host = ['c']\nno-proxy = ['d']\n",
    }
    command = replace(settings_of(Path("/case"), {}), user_files=("user.toml",))
    request = lower_project(MemoryTree(files), root=".", settings=command)
    assert request.machine == MachineSettings(
        offline=True, system_certs=True, insecure_hosts=("a:80", "https://b:1", "c"), no_proxy=("d",)
    )


def test_a_repository_does_not_decide_for_the_machine_that_runs_lockbot() -> None:
    text = (
        f"{PROJECT}[tool.uv]\nallow-insecure-host = ['h']\nsystem-certs = true\nhttp-proxy = 'http://p.invalid:1'\n"
        "https-proxy = 'http://p.invalid:1'\noffline = true\ncache-dir = 'x'\n"
    )
    told = [one.problem for one in lower({"pyproject.toml": text}).of_machine]
    assert told == [
        "allow-insecure-host does not count here: certificates are looked at",
        "system-certs does not count here: the authorities are those of whoever runs lockbot",
        "http-proxy does not count here: the proxy is that of whoever runs lockbot",
        "https-proxy does not count here: the proxy is that of whoever runs lockbot",
    ]
    harmless = f"{PROJECT}[tool.uv]\nsystem-certs = false\nallow-insecure-host = []\n"
    assert lower({"pyproject.toml": harmless}).of_machine == ()
