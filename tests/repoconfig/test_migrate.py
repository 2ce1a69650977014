"""Other bots' configurations, as translated: each sample with the file that comes of it and what it does not say.

``--rewrite-snapshots`` writes what is expected anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ports.run import Problem
from bot.repoconfig.load import ConfigError, load_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import Migrated, migrate_renovate

SAMPLES = Path(__file__).parent / "samples"
RENOVATE = sorted((*SAMPLES.glob("*.json"), *SAMPLES.glob("*.json5")))
DEPENDABOT = sorted(SAMPLES.glob("*.yml"))


def shown(path: Path, done: Migrated) -> str:
    text = path.read_text("utf-8")
    parts = [done.text, *(f"not translated: {told(one)}\n" for one in done.left)]
    if path.suffix == ".json":
        parts += ["", *(f"warning: {told(one)}\n" for one in load_config(text, path.name).warnings)]
    return "".join(parts)


def told(one: Problem) -> str:
    return f"{one.path}:{one.line}: {one.message}" + (f" ({one.hint})" if one.hint else "")


def migrate(path: Path) -> Migrated:
    work = migrate_dependabot if path.suffix == ".yml" else migrate_renovate
    return work(path.read_text("utf-8"), path.name)


@pytest.mark.parametrize("path", [*RENOVATE, *DEPENDABOT], ids=lambda path: path.name)
def test_a_sample_is_translated_as_expected(path: Path, request: pytest.FixtureRequest) -> None:
    expected, found = path.with_suffix(".expected"), shown(path, migrate(path))
    if request.config.getoption("--rewrite-snapshots"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")


@pytest.mark.parametrize("path", [*RENOVATE, *DEPENDABOT], ids=lambda path: path.name)
def test_what_comes_of_it_is_a_configuration_without_a_needless_word(path: Path) -> None:
    warnings = load_config(migrate(path).text, ".lockbot.json").warnings
    assert [one for one in warnings if "the preset" not in one.message and "is not read here" not in one.message] == []


@pytest.mark.parametrize("path", [one for one in RENOVATE if one.suffix == ".json"], ids=lambda path: path.name)
def test_a_file_that_is_only_renamed_says_the_same_as_its_translation(path: Path) -> None:
    renamed = load_config(path.read_text("utf-8"), path.name).config
    translated = load_config(migrate(path).text, path.name).config
    without = {"extends", "json_schema", "package_rules", "lock_file_maintenance", "python"}
    assert renamed.model_dump(exclude=without) == translated.model_dump(exclude=without)
    effective = [rule for rule in renamed.package_rules if says(rule.model_dump(by_alias=True, exclude_unset=True))]
    assert effective == [
        rule for rule in translated.package_rules if says(rule.model_dump(by_alias=True, exclude_unset=True))
    ]


def says(rule: dict[str, object]) -> bool:
    return any(not key.startswith("match") and key != "description" for key in rule)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{ a: 1, ", 1, "not valid JSON5"),
        ("[]", 1, "the file must hold an object"),
        ('{\n extends: [":labell(x)"] }', 2, "there is no preset :labell(x)"),
        ("{ extends: ['config:recomended'] }", 1, "there is no preset config:recomended"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        migrate_renovate(text, "renovate.json5")
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("renovate.json5", line)
    assert message in problem.message


@pytest.mark.parametrize("text", ["", "version: 2", "- a", "a: [", "updates: x"])
def test_so_is_a_dependabot_yml(text: str) -> None:
    with pytest.raises(ConfigError):
        migrate_dependabot(text, "dependabot.yml")


def test_what_lockbot_would_refuse_is_left_out_and_told() -> None:
    done = migrate_renovate('{ "schedule": ["sometimes"], "labels": ["a"], "zzz": 1 }', "renovate.json")
    assert done.text == '{\n  "labels": ["a"]\n}\n'
    assert [one.message.split(":")[0] for one in done.left] == ["left out", "left out"]
