"""lockbot keeps lockbot: its configuration, the hooks and the workflows of this repository."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.repoconfig.load import load_config
from tests.action.test_workflows import OWN as OWN_WORKFLOW
from tests.distribution.test_hooks import HOOKS
from tests.test_architecture import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OWN = {
    hook["id"]: hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for hook in repository["hooks"]
}


def test_its_configuration_leaves_fixtures_and_the_reference_version_alone() -> None:
    loaded = load_config((ROOT / ".lockbot.json").read_text("utf-8"), ".lockbot.json")
    assert loaded.warnings == ()
    assert set(loaded.config.ignore_paths) == {"**/tests/**", "**/bench/**"}
    off = {name for rule in loaded.config.package_rules if rule.enabled is False for name in rule.match_package_names}
    assert off == {"uv", "hishel"}


@pytest.mark.parametrize("name", HOOKS)
def test_the_hooks_that_are_offered_are_used(name: str) -> None:
    offered, used = HOOKS[name], OWN[name]
    assert used["entry"] == f".venv/bin/{offered['entry']}"
    for key in ("name", "args", "files", "pass_filenames", "require_serial"):
        assert used.get(key) == offered.get(key), key


def actions(said: object) -> Iterator[str]:
    """Everything that a workflow uses."""
    if isinstance(said, Mapping):
        yield from (text for key, text in said.items() if key == "uses")
        yield from (one for part in said.values() for one in actions(part))
    elif isinstance(said, list):
        yield from (one for part in said for one in actions(part))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_what_its_jobs_say_and_runs_what_cannot_be_moved(path: Path) -> None:
    text = path.read_text("utf-8")
    said: Mapping[Any, Any] = yaml.safe_load(text)
    assert said["permissions"] == {}
    assert all("timeout-minutes" in job and "permissions" in job for job in said["jobs"].values())
    moving = [name for name in actions(said) if not re.fullmatch(r"\./|[\w.-]+/[\w./-]+@[0-9a-f]{40}", name)]
    assert moving == []
    # What runs came with the event at most as a variable.
    scripts = re.findall(r"run: (?:\|\n((?:\s{10,}.*\n)+)|(.*))", text)
    assert not [script for pair in scripts for script in pair if "${{" in script]


def test_its_workflow_is_that_of_the_documents_with_the_action_of_this_tree() -> None:
    """What runs by the documents' one is held by ``tests/action``."""
    own = yaml.safe_load((ROOT / ".github" / "workflows" / "lockbot.yml").read_text("utf-8"))
    told = yaml.safe_load(OWN_WORKFLOW)
    steps = own["jobs"]["lockbot"].pop("steps")
    assert [step["uses"].partition("@")[0] for step in told["jobs"]["lockbot"].pop("steps")] == ["uv-lockbot/lockbot"]
    assert own == told
    assert [step["uses"].partition("@")[0] for step in steps] == ["actions/checkout", "./"]
    assert steps[0]["with"] == {"persist-credentials": False}


def test_every_extra_is_told() -> None:
    text = (ROOT / "docs" / "installation.md").read_text("utf-8")
    told = {name for row in re.findall(r"^\| (`.*?) \| .* \|$", text, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]) <= told
