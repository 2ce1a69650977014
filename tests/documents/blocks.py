"""The fenced blocks of the documents, each with what stands before it that is meant for the tests.

A block that can't be run says why, in a comment right above it: ``<!-- not run: REASON -->``, with a reason of ``Reason``.
``<!-- in: NAME -->`` names the folder that its commands run in (``tests/documents/world.py``), ``<!-- ends with: 1 -->`` the
exit code of its last command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md")))


class Reason(StrEnum):
    """Why a block is not run."""

    MACHINE = "changes the machine"
    ENGINE = "needs a container engine"
    CLUSTER = "needs a cluster"
    CLOUD = "needs an account elsewhere"
    INTERNET = "needs the internet"
    SHELL = "is for your shell"
    CI = "is run by .ci/run"
    LONG = "takes minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """``page`` from the root, ``line`` of the fence; ``words`` follow the language; ``notes`` are the comments above it."""

    page: str
    line: int
    language: str
    words: tuple[str, ...] = ()
    text: str
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def why_not(self) -> Reason | None:
        """Why it is not run; a reason that is none fails."""
        said = self.note("not run")
        return None if said is None else Reason(said)

    def note(self, name: str) -> str | None:
        return dict(self.notes).get(name)


def read_blocks(path: Path, text: str) -> Iterator[Block]:
    """All blocks of a page, indented ones too, without their indentation."""
    lines = text.splitlines()
    at = 0
    notes: list[tuple[str, str]] = []
    while at < len(lines):
        opened = re.fullmatch(r"(\s*)```(\S*)(.*)", lines[at])
        if opened is None:
            note = re.fullmatch(r"\s*<!-- ([a-z ]+): (.*?) -->", lines[at])
            notes = [*notes, (note[1], note[2])] if note else notes if not lines[at].strip() else []
            at += 1
            continue
        start, indent = at, opened[1]
        at += 1
        while lines[at].strip() != "```":
            at += 1
        inside = [line.removeprefix(indent) for line in lines[start + 1 : at]]
        yield Block(
            page=path.relative_to(ROOT).as_posix(),
            line=start + 1,
            language=opened[2],
            words=tuple(opened[3].split()),
            text="".join(f"{line}\n" for line in inside),
            notes=tuple(notes),
        )
        notes = []
        at += 1


def all_blocks() -> list[Block]:
    return [block for path in PAGES for block in read_blocks(path, path.read_text("utf-8"))]
