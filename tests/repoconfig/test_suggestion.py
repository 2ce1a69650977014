"""What a repository without a configuration is offered."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.ports.run import Suggestion
from bot.repoconfig.load import load_config
from bot.repoconfig.migration.suggestion import suggest_config

USUAL = '{\n  "extends": ["config:recommended"]\n}\n'


def suggest(files: Mapping[str, str]) -> Suggestion:
    return suggest_config(frozenset(files), files.get)


def test_without_another_bot_it_is_the_usual_one() -> None:
    assert suggest({"pyproject.toml": ""}) == Suggestion(path=".lockbot.json", text=USUAL)


def test_renovates_file_is_translated_with_a_list_of_what_is_lost() -> None:
    found = suggest(
        {"renovate.json": '{"extends": ["config:recommended"], "timezone": "Asia/Tokyo", "customManagers": []}'}
    )
    assert found.source == "renovate.json"
    assert load_config(found.text, found.path).config.timezone == "Asia/Tokyo"


def test_dependabots_file_is_translated() -> None:
    text = "version: 2\nupdates:\n- package-ecosystem: uv\n  directory: /\n  labels: [deps]\n  schedule:\n    interval: daily\n"
    found = suggest({".github/dependabot.yml": text})
    assert found.source == ".github/dependabot.yml"
    assert load_config(found.text, found.path).config.labels == ("deps",)


def test_renovates_file_goes_first() -> None:
    files = {".github/dependabot.yml": "updates: []", ".github/renovate.json": '{"labels": ["one"]}'}
    assert suggest(files).source == ".github/renovate.json"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("renovate.json", '{"enabled": false}'),
        (
            ".github/dependabot.yml",
            "version: 2\nupdates:\n- package-ecosystem: github-actions\n  directory: /\n  schedule: {interval: daily}\n",
        ),
    ],
)
def test_a_bot_that_does_nothing_for_python_says_nothing_to_lockbot(path: str, text: str) -> None:
    assert suggest({path: text}) == Suggestion(path=".lockbot.json", text=USUAL)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("renovate.json", "{"),
        ("renovate.json", "[]"),
        (".github/dependabot.yml", "updates: []"),
        (".github/dependabot.yml", "a: [\n"),
    ],
)
def test_a_file_that_can_not_be_translated_is_told_of(path: str, text: str) -> None:
    found = suggest({path: text})
    assert (found.source, found.text) == (None, USUAL)
    assert [one.path for one in found.left] == [path]
