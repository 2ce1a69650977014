"""``lockbot lock`` takes what ``uv lock`` takes: our table against a list of uv's, and that list against the program."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.cli.lock_options import CONTRADICTIONS, LOCK_OPTIONS
from bot.cli.options import Kind, read_plainly, refuse_together, refuse_unusable, remarks, with_environment
from bot.errors import InputError

LISTED: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("uv_options.toml").read_text("utf-8"))["option"]
UV = str(Path(sys.executable).with_name("uv"))
#: uv's cache has another form than ours, so its folder is not ours either; and one that says it the other way round.
OTHER_VARIABLES = {"UV_CACHE_DIR", "UV_PYTHON_DOWNLOADS", "UV_NO_MANAGED_PYTHON"}


def ours() -> dict[str, str | None]:
    """Every spelling of ours, with its option's variable."""
    return {name: option.env for option in LOCK_OPTIONS for name in option.names}


def typed(*arguments: str) -> dict[str, object]:
    found = read_plainly(arguments, LOCK_OPTIONS)
    assert found is not None
    return found


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one["names"][-1])
def test_what_uv_takes_is_taken(one: dict[str, Any]) -> None:
    known = ours()
    assert [name for name in one["names"] if name not in known] == []
    if "env" in one and one["env"] not in OTHER_VARIABLES:
        assert {known[name] for name in one["names"]} == {one["env"]}


def test_what_does_nothing_or_is_refused_says_why() -> None:
    silent = [option.long for option in LOCK_OPTIONS if not option.help and not option.remark and not option.refusal]
    assert silent == []


@pytest.mark.uv
def test_the_list_is_that_of_the_program() -> None:
    """A new uv's option shows here."""
    shown = subprocess.run([UV, "lock", "--help"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str | None] = {}
    for part in re.split(r"\n(?=  (?:-|    --))", shown)[1:]:
        names = re.match(r"\s+(?:(-\w), )?(--[a-z-]+)", part)
        variable = re.search(r"\[env:\s+[\"`]?(UV_[A-Z_]+)", part)
        if names is not None:
            found |= dict.fromkeys([name for name in names.groups() if name], variable and variable[1])
    listed = {name: one.get("env") for one in LISTED if not one.get("hidden") for name in one["names"]}
    assert {name: variable for name, variable in found.items() if name not in ("-h", "--help")} == {
        name: variable for name, variable in listed.items() if name not in ("-h", "--help")
    }


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
    with pytest.raises(InputError, match="contradict each other"):
        refuse_together(LOCK_OPTIONS, typed(*arguments), CONTRADICTIONS)


@pytest.mark.uv
@pytest.mark.parametrize(
    "arguments", [("--check", "-U"), ("--check", "--dry-run"), ("--frozen", "--check"), ("-q", "-v")]
)
def test_uv_refuses_them_too(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run([UV, "lock", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "cannot be used with" in done.stderr) == (2, True)


def test_check_and_upgrading_go_together_where_upgrading_is_denied() -> None:
    refuse_together(LOCK_OPTIONS, typed("--check", "--no-upgrade", "-P", "a"), CONTRADICTIONS)


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
    with pytest.raises(InputError, match="--preview can't be obeyed: locks are those that uv writes without"):
        refuse_unusable(LOCK_OPTIONS, typed("--preview"))
    refuse_unusable(LOCK_OPTIONS, typed("--keyring-provider", "subprocess", "--no-preview"))
    filled = with_environment(LOCK_OPTIONS, typed(), {"UV_PREVIEW": "1"})
    (remark,) = remarks(LOCK_OPTIONS, typed(), filled)
    assert remark.startswith("UV_PREVIEW can't be obeyed: ")
