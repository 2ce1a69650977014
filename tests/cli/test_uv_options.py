"""``lockbot lock`` takes what ``uv lock`` takes: our table against a list of uv's, and that list against the program."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.locking.command import read_lock_words
from bot.cli.options.lock_settings import Surroundings, make_settings
from bot.command_line.environment import with_environment
from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.options import Kind, Option, refuse_unusable, remarks
from bot.command_line.uv_options import GLOBAL_OPTIONS
from bot.compile.options import COMPILE_OPTIONS
from bot.errors import InputError
from bot.export.options import EXPORT_OPTIONS

LISTED: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("uv_options.toml").read_text("utf-8"))["option"]
UV = str(Path(sys.executable).with_name("uv"))
#: uv's cache has another form than ours, so its folder is not ours either; and one that says it the other way round.
OTHER_VARIABLES = {"UV_CACHE_DIR", "UV_PYTHON_DOWNLOADS", "UV_NO_MANAGED_PYTHON"}


def ours() -> dict[str, str | None]:
    """Every spelling of ours, with its option's variable."""
    return {name: option.env for option in LOCK_OPTIONS for name in option.names}


def typed(*arguments: str) -> dict[str, object]:
    return dict(read_lock_words(("lock", *arguments)))


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one["names"][-1])
def test_what_uv_takes_is_taken(one: dict[str, Any]) -> None:
    known = ours()
    assert [name for name in one["names"] if name not in known] == []
    if "env" in one and one["env"] not in OTHER_VARIABLES:
        assert {known[name] for name in one["names"]} == {one["env"]}


def test_what_does_nothing_or_is_refused_says_why() -> None:
    silent = [option.long for option in LOCK_OPTIONS if not option.help and not option.remark and not option.refusal]
    assert silent == []


def shown(*command: str) -> dict[str, str | None]:
    """The options that a help of uv's lists, with their variables."""
    text = subprocess.run([UV, *command, "--help"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str | None] = {}
    for part in re.split(r"\n(?=  (?:-|    --))", text)[1:]:
        names = re.match(r"\s+(?:(-\w), )?(--[a-z-]+)", part)
        variable = re.search(r"\[env:\s+[\"`]?(UV_[A-Z_]+)", part)
        if names is not None:
            found |= dict.fromkeys([name for name in names.groups() if name], variable and variable[1])
    return {name: variable for name, variable in found.items() if name not in ("-h", "--help", "-V", "--version")}


@pytest.mark.uv
def test_the_list_is_that_of_the_program() -> None:
    """A new uv's option shows here."""
    listed = {name: one.get("env") for one in LISTED if not one.get("hidden") for name in one["names"]}
    assert shown("lock") == {name: env for name, env in listed.items() if name not in ("-h", "--help")}


def variables(options: Iterable[Option]) -> dict[str, set[str | None]]:
    return {name: {option.env, option.denied_env} for option in options for name in option.names}


@pytest.mark.uv
@pytest.mark.parametrize(
    ("command", "options"),
    [((), GLOBAL_OPTIONS), (("lock",), LOCK_OPTIONS), (("export",), EXPORT_OPTIONS)],
    ids=["global", "lock", "export"],
)
def test_all_that_the_program_lists_is_taken(command: tuple[str, ...], options: tuple[Option, ...]) -> None:
    known = variables(options)
    listed = shown(*command)
    assert set(listed) - set(known) == set()
    assert {
        name: env
        for name, env in listed.items()
        if env is not None and env not in OTHER_VARIABLES and env not in known[name]
    } == {}


@pytest.mark.uv
def test_all_that_the_program_lists_for_pip_compile_is_taken() -> None:
    """Its variables are read with the settings of ``[tool.uv.pip]``."""
    assert set(shown("pip", "compile")) - set(variables(COMPILE_OPTIONS)) == set()


@pytest.mark.uv
@pytest.mark.parametrize("option", GLOBAL_OPTIONS, ids=lambda one: one.long)
def test_what_is_global_is_taken_by_the_program_before_the_command_too(option: Option, tmp_path: Path) -> None:
    value = [] if option.kind.is_bare else [option.choices[0] if option.choices else "."]
    for name in option.names:
        call = [UV, name, *value, "lock", "--nothing-like-it"]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "unexpected argument '--nothing-like-it'" in done.stderr or f"for '{name}" in done.stderr


@pytest.mark.uv
@pytest.mark.parametrize("name", [name for one in LISTED if one.get("hidden") for name in one["names"]])
def test_what_its_help_leaves_out_is_still_taken_by_the_program(name: str) -> None:
    done = subprocess.run([UV, "lock", name, "--nothing-like-it"], capture_output=True, text=True, check=False)
    assert "unexpected argument '--nothing-like-it'" in done.stderr


# --- what is made of them ---------------------------------------------------------------------------


def test_variables_fill_in_what_was_not_typed() -> None:
    variables = {
        "UV_INDEX": "a=https://a.invalid https://b.invalid",
        "UV_DEFAULT_INDEX": "https://d.invalid",
        "UV_FIND_LINKS": "one,two",
        "UV_NO_BUILD": "1",
        "UV_NO_SOURCES": "false",
        "UV_NO_SOURCES_PACKAGE": "A b",
        "UV_LOCKED": "true",
        "UV_INDEX_STRATEGY": "",
        "UV_PROJECT": "there",
    }
    filled = with_environment(LOCK_OPTIONS, typed("--find-links", "three,four", "--find-links", "five"), variables)
    assert filled["index"] == ("a=https://a.invalid", "https://b.invalid")
    assert (filled["default_index"], filled["find_links"]) == ("https://d.invalid", ("three", "four", "five"))
    assert (filled["no_build"], filled["no_sources"], filled["no_sources_package"]) == (True, False, ("A", "b"))
    assert (filled["check"], filled["index_strategy"], filled["project"]) == (True, None, Path("there"))


@pytest.mark.parametrize(
    ("variable", "key", "no"),
    [("UV_OFFLINE", "offline", False), ("UV_SYSTEM_CERTS", "system_certs", False), ("UV_NO_BUILD", "no_build", None),
     ("UV_PREVIEW", "preview", None)],
)  # fmt: skip
def test_a_variable_that_is_false_says_no_only_where_uv_takes_it_so(variable: str, key: str, no: bool | None) -> None:
    assert with_environment(LOCK_OPTIONS, typed(), {variable: "0"})[key] is no
    assert with_environment(LOCK_OPTIONS, typed(), {variable: "1"})[key] is True


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"UV_NO_BUILD": "perhaps"}, "UV_NO_BUILD='perhaps' is neither true nor false"),
        ({"UV_RESOLUTION": "newest"}, "UV_RESOLUTION='newest' is not one of highest, lowest, lowest-direct"),
    ],
)
def test_variables_that_say_nothing_sensible_are_refused(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        with_environment(LOCK_OPTIONS, typed(), variables)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check", "-U"),
        ("--locked", "--upgrade"),
        ("--check", "--dry-run"),
        ("--check-exists", "--check"),
        ("--frozen", "--dry-run"),
        ("-q", "-v"),
        ("--color", "always", "--no-color"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="can't be used together"):
        typed(*arguments)


@pytest.mark.uv
@pytest.mark.parametrize(
    "arguments", [("--check", "-U"), ("--check", "--dry-run"), ("--frozen", "--check"), ("-q", "-v")]
)
def test_uv_refuses_them_too(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run([UV, "lock", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "cannot be used with" in done.stderr) == (2, True)


def test_check_and_upgrading_go_together_where_upgrading_is_denied() -> None:
    assert typed("--check", "--no-upgrade", "-P", "a")["check"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("more",), "unexpected argument 'more'"), (("lock",), "unexpected argument 'lock'")],
)
def test_nothing_else_stands_in_the_command(arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        typed(*arguments)


def test_names_of_experiments_are_trimmed_and_none_is_empty(tmp_path: Path) -> None:
    around = Surroundings(root=tmp_path, folder=".", now=datetime(2026, 1, 1, tzinfo=UTC), zone=UTC)
    options = with_environment(LOCK_OPTIONS, typed("--preview-features", " audit , x"), {})
    assert make_settings(options, around).preview_features == ("audit", "x")
    for empty in ("", "a, ,b"):
        with pytest.raises(InputError, match="an empty name"):
            make_settings(with_environment(LOCK_OPTIONS, typed("--preview-features", empty), {}), around)


@pytest.mark.parametrize("option", [one for one in LOCK_OPTIONS if one.remark], ids=lambda one: one.long)
def test_an_option_that_changes_nothing_is_remarked_on_where_it_is_typed(option: Any) -> None:
    arguments = [option.long]
    if option.kind in (Kind.TEXT, Kind.TEXTS):
        arguments.append(option.choices[0] if option.choices else "a")
    found = typed(*arguments)
    assert list(remarks(LOCK_OPTIONS, found, found)) == [f"{option.long} changes nothing: {option.remark}"]


def test_variables_that_change_nothing_are_passed_over_in_silence() -> None:
    variables = {"UV_LINK_MODE": "copy", "UV_MANAGED_PYTHON": "1", "UV_KEYRING_PROVIDER": "disabled"}
    assert list(remarks(LOCK_OPTIONS, typed(), with_environment(LOCK_OPTIONS, typed(), variables))) == []


def test_what_can_not_be_obeyed_is_refused_and_as_a_variable_remarked_on() -> None:
    with pytest.raises(InputError, match="--show-settings can't be obeyed: it shows uv's own settings"):
        refuse_unusable(LOCK_OPTIONS, typed("--show-settings"))
    refuse_unusable(LOCK_OPTIONS, typed("--keyring-provider", "subprocess"))
    (option,) = options = (Option(("--other",), Kind.FLAG, env="UV_OTHER", refusal="it is of another program"),)
    said = {option.key: option.absent()}
    (remark,) = remarks(options, said, with_environment(options, said, {"UV_OTHER": "1"}))
    assert remark == "UV_OTHER can't be obeyed: it is of another program"
