"""What a file builds on: presets that ship with lockbot, and those of repositories of the same account."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bot.ports.presets import PresetFile
from bot.repoconfig.load import ConfigError, load_config
from bot.repoconfig.model import RepoConfig
from bot.repoconfig.shipped import read_names, read_presets


@dataclass
class Stored:
    """Files of an account, by repository, path and tag."""

    files: Mapping[str, object] = field(default_factory=dict)
    defaults: tuple[str, str] | None = None
    account: str = "acme"
    asked: list[PresetFile] = field(default_factory=list)

    def find(self, file: PresetFile) -> str | None:
        self.asked.append(file)
        for path in file.paths:
            found = self.files.get(f"{file.repository}/{path}{f'#{file.tag}' if file.tag else ''}")
            if found is not None:
                return found if isinstance(found, str) else json.dumps(found)
        return None

    def find_defaults(self) -> tuple[str, str] | None:
        return self.defaults


def load(value: object, source: Stored | None = None) -> RepoConfig:
    return load_config(json.dumps(value, indent=1), "c", source).config


def refusal(value: object, source: Stored | None = None) -> tuple[int | None, str, str | None]:
    with pytest.raises(ConfigError) as caught:
        load(value, source)
    (problem,) = caught.value.problems
    return problem.line, problem.message, problem.hint


ALL = [(space, name) for space, presets in read_presets().items() for name in presets]


@pytest.mark.parametrize(("space", "name"), ALL, ids=[":".join(one) for one in ALL])
def test_every_preset_is_a_valid_configuration(space: str, name: str) -> None:
    needs = "{{arg" in json.dumps(read_presets()[space][name])
    zone = "(Europe/Berlin,b)" if name == "timezone" else "(config:recommended,b)" if name == "group" else "(a,b)"
    said = f"{'' if space == 'default' else space}:{name}{zone if needs else ''}"
    inside = {"packageRules": [{"extends": [said], "groupName": "x"}]}
    load(inside if space == "packages" else {"extends": said})


def test_every_preset_and_name_is_documented_in_the_files_of_config() -> None:
    names = read_names()
    assert not names.later & names.unused
    assert {name for _, name in ALL} & set(names.presets["default"]) - {"group"} == set()
    taken = {field.alias for field in RepoConfig.model_fields.values()}
    assert taken & (names.later | names.unused) == set()


SAID: list[tuple[object, dict[str, object]]] = [
    ("schedule:weekly", {"schedule": ("* 0-3 * * 1",)}),
    ("schedule:nonOfficeHours", {"schedule": ("* 0-4,22-23 * * 1-5", "* * * * 0,6")}),
    (":timezone(Europe/Berlin)", {"timezone": "Europe/Berlin"}),
    (":labels(a, b)", {"labels": ("a", "b")}),
    (":separateMultipleMajorReleases", {"separate_multiple_major": True}),
    ("default:semanticCommitScopeDisabled", {"semantic_commit_scope": None}),
    (["schedule:weekly", "schedule:monthly"], {"schedule": ("* 0-3 1 * *",)}),
    ("security:minimumReleaseAgePypi", {"minimum_release_age": "3 days"}),
    (":renovatePrefix", {"branch_prefix": "renovate/"}),
]


@pytest.mark.parametrize(("names", "options"), SAID)
def test_what_a_preset_says(names: object, options: dict[str, object]) -> None:
    config = load({"extends": names})
    assert {key: getattr(config, key) for key in options} == options


def test_the_file_itself_wins_and_rules_are_joined() -> None:
    config = load(
        {
            "extends": ["schedule:weekly", "group:allNonMajor", ":label(a)"],
            "schedule": "monthly",
            "packageRules": [{"matchPackageNames": ["x"], "groupName": "mine"}],
        }
    )
    assert (config.schedule, config.labels) == (("monthly",), ("a",))
    assert [rule.group_name for rule in config.package_rules] == ["all non-major dependencies", "mine"]


def test_presets_that_are_left_out_say_nothing() -> None:
    assert load({"extends": ["schedule:weekly", ":label(a)"], "ignorePresets": [":label(a)"]}).labels == (
        "dependencies",
    )


def test_a_rule_and_lock_maintenance_may_build_on_presets() -> None:
    config = load(
        {
            "packageRules": [{"extends": ["packages:linters", "schedule:monthly"], "matchPackageNames": ["mine"]}],
            "lockFileMaintenance": {"extends": ["schedule:monthly"]},
        }
    )
    (rule,) = config.package_rules
    assert {"ruff", "mine"} <= set(rule.match_package_names)
    assert rule.schedule == config.lock_file_maintenance.schedule == ("* 0-3 1 * *",)


REFUSED = [
    ({"extends": ["schedule:weekli"]}, 3, "there is no preset schedule:weekli", "did you mean schedule:weekly?"),
    ({"extends": [":timezone"]}, 3, ":timezone needs an argument", None),
    ({"extends": [":timezone(Mars)"]}, 2, "timezone: 'Mars' is not a time zone", None),
    ({"extends": ["no such thing"]}, 3, "'no such thing' is no preset", None),
    ({"extends": [":semanticCommit"]}, 3, "there is no preset :semanticCommit", "did you mean :semanticCommits?"),
    ({"packageRules": [{"extends": ["schedule:x"], "enabled": False}]}, 5, "there is no preset schedule:x", None),
]


@pytest.mark.parametrize(("value", "line", "message", "hint"), REFUSED)
def test_a_preset_that_there_is_not(value: object, line: int | None, message: str, hint: str | None) -> None:
    found = refusal(value)
    assert line in {None, found[0]}
    assert message in found[1]
    assert hint is None or found[2] == hint


ELSEWHERE = [
    "github>other/config",
    "gitlab>acme/config",
    "renovate-config-acme",
    "@acme/renovate",
    "https://x.invalid/a.json",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_preset_of_another_place_is_warned_of(name: str) -> None:
    (warning,) = load_config(json.dumps({"extends": [name]}), "c", Stored()).warnings
    assert name in warning.message


# --- other repositories ---------------------------------------------------------------------------

FOUND = [
    ("local>acme/presets", "acme/presets/default.json"),
    ("github>acme/presets", "acme/presets/default.json"),
    ("local>acme/presets:python", "acme/presets/python.json"),
    ("local>acme/presets:python.json", "acme/presets/python.json"),
    ("local>acme/presets//teams/web:python", "acme/presets/teams/web/python.json"),
    ("local>acme/presets//teams/web", "acme/presets/teams/web.json"),
    ("local>acme/presets#v2", "acme/presets/default.json#v2"),
    ("local>ACME/presets:python#v2", "ACME/presets/python.json#v2"),
    ("local>acme/presets", "acme/presets/.lockbot.json"),
]


@pytest.mark.parametrize(("name", "place"), FOUND)
def test_where_a_preset_of_a_repository_is_looked_for(name: str, place: str) -> None:
    assert load({"extends": [name]}, Stored({place: {"labels": ["theirs"]}})).labels == ("theirs",)


def test_it_may_be_written_in_renovates_words_and_build_on_others() -> None:
    stored = Stored(
        {
            "acme/a/default.json": {"extends": ["local>acme/b", "schedule:weekly"], "stabilityDays": 3},
            "acme/b/default.json": {"labels": ["b"], "packageRules": [{"packageNames": ["x"], "enabled": False}]},
        }
    )
    config = load({"extends": ["local>acme/a"]}, stored)
    assert (config.labels, config.minimum_release_age, len(config.package_rules)) == (("b",), "3 days", 1)


SECRET = "swordfish"
BROKEN: list[tuple[object, str]] = [
    ({"labels": SECRET * 20}, "there is a mistake in it"),
    ({SECRET: 1, "timezone": SECRET}, "there are 2 mistakes in it"),
    (f'{{ "{SECRET}": ', "it is no JSON object"),
    ([SECRET], "it is no JSON object"),
    ({"extends": [f"schedule:{SECRET}"]}, ""),
]


@pytest.mark.parametrize(("content", "told"), BROKEN)
def test_what_is_wrong_with_it_is_told_without_its_words(content: object, told: str) -> None:
    found = refusal({"extends": ["local>acme/a"]}, Stored({"acme/a/default.json": content}))
    assert found[0] == 3
    assert told in found[1]
    assert SECRET not in f"{found}"


def test_what_has_no_effect_in_it_is_not_repeated() -> None:
    stored = Stored({"acme/a/default.json": {"labels": ["a"], "npm": {SECRET: 1}, "automerge": True}})
    loaded = load_config('{"extends": ["local>acme/a"]}', "c", stored)
    assert SECRET not in str(loaded.warnings)


def test_circles_and_towers_of_presets_come_to_an_end() -> None:
    circle = Stored(
        {"acme/a/default.json": {"extends": ["local>acme/b"]}, "acme/b/default.json": {"extends": ["local>acme/a"]}}
    )
    assert "extends itself" in refusal({"extends": ["local>acme/a"]}, circle)[1]
    tower = Stored({f"acme/p/{n}.json": {"extends": [f"local>acme/p:{n + 1}"]} for n in range(40)})
    assert "too many presets" in refusal({"extends": ["local>acme/p:0"]}, tower)[1]
    assert len(tower.asked) < 20
    wide = Stored({"acme/p/0.json": {"extends": ["local>acme/p:1"] * 400}, "acme/p/1.json": {}})
    assert "too many presets" in refusal({"extends": ["local>acme/p:0"]}, wide)[1]


def test_one_that_is_not_there_is_an_error_and_one_of_another_account_is_not_asked_for() -> None:
    found = refusal({"extends": ["local>acme/none"]}, Stored())
    assert "there is no preset local>acme/none" in found[1]
    other = Stored({"evil/a/default.json": {"labels": ["x"]}})
    loaded = load_config('{"extends": ["local>evil/a"]}', "c", other)
    assert (loaded.config.labels, other.asked) == (("dependencies",), [])
    assert "only presets of acme are" in loaded.warnings[0].message


def test_paths_that_lead_out_are_no_presets() -> None:
    for name in ("local>acme/../x", "local>acme/a:../../b", "local>acme", "local>acme/a/b"):
        source = Stored()
        with contextlib.suppress(ConfigError):
            load({"extends": [name]}, source)
        assert all(".." not in path for file in source.asked for path in (file.repository, *file.paths))


# --- what an account says for all -----------------------------------------------------------------


def test_the_accounts_own_file_lies_under_every_other() -> None:
    stored = Stored(defaults=("acme/.github", '{"labels": ["org"], "timezone": "Europe/Berlin", "ignoreDeps": ["a"]}'))
    config = load({"labels": ["mine"], "ignoreDeps": ["b"]}, stored)
    assert (config.labels, config.timezone, config.ignore_deps) == (("mine",), "Europe/Berlin", ("a", "b"))


def test_what_is_wrong_with_it_is_told_where_nothing_else_is() -> None:
    _, message, _ = refusal({}, Stored(defaults=("acme/.github", f'{{"{SECRET}": 1}}')))
    assert "acme/.github" in message
    assert SECRET not in message
