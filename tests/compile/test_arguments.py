"""The words of a command, those that a header repeats, and what lockbot makes of a header that it finds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from bot.command_line.lock_options import LOCK_OPTIONS
from bot.command_line.words import read_words
from bot.compile.arguments import (
    CompileFormat,
    arguments_of,
    command_of,
    find_command,
    parse_arguments,
    render_header,
)
from bot.compile.options import COMPILE_OPTIONS
from bot.errors import InputError


def parsed(words: str):  # type: ignore[no-untyped-def]
    return parse_arguments(["pip", "compile", *shlex.split(words)])


def test_files_stand_among_options() -> None:
    found = parsed("a.in -c limits.txt -o out.txt b.in --constraint=more.txt --universal")
    assert found.sources == ("a.in", "b.in")
    assert found.constraints == ("limits.txt", "more.txt")
    assert (found.pip.output_file, found.pip.universal) == ("out.txt", True)


def test_what_is_not_said_is_left_open() -> None:
    pip = parsed("a.in").pip
    assert (pip.universal, pip.generate_hashes, pip.no_header, pip.extra) == (None, None, None, None)


@pytest.mark.parametrize(
    ("words", "field", "said"),
    [
        ("--strip-extras", "no_strip_extras", False),
        ("--no-strip-extras", "no_strip_extras", True),
        ("--no-annotate --annotate", "no_annotate", False),
        ("--generate-hashes --no-generate-hashes", "generate_hashes", False),
        ("--no-emit-index-url", "emit_index_url", False),
        ("--unsafe-package A_b,c", "no_emit_package", ("a-b", "c")),
        ("--extra A,b --extra c", "extra", ("a", "b", "c")),
        ("--only-binary=:all: --only-binary a", "only_binary", (":all:", "a")),
        ("-p3.12", "python", "3.12"),
    ],
)
def test_an_option_says_what_uv_takes_it_for(words: str, field: str, said: object) -> None:
    assert getattr(parsed(f"a.in {words}").pip, field) == said


def test_the_format_has_old_names() -> None:
    assert parsed("a.in --format pylock-toml").format is CompileFormat.PYLOCK


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("", "no file to compile"),
        ("a.in --frobnicate", "no option --frobnicate"),
        ("a.in --universal --universal", "said twice"),
        ("a.in --universal --python-platform linux", "can't be used together"),
        ("a.in --no-build --only-binary a", "can't be used together"),
        ("a.in --build --no-binary a", "can't be used together"),
        ("a.in --resolution newest", "is not one of highest, lowest, lowest-direct"),
        ("a.in --cert x.pem", "--cert can't be obeyed"),
        ("a.in --extra x --all-extras", "can't be used together"),
        ("a.in --format xml", "is none of"),
        ("a.in --annotation-style round", "is not one of split, line"),
        ("a.in -o", "needs a value"),
        ("a.in --torch-backend cpu", "--torch-backend can't be obeyed"),
        ("a.in --reuse-hashes", "--reuse-hashes can't be obeyed"),
        ("a.in --resolver legacy", "--resolver can't be obeyed"),
        ("a.in --no-emit-package a/b", "is not a name"),
    ],
)
def test_what_uv_refuses_is_refused(words: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parsed(words)


def test_what_excludes_is_in_the_table_and_no_name_is_there_twice() -> None:
    names = [name for option in COMPILE_OPTIONS for name in option.names]
    assert len(names) == len(set(names))
    excluded = {name for option in COMPILE_OPTIONS for name in (*option.excludes, *option.denied_excludes)}
    assert excluded <= {name.removeprefix("--") for name in names}


@pytest.mark.parametrize(
    "words",
    [
        "--index a=https://i.invalid/simple --no-index --resolution lowest --pre --exclude-newer-package a=2026-01-01",
        "--offline --no-cache-dir --refresh-package a --trusted-host b",
    ],
)
def test_what_locking_has_too_is_handed_on(words: str) -> None:
    """Under the keys that locking has for it."""
    found = parsed(f"a.in {words}")
    given = {**found.choosing, **found.asking}
    assert given == dict(expected_by_lock(words))


def expected_by_lock(words: str) -> Iterator[tuple[str, object]]:
    typed = read_words(("lock", *shlex.split(words)), LOCK_OPTIONS, "lockbot lock").values
    return ((option.key, typed[option.key]) for option in LOCK_OPTIONS if typed[option.key] != option.absent())


# --- the header -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("pip compile a.in -o out.txt --universal", "uv pip compile a.in -o out.txt --universal"),
        ("pip compile a.in -U -P b --upgrade-package=c -Pd --upgrade -q", "uv pip compile a.in"),
        ("pip compile a.in --index-url https://index.invalid/x -i=y --find-links z -fw", "uv pip compile a.in"),
        ("--quiet pip compile a.in --index x --default-index=y", "uv pip compile a.in"),
    ],
)
def test_the_header_leaves_out_what_concerns_one_run(words: str, command: str) -> None:
    assert command_of(words.split()) == command


def test_indexes_stand_in_the_header_where_they_stand_in_the_text() -> None:
    words = ["pip", "compile", "a.in", "--index-url", "https://u:secret@index.invalid/x", "-f", "links"]
    assert command_of(words, with_indexes=True) == "uv pip compile a.in --index-url https://****@index.invalid/x"
    assert command_of(words, with_find_links=True) == "uv pip compile a.in -f links"


def test_a_command_is_found_in_the_header_that_it_makes() -> None:
    command = command_of(["pip", "compile", "a.in", "-o", "a.txt"])
    text = render_header(command) + "alpha==1.0\n"
    assert find_command(text) == command == "uv pip compile a.in -o a.txt"
    assert find_command(text.replace("\n", "\r\n")) == command
    assert arguments_of(command).sources == ("a.in",)


def test_an_export_is_none_of_ours() -> None:
    assert find_command(render_header("uv export --frozen -o a.txt")) is None
    assert find_command("alpha==1.0\n") is None
    assert find_command("") is None


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("make lock", "a command of the project's own, 'make lock', which is never run"),
        ("pip-compile a.in", "the file is pip-compile's"),
        ("uv pip sync a.txt", "this is no pip compile command"),
        ("uv lock", "this is no pip compile command"),
        ("uv pip compile 'a.in", "can't be taken apart"),
        ("sh -c 'uv pip compile a.in'", "a command of the project's own"),
    ],
)
def test_a_header_that_can_t_be_followed_is_refused(command: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        arguments_of(command)
