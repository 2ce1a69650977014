"""That a document which is wrong is found out: the tests of the blocks, on blocks that are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.documents.blocks import ROOT, Block, Reason, read_blocks
from tests.documents.program import Shown
from tests.documents.shell import Shell, read_lines
from tests.documents.test_blocks import READERS, assert_shown, check_words
from tests.documents.world import World, make_world


def block(language: str, text: str, **notes: str) -> Block:
    said = tuple((name.replace("_", " "), value) for name, value in notes.items())
    return Block(page="page.md", line=1, language=language, text=text, notes=said)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("jsonc", '{ "label": ["x"] }'),
        ("jsonc", '{ "abandonmentThreshold": "1 year" }'),
        ("json", "{ no"),
        ("toml", '[project]\nname = "a"\nversion = "1"\ndependencies = ["b=="]\n'),
        ("toml", '[[credentials]]\nprefix = "https://example.org/"\n'),
        ("toml", '[tool.uv.sources]\ntorch = { index = "nowhere" }\n[dependency-groups]\ndev = ["torch"]\n'),
        ("yaml", "jobs:\n  lock:\n    steps:\n      - run: lockbot lock --chekc\n"),
        ("yaml", "env:\n  LOCKBOT_APPID: 1\n"),
        ("yaml", "jobs:\n  a:\n    steps:\n      - uses: uv-lockbot/lockbot@v1\n        with: { tokn: x }\n"),
        ("yaml", "repos:\n- repo: https://github.com/uv-lockbot/lockbot\n  hooks: [{ id: lockbot-lok }]\n"),
        ("ini", "ExecStart=/usr/bin/lockbot serve --prot 80\n"),
    ],
)
def test_a_configuration_that_is_wrong_fails(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever says so
        READERS[language](block(language, text), tmp_path)


@pytest.mark.parametrize(
    "text", ["lockbot lock --nope", "X=1 lockbot relock", "export LOCKBOT_NOTHING=1", "true && lockbot lock --nope"]
)
def test_a_word_that_is_not_there_fails_also_where_nothing_is_run(text: str) -> None:
    with pytest.raises(AssertionError):
        check_words(block("sh", text))
    if "relock" not in text:
        with pytest.raises(AssertionError):
            check_words(block("sh", text, not_run="needs a cluster"))


def test_a_reason_that_is_none_fails() -> None:
    assert block("sh", "", not_run="needs a cluster").why_not is Reason.CLUSTER
    with pytest.raises(ValueError, match="no time"):
        _ = block("sh", "", not_run="no time").why_not


def test_a_screen_is_compared_line_by_line() -> None:
    assert_shown("x", ["Resolved 10 packages in 132ms", "…", "end"], "Resolved 10 packages in 0s\na\nb\nend\n")
    for shown in (["Resolved 11 packages in 0s"], ["Resolved 10 packages in 0s", "more"], []):
        with pytest.raises(AssertionError):
            assert_shown("x", shown, "Resolved 10 packages in 0s\n")


def test_blocks_are_read_with_what_stands_above_them(tmp_path: Path) -> None:
    page = ROOT / "docs" / "no-such-page.md"
    text = "words\n\n<!-- in: an empty folder -->\n\n1. one\n\n    <!-- ends with: 1 -->\n"
    text += "    ```sh\n    x\n      y\n    ```\n\n```toml lock\n```\n"
    found = list(read_blocks(page, text))
    assert [(one.line, one.language, one.words, one.text, one.notes) for one in found] == [
        (8, "sh", (), "x\n  y\n", (("ends with", "1"),)),
        (13, "toml", ("lock",), "", ()),
    ]


# --- the shell ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("harness")) as made:
        yield made


@pytest.fixture
def typed(world: World, tmp_path: Path) -> Callable[[str], list[int]]:
    def run(text: str) -> list[int]:
        folder = world.copy("a project", tmp_path / "here")
        shell = Shell(folder=folder, environment=dict(world.environment), start=lambda *_: Shown(9, ""))
        return [shell.run(line).code for line in read_lines(text)]

    return run


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("lockbot lock --check  # right as it is", [0]),
        ("lockbot lock --check PACKAGE", [2]),
        ("export LOCKBOT_OSV_URL=http://127.0.0.1:9\nlockbot audit", [0, 2]),
        ("LOCKBOT_OSV_URL=http://127.0.0.1:9 lockbot audit\nlockbot audit", [2, 1]),
        ("lockbot why \\\n  PACKAGE", [0]),
        ("lockbot why no-such-package | cat", [1]),
        ("mkdir below\ncd below\ngit status\ncd nowhere", [0, 0, 0, 1]),
        ("lockbot serve --port 80", [9]),
    ],
)
def test_lines_run_as_a_shell_would_run_them(text: str, codes: list[int], typed: Callable[[str], list[int]]) -> None:
    assert typed(text) == codes


def test_a_program_that_nobody_named_is_not_run(typed: Callable[[str], list[int]]) -> None:
    with pytest.raises(AssertionError, match="mark the block"):
        typed("docker build .")
