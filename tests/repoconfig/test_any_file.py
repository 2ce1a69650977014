"""Whatever stands in a file, in whatever place: it is read, or refused with file, line and words; nothing else happens."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.repoconfig.load import ConfigError, load_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import migrate_renovate
from bot.repoconfig.model import LockFileMaintenance, PackageRule, RepoConfig
from bot.repoconfig.shipped import read_names, read_presets
from bot.repoconfig.words import PATTERNS, RENAMED, RENAMED_MATCHERS, UNKNOWN_MATCHERS

OWN = [
    str(one.alias) for model in (RepoConfig, PackageRule, LockFileMaintenance) for one in model.model_fields.values()
]
NAMES = sorted(
    {*OWN, *PATTERNS, *RENAMED, *RENAMED_MATCHERS, *UNKNOWN_MATCHERS, *read_names().later, *read_names().managers}
    | {"matchCategories", "matchDatasources", "major", "minor", "patch", "enabledManagers", "stabilityDays", "zzz"}
)
PRESETS = [f"{space}:{name}(a, b)" for space, one in read_presets().items() for name in one]
TEXTS = st.one_of(
    st.sampled_from(
        ["", "*", "!", "/", "//", "!//", "/(/", "/a/i", "3 days", "> 1 year", "<2", "major", "pin", "auto"]
    ),
    st.sampled_from(["pep621", "python", "pypi", "local>a/b", "github>a/b:c//d#e", ":", "::", "weekly", "{{arg0}}"]),
    st.sampled_from(PRESETS),
    st.text(max_size=6),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=8,
)
RULES = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), max_size=3)
FILES = st.builds(
    lambda options, rules: options | {"packageRules": rules},
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    RULES,
)


def check(error: ConfigError, path: str) -> None:
    assert all(one.path == path and one.message for one in error.problems)


@given(FILES)
def test_a_file_is_read_or_refused(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    try:
        loaded = load_config(text, "c")
    except ConfigError as error:
        check(error, "c")
        return
    lines = text.count("\n") + 1
    assert all(one.line is not None and 1 <= one.line <= lines for one in loaded.warnings)


@given(FILES)
def test_a_file_is_translated_or_refused(value: dict[str, Any]) -> None:
    try:
        done = migrate_renovate(json.dumps(value), "renovate.json")
    except ConfigError as error:
        check(error, "renovate.json")
        return
    load_config(done.text, "c")


KEYS = st.sampled_from(
    ["package-ecosystem", "schedule", "interval", "day", "time", "cooldown", "default-days", "groups", "patterns", "ignore",
     "dependency-name", "versions", "update-types", "allow", "commit-message", "prefix", "labels", "directories", "registries"]
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(["uv", "pip", "weekly", "monday", "5", "-1", "99:99", ">=2", "*", "a b"]), st.text(max_size=4)
)
NODES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 9), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(KEYS, NODES, max_size=5), min_size=1, max_size=3))
def test_a_dependabot_yml_is_translated_or_refused(entries: list[dict[str, Any]]) -> None:
    # JSON is YAML.
    ours = [{"package-ecosystem": "uv", **one} for one in entries]
    try:
        done = migrate_dependabot(json.dumps({"updates": ours}), "dependabot.yml")
    except ConfigError as error:
        check(error, "dependabot.yml")
        return
    load_config(done.text, "c")
