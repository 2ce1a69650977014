"""Examples of ``pyproject.toml``: locked on an index that has what they ask for. A part of one is put into a project."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from bot.index.memory import PYPI, MemoryIndex
from bot.resolver.model.index import Index
from tests.runs.local_repository import LocalRepository

_AROUND = '[project]\nname = "example"\nversion = "1"\nrequires-python = ">=3.12"\n'


def read_project(text: str, folder: Path) -> None:
    """Lock it; raises what lockbot refuses."""
    said = tomllib.loads(text)
    whole = text if "project" in said else f"{_AROUND}{text}"
    if not any(requirements(said)):
        whole = whole.replace(_AROUND, f'{_AROUND}dependencies = ["somelib"]\n')
    (folder / "pyproject.toml").write_text(whole, "utf-8")
    LocalRepository(folder=folder).lock(_index(tomllib.loads(whole)))
    assert [
        f'name = "{one.name}"' for one in requirements(said) if one.name not in (folder / "uv.lock").read_text()
    ] == []


def requirements(said: object) -> Iterator[Requirement]:
    """Every text of ``dependencies``, extras and groups that is a requirement."""
    match said:
        case dict():
            for key, value in said.items():
                if key not in {"name", "version", "requires-python", "url", "tool"}:
                    yield from requirements(value)
        case list():
            for value in said:
                yield from requirements(value)
        case str():
            try:
                yield Requirement(said)
            except InvalidRequirement:
                return


def _index(said: dict[str, object]) -> MemoryIndex:
    made = MemoryIndex()
    tool = said.get("tool", {})
    assert isinstance(tool, dict)
    declared = [Index(url=one["url"], name=one.get("name")) for one in tool.get("uv", {}).get("index", [])]
    for requirement in requirements(said):
        for index in (PYPI, *declared):
            made.add(requirement.name, _version(requirement), index=index)
    return made


def _version(requirement: Requirement) -> str:
    """One that it admits."""
    for clause in requirement.specifier:
        if clause.operator in ("==", ">=", "~=", "<="):
            return clause.version.removesuffix(".*")
    bounded = next((clause.version for clause in requirement.specifier if clause.operator == "<"), "2")
    return f"{int(bounded.partition('.')[0]) - 1}.0" if "." not in bounded else "0.1"
