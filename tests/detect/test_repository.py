"""Given the files of a repository, the units that uv could lock, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot.detect.model import LockUnit
from bot.detect.repository import detect
from bot.errors import InputError
from tests.kept_errors import keep_nothing
from tests.resolver.trees import MemoryTree

PROJECT = '[project]\nname = "{}"\nversion = "1"\n'
SCRIPT = "# /// script\n# dependencies = []\n# ///\n"


def project(name: str, rest: str = "") -> str:
    return PROJECT.format(name) + rest


def workspace(members: str, exclude: str = "") -> str:
    return f"[tool.uv.workspace]\nmembers = [{members}]\nexclude = [{exclude}]\n"


def unit(kind: str, root: str, *manifests: str, members: tuple[str, ...] = (), lock: str | None = None) -> LockUnit:
    return LockUnit(kind=kind, root=root, members=members, manifests=manifests, lock=lock)


@dataclass(frozen=True)
class Case:
    files: dict[str, str]
    units: list[LockUnit]
    problems: list[tuple[str, int | None, str]] = field(default_factory=list)


CASES = {
    "one project with a lock": Case(
        {"pyproject.toml": project("a"), "uv.lock": ""},
        [unit("project", ".", "pyproject.toml", lock="uv.lock")],
    ),
    "a project without a lock": Case({"x/pyproject.toml": project("a")}, [unit("project", "x", "x/pyproject.toml")]),
    "a workspace, its members and a project that it leaves alone": Case(
        {
            "pyproject.toml": project("root") + workspace('"p/*"', '"p/c"'),
            "uv.lock": "",
            "p/b/pyproject.toml": project("b"),
            "p/a/pyproject.toml": project("a"),
            "p/c/pyproject.toml": project("c"),
            "p/a/tests/data/pyproject.toml": project("data"),
            "p/c/uv.lock": "",
        },
        [
            unit(
                "workspace",
                ".",
                "pyproject.toml",
                "p/a/pyproject.toml",
                "p/b/pyproject.toml",
                members=(".", "p/a", "p/b"),
                lock="uv.lock",
            ),
            unit("project", "p/a/tests/data", "p/a/tests/data/pyproject.toml"),
            unit("project", "p/c", "p/c/pyproject.toml", lock="p/c/uv.lock"),
        ],
    ),
    "a virtual workspace below the root": Case(
        {"x/pyproject.toml": workspace('"m"'), "x/m/pyproject.toml": project("m")},
        [unit("workspace", "x", "x/pyproject.toml", "x/m/pyproject.toml", members=("x/m",))],
    ),
    "a workspace inside another one": Case(
        {
            "pyproject.toml": workspace('"a", "b"'),
            "a/pyproject.toml": project("a") + workspace('"n"'),
            "a/n/pyproject.toml": project("n"),
            "b/pyproject.toml": project("b"),
        },
        [
            unit("workspace", ".", "pyproject.toml", "b/pyproject.toml", members=("b",)),
            unit("workspace", "a", "a/pyproject.toml", "a/n/pyproject.toml", members=("a", "a/n")),
        ],
        [("a/pyproject.toml", 4, "a workspace inside another workspace")],
    ),
    "a workspace that is not at the root takes no folder outside of it": Case(
        {
            "a/pyproject.toml": workspace('"**"'),
            "a/m/pyproject.toml": project("m"),
            "b/c/pyproject.toml": project("c"),
        },
        [
            unit("workspace", "a", "a/pyproject.toml", "a/m/pyproject.toml", members=("a/m",)),
            unit("project", "b/c", "b/c/pyproject.toml"),
        ],
    ),
    "an absolute pattern names nothing": Case(
        {"pyproject.toml": workspace('"/m"'), "m/pyproject.toml": project("m")},
        [unit("workspace", ".", "pyproject.toml"), unit("project", "m", "m/pyproject.toml")],
    ),
    "one broken file stops nothing else": Case(
        {
            "a/pyproject.toml": "[project",
            "b/pyproject.toml": project("b"),
            "c.py": "# /// script\n# x\n",
            "d.py": SCRIPT,
        },
        [unit("project", "b", "b/pyproject.toml"), unit("script", ".", "d.py")],
        [("a/pyproject.toml", 1, "not valid TOML"), ("c.py", 1, "the '# /// script' header is not closed")],
    ),
    "scripts: with a lock, without a suffix, notebooks; no other files": Case(
        {
            "tools/s.py": SCRIPT,
            "tools/s.py.lock": "",
            "bin/run": "#!/usr/bin/env -S uv run --script\n" + SCRIPT,
            "readme.md": SCRIPT,
            "plain.py": "print(1)\n",
            "quoted.py": f'TEXT = """\n{SCRIPT}"""\n',
        },
        [
            unit("script", "bin", "bin/run"),
            unit("script", ".", "quoted.py"),
            unit("script", "tools", "tools/s.py", lock="tools/s.py.lock"),
        ],
    ),
    "what belongs to others is not looked at": Case(
        {
            ".venv/x/pyproject.toml": project("a"),
            "node_modules/x/pyproject.toml": "[",
            "lib/site-packages/s.py": SCRIPT,
            ".git/s.py": SCRIPT,
        },
        [],
    ),
    "manifests of other tools": Case({"pyproject.toml": '[tool.poetry]\nname = "x"\n', "b/pyproject.toml": ""}, []),
    "unmanaged projects and members": Case(
        {
            "pyproject.toml": workspace('"*"'),
            "a/pyproject.toml": project("a", "[tool.uv]\nmanaged = false\n"),
            "b/pyproject.toml": project("b"),
        },
        [unit("workspace", ".", "pyproject.toml", "b/pyproject.toml", members=("b",))],
    ),
    "groups alone count where they were locked": Case(
        {
            "a/pyproject.toml": "[dependency-groups]\ndev = []\n",
            "b/pyproject.toml": "[dependency-groups]\ndev = []\n",
            "b/uv.lock": "",
        },
        [unit("project", "b", "b/pyproject.toml", lock="b/uv.lock")],
    ),
    "a lock without a manifest": Case({"x/uv.lock": ""}, [], [("x/uv.lock", None, "without a pyproject.toml")]),
    "a member without a project": Case(
        {"pyproject.toml": workspace('"m"'), "m/pyproject.toml": "[tool.x]\n"},
        [unit("workspace", ".", "pyproject.toml")],
        [("m/pyproject.toml", None, "no [project] table")],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_repository_is_taken_apart(case: Case) -> None:
    found = detect(MemoryTree(case.files), keep_nothing)
    assert list(found.units) == case.units
    assert [(one.path, one.line) for one in found.problems] == [(path, line) for path, line, _ in case.problems]
    for problem, (_, _, says) in zip(found.problems, case.problems, strict=True):
        assert says in problem.message


def test_parsed_manifests_come_with_the_units() -> None:
    found = detect(MemoryTree({"pyproject.toml": project("a"), "s.py": SCRIPT}), keep_nothing)
    assert list(found.manifests) == ["pyproject.toml", "s.py"]


class Unreadable(MemoryTree):
    def read_text(self, path: str) -> str | None:
        raise InputError("not UTF-8 text", path=path, line=3)


def test_files_that_are_not_text_become_problems_where_text_is_due() -> None:
    found = detect(Unreadable({"pyproject.toml": "", "a.py": "", "binary": ""}), keep_nothing)
    assert [(one.path, one.line) for one in found.problems] == [("pyproject.toml", 3), ("a.py", 3)]
