"""A runner of GitHub Actions in small: it reads ``action.yml`` and executes the steps of the composite action, each ``run`` as
a script in the shell that GitHub starts, with the documented environment and files. What ``uses`` another action is given by
a function of Python.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.action.expressions import Evaluator
from tests.runs.server import ROOT

#: What an action is given by ``with``, and the environment that steps after it see -> its outputs.
Used: TypeAlias = Callable[[Mapping[str, str], dict[str, str]], Mapping[str, str]]

_FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
#: "bash" as GitHub starts it.
_SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}


@dataclass
class Outcome:
    """``failed``: the step that did, by its name."""

    outputs: Mapping[str, str]
    log: str
    summary: str
    failed: str | None = None
    skipped: list[str] = field(default_factory=list)

    @property
    def published(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.outputs["published"] or "[]")
        return found


@dataclass
class Runner:
    """``environment`` is the job's. ``uses``: stand-ins for other actions, by their names."""

    folder: Path
    server_url: str
    repository: str
    environment: Mapping[str, str]
    uses: Mapping[str, Used]
    action: Path = ROOT

    def run(self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str], token: str) -> Outcome:
        return _Job(self, event, payload, inputs, token).run()


class _Job:
    def __init__(
        self, runner: Runner, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str], token: str
    ) -> None:
        self.runner = runner
        self.action = yaml.safe_load((runner.action / "action.yml").read_text("utf-8"))
        self.temp, self.workspace = runner.folder / "temp", runner.folder / "workspace"
        for one in (self.temp, self.workspace):
            one.mkdir(parents=True, exist_ok=True)
        self.event = self.temp / "event.json"
        self.event.write_text(json.dumps(payload))
        self.github = {
            "action_path": str(runner.action),
            "event": payload,
            "event_name": event,
            "repository": runner.repository,
            "server_url": runner.server_url,
            "token": token,
        }
        # An input that is left out has its default; names are matched without case.
        given = {name.lower(): value for name, value in inputs.items()}
        self.inputs: dict[str, str] = {}
        for name, one in self.action["inputs"].items():
            self.inputs[name] = given.get(name, self.fill(str(one.get("default", ""))))
        unknown = set(given) - set(self.inputs)
        assert not unknown, f"inputs that there are not: {unknown}"
        self.steps: dict[str, Any] = {}
        self.environment = self._documented(event)
        self.failed: str | None = None
        self.skipped: list[str] = []
        self.log = ""
        self.summary = ""

    def _documented(self, event: str) -> dict[str, str]:
        return {
            **self.runner.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.runner.action),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.event),
            "GITHUB_REPOSITORY": self.runner.repository,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": self.runner.server_url,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
        }

    def fill(self, text: str) -> str:
        return self._evaluator().fill(text)

    def _evaluator(self) -> Evaluator:
        contexts = {
            "env": getattr(self, "environment", {}),
            "github": self.github,
            "inputs": self.inputs,
            "runner": {"os": "Linux", "temp": str(self.temp)},
            "steps": getattr(self, "steps", {}),
        }
        functions = {
            "always": lambda: True,
            "failure": lambda: self.failed is not None,
            "success": lambda: self.failed is None,
        }
        return Evaluator(contexts, functions)

    def run(self) -> Outcome:
        for number, step in enumerate(self.action["runs"]["steps"]):
            name = step.get("name", str(number))
            if self._is_due(step):
                self._step(step, name)
            else:
                self.skipped.append(name)
        outputs = {name: self.fill(one["value"]) for name, one in self.action["outputs"].items()}
        return Outcome(outputs, self.log, self.summary, self.failed, self.skipped)

    def _is_due(self, step: Mapping[str, Any]) -> bool:
        condition = str(step.get("if", "success()"))
        names_status = any(f"{one}()" in condition for one in ("always", "failure", "success"))
        return self._evaluator().holds(condition) and (names_status or self.failed is None)

    def _step(self, step: Mapping[str, Any], name: str) -> None:
        outputs: Mapping[str, str]
        if "uses" in step:
            given = {key: self.fill(str(value)) for key, value in step.get("with", {}).items()}
            outputs = self.runner.uses[step["uses"].partition("@")[0]](given, self.environment)
        else:
            outputs = self._script(step, name)
        if "id" in step:
            self.steps[step["id"]] = {"outputs": outputs}

    def _script(self, step: Mapping[str, Any], name: str) -> Mapping[str, str]:
        files = {one: self.temp / f"file-{one}" for one in _FILES}
        for one in files.values():
            one.write_text("")
        script = self.temp / "script.sh"
        script.write_text(self.fill(step["run"]))
        own = {key: self.fill(str(value)) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*_SHELLS[step["shell"]], str(script)],
            cwd=self.fill(step.get("working-directory", str(self.workspace))),
            env={**self.environment, **own, **{key: str(path) for key, path in files.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        self.log += done.stdout
        if done.returncode:
            self.failed = self.failed or name
        self.environment |= read_file(files["GITHUB_ENV"])
        paths = [line for line in files["GITHUB_PATH"].read_text().splitlines() if line]
        self.environment["PATH"] = os.pathsep.join([*reversed(paths), self.environment["PATH"]])
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return read_file(files["GITHUB_OUTPUT"])


def read_file(path: Path) -> dict[str, str]:
    """``name=value`` lines, and values of several lines up to a word (``name<<word``)."""
    found: dict[str, str] = {}
    lines = iter(path.read_text().splitlines())
    for line in lines:
        name, sign, value = line.partition("=")
        if "<<" in name or not sign:
            name, _, word = line.partition("<<")
            rows = []
            while (row := next(lines)) != word:
                rows.append(row)
            value = "\n".join(rows)
        found[name] = value
    return found


def find_commands(log: str) -> list[str]:
    """The workflow commands that a runner would obey in a log: none between ``stop-commands`` and the word that it names."""
    found: list[str] = []
    stopped: str | None = None
    for line in map(str.strip, log.splitlines()):
        if stopped is not None:
            stopped = None if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            found.append(line)
    return found
