"""Scripts as their simple commands: quotes, continued lines, operators, redirections, heredocs and ``cd``."""

from __future__ import annotations

import time

import pytest

from bot.commands.recognition import find_calls
from bot.commands.shell import find_commands

#: script -> its commands as words; ``?`` before a word that only a shell could fill in.
COMMANDS = {
    "blanks and comments": ("  uv   lock # all\n# uv export\n\tls", ["uv lock", "ls"]),
    "a number sign in a word": ("uv add a#b", ["uv add a#b"]),
    "quotes": ("uv add 'a b' \"c d\"e ''", ["uv add 'a b' 'c de' ''"]),
    "quotes that are not closed": ("echo 'a\nuv lock", ["echo 'a\nuv lock'"]),
    "escapes": (r'uv add a\ b "c\"d" "e\f"', ["uv add 'a b' 'c\"d' 'e\\f'"]),
    "continued lines": ("uv export \\\n  -o x \\\n\nls", ["uv export -o x", "ls"]),
    "operators": ("a&&b||c;d|e&f", ["a", "b", "c", "d", "e", "f"]),
    "groups": ("(a; b) && { c; }", ["a", "b", "c", "}"]),
    "words of the shell": (
        "if a; then b; else c; fi; for x in y; do d; done",
        ["a", "b", "c", "fi", "for_x_in_y", "d", "done"],
    ),
    "settings before a command": ("A=1 B='2 3' uv lock; C=4", ["uv lock"]),
    "env and sudo": ("sudo env A=1 uv lock", ["uv lock"]),
    "expansions": (
        'uv add $A "${B}/c" $(d e) `f g` ${{ h.i }}',
        ["uv add ?$A ?${B}/c '?$(d e)' '?`f g`' '?${{ h.i }}'"],
    ),
    "expansions are quoted": ("uv add '$A' \"\\$B\"", ["uv add '$A' '$B'"]),
    "patterns": ("uv add *.whl ~/x a~b", ["uv add ?*.whl ?~/x a~b"]),
    "redirections are no words": ("uv export 2>/dev/null <in >out 2>&1", ["uv export"]),
    "heredocs": ("cat <<EOF >x\nuv lock\nEOF\nls <<-'E F'\n\tuv\n\tE F\npwd", ["cat", "ls", "pwd"]),
    "a heredoc that does not end": ("cat <<EOF\nuv lock", ["cat"]),
    "expansions that do not end": ("uv $(a; uv lock", ["uv '?$(a; uv lock'"]),
    "Windows' line ends": ("uv lock\r\nls\r\n", ["uv lock", "ls"]),
    "nothing": ("", []),
}


def shown(script: str) -> list[str]:
    return [" ".join(_quoted(word.text, word.is_known) for word in one.words) for one in find_commands(script)]


def _quoted(text: str, is_known: bool) -> str:
    text = text if is_known else f"?{text}"
    return f"'{text}'" if not text or any(blank in text for blank in ' \n"\\') or text.startswith("$") else text


@pytest.mark.parametrize(("script", "commands"), COMMANDS.values(), ids=COMMANDS)
def test_a_script_is_its_commands(script: str, commands: list[str]) -> None:
    assert [one.replace(" ", "_") if one.startswith("for ") else one for one in shown(script)] == commands


OUTPUTS = {
    "uv export > x": "x",
    "uv export >x 2>&1": "x",
    "uv export 1>| x": "x",
    "uv export 2> x": None,
    "uv export >> x": "?x",
    "uv export &> x": "?x",
    "uv export > $x": "?$x",
    "uv export < x": None,
}


@pytest.mark.parametrize(("script", "output"), OUTPUTS.items())
def test_the_output_goes_where_it_is_sent(script: str, output: str | None) -> None:
    (one,) = find_commands(script)
    assert (one.output and f"{'' if one.output.is_known else '?'}{one.output.text}") == output


FOLDERS = {
    "uv lock": (),
    "cd a && uv lock": ("a",),
    "cd a\ncd ../b\nuv lock": ("a", "../b"),
    "(cd a; ls); uv lock": (),
    "cd a; (uv lock)": ("a",),
    "cd /tmp; uv lock": None,
    "cd $HERE; uv lock": None,
    "cd; uv lock": None,
    "cd -; uv lock": None,
    "cd a | ls; uv lock": (),
}


@pytest.mark.parametrize(("script", "folder"), FOLDERS.items())
def test_folders_are_followed_as_far_as_they_are_known(script: str, folder: tuple[str, ...] | None) -> None:
    assert [call.folder for call in find_calls(script)] == [folder]


CALLS = {
    "uv lock": ["lock"],
    "/root/.local/bin/uv lock": ["lock"],
    "$HOME/.local/bin/uv lock": ["lock"],
    "uv.exe lock": ["lock"],
    "python3.12 -m uv export -o x": ["export -o x"],
    "uvx uv@0.13.9 lock": ["lock"],
    "pipx run uv==0.13.9 lock": ["lock"],
    "uv tool run uv lock": ["lock"],
    "uvx ruff check": [],
    "uv tool run ruff": [],
    "bash -euo pipefail -c 'cd x && uv lock'": ["lock"],
    "sh -lc \"sh -c 'uv lock'\"": ["lock"],
    "bash script.sh": [],
    "bash -c": [],
    "echo uv lock": [],
    "pip install uv": [],
}


@pytest.mark.parametrize(("script", "calls"), CALLS.items())
def test_calls_of_uv_are_recognized(script: str, calls: list[str]) -> None:
    assert [" ".join(word.text for word in call.words) for call in find_calls(script)] == calls


@pytest.mark.parametrize("part", ["$(", "`", "${", "'", '"', "<<A\n", "(", "a;", "1", "\\\n", "sh -c '", "&", "#"])
def test_a_long_script_is_read_once(part: str) -> None:
    started = time.perf_counter()
    list(find_calls("uv lock; " + part * (200_000 // len(part))))
    assert time.perf_counter() - started < 5
