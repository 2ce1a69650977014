"""Files that name uv's version, before and after: nothing but the bytes of the version moves."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from bot.errors import InputError
from bot.plan.toolchain.decide import Toolchain
from bot.plan.toolchain.edit import Edits, Means, plan_edits, tell_edits, write
from bot.ports.surroundings import KnownTags
from bot.toolchain.kinds import find_places, is_brought
from bot.toolchain.model import Source, Tool

NEWEST = Version("0.13.9")
FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    path: str
    text: str
    files: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    broken: bool = False
    tags: bool = True


def read_cases(path: Path) -> Iterator[Case]:
    for table in tomllib.loads(path.read_text("utf-8"))["case"]:
        yield make_case(table)


def make_case(table: Mapping[str, Any]) -> Case:
    assert table["why"].endswith(".")
    return Case(
        name=table["why"],
        path=table["path"],
        text=table["text"].removeprefix("\n"),
        files=tuple(table.get("files", ())),
        moves=tuple(table.get("moves", ())),
        stays=tuple(table.get("stays", ())),
        broken=table.get("broken", False),
        tags=table.get("tags", True),
    )


CASES = [case for path in sorted(FOLDER.glob("*.toml")) for case in read_cases(path)]


class AnyDigest:
    """A registry that has every tag."""

    def find_digest(self, registry: str, repository: str, tag: str) -> str | None:
        assert (registry, repository) in {("ghcr.io", "astral-sh/uv"), ("docker.io", "astral/uv")}
        return f"sha256:{'f' * 64}"


def edits_of(case: Case, text: str) -> Edits:
    found = find_places(Source(path=case.path, text=text, files=frozenset((case.path, *case.files))))
    places = tuple(one for one in found if one.tool is Tool.UV)
    tags = KnownTags(commits={"github.com/astral-sh/uv-pre-commit": {str(NEWEST): "f" * 40}} if case.tags else {})
    return plan_edits(Toolchain(tool=Tool.UV, places=places), NEWEST, Means(registry=AnyDigest(), tags=tags))


@pytest.mark.parametrize("case", [one for one in CASES if not one.broken], ids=lambda case: case.name)
def test_places_move_or_are_left(case: Case) -> None:
    assert is_brought(case.path)
    edits = edits_of(case, case.text)
    moves = [f"{one.line}: {one.before} -> {one.after}" for one in tell_edits(edits.moved)]
    stays = [f"{row.path.rpartition(':')[2]}: {row.reason}" for row in edits.left]
    assert (moves, stays) == (list(case.moves), list(case.stays))


@pytest.mark.parametrize("case", [one for one in CASES if one.moves], ids=lambda case: case.name)
def test_only_the_bytes_of_versions_move(case: Case) -> None:
    edits = edits_of(case, case.text)
    after = write(case.text, edits.moved)
    spans = {(one.place.start, one.place.end): one.text for one in edits.moved}
    seals = {
        (sealed[0], sealed[0] + len(sealed[1])): one.seal
        for one in edits.moved
        if one.seal and (sealed := one.place.sealed) is not None
    }
    at, rest = 0, after
    for (start, end), text in sorted((spans | seals).items()):
        assert rest.startswith(case.text[at:start] + text)
        rest, at = rest[len(case.text[at:start] + text) :], end
    assert rest == case.text[at:]
    assert edits_of(case, after).moved == (), "what was written is what is wanted"


@pytest.mark.parametrize("case", [one for one in CASES if one.broken], ids=lambda case: case.name)
def test_what_cannot_be_read_is_refused(case: Case) -> None:
    with pytest.raises(InputError):
        find_places(Source(path=case.path, text=case.text))


@pytest.mark.parametrize(
    ("path", "is_looked_at"),
    {
        "Dockerfile": True,
        "docker/Dockerfile.dev": True,
        "api.Dockerfile": True,
        "Containerfile": True,
        "Dockerfile.md": False,
        "Dockerfile.j2": False,
        "compose.yaml": True,
        "docker-compose.test.yml": True,
        ".github/workflows/ci.yml": True,
        ".github/ISSUE_TEMPLATE/bug.yml": False,
        "action.yaml": True,
        "config/values.yaml": False,
        "mise.toml": True,
        "a/.mise.ci.toml": True,
        ".config/mise/conf.d/tools.toml": True,
        "pyproject.toml": True,
        "uv.toml": True,
        "other.toml": False,
        ".python-version": True,
        "a b/ü/.tool-versions": True,
        "README.md": False,
        "uv.lock": False,
    }.items(),
)
def test_files_are_known_by_their_names(path: str, is_looked_at: bool) -> None:
    assert is_brought(path) is is_looked_at
