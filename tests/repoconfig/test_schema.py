"""The published schema takes what the reader takes, one text for a list of one included."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.repoconfig.jsonc import parse_jsonc
from bot.repoconfig.load import ConfigError, load_config, parse_config
from bot.repoconfig.model import PackageRule, RepoConfig
from bot.repoconfig.schema import render_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(render_schema())
VALIDATOR = Draft202012Validator(SCHEMA)


def samples() -> list[str]:
    texts = [path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    return [block for text in texts for block in re.findall(r"^```jsonc\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def is_read(value: object) -> bool:
    """Without a word: what Renovate took in former times is read with a warning, and not offered by the schema."""
    try:
        return not load_config(json.dumps(value), "x").warnings
    except ConfigError:
        return False


@pytest.mark.parametrize("text", samples())
def test_every_sample_of_the_documents_is_valid(text: str) -> None:
    value = parse_jsonc(text, "sample").value
    assert VALIDATOR.is_valid(value)
    load_config(text, "sample")


LISTS = {
    "description": "why",
    "extends": "schedule:weekly",
    "ignorePresets": "schedule:weekly",
    "schedule": "before 4am",
    "labels": "python",
    "addLabels": "more",
    "dependencyDashboardLabels": "deps",
    "ignoreDeps": "iris",
    "ignorePaths": "docs/**",
    "includePaths": "docs/**",
    "autoRelock": "dependabot[bot]",
    "assignees": "ada",
    "reviewers": "team:platform",
    "additionalReviewers": "ada",
    "automergeSchedule": "before 4am",
    "prBodyNotes": "Read the notes.",
    "baseBranchPatterns": "$default",
}
RULE_LISTS = {
    "description": "why",
    "matchPackageNames": "iris",
    "matchDepNames": "iris",
    "matchUpdateTypes": "major",
    "matchFileNames": "a/**",
    "matchDepTypes": "project.dependencies",
    "matchManagers": "pep621",
    "schedule": "before 4am",
    "labels": "python",
    "addLabels": "more",
    "assignees": "ada",
    "reviewers": "team:platform",
    "additionalReviewers": "ada",
    "automergeSchedule": "before 4am",
    "prBodyNotes": "Read the notes.",
}


@pytest.mark.parametrize(("option", "entry"), LISTS.items())
def test_a_list_of_one_may_be_one_text(option: str, entry: str) -> None:
    for value in ({option: entry}, {option: [entry]}):
        assert VALIDATOR.is_valid(value)
    assert parse_config(json.dumps({option: entry}), "x") == parse_config(json.dumps({option: [entry]}), "x")


@pytest.mark.parametrize(("option", "entry"), RULE_LISTS.items())
def test_so_may_a_list_of_a_rule(option: str, entry: str) -> None:
    one, several = ({"packageRules": [{"matchPackageNames": ["a"], option: said}]} for said in (entry, [entry]))
    assert VALIDATOR.is_valid(one)
    assert VALIDATOR.is_valid(several)
    assert parse_config(json.dumps(one), "x") == parse_config(json.dumps(several), "x")


def test_no_list_is_left_out() -> None:
    def lists(model: type[RepoConfig] | type[PackageRule]) -> set[str]:
        fields = model.model_fields.values()
        return {str(one.alias) for one in fields if "tuple" in str(one.annotation)} - {
            "packageRules",
            "exports",
            "compiled",
            "hooks",
            "vulnerabilityExceptions",
        }

    assert lists(RepoConfig) == set(LISTS)
    assert lists(PackageRule) == set(RULE_LISTS)


TEXTS = st.sampled_from(["", "a", "major", "auto", "UTC", "project.dependencies", "before 4am", "x/", "a" * 60])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 2), TEXTS)
VALUES = st.one_of(SCALARS, st.lists(TEXTS, max_size=2), st.lists(SCALARS, max_size=2))


def objects(model: type[RepoConfig] | type[PackageRule], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = [str(one.alias) for one in model.model_fields.values()]
    return st.dictionaries(st.sampled_from([*names, "other"]), values, max_size=3)


RULES = st.lists(objects(PackageRule, VALUES), max_size=2)
CONFIGS = objects(RepoConfig, st.one_of(VALUES, RULES, st.dictionaries(st.just("enabled"), SCALARS)))


@given(CONFIGS)
def test_what_the_reader_takes_the_schema_takes(value: dict[str, Any]) -> None:
    if is_read(value):
        assert VALIDATOR.is_valid(value)


@pytest.mark.parametrize(
    "value", [[], {"label": "x"}, {"labels": [1]}, {"enabled": "yes"}, {"rangeStrategy": "newest"}]
)
def test_what_no_reader_takes_the_schema_refuses(value: object) -> None:
    assert not VALIDATOR.is_valid(value)
    assert not is_read(value)
