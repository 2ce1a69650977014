"""The words of an export, as uv reads them; and the command in the header of a file."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.export.arguments import Format, command_of, find_command, parse_arguments, render_header
from bot.export.options import EXPORT_OPTIONS
from bot.export.selection import DevMode


def test_values_are_taken_in_every_spelling() -> None:
    for words in (["-o", "a.txt"], ["-oa.txt"], ["-o=a.txt"], ["--output-file", "a.txt"], ["--output-file=a.txt"]):
        assert parse_arguments(["export", *words]).output == "a.txt"


def test_options_may_stand_before_the_command() -> None:
    arguments = parse_arguments(["--directory", "a", "export", "-qn", "--no-install-project"])
    assert (arguments.directory, arguments.quiet, arguments.emitted.no_project) == ("a", True, True)
    assert arguments.locking == {"no_cache": True, "quiet": 1}


def test_several_values_of_one_word_are_parted() -> None:
    arguments = parse_arguments(["export", "--extra", "A,b.c", "--no-emit-package", "x,y", "--no-emit-package", "z"])
    assert arguments.extras.wanted == ("a", "b-c")
    assert arguments.emitted.no_packages == ("x", "y", "z")


def test_the_last_of_two_switches_counts() -> None:
    assert parse_arguments(["export", "--no-hashes", "--hashes"]).hashes
    assert not parse_arguments(["export", "--hashes", "--no-hashes"]).hashes
    assert parse_arguments(["export", "--no-dev", "--dev"]).groups.dev is DevMode.INCLUDE
    assert not parse_arguments(["export", "--all-extras", "--no-all-extras"]).extras.everything


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("", Format.REQUIREMENTS),
        ("-o reqs.TXT", Format.REQUIREMENTS),
        ("-o pylock.toml", Format.PYLOCK),
        ("-o a/pylock.prod.toml", Format.PYLOCK),
        ("-o pylock.a.b.toml", Format.REQUIREMENTS),
        ("--format pylock-toml", Format.PYLOCK),
        ("--format cyclonedx1.5+json -o x.txt", Format.CYCLONEDX),
    ],
)
def test_the_format_is_said_or_follows_from_the_output(words: str, form: Format) -> None:
    assert parse_arguments(["export", *words.split()]).format is form


REFUSED = [
    ("--all-packages --package a", "--all-packages and --package can't be used together"),
    ("--all-packages --prune a", "--all-packages and --prune can't"),
    ("--extra a --all-extras", "--extra and --all-extras can't"),
    ("--extra a --only-group b", "--extra and --only-group can't"),
    ("--only-group b --all-extras", "--only-group and --all-extras can't"),
    ("--only-dev --no-dev", "--only-dev and --no-dev can't"),
    ("--only-dev --all-groups", "--only-dev and --all-groups can't"),
    ("--only-dev --group a", "--only-dev and --group can't"),
    ("--only-group a --group b", "--only-group and --group can't"),
    ("--only-group a --dev", "--only-group and --dev can't"),
    ("--only-group a --all-groups", "--only-group and --all-groups can't"),
    ("--no-emit-local --only-emit-local", "--no-emit-local and --only-emit-local can't"),
    ("--frozen --locked", "--frozen and --locked can't"),
    ("--locked -U", "--locked and --upgrade can't"),
    ("--frozen --no-sources", "--frozen and --no-sources can't"),
    ("--script a.py --package b", "--script and --package can't"),
    ("-q -v", "--quiet and --verbose can't"),
    ("--no-hashes --no-hashes", "--no-hashes is said twice"),
    ("--format pylock.toml --format pylock.toml", "--format is said twice"),
    ("--format yaml", "is none of requirements.txt, pylock.toml, cyclonedx1.5"),
    ("--format pylock.toml -o lock.toml", "a pylock file is named pylock.toml or pylock.NAME.toml"),
    ("-o pyproject.toml", "is a manifest and can't be written over"),
    ("--extra", "--extra needs a value"),
    ("--extra --frozen", "--extra needs a value"),
    ("--output-file=", "--output-file needs a value"),
    ("--no-hashes=1", "--no-hashes takes no value"),
    ("--extra -a", "--extra needs a value"),
    ("--package a/b", "--package 'a/b' is not a name"),
    ("--hash", "there is no option --hash"),
    ("--batch exports.toml --no-all-extras", "--batch and --no-all-extras can't"),
    ("--show-settings", "--show-settings can't be obeyed"),
    ("more", "unexpected argument 'more'"),
    ("export", "unexpected argument 'export'"),
]


@pytest.mark.parametrize(("words", "problem"), REFUSED)
def test_what_can_not_be_meant_is_refused(words: str, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_arguments(["export", *words.split()])
    assert problem in refused.value.problem
    assert refused.value.hint


def test_no_two_options_are_spelled_alike_and_what_they_exclude_is_there() -> None:
    names = [name for option in EXPORT_OPTIONS for name in option.names]
    assert len(names) == len(set(names))
    assert {f"--{one}" for option in EXPORT_OPTIONS for one in option.excludes} <= set(names)


# --- the header -----------------------------------------------------------------------------------


def test_a_command_is_found_in_the_header_that_it_makes() -> None:
    command = command_of(["export", "--frozen", "-o", "a.txt"])
    text = render_header(command) + "alpha==1.0\n"
    assert text.startswith("# This file was autogenerated by uv via the following command:\n#    uv export --frozen -o")
    assert find_command(text) == command == "export --frozen -o a.txt"
    assert find_command(text.replace("\n", "\r\n")) == command


def test_what_concerns_one_run_is_left_out_of_the_header() -> None:
    words = (
        "export -q --upgrade --upgrade-package a -P b -Pc --upgrade-group=d -U --quiet -v --no-dev --upgrade-group e"
    )
    assert command_of(words.split()) == "export --no-dev"


def test_credentials_are_left_out_of_the_header() -> None:
    assert command_of(["export", "--index", "https://ann:secret@index.invalid/simple"]) == (
        "export --index https://****@index.invalid/simple"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alpha==1.0\n",
        "# This file was autogenerated by uv via the following command:\n",
        "# This file was autogenerated by uv via the following command:\n#    uv pip compile a.in\n",
        "# This file was autogenerated by uv via the following command:\nuv export\n",
        "# mine\n# This file was autogenerated by uv via the following command:\n#    uv export\n",
    ],
)
def test_other_files_name_no_export(text: str) -> None:
    assert find_command(text) is None
