"""Dockerfiles by position: words where they stand, through continued lines, comments, heredocs and directives."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.formats.dockerfile import Instruction, parse_dockerfile
from bot.limits import DOCKERFILE_LIMIT

#: text -> keyword, line and words of each instruction.
INSTRUCTIONS = {
    "an image with its stage": (
        "FROM --platform=$BUILDPLATFORM python:3.12-slim AS base\n",
        [("FROM", 1, ["--platform=$BUILDPLATFORM", "python:3.12-slim", "AS", "base"])],
    ),
    "small letters, indents, Windows' line ends": (
        "  from x\r\nCopy a b\r\n",
        [("FROM", 1, ["x"]), ("COPY", 2, ["a", "b"])],
    ),
    "continued lines with comments and empty ones": (
        "RUN --mount=from=uv,source=/uv \\  \n  # a comment\n\n    uv sync && \\\n    true\nCMD x",
        [("RUN", 1, ["--mount=from=uv,source=/uv", "uv", "sync", "&&", "true"]), ("CMD", 6, ["x"])],
    ),
    "a word over two lines": ("RUN a\\\nb\n", [("RUN", 1, ["ab"])]),
    "quotes hold white space": ('ARG V="a b" W=\'c d\' X="\\" e"\n', [("ARG", 1, ['V="a b"', "W='c d'", 'X="\\" e"'])]),
    "another escape": (
        "# syntax=docker/dockerfile:1\n# escape=`\nRUN a `\n  b\\\nENV c\n",
        [("RUN", 3, ["a", "b\\"]), ("ENV", 5, ["c"])],
    ),
    "no directive behind an instruction": (
        "FROM a\n# escape=`\nRUN b `\nRUN c\n",
        [("FROM", 1, ["a"]), ("RUN", 3, ["b", "`"]), ("RUN", 4, ["c"])],
    ),
    "a byte order mark": ("\ufeffFROM a\n", [("FROM", 1, ["a"])]),
    "nothing": ("\n# only words\n", []),
    "a heredoc is no instruction": (
        "RUN <<EOF\nFROM x\nEOF\nCOPY <<-'A' <<B /y\n\tone\n\tA\ntwo\nB\nCMD z\n",
        [("RUN", 1, ["<<EOF"]), ("COPY", 4, ["<<-'A'", "<<B", "/y"]), ("CMD", 9, ["z"])],
    ),
    "a heredoc without end": ("RUN <<EOF\nFROM x\n", [("RUN", 1, ["<<EOF"])]),
    "no heredoc where none is taken": ("CMD <<EOF\nFROM x\n", [("CMD", 1, ["<<EOF"]), ("FROM", 2, ["x"])]),
    "continued into the end": ("RUN a \\", [("RUN", 1, ["a"])]),
}


@pytest.mark.parametrize(("text", "expected"), INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_instructions_and_their_words(text: str, expected: list[tuple[str, int, list[str]]]) -> None:
    found = parse_dockerfile(text, "Dockerfile")
    assert [(one.keyword, one.line, [word.text for word in one.words]) for one in found] == expected


@pytest.mark.parametrize("text", [text for text, _ in INSTRUCTIONS.values()], ids=INSTRUCTIONS)
def test_whole_words_stand_at_their_offset(text: str) -> None:
    for word in (word for one in parse_dockerfile(text, "Dockerfile") for word in one.words):
        assert word.is_whole is (text[word.start : word.end] == word.text)


def _only(text: str) -> Instruction:
    (found,) = parse_dockerfile(text, "Dockerfile")
    return found


def test_flags_come_before_arguments() -> None:
    copy = _only("COPY --link --from=ghcr.io/x/y:1 /a /b --no-flag\n")
    assert [word.text for word in copy.flags()] == ["--link", "--from=ghcr.io/x/y:1"]
    assert [word.text for word in copy.arguments()] == ["/a", "/b", "--no-flag"]


def test_heredocs_are_kept_as_texts() -> None:
    assert _only("RUN <<-EOF cat\n\tuv sync\n\n\tb\nEOF\n").heredocs == ("uv sync\n\nb",)


def test_words_of_later_lines_know_their_line() -> None:
    assert [word.line for word in _only("RUN a \\\n  b \\\n  c\n").words] == [1, 2, 3]


def test_a_long_one_is_refused() -> None:
    with pytest.raises(InputError, match="longer than"):
        parse_dockerfile("#" * (DOCKERFILE_LIMIT + 1), "Dockerfile")
