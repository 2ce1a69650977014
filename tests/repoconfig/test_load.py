"""Configurations that are read, and those that are refused with file, line and fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.manifest.ranges import RangeStrategy
from bot.repoconfig.jsonc import parse_jsonc
from bot.repoconfig.load import ConfigError, find_config_path, parse_config
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.repoconfig.schedule import check_schedule
from bot.repoconfig.schema import render_schema

ROOT = Path(__file__).resolve().parents[2]

FULL = """\
{
  // words
  "$schema": "https://example.invalid/schema.json",
  "enabled": true, /* more
  words */ "ignoreDeps": ["Foo_Bar"],
  "ignorePaths": ["docs/**"],
  "schedule": "before 4am on monday",
  "timezone": "Europe/Berlin",
  "labels": ["a // b"],
  "branchPrefix": "deps/",
  "rangeStrategy": "bump",
  "separateMajorMinor": false,
  "lockFileMaintenance": {"enabled": false},
  "packageRules": [
    {"matchPackageNames": ["django*", "!django-x"], "groupName": "Django", "rangeStrategy": "widen"},
    {"matchUpdateTypes": ["major"], "enabled": false}
  ]
}
"""


def test_every_option_is_read() -> None:
    config = parse_config(FULL, ".lockbot.json")
    assert config.ignore_deps == ("foo-bar",)
    assert config.schedule == ("before 4am on monday",)
    assert config.labels == ("a // b",)
    assert config.range_strategy is RangeStrategy.BUMP
    assert not config.lock_file_maintenance.enabled
    assert [rule.group_name for rule in config.package_rules] == ["Django", None]


def test_an_empty_object_is_the_default() -> None:
    assert parse_config("{}", "x") == DEFAULT_CONFIG == RepoConfig()


# text, line, message, hint
BROKEN = [
    ('{\n  "enabeld": true\n}', 2, "enabeld is not an option of lockbot", "did you mean enabled?"),
    ('{\n  "ignore-deps": []\n}', 2, "ignore-deps is not an option of lockbot", "did you mean ignoreDeps?"),
    ('{"zzz": 1}', 1, "zzz is not an option of lockbot", "the options here are addLabels, "),
    ('{"packageRules": [\n{"matchPackageNames": ["a"]},\n{"matchPackageNames": ["a"],\n"groupname": "x"}]}', 4,
     "packageRules[1].groupname is not an option of lockbot", "did you mean groupName?"),
    ('{"lockFileMaintenance": {\n"enable": true}}', 2, "lockFileMaintenance.enable is not", "did you mean enabled?"),
    ('{"packageRules": [\n{"groupName": "x"}]}', 2, "packageRules[0]: a rule needs at least one of", None),
    ('{\n"enabled": "yes"}', 2, "enabled: input should be a valid boolean", "write true or false"),
    ('{\n"labels": 3}', 2, "labels: input should be a valid tuple", 'write a list: ["…"]'),
    ('{\n"rangeStrategy": "wide"}', 2, "rangeStrategy: input should be 'auto', 'pin'", None),
    ('{\n"timezone": "Mars/Base"}', 2, "'Mars/Base' is not a time zone", None),
    ('{\n"timezone": "Europe' + "/Be" * 500 + '"}', 2, "/Be/Be/B' is not a time zone", None),
    ('{\n"timezone": "../etc/localtime"}', 2, "'../etc/localtime' is not a time zone", None),
    ('{\n"schedule": ["sometimes"]}', 2, "'sometimes' is not a schedule", None),
    ('{\n"branchPrefix": "a b"}', 2, "'a b' can't begin a branch name", None),
    ('{\n"enabled": true,\n}', 2, "not valid JSON: there is a ',' before '}'", "correct the syntax"),
    ('{\n"enabled": true\n"labels": []}', 3, "not valid JSON: a ',' or '}' is missing", None),
    ('{\n"enabled": true,\n"enabled": false}', 3, "not valid JSON: 'enabled' is given twice", None),
    ('{"enabled": NaN}', 1, "not valid JSON: 'NaN' is not a JSON value", None),
    ('{"enabled": yes}', 1, "not valid JSON: 'yes' is not a JSON value", None),
    ('{"enabled": true} 5', 1, "not valid JSON: something follows the value", None),
    ('{"labels": ["a\n"]}', 1, "not valid JSON: a text is not closed", None),
    (r'{"labels": ["\ud800"]}', 1, "not valid JSON: half of a character (a surrogate)", None),
    ("", 1, "not valid JSON: a value is missing", None),
    ("[]", 1, "the file must hold an object", None),
    ("[" * 100, 1, "not valid JSON: nested too deeply", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message", "hint"), BROKEN)
def test_a_mistake_is_told_with_its_line_and_fix(text: str, line: int, message: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, ".lockbot.json")
    (problem, *_) = caught.value.problems
    assert (problem.path, problem.line) == (".lockbot.json", line)
    assert message in problem.message
    assert hint is None or (problem.hint or "").startswith(hint)


def test_all_mistakes_are_told_in_order() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config('{\n"x": 1,\n"timezone": "Y",\n"enabled": 3}', "c")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(InputError, match="larger than"):
        parse_jsonc(" " * 2_000_000, "c")


@pytest.mark.parametrize("value", ["1", "-2.5e3", "null", "true", '"a\\n\\u00e9"', '[1, [], {"a": {}}]', '"//"'])
def test_json_is_read_as_json(value: str) -> None:
    assert parse_jsonc(value, "c").value == json.loads(value)


@pytest.mark.parametrize(
    "text",
    ["* 0-3 * * 1", "*/15 * 1,15 * *", "0 0 * * sun", "at any time", "before 4am on monday", "every weekend",
     "after 10pm and before 5am every weekday", "on the first day of the month", "after 9:30 pm"],
)  # fmt: skip
def test_a_schedule_that_is_understood(text: str) -> None:
    assert check_schedule(text) == text


@pytest.mark.parametrize("text", ["", "* *", "61 * * * *", "* 25 * * *", "daily-ish", "before noon", "* * * * * *"])
def test_a_schedule_that_is_not(text: str) -> None:
    with pytest.raises(ValueError, match="is not a schedule"):
        check_schedule(text)


def test_where_the_configuration_is_found() -> None:
    assert find_config_path({"a", ".github/.lockbot.json", ".lockbot.json"}) == ".lockbot.json"
    assert find_config_path({"a", ".github/.lockbot.json"}) == ".github/.lockbot.json"
    assert find_config_path({"sub/.lockbot.json"}) is None


def test_the_published_schema_is_the_models() -> None:
    assert (ROOT / "config" / "lockbot.schema.json").read_text(encoding="utf-8") == render_schema()


def test_every_option_has_a_description() -> None:
    schema = json.loads(render_schema())
    models = [schema, *(part for part in schema["$defs"].values() if part.get("type") == "object")]
    assert [
        name for part in models for name, option in part["properties"].items() if not option.get("description")
    ] == []


@pytest.mark.parametrize("account", ["dependabot[bot]", "ada", "writers", "a-b_c"])
def test_accounts_that_are_relocked(account: str) -> None:
    assert parse_config(f'{{ "autoRelock": "{account}" }}', "x").auto_relock == (account,)


@pytest.mark.parametrize("account", ["", "@ada", "team:x", "a b", "[bot]", "ada[bot]x"])
def test_what_is_no_account_is_refused(account: str) -> None:
    with pytest.raises(ConfigError):
        parse_config(f'{{ "autoRelock": ["{account}"] }}', "x")
