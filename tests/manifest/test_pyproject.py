"""What a ``pyproject.toml`` says, as values and as declarations at their places."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import InputError
from bot.manifest.declarations import find_pyproject_declarations
from bot.manifest.model import (
    ConflictEntry,
    Day,
    DepType,
    GitEntry,
    IncludeGroup,
    IndexEntry,
    IndexTable,
    Instant,
    NoCutoff,
    PathEntry,
    ScopedNames,
    ScopedRequirements,
    Span,
    UrlEntry,
    WorkspaceEntry,
)
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.uvtoml import parse_uv_toml
from bot.markers import TRUE, parse_marker

FULL = """
[build-system]
requires = ["hatchling>=1"]

[project]
name = "My_Demo"
version = "1.0.0a1"
requires-python = ">=3.9"
dependencies = [
    # a comment "with quotes"
    "A[Y,x]>=1", 'b ; sys_platform == "linux"',
    "c @ https://example.org/c-1.0.zip",
]
[project.optional-dependencies]
"empty" = []
Fast-1 = ["d"]

[dependency-groups]
dev = ["e", {include-group = "Lint"}, "f==1"]
Lint = []

[tool.uv]
dev-dependencies = ["g"]
package = false
default-groups = "all"
constraint-dependencies = ["h<2"]
override-dependencies = [
    "i",
    {package = {name = "A", version = "2"}, dependencies = ["j", "k"]},
]
exclude-dependencies = ["L", {package = {name = "m"}, dependencies = ["N"]}]
build-constraint-dependencies = ["o", {requirement = "p"}]
environments = "sys_platform == 'linux'"
conflicts = [[{extra = "Fast_1"}, {package = "q", group = "R"}, {package = "s"}]]
exclude-newer = "2025-01-31"
exclude-newer-package = {T = false, u = "1 week", v = "2025-01-01T00:00:00+01:00"}

[tool.uv.sources]
a = {path = "../a", editable = true}
b = [{index = "one", extra = "Fast-1"}, {url = "https://example.org/b.zip", marker = "os_name == 'nt'"}]
C = {git = "git+https://example.org/c", tag = "v1", subdirectory = "x"}
d = {workspace = true}

[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/x"]

[[tool.uv.index]]
name = "one"
url = "https://example.org/simple/"
explicit = true
exclude-newer-package = {w = false}

[[tool.uv.index]]
url = "./links"
format = "flat"
default = true
"""


def test_project_and_groups_are_read() -> None:
    found = parse_pyproject(FULL, "pyproject.toml")
    assert found.project is not None
    assert (found.project.name, found.project.version) == ("my-demo", Version("1.0.0a1"))
    assert found.project.requires_python == SpecifierSet(">=3.9")
    assert [(one.name, one.extras, one.url) for one in found.project.dependencies] == [
        ("a", ("y", "x"), None),
        ("b", (), None),
        ("c", (), "https://example.org/c-1.0.zip"),
    ]
    assert found.project.dependencies[1].marker is parse_marker("sys_platform == 'linux'")
    assert found.groups is not None
    assert list(found.groups) == ["dev", "lint"]
    assert found.groups["dev"][1] == IncludeGroup(group="lint")


def test_settings_are_read() -> None:
    uv = parse_pyproject(FULL, "pyproject.toml").uv
    assert (uv.package, uv.default_groups, uv.managed) == (False, "all", None)
    assert uv.workspace is not None
    assert (uv.workspace.members, uv.workspace.exclude) == (("packages/*",), ("packages/x",))
    assert uv.environments == (parse_marker("sys_platform == 'linux'"),)
    assert uv.conflicts == (
        (ConflictEntry(extra="fast-1"), ConflictEntry(package="q", group="r"), ConflictEntry(package="s")),
    )
    assert uv.settings.exclude_newer == Day(year=2025, month=1, day=31)
    assert uv.settings.exclude_newer_package == {
        "t": NoCutoff.NONE,
        "u": Span(text="1 week", iso="P1W", seconds=604800.0),
        "v": Instant(timestamp="2024-12-31T23:00:00Z"),
    }
    assert uv.settings.indexes == (
        IndexTable(
            name="one", url="https://example.org/simple/", explicit=True, exclude_newer_package={"w": NoCutoff.NONE}
        ),
        IndexTable(url="./links", flat=True, default=True),
    )


def test_modifiers_are_read() -> None:
    uv = parse_pyproject(FULL, "pyproject.toml").uv
    scoped = uv.overrides[1]
    assert isinstance(scoped, ScopedRequirements)
    assert (scoped.package, scoped.version) == ("a", Version("2"))
    assert [one.name for one in scoped.dependencies] == ["j", "k"]
    assert uv.excludes == ("l", ScopedNames(package="m", dependencies=("n",)))
    assert [one.name for one in uv.build_constraints] == ["o", "p"]


def test_sources_of_every_kind_are_read() -> None:
    sources = parse_pyproject(FULL, "pyproject.toml").uv.sources
    path, (index, url), git, workspace = (sources["a"][0], sources["b"], sources["c"][0], sources["d"][0])
    assert isinstance(path, PathEntry)
    assert (path.path, path.editable, path.package, path.scope.marker) == ("../a", True, None, TRUE)
    assert isinstance(index, IndexEntry)
    assert (index.index, index.scope.extra) == ("one", "fast-1")
    assert isinstance(url, UrlEntry)
    assert url.scope.marker is parse_marker("os_name == 'nt'")
    assert isinstance(git, GitEntry)
    assert (git.url, git.tag, git.subdirectory) == ("https://example.org/c", "v1", "x")
    assert isinstance(workspace, WorkspaceEntry)
    assert workspace.workspace is True


def test_declarations_are_found_at_their_places() -> None:
    declarations = find_pyproject_declarations(parse_pyproject(FULL, "x/pyproject.toml"))
    assert [(one.table, one.group, one.index, one.inner, one.text.split(" ")[0], one.line) for one in declarations] == [
        (DepType.DEPENDENCIES, None, 0, None, "A[Y,x]>=1", 11),
        (DepType.DEPENDENCIES, None, 1, None, "b", 11),
        (DepType.DEPENDENCIES, None, 2, None, "c", 12),
        (DepType.OPTIONAL, "Fast-1", 0, None, "d", 16),
        (DepType.GROUP, "dev", 0, None, "e", 19),
        (DepType.GROUP, "dev", 2, None, "f==1", 19),
        (DepType.BUILD, None, 0, None, "hatchling>=1", 3),
        (DepType.DEV, None, 0, None, "g", 23),
        (DepType.CONSTRAINT, None, 0, None, "h<2", 26),
        (DepType.OVERRIDE, None, 0, None, "i", 28),
        (DepType.OVERRIDE, None, 1, 0, "j", 29),
        (DepType.OVERRIDE, None, 1, 1, "k", 29),
        (DepType.BUILD_CONSTRAINT, None, 0, None, "o", 32),
    ]
    assert {one.path for one in declarations} == {"x/pyproject.toml"}
    assert declarations[3].keys == ("project", "optional-dependencies", "Fast-1", 0)
    assert str(declarations[0].requirement) == "A[Y,x]>=1"


def test_a_manifest_without_tables_is_empty() -> None:
    found = parse_pyproject("[tool.poetry]\nname = 'x'\n", "pyproject.toml")
    assert (found.project, found.groups, found.build_system, found.poetry) == (None, None, None, True)
    assert find_pyproject_declarations(found) == ()


def test_uv_toml_has_the_settings_at_the_top() -> None:
    settings = parse_uv_toml("prerelease = 'allow'\n[[index]]\nurl = 'https://example.org'\n", "uv.toml")
    assert (settings.prerelease, settings.resolution) == ("allow", None)
    with pytest.raises(InputError, match=r"^uv\.toml:2: an index needs a url"):
        parse_uv_toml("\n[[index]]\nname = 'x'\n", "uv.toml")


@pytest.mark.parametrize(
    "text",
    ["a = [" * 3000 + "]" * 3000, "a = {b = 1}\n[a]\n", "a = 1\r\rb", "\x00"],
    ids=["deep", "reopened", "carriage returns", "control"],
)
def test_hostile_text_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"^pyproject\.toml:"):
        parse_pyproject(text, "pyproject.toml")


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ('["Private :: Do Not Upload", "Topic"]', ("Private :: Do Not Upload", "Topic")),
        ('["a", 1]', ("a",)),
        ('"a"', ()),
    ],
)
def test_classifiers_are_read_and_never_refused(stated: str, read: tuple[str, ...]) -> None:
    found = parse_pyproject(f'[project]\nname = "a"\nversion = "1"\nclassifiers = {stated}\n', "pyproject.toml")
    assert found.project is not None
    assert found.project.classifiers == read
