"""Renovate and Dependabot beside lockbot: told where they update the same files, and only there."""

from __future__ import annotations

import json

import pytest

from bot.detect.other_bots import find_other_bots, is_brought
from bot.detect.repository import detect
from bot.git.checkout import reads_path
from bot.ports.run import BranchName, OtherBot
from tests.kept_errors import keep_nothing
from tests.resolver.trees import MemoryTree

PROJECT = '[project]\nname = "a"\nversion = "1"\n'
SCRIPT = '# /// script\n# dependencies = ["alpha"]\n# ///\n'
FILES = {
    "pyproject.toml": PROJECT,
    "apps/web/pyproject.toml": PROJECT,
    "scripts/docs.py": SCRIPT,
    "x.py": SCRIPT,
    "uv.lock": "",
}
PEP723 = {"pep723": {"fileMatch": ["scripts/.+\\.py"]}}
ALL = ("apps/web/pyproject.toml", "pyproject.toml")


def find(files: dict[str, str]) -> tuple[OtherBot, ...]:
    tree = MemoryTree({**FILES, **files})
    return find_other_bots(tree, detect(tree, keep_nothing), BranchName("main"))


def managed(files: dict[str, str]) -> tuple[str, ...]:
    return tuple(path for one in find(files) for path in one.manages)


RENOVATE: list[tuple[object, tuple[str, ...]]] = [
    ({}, ALL),
    ({"extends": ["config:recommended"], "ignoreDeps": ["rich"]}, ALL),
    (PEP723, (*ALL, "scripts/docs.py")),
    ({"pep723": {"managerFilePatterns": ["scripts/*.py"]}, "pep621": {"enabled": False}}, ("scripts/docs.py",)),
    ({"pep723": {"managerFilePatterns": ["/^x\\.py$/"]}, "pep621": {"enabled": False}}, ("x.py",)),
    ({"pep723": {"fileMatch": ["^docs/"]}, "pep621": {"enabled": False}}, ()),
    # Which files a pattern of this kind matches nobody here knows: it may be all.
    ({"pep723": {"fileMatch": ["^(x+)+$"]}, "pep621": {"enabled": False}}, ("scripts/docs.py", "x.py")),
    ({"pep723": {"enabled": True}, "pep621": {"enabled": False}}, ()),
    ({"packageRules": [{"matchPackageNames": ["httpx"], "enabled": False}]}, ALL),
    ({"packageRules": [{"matchManagers": ["pep621"], "matchUpdateTypes": ["major"], "enabled": False}]}, ALL),
    ({"packageRules": [{"matchFileNames": ["apps/**"], "enabled": False}]}, ("pyproject.toml",)),
    ({"packageRules": [{"enabled": False}, {"matchManagers": ["pep621"], "enabled": True}]}, ALL),
    ({"ignorePaths": ["apps"]}, ("pyproject.toml",)),
    ({"includePaths": ["apps/**"]}, ("apps/web/pyproject.toml",)),
    ({"enabledManagers": ["pep621", "npm"]}, ALL),
    # No conflict.
    ({"pep621": {"enabled": False}}, ()),
    ({"enabled": False}, ()),
    ({"enabledManagers": ["github-actions", "npm"]}, ()),
    ({"extends": [":disableRenovate"]}, ()),
    ({"extends": ":disableRenovate"}, ()),
    ({"python": {"enabled": False}}, ()),
    ({"packageRules": [{"matchManagers": ["pep621", "poetry"], "enabled": False}]}, ()),
    ({"packageRules": [{"matchCategories": ["python"], "enabled": False}]}, ()),
    (
        {"packageRules": [{"matchPackageNames": ["*"], "enabled": False}, {"matchManagers": ["npm"], "enabled": True}]},
        (),
    ),
    ({"packageRules": [{"matchDatasources": ["pypi"], "enabled": False}]}, ()),
    ({"includePaths": ["docs/**"]}, ()),
    ([], ()),
    ("text", ()),
    ({"pep621": 1, "packageRules": [1, {"enabled": 1}], "ignorePaths": 5, "extends": None}, ALL),
]


@pytest.mark.parametrize(("config", "expected"), RENOVATE)
def test_renovate_is_told_of_where_it_updates_the_same(config: object, expected: tuple[str, ...]) -> None:
    assert managed({"renovate.json": json.dumps(config)}) == expected


@pytest.mark.parametrize(
    "path",
    [
        "renovate.json",
        "renovate.json5",
        ".renovaterc",
        ".renovaterc.json",
        ".github/renovate.json",
        ".github/renovate.json5",
    ],
)
def test_renovates_configuration_is_found_by_its_path(path: str) -> None:
    (found,) = find({path: "{ // none\n 'extends': ['config:best-practices'], }"})
    assert found == OtherBot(
        name="Renovate", path=path, manages=ALL, remedy='write `"pep621": { "enabled": false }` in it'
    )
    assert is_brought(path)
    assert reads_path(path, ())


def test_of_several_configurations_renovate_takes_the_first() -> None:
    assert find({"renovate.json": '{"enabled": false}', ".renovaterc": "{}"}) == ()


def test_what_is_to_be_written_names_every_manager() -> None:
    (found,) = find({"renovate.json": json.dumps(PEP723)})
    assert found.remedy == 'write `"pep621": { "enabled": false }` and `"pep723": { "enabled": false }` in it'


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "", "\0"])
def test_a_configuration_that_nobody_can_read_turns_nothing_on(text: str) -> None:
    assert find({"renovate.json": text, ".github/dependabot.yml": "a: ["}) == ()


def entry(ecosystem: str = "uv", **more: str) -> str:
    rows = {"directory": '"/"', **{key.replace("_", "-"): value for key, value in more.items()}}
    return f"- package-ecosystem: {ecosystem}\n" + "".join(
        f"    {key}: {value}\n" for key, value in rows.items() if value
    )


DEPENDABOT: list[tuple[list[str], tuple[str, ...]]] = [
    ([entry()], ("pyproject.toml",)),
    ([entry("pip")], ("pyproject.toml",)),
    ([entry('"uv"', directory="/apps/web/")], ("apps/web/pyproject.toml",)),
    ([entry(directory="", directories='["/", "/apps/*"]')], ALL),
    ([entry("npm"), entry(directory="apps/web")], ("apps/web/pyproject.toml",)),
    ([entry(ignore='[{dependency-name: "*", update-types: ["version-update:semver-major"]}]')], ("pyproject.toml",)),
    ([entry(ignore="[{dependency-name: click}]")], ("pyproject.toml",)),
    ([entry(target_branch="main")], ("pyproject.toml",)),
    # No conflict.
    ([entry("github-actions")], ()),
    ([entry("docker"), entry("pre-commit")], ()),
    ([entry(directory="/docs")], ()),
    ([entry(open_pull_requests_limit="0")], ()),
    ([entry(ignore='[{dependency-name: "*"}]')], ()),
    ([entry(target_branch="next")], ()),
    ([], ()),
    (["- 5\n", "- package-ecosystem: [uv]\n    directory: {a: b}\n"], ()),
]


@pytest.mark.parametrize(("entries", "expected"), DEPENDABOT)
def test_dependabot_is_told_of_where_it_updates_the_same(entries: list[str], expected: tuple[str, ...]) -> None:
    text = "version: 2\nupdates:\n" + "".join(f"  {one}" for one in entries)
    assert sorted(managed({".github/dependabot.yml": text})) == sorted(expected)


def test_dependabot_is_told_of_with_the_lines_of_its_entries() -> None:
    text = f"version: 2\nupdates:\n  {entry('npm')}  {entry('uv')}  {entry('pip', directory='/apps/web')}"
    (found,) = find({".github/dependabot.yaml": text})
    assert (found.name, found.path) == ("Dependabot", ".github/dependabot.yaml")
    assert found.remedy == (
        "remove its entry for uv (line 5) and pip (line 7), or write `open-pull-requests-limit: 0` there"
    )


@pytest.mark.parametrize("path", [".github/dependabot.yml", ".github/dependabot.yaml"])
def test_dependabots_configuration_is_brought(path: str) -> None:
    assert reads_path(path, ())


def test_no_other_file_is_taken_for_a_configuration() -> None:
    texts = dict.fromkeys(("package.json", "docs/renovate.json", ".gitlab/renovate.json", "dependabot.yml"), "{}")
    assert find(texts) == ()
    assert not any(map(is_brought, texts))
