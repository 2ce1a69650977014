"""The tables of the pages on moving: each row is translated, and what stands beside it comes out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bot.repoconfig.load import load_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import migrate_renovate
from bot.repoconfig.model import LockFileMaintenance, PackageRule, RepoConfig, VulnerabilityAlerts
from bot.repoconfig.shipped import read_names
from bot.repoconfig.words import MANAGERS, UNKNOWN_MATCHERS
from tests.test_docs import DOCS, ROOT, read, rows, sections

#: What may stand in an entry, by GitHub's reference of ``dependabot.yml`` (November 2026).
DEPENDABOT_KEYS = frozenset(
    [
        "version",
        "updates",
        "enable-beta-ecosystems",
        "multi-ecosystem-groups",
        "registries",
        "package-ecosystem",
        "directory",
        "directories",
        "exclude-paths",
        "schedule",
        "schedule.interval",
        "schedule.day",
        "schedule.time",
        "schedule.timezone",
        "schedule.cronjob",
        "allow",
        "allow.dependency-type",
        "allow.update-types",
        "assignees",
        "reviewers",
        "commit-message",
        "commit-message.include",
        "commit-message.prefix-development",
        "cooldown",
        "cooldown.semver-major-days",
        "cooldown.semver-minor-days",
        "cooldown.semver-patch-days",
        "cooldown.include",
        "cooldown.exclude",
        "groups",
        "groups.applies-to",
        "groups.dependency-type",
        "groups.update-types",
        "groups.group-by",
        "ignore",
        "ignore.versions",
        "ignore.update-types",
        "insecure-external-code-execution",
        "labels",
        "milestone",
        "open-pull-requests-limit",
        "pull-request-branch-name",
        "rebase-strategy",
        "target-branch",
        "vendor",
        "versioning-strategy",
    ]
)


def table(page: str, heading: str) -> list[list[str]]:
    return rows(sections(read(DOCS / page))[heading])


def only_code(cell: str) -> str | None:
    """The one code span that the cell is."""
    found = re.fullmatch(r"`([^`]+)`", cell)
    return found[1] if found else None


# --- Dependabot -------------------------------------------------------------------------------------


def test_every_key_of_dependabot_has_a_row() -> None:
    first = [key for row in table("moving-from-dependabot.md", "Every key") if (key := only_code(row[0]))]
    assert len(first) == len(set(first))
    assert set(first) == DEPENDABOT_KEYS


def stated() -> Iterator[Any]:
    for _, example, result in table("moving-from-dependabot.md", "Every key"):
        said = only_code(example)
        if said and re.match(r"[a-z-]+: ", said) and not said.startswith(("version:", "director", "enable-beta")):
            yield pytest.param(said, result, id=said)


@pytest.mark.parametrize(("example", "result"), list(stated()))
def test_what_dependabot_says_becomes_what_stands_beside_it(example: str, result: str) -> None:
    entry = {"package-ecosystem": "uv", "directory": "/", **yaml.safe_load(example)}
    done = migrate_dependabot(yaml.safe_dump({"version": 2, "updates": [entry]}, sort_keys=False), "dependabot.yml")
    expected = only_code(result)
    if expected is not None:
        assert json.loads(done.text) == json.loads(expected)
    else:
        assert re.match(r"(not here|without effect)", result)
    # What is translated is not told of, and what is not is.
    assert bool(done.left) is (expected is None)


# --- Renovate ---------------------------------------------------------------------------------------

_OURS_ALONE = frozenset({"exports", "compiled", "hooks", "python", "autoRelock", "vulnerabilityExceptions"})
_MODELS = (RepoConfig, PackageRule, LockFileMaintenance, VulnerabilityAlerts)


def named(heading: str) -> list[str]:
    """What the first cells of a table name."""
    return [name for row in table("moving-from-renovate.md", heading) for name in re.findall(r"`([^`]+)`", row[0])]


def test_every_option_that_means_the_same_is_named_once() -> None:
    ours = {field.alias or name for model in _MODELS for name, field in model.model_fields.items()}
    assert Counter(named("Options that mean the same")) == Counter(ours - _OURS_ALONE)
    text = sections(read(DOCS / "moving-from-renovate.md"))["Options that mean the same"]
    assert set(re.findall(r"`(\w+)`", text.partition("beside them:")[2])) == _OURS_ALONE


def test_every_option_without_effect_is_named_once_with_its_reason() -> None:
    said = json.loads(read(ROOT / "config" / "renovate.json"))
    expected = {*said["options"]["unused"], *said["options"]["later"]}
    assert Counter(named("Options that have no effect")) == Counter(expected)
    verdicts = {row[1] for row in table("moving-from-renovate.md", "Options that have no effect")}
    assert verdicts == {"without effect", "not here"}


@pytest.mark.parametrize("name", named("Options that have no effect"))
def test_it_is_accepted_and_told_of(name: str) -> None:
    warnings = load_config(json.dumps({name: {}}), ".lockbot.json").warnings
    assert any("has no effect" in one.message for one in warnings)


def test_every_option_of_renovates_own_process_is_named() -> None:
    found = Counter(named("Options of Renovate's own process"))
    assert found == Counter(json.loads(read(ROOT / "config" / "renovate.json"))["global"])


@pytest.mark.parametrize(
    ("said", "becomes"),
    [pytest.param(*row, id=row[0]) for row in table("moving-from-renovate.md", "Options that are said in other words")],
)
def test_what_renovate_says_becomes_what_stands_beside_it(said: str, becomes: str) -> None:
    done = migrate_renovate(said.strip("`"), "renovate.json")
    assert json.loads(done.text) == json.loads(becomes.strip("`"))


def test_matchers_that_can_not_be_asked_are_named() -> None:
    text = sections(read(DOCS / "moving-from-renovate.md"))["Options that are said in other words"]
    assert set(re.findall(r"`(match\w+)`", text)) == UNKNOWN_MATCHERS


def test_managers_are_named() -> None:
    text = sections(read(DOCS / "moving-from-renovate.md"))["Managers"]
    found = set(re.findall(r"`([a-z0-9_-]+)`", text))
    assert set(MANAGERS) <= found
    assert found <= read_names().managers
