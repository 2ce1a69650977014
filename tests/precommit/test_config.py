"""Configurations of pre-commit: what is read of them, and where it stands."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.precommit.config import is_hook_config, parse_hook_config
from bot.precommit.model import address_of

CONFIG = """\
# comments stay
default_language_version: &versions
  python: python3.12
minimum_pre_commit_version: '3.2.0'
exclude: ^(docs|vendor)/
ci:
  autofix_prs: false
  skip: [mypy]
repos:
  - repo: meta
    hooks:
      - id: check-hooks-apply
  - repo: https://github.com/astral-sh/uv-pre-commit.git
    # uv version.
    rev: "0.10.2"  # keep with the image
    hooks:
      - id: uv-lock
      - {id: uv-export, name: prod, args: [--frozen, "-o", 'prod.txt'], stages: [manual]}
  - repo: https://github.com/pre-commit/mirrors-mypy
    rev: &rev v1.18.2
    hooks:
      - id: mypy
        additional_dependencies:
          - &httpx httpx==0.27.0  # the stubs are in it
          - "types-requests"
  - repo: https://github.com/psf/black
    rev: *rev
    hooks:
    - &black
      id: black
      args: &args [--check]
      additional_dependencies: [*httpx]
    - <<: *black
      name: black again
    - id: blacken
      args: *args
  - repo: local
    hooks:
      - id: export
        name: export
        entry: uv export -o requirements.txt
        language: system
        pass_filenames: false
        env:
          UV_FROZEN: "1"
"""


def test_repositories_and_revisions_are_found_at_their_place() -> None:
    config = parse_hook_config(CONFIG, "x.yaml")
    found = [(one.address, one.rev and one.rev.text, one.rev and one.rev.line) for one in config.repositories]
    assert found == [
        ("meta", None, None),
        ("github.com/astral-sh/uv-pre-commit", "0.10.2", 15),
        ("github.com/pre-commit/mirrors-mypy", "v1.18.2", 20),
        ("github.com/psf/black", "v1.18.2", 20),
        ("local", None, None),
    ]
    texts = [one.rev for one in config.repositories if one.rev is not None]
    assert all(one.start is not None and CONFIG.startswith(one.text, one.start) for one in texts)
    assert [(one.comment, one.is_quoted) for one in texts] == [
        ("# keep with the image", True),
        ("", False),
        ("", False),
    ]
    assert CONFIG[texts[0].comment_start :].startswith("# keep with the image")


def test_hooks_are_read_with_what_they_merge_in() -> None:
    hooks = [hook for _, hook in parse_hook_config(CONFIG, "x.yaml").hooks()]
    assert [(one.id, one.name, one.args) for one in hooks] == [
        ("check-hooks-apply", None, None),
        ("uv-lock", None, None),
        ("uv-export", "prod", ("--frozen", "-o", "prod.txt")),
        ("mypy", None, None),
        ("black", None, ("--check",)),
        ("black", "black again", ("--check",)),
        ("blacken", None, ("--check",)),
        ("export", "export", None),
    ]
    assert [one.is_by_hand for one in hooks] == [False, False, True, False, False, False, False, False]
    assert [(one.entry, one.passes_files, one.environment) for one in hooks[-1:]] == [
        ("uv export -o requirements.txt", False, ("UV_FROZEN",))
    ]


def test_requirements_of_hooks_are_found_where_they_are_written() -> None:
    rows = [one for _, hook in parse_hook_config(CONFIG, "x.yaml").hooks() for one in hook.dependencies]
    assert [(one.text, one.line) for one in rows] == [
        ("httpx==0.27.0", 24),
        ("types-requests", 25),
        ("httpx==0.27.0", 24),
        ("httpx==0.27.0", 24),
    ]


ODD = {
    "nothing": "",
    "a list of the first days": "- repo: https://github.com/a/b\n  sha: abc\n  hooks: []\n",
    "texts where lists belong": "repos: none\n",
    "a hook without a name": "repos: [{repo: x, hooks: [{args: [a]}, 7, [], {id: [x]}]}]\n",
    "an unknown alias": "repos: [{repo: x, rev: *nobody, hooks: *nobody}]\n",
    "an alias of itself": "repos: &a [*a, {repo: x, hooks: &b [*b]}]\n",
    "aliases of aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrepos: [{repo: x, hooks: [{id: y, args: *c}]}]\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_has_another_form_is_passed_over(text: str) -> None:
    hooks = [hook for _, hook in parse_hook_config(text, "x.yaml").hooks()]
    assert all(hook.args is None for hook in hooks)


def test_what_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="not valid YAML") as caught:
        parse_hook_config("repos:\n  - [\n", ".pre-commit-config.yaml")
    assert caught.value.path == ".pre-commit-config.yaml"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Astral-sh/uv-pre-commit",
        "https://github.com/astral-sh/uv-pre-commit.git",
        "https://github.com/astral-sh/uv-pre-commit/",
        "http://x@GitHub.com/astral-sh/uv-pre-commit",
        "git@github.com:astral-sh/uv-pre-commit.git",
        "ssh://git@github.com/astral-sh/uv-pre-commit",
    ],
)
def test_a_repository_is_one_however_its_url_is_spelled(url: str) -> None:
    assert address_of(url) == "github.com/astral-sh/uv-pre-commit"


def test_the_files_are_known_by_their_name() -> None:
    assert is_hook_config(".pre-commit-config.yaml")
    assert is_hook_config("backend/.pre-commit-config.yml")
    assert is_hook_config("prek.toml")
    assert not is_hook_config(".pre-commit-hooks.yaml")


PREK = """\
default_stages = ["pre-commit"]   # as YAML says it

[[repos]]
repo = "https://github.com/astral-sh/ruff-pre-commit"
rev = 'v0.14.0'  # frozen: no
hooks = [
  { id = "ruff", args = ["--fix"] },
  { id = "ruff-format", stages = ["manual"], pass_filenames = 4 },
]

[[repos]]
repo = "https://github.com/pre-commit/mirrors-mypy"
"rev" = "v1.18.2"

  [[repos.hooks]]
  id = "mypy"
  files = { glob = "src/**/*.py" }
  additional_dependencies = [
    "httpx==0.27.0",  # stubs
    "py\\u0064antic", 7,
  ]

  [[repos.hooks]]
  id = "mypy"
  alias = "again"
  env = { UV_FROZEN = "1" }
  args = "--strict"

[[repos]]
repo = "local"
hooks = [{ id = "export", entry = "uv export -o x.txt", language = "system", pass_filenames = false }, { name = "odd" }]
"""


def test_prek_says_the_same_in_toml() -> None:
    config = parse_hook_config(PREK, "tools/prek.toml")
    rows = [
        (one.address, one.line, one.rev and (one.rev.text, one.rev.line, one.rev.comment))
        for one in config.repositories
    ]
    assert rows == [
        ("github.com/astral-sh/ruff-pre-commit", 3, ("v0.14.0", 5, "# frozen: no")),
        ("github.com/pre-commit/mirrors-mypy", 11, ("v1.18.2", 13, "")),
        ("local", 29, None),
    ]
    hooks = [hook for _, hook in config.hooks()]
    assert [(one.id, one.args, one.is_by_hand, one.passes_files, one.is_odd) for one in hooks] == [
        ("ruff", ("--fix",), False, None, False),
        ("ruff-format", None, True, True, False),
        ("mypy", None, False, None, False),
        ("mypy", None, False, None, True),
        ("export", None, False, False, False),
    ]
    assert (hooks[3].environment, hooks[4].entry) == (("UV_FROZEN",), "uv export -o x.txt")
    texts = [*(one.rev for one in config.repositories if one.rev), *(row for one in hooks for row in one.dependencies)]
    assert [(one.text, one.start is not None) for one in texts] == [
        ("v0.14.0", True),
        ("v1.18.2", True),
        ("httpx==0.27.0", True),
        ("pydantic", False),
    ]
    assert all(one.start is None or PREK.startswith(one.text, one.start) for one in texts)
    assert texts[0].comment_start is not None
    assert PREK.startswith("# frozen: no", texts[0].comment_start)


PREK_ODD = {
    "nothing": "",
    "texts where tables belong": "repos = ['x']\n",
    "a table where a list belongs": "[repos]\nrepo = 'x'\n",
    "numbers": "repos = [{repo = 1}, {repo = 'x', rev = 2, hooks = 3}, {repo = 'y', hooks = [4, {id = 5}]}]\n",
}


@pytest.mark.parametrize("text", PREK_ODD.values(), ids=PREK_ODD)
def test_what_has_another_form_in_toml_is_passed_over(text: str) -> None:
    config = parse_hook_config(text, "prek.toml")
    assert [one.rev for one in config.repositories if one.rev] == []
    assert list(config.hooks()) == []


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        parse_hook_config("[[repos]]\nrev = \n", "prek.toml")
    assert (caught.value.path, caught.value.line) == ("prek.toml", 2)
