"""What may begin a branch's name: what git says of it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.repoconfig.load import ConfigError, parse_config
from bot.repoconfig.refnames import find_fault

PARTS = st.sampled_from(
    ["a", "deps", "-", ".", "..", "/", "//", "@", "{", "@{", ".lock", "~", "^", ":", "?", "*", "[", "\\", " ", "é"]
)
PREFIXES = st.lists(PARTS, min_size=1, max_size=4).map("".join)


def git_takes(branch: str) -> bool:
    done = subprocess.run(["git", "check-ref-format", "--branch", branch], capture_output=True, check=False)
    return done.returncode == 0


@settings(max_examples=150, deadline=None)
@given(PREFIXES)
@example("@")
@example("a.lock/")
@example("a.lock")
@example("a./")
@example("HEAD")
def test_what_git_refuses_is_refused_and_nothing_else(prefix: str) -> None:
    assert (find_fault(prefix) is None) == git_takes(f"{prefix}non-major")


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [
        ("", "it is empty"),
        ("a b", "git takes no blank in a branch's name"),
        ("a:b/", "git takes no ':' in a branch's name"),
        ("a\tb", r"git takes no character '\t' in a branch's name"),
        ("a\u202eb", r"git takes no character '\u202e' in a branch's name"),
        ("-x/", "a branch's name can't begin with a hyphen"),
        ("/x", "a branch's name can't begin with a slash"),
        ("a//", "git takes no '//' in a branch's name"),
        ("a..b", "git takes no '..' in a branch's name"),
        ("a/.b", "no part of a branch's name can begin with a dot"),
        ("x.lock/", "no part of a branch's name can end with .lock"),
        ("a" * 300, "it is longer than 200 bytes"),
    ],
)
def test_the_sentences(prefix: str, sentence: str) -> None:
    assert find_fault(prefix) == sentence


def test_a_configuration_tells_it_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config('{\n"branchPrefix": "x.lock/"}', "c")
    (problem,) = caught.value.problems
    assert problem.line == 2
    assert problem.message == (
        "branchPrefix: 'x.lock/' can't begin a branch name: no part of a branch's name can end with .lock; "
        "write one like 'lockbot/'"
    )
