"""The table of manifest kinds: which files each kind claims, what a clone brings for it, and how it edits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from bot.detect import kinds, notebook, pyproject, script
from bot.detect.kind import ManifestKind
from bot.detect.model import LockUnit
from bot.detect.repository import detect, find_indexes
from bot.errors import InputError
from bot.manifest.edit import SpecifierEdit
from tests.kept_errors import keep_nothing
from tests.resolver.trees import MemoryTree

HEADER = '# /// script\n# dependencies = ["alpha>=1"]  # why\n#\n# [tool.uv]\n# constraint-dependencies = ["beta<2"]\n# ///\n'
PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = [\n  "alpha >=1",  # why\n]\n'
BUILD = '[build-system]\nrequires = ["hatchling>=1"]\n'
CELL = json.dumps(HEADER)
NOTEBOOK = f'{{"cells": [{{"cell_type": "code", "source": {CELL}}}]}}'
LOCKED = f'{{"cells": [{{"cell_type": "code", "source": {CELL}}}], "metadata": {{"uv.lock": "version = 1\\n"}}}}'
FILES = frozenset({"pyproject.toml", "s.py", "bin/run", "docs/a.md"})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("pyproject.toml", pyproject),
        ("a/b/pyproject.toml", pyproject),
        ("s.py", script),
        ("bin/run", script),
        ("uv.toml", None),
        ("a/pyproject.toml.bak", None),
        ("uv.lock", None),
        ("s.pyw", None),
        ("s.py.lock", None),
        ("nbs/report.ipynb", notebook),
        ("nbs/.ipynb_checkpoints/report-checkpoint.ipynb", None),
        ("report.ipynb.bak", None),
    ],
)
def test_a_file_has_a_kind_by_its_path(path: str, kind: ManifestKind | None) -> None:
    assert kinds.find_kind(path) is kind


def test_what_is_no_manifest_has_no_kind_to_get() -> None:
    assert kinds.get_kind("s.py") is script
    with pytest.raises(LookupError, match=r"a\.md"):
        kinds.get_kind("a.md")


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("uv.lock", "pyproject.toml"),
        ("a/uv.lock", "a/pyproject.toml"),
        ("tools/s.py.lock", "tools/s.py"),
        ("bin/run.lock", "bin/run"),
        ("a/b.txt.lock", None),
        ("a.ipynb", None),
        ("a.ipynb.lock", None),
        ("pyproject.toml", None),
    ],
)
def test_a_lock_belongs_to_a_manifest(path: str, owner: str | None) -> None:
    assert kinds.find_owner(path) == owner


@pytest.mark.parametrize(
    ("kind", "brought", "left"),
    [
        (
            pyproject,
            ["pyproject.toml", "a/uv.toml", "a/uv.lock", ".python-version", "PKG-INFO", "ruff.toml"],
            ["s.py", "a.png", "poetry.lock", "setup.cfg"],
        ),
        (script, ["s.py", "s.pyw", "bin/run", "s.py.lock", "bin/run.lock"], ["yarn.lock", "gone.py.lock", "a.md"]),
        (
            notebook,
            ["a.ipynb", "nbs/b.ipynb"],
            ["a.py", ".ipynb_checkpoints/a.ipynb", ".venv/lib/x.ipynb", "node_modules/a/b.ipynb", "a.ipynb.lock"],
        ),
    ],
)
def test_a_clone_brings_what_a_kind_reads(kind: ManifestKind, brought: list[str], left: list[str]) -> None:
    assert [path for path in brought if not kind.is_brought(path, FILES)] == []
    assert [path for path in left if kind.is_brought(path, FILES)] == []


@pytest.mark.parametrize(
    ("path", "folder"), [("pyproject.toml", "."), ("a/b/pyproject.toml", "a/b"), ("a/s.py", None), ("a/n.ipynb", None)]
)
def test_a_manifest_describes_the_package_of_a_folder(path: str, folder: str | None) -> None:
    assert kinds.get_kind(path).find_package_folder(path) == folder


REPOSITORY = {
    "pyproject.toml": PROJECT + BUILD,
    "uv.lock": "",
    "x/pyproject.toml": PROJECT,
    "bin/run": HEADER,
    "bin/run.lock": "",
    "s.py": HEADER,
    "s.py.lock": "",
    "n.ipynb": NOTEBOOK,
    "README.md": "",
}


def test_a_clone_brings_every_file_of_every_unit() -> None:
    found = detect(MemoryTree(REPOSITORY), keep_nothing)
    needed = {path for unit in found.units for path in (*unit.manifests, unit.lock) if path}
    assert needed == set(REPOSITORY) - {"README.md"}
    assert [path for path in needed if not kinds.is_brought(path, REPOSITORY)] == []


@pytest.mark.parametrize(
    ("path", "text", "changes", "after"),
    [
        ("pyproject.toml", PROJECT, {"alpha": ">=2"}, PROJECT.replace(">=1", ">=2")),
        (
            "a/pyproject.toml",
            PROJECT + BUILD,
            {"alpha": "<3", "hatchling": "==2"},
            (PROJECT + BUILD).replace("alpha >=1", "alpha <3").replace("hatchling>=1", "hatchling==2"),
        ),
        (
            "s.py",
            HEADER + "x = 1\n",
            {"alpha": ">=2", "beta": "<3"},
            HEADER.replace(">=1", ">=2").replace("<2", "<3") + "x = 1\n",
        ),
        ("bin/run", "#!/x\n" + HEADER, {"alpha": "==1.5"}, "#!/x\n" + HEADER.replace(">=1", "==1.5")),
        ("n.ipynb", NOTEBOOK, {"alpha": ">=2", "beta": "<3"}, NOTEBOOK.replace(">=1", ">=2").replace("<2", "<3")),
    ],
)
def test_an_edit_changes_specifiers_and_nothing_else(path: str, text: str, changes: dict[str, str], after: str) -> None:
    rows = detect(MemoryTree({path: text}), keep_nothing).manifests[path].declarations
    edits = [
        SpecifierEdit(declaration=row, specifier=changes[row.requirement.name])
        for row in rows
        if row.requirement.name in changes
    ]
    assert kinds.get_kind(path).edit(text, edits) == after


@pytest.mark.parametrize(("path", "text"), [("pyproject.toml", PROJECT), ("s.py", HEADER), ("n.ipynb", NOTEBOOK)])
def test_an_edit_of_what_has_gone_is_refused(path: str, text: str) -> None:
    rows = detect(MemoryTree({path: text}), keep_nothing).manifests[path].declarations
    with pytest.raises(InputError, match=path):
        kinds.get_kind(path).edit(text.replace("alpha", "other"), [SpecifierEdit(declaration=rows[0], specifier="==1")])


@pytest.mark.parametrize(("path", "text"), [("pyproject.toml", PROJECT), ("s.py", HEADER), ("n.ipynb", NOTEBOOK)])
def test_a_comment_is_that_beside_the_requirement(path: str, text: str) -> None:
    (row, *_) = detect(MemoryTree({path: text}), keep_nothing).manifests[path].declarations
    assert kinds.get_kind(path).find_comment(text, row) == "why"


def solvables(files: dict[str, str], unit: int = 0) -> Sequence[tuple[str, str | None, list[str], list[str]]]:
    found = detect(MemoryTree(files), keep_nothing)
    parts = kinds.get_kind(found.units[unit].manifests[0]).find_solvables(found.units[unit], found.manifests)
    return [(one.name, one.lock, [row.text for row in one.declarations], sorted(one.libraries)) for one in parts]


def test_a_workspace_is_solved_as_a_whole_and_its_build_systems_by_themselves() -> None:
    root = '[tool.uv]\nbuild-constraint-dependencies = ["hatchling<9"]\n[tool.uv.workspace]\nmembers = ["m"]\n'
    assert solvables({"pyproject.toml": root, "m/pyproject.toml": PROJECT + BUILD, "uv.lock": ""}) == [
        ("uv.lock", "uv.lock", ["alpha >=1"], ["m/pyproject.toml"]),
        ("m/pyproject.toml [build-system]", None, ["hatchling>=1", "hatchling<9"], ["m/pyproject.toml"]),
    ]


@pytest.mark.parametrize("line", ['classifiers = ["Private :: No Upload"]\n', "\n[tool.uv]\npackage = false\n"])
def test_what_is_not_published_is_no_library(line: str) -> None:
    ((_, _, _, libraries), *_) = solvables({"pyproject.toml": BUILD + PROJECT + line})
    assert libraries == []


def test_a_script_is_solved_alone() -> None:
    assert solvables({"s.py": HEADER}) == [("s.py", None, ["alpha>=1", "beta<2"], [])]
    assert solvables({"s.py": HEADER, "s.py.lock": ""}) == [("s.py.lock", "s.py.lock", ["alpha>=1", "beta<2"], [])]


def test_a_notebook_is_solved_as_a_script_whose_lock_it_holds() -> None:
    assert solvables({"n.ipynb": NOTEBOOK}) == [("n.ipynb", None, ["alpha>=1", "beta<2"], [])]
    assert solvables({"n.ipynb": LOCKED}) == [("n.ipynb", "n.ipynb", ["alpha>=1", "beta<2"], [])]


class Bytes(MemoryTree):
    """Files that are no text."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(dict.fromkeys(files, ""))
        self.data = files

    def read_text(self, path: str) -> str | None:
        raise InputError("not UTF-8 text", path=path, line=1)

    def read_bytes(self, path: str) -> bytes | None:
        if not self.data[path]:
            raise InputError("the file is larger than 32 MiB", path=path)
        return self.data[path]


def test_a_notebook_that_is_no_text_is_told_of_if_it_seems_to_have_a_header() -> None:
    latin = NOTEBOOK.replace("why", "d\xe9j\xe0").encode("latin-1")
    tree = Bytes({"ours.ipynb": latin, "plain.ipynb": b"\xe9", "large.ipynb": b""})
    found = detect(tree, keep_nothing)
    assert [(one.path, one.message) for one in found.problems] == [("ours.ipynb", "not UTF-8 text")]
    assert [(one.path, one.reason) for one in found.left_alone] == [("large.ipynb", "the file is larger than 32 MiB")]


def test_manifests_name_indexes_and_broken_ones_are_passed_over() -> None:
    index = '[[tool.uv.index]]\nname = "inner"\nurl = "https://example.org/simple"\n'
    tree = MemoryTree(
        {"a/pyproject.toml": index, "b/pyproject.toml": "[", ".venv/pyproject.toml": index, "s.py": HEADER}
    )
    assert [one.name for one in find_indexes(tree)] == ["inner"]


def test_the_first_row_of_the_table_has_a_file_that_several_could_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", (script, *kinds.KINDS))
    tree = MemoryTree({"s.py": HEADER})
    assert detect(tree, keep_nothing).units == (LockUnit(kind="script", root=".", manifests=("s.py",)),)
