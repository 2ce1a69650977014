"""Ways to deploy: their settings are ours, their files belong together, and checkers of others read them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.image import Builder, NotUnderstood, Stage, Step, free_port, make_credentials, parse_dockerfile
from bot.settings import Settings
from bot.settings.files import IN_FILES
from tests.runs.server import eventually

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "config" / "deploy"
FILES = (
    DEPLOY / "compose.yaml",
    DEPLOY / "kubernetes.yaml",
    DEPLOY / "lockbot.service",
    ROOT / "Dockerfile",
    ROOT / "fly.toml",
)
STEPS = parse_dockerfile((ROOT / "Dockerfile").read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_setting_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\bLOCKBOT_[A-Z_]+[A-Z]", path.read_text()))
    known = {f"LOCKBOT_{name.upper()}" for name in Settings.model_fields} | {
        f"LOCKBOT_{name.upper()}_FILE" for name in IN_FILES
    }
    assert named
    assert named <= known


def commands() -> Iterator[tuple[str, list[str]]]:
    for name, service in yaml.safe_load(FILES[0].read_text())["services"].items():
        if "command" in service:
            yield f"compose: {name}", service["command"]
    for one in yaml.safe_load_all(FILES[1].read_text()):
        for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            yield f"kubernetes: {container['name']}", container["args"]
    (start,) = re.findall(r"^ExecStart=(.*)$", FILES[2].read_text(), re.MULTILINE)
    yield "systemd", shlex.split(start)
    yield "image", json.loads(next(step.text for step in STEPS if step.name == "CMD"))


@pytest.mark.parametrize(("place", "command"), list(commands()))
def test_each_command_is_one_of_ours_with_its_options(place: str, command: list[str]) -> None:
    program, name, *options = command
    assert program.rpartition("/")[2] == "lockbot"
    helped = subprocess.run(
        [sys.executable, "-m", "bot", name, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    for option in options:
        assert not option.startswith("--") or option in helped, f"{place}: {name} has no {option}"


# --- compose --------------------------------------------------------------------------------------


def compose() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(FILES[0].read_text())
    return found


def test_secrets_of_compose_are_files_that_are_there_for_who_reads_them() -> None:
    file = compose()
    for name, service in file["services"].items():
        mounted = {f"/run/secrets/{one}" for one in service.get("secrets", ())}
        read = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert read <= mounted, name
        assert set(service.get("secrets", ())) <= set(file["secrets"])
        assert not [
            key
            for key in service["environment"]
            if re.search(r"SECRET$|PASSWORD$|TOKEN$|PRIVATE_KEY$|_URL$", key) and key != "LOCKBOT_GITHUB_URL"
        ], name
    assert all(set(one) == {"file"} for one in file["secrets"].values())


def test_each_process_of_compose_has_a_folder_of_its_own_and_none_is_open_to_the_world() -> None:
    file = compose()
    folders = [volume.partition(":")[0] for service in file["services"].values() for volume in service["volumes"]]
    assert sorted(folders) == sorted(file["volumes"])
    for service in file["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert {"web", "worker-1", "worker-2", "postgres"} == set(file["services"])
    assert all(set(service["healthcheck"]) for service in file["services"].values())


# --- Fly ------------------------------------------------------------------------------------------


def test_fly_builds_a_stage_that_there_is_and_mounts_where_the_image_keeps_its_data() -> None:
    fly = tomllib.loads(FILES[4].read_text())
    stages = [step.text.partition(" AS ")[2] for step in STEPS if step.name == "FROM"]
    assert fly["build"]["build-target"] in stages
    assert fly["mounts"]["destination"] == next(step.text for step in STEPS if step.name == "VOLUME")
    assert str(fly["http_service"]["internal_port"]) == next(step.text for step in STEPS if step.name == "EXPOSE")


# --- the image --------------------------------------------------------------------------------------


def test_the_last_stage_is_no_root_s() -> None:
    last = len(STEPS) - 1 - next(number for number, step in enumerate(reversed(STEPS)) if step.name == "FROM")
    assert [step.text for step in STEPS[last:] if step.name == "USER"] == ["lockbot"]


def test_the_image_takes_the_uv_that_is_the_reference() -> None:
    (version,) = re.findall(r"ghcr\.io/astral-sh/uv:([\d.]+)", FILES[3].read_text())
    assert f"uv=={version}" in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("FROM a AS b\n# c\nRUN x \\\n    && y\n", [("FROM", "a AS b"), ("RUN", "x && y")]),
        ("run a \\\n# said between\n  b", [("RUN", "a b")]),
    ],
)
def test_a_dockerfile_is_read_as_steps(text: str, steps: list[tuple[str, str]]) -> None:
    assert [(one.name, one.text) for one in parse_dockerfile(text)] == steps


@pytest.mark.parametrize("step", [("COPY", "missing ./"), ("ADD", "x y"), ("COPY", "--from=other /x /y")])
def test_what_the_image_s_program_can_t_do_is_said(tmp_path: Path, step: tuple[str, str]) -> None:
    with pytest.raises(NotUnderstood):
        Builder(tmp_path)._carry_out(Stage(root=tmp_path), Step(name=step[0], text=step[1]))


def build_steps() -> list[Step]:
    """Those of the first stage."""
    starts = [number for number, step in enumerate(STEPS) if step.name == "FROM"]
    return STEPS[starts[0] + 1 : starts[1]]


@pytest.mark.deploy
def test_what_the_image_copies_is_enough_to_install_and_serve_with(tmp_path: Path) -> None:
    """The steps of its first stage in a folder instead of a root, and its command; ``python -m bench.image`` does all of it."""
    source, builder, stage = tmp_path / "src", Builder(tmp_path), Stage(root=tmp_path)
    for step in build_steps():
        if step.name in ("WORKDIR", "COPY") and "--from" not in step.text:
            builder._carry_out(stage, step)
    (install,) = [step.text for step in build_steps() if step.name == "RUN"]
    install = install.replace("/usr/local/bin/python", sys.executable).replace("--no-cache", "")
    outside = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "LOCKBOT"))
    }
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {**outside, "PATH": path, "EXTRAS": "", "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(["sh", "-euc", install], cwd=source, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    command: list[str] = json.loads(next(step.text for step in STEPS if step.name == "CMD"))
    port = free_port()
    command = [
        str(source / ".venv" / "bin" / command[0]),
        *(str(port) if word == "8080" else word for word in command[1:]),
    ]
    shutil.rmtree(source / "bot")
    variables = (
        kept
        | make_credentials(tmp_path)
        | {"LOCKBOT_DATA_DIR": str(tmp_path / "data"), "LOCKBOT_CACHE_DIR": str(tmp_path / "cache")}
    )
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=variables, cwd=tmp_path, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        eventually(lambda: is_healthy(port), (tmp_path / "log").read_text(), patience=60.0)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


def is_healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


# --- checkers of others -----------------------------------------------------------------------------


@pytest.mark.deploy
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_kubernetes_validate_reads_the_manifests(version: str) -> None:
    checked = run("kubernetes-validate", "--strict", "--kubernetes-version", version, str(FILES[1]))
    assert checked.count(" passed ") == len(list(yaml.safe_load_all(FILES[1].read_text())))


@pytest.mark.deploy
def test_kubernetes_validate_tells_a_manifest_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(FILES[1].read_text().replace("replicas: 2", "replicaz: 2"))
    with pytest.raises(AssertionError, match="replicaz"):
        run("kubernetes-validate", "--strict", str(tmp_path / "wrong.yaml"))


@pytest.mark.deploy
def test_systemd_reads_the_unit_and_finds_it_well_enclosed(tmp_path: Path) -> None:
    unit = tmp_path / "lockbot.service"
    unit.write_text(FILES[2].read_text().replace("/opt/lockbot/bin/lockbot", "/bin/true"))
    assert run("systemd-analyze", "verify", str(unit)) == ""
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit))


def run(*command: str) -> str:
    bin = Path(sys.executable).parent
    found = shutil.which(command[0], path=f"{bin}:{os.environ['PATH']}")
    assert found is not None, f"{command[0]} is not there: .ci/deploy brings it"
    done = subprocess.run([found, *command[1:]], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
