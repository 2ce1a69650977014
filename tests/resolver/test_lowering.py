"""Lowering without uv at hand: settings and indexes, trees from git, what an earlier lock stands in for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import BuildRequiredError, DeclarationError, InputError
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Cutoff,
    DirectoryKind,
    DirectoryRequirement,
    EditableSource,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    Lock,
    Package,
    PackageMetadata,
    PathRequirement,
    RegistryRequirement,
    Requirement,
    RequirementSource,
    UrlRequirement,
)
from bot.markers import TRUE, marker_text, parse_marker
from bot.resolver.lowering import (
    CommandSettings,
    lower_core_metadata,
    lower_project,
    lower_script,
    lower_tree,
)
from bot.resolver.lowering.settings import Effective, find_settings, merge_settings
from bot.resolver.model.index import CoreMetadata, IndexFormat, MetadataUnavailable
from bot.resolver.model.request import IndexStrategy, LockRequest, PrereleaseMode
from tests.resolver.trees import MemoryTree

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BASE = CommandSettings(now=NOW, tree_root="/repo")
HEAD = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.9"\n'


def lower(text: str, settings: CommandSettings = BASE, **more: str) -> LockRequest:
    files = {"pyproject.toml": HEAD + text, **{path.replace("__", "/"): value for path, value in more.items()}}
    return lower_project(MemoryTree(files), root=".", settings=settings)


def effective(settings: CommandSettings = BASE, **files: str) -> Effective:
    tree = MemoryTree({path.replace("_", "/", 1) + ".toml": text for path, text in files.items()})
    return merge_settings(settings, find_settings(tree, "a", settings))


def requirement(name: str, specifier: str = "", marker: str | None = None, extras: tuple[str, ...] = ()) -> Requirement:
    return Requirement(
        name=name,
        extras=extras,
        marker=TRUE if marker is None else parse_marker(marker),
        source=RegistryRequirement(specifier=SpecifierSet(specifier)),
    )


# --- indexes --------------------------------------------------------------------------------------

INDEXES = """
[[tool.uv.index]]
name = "one"
url = "https://user:secret@One.example/simple/"
[[tool.uv.index]]
name = "main"
url = "https://main.example"
default = true
[[tool.uv.index]]
name = "private"
url = "https://private.example/x"
explicit = true
exclude-newer = "2025-01-01T00:00:00Z"
exclude-newer-package = {B = false, a = "2026-01-01T00:00:00Z"}
"""


def urls(request: LockRequest) -> list[str]:
    return [index.url for index in request.indexes]


def test_pypi_is_the_default_and_nothing_is_recorded_of_it() -> None:
    request = lower("")
    assert urls(request) == ["https://pypi.org/simple"]
    assert (request.indexes[0].default, request.record_registries) == (True, False)


def test_indexes_are_in_priority_order_without_credentials() -> None:
    request = lower(INDEXES)
    assert urls(request) == ["https://one.example/simple/", "https://private.example/x", "https://main.example/"]
    private = request.indexes[1]
    assert (private.explicit, private.exclude_newer) == (True, "2025-01-01T00:00:00Z")
    assert private.exclude_newer_package == (("a", "2026-01-01T00:00:00Z"), ("b", "false"))
    assert request.record_registries


def test_the_command_line_comes_first_and_hides_an_index_of_its_name() -> None:
    settings = replace(
        BASE,
        default_index="https://cli-main.example/s",
        indexes=("one=https://cli-one.example/s", "https://x.example/s"),
    )
    request = lower(INDEXES, settings)
    served_to_sources = ["https://one.example/simple/", "https://main.example/"]
    assert urls(request) == [
        "https://cli-one.example/s",
        "https://x.example/s",
        "https://private.example/x",
        "https://cli-main.example/s",
        *served_to_sources,
    ]
    assert request.registries == frozenset(urls(request)) - frozenset(served_to_sources)


def test_legacy_settings_come_after_named_indexes() -> None:
    text = '[tool.uv]\nindex-url = "https://main.example/s"\nextra-index-url = ["https://extra.example/s"]\n'
    request = lower(text + '[[tool.uv.index]]\nurl = "https://one.example/s"\n')
    assert urls(request) == ["https://one.example/s", "https://extra.example/s", "https://main.example/s"]


def test_without_indexes_only_flat_folders_are_left() -> None:
    request = lower('[tool.uv]\nno-index = true\nfind-links = ["links", "https://flat.example/page"]\n' + INDEXES)
    assert [(one.url, one.format) for one in request.indexes if not one.explicit] == [
        ("/repo/links", IndexFormat.FLAT),
        ("https://flat.example/page", IndexFormat.FLAT),
    ]


def test_a_folder_is_an_index_only_where_the_tree_is_on_disk() -> None:
    with pytest.raises(InputError, match="is a folder, which can't be read here"):
        lower('[[tool.uv.index]]\nurl = "./links"\n', replace(BASE, tree_root=None))


# --- settings -------------------------------------------------------------------------------------


def test_the_nearest_settings_file_counts_alone() -> None:
    files = {
        "a_pyproject": "[project]\nname='a'\nversion='1'",
        "uv": "prerelease='allow'",
        "pyproject": "[tool.uv]\nresolution='lowest'",
    }
    assert effective(BASE, **files).options.prerelease is PrereleaseMode.ALLOW
    assert effective(BASE, **files).options.resolution == "highest"
    assert effective(BASE, **{**files, "a_pyproject": "[tool.uv]\n"}).options.prerelease is PrereleaseMode.IF_NECESSARY


def test_a_broken_manifest_further_up_is_passed_over() -> None:
    assert effective(a_pyproject="[project]\nname='a'\nversion='1'", pyproject="[").options.resolution == "highest"
    assert effective(a_pyproject="[", pyproject="[tool.uv]\nresolution='lowest'").options.resolution == "lowest"


def test_the_command_line_wins_over_files() -> None:
    settings = replace(
        BASE,
        prerelease="disallow",
        prerelease_package=("B=allow",),
        index_strategy="unsafe-best-match",
        exclude_newer="false",
        exclude_newer_package=("A=2026-01-01T00:00:00Z",),
        no_build_package=("X_1",),
    )
    found = effective(
        settings,
        a_uv="prerelease='allow'\nexclude-newer='2025-01-01'\nprerelease-package={b='explicit', c='allow'}\n"
        "exclude-newer-package={a=false, b=false}\nno-build-package=['y']\nno-binary=true",
    ).options
    assert (found.prerelease, found.index_strategy) == (PrereleaseMode.DISALLOW, IndexStrategy.UNSAFE_BEST_MATCH)
    assert (found.exclude_newer, found.no_binary) == (None, True)
    assert found.exclude_newer_package == {"a": Cutoff(timestamp="2026-01-01T00:00:00Z"), "b": None}
    assert found.prerelease_package == {"b": "allow", "c": "allow"}
    assert found.no_build_package == {"x-1", "y"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resolution": "newest"}, "'newest' is not one of highest, lowest, lowest-direct"),
        ({"exclude_newer": "soon"}, "exclude-newer: 'soon' is not a date"),
        ({"exclude_newer_package": ("a",)}, "'a' is not of the form PACKAGE=VALUE"),
        ({"upgrade_package": ("a b",)}, "--upgrade-package 'a b'"),
        ({"indexes": ("https://",)}, "'https://' is not an index URL"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as caught:
        lower("", replace(BASE, **change))  # type: ignore[arg-type]
    assert says in str(caught.value)


def test_a_day_ends_in_the_local_zone_and_a_span_counts_from_now() -> None:
    zone = timezone(timedelta(hours=-5))
    assert lower("[tool.uv]\nexclude-newer = '2025-01-01'\n", replace(BASE, zone=zone)).options.exclude_newer == Cutoff(
        timestamp="2025-01-02T05:00:00Z"
    )
    assert lower("[tool.uv]\nexclude-newer = '36 hours'\n").options.exclude_newer == Cutoff(
        timestamp="2026-02-27T12:00:00Z", span="PT36H"
    )
    with pytest.raises(InputError, match="outside the years 1 to 9999"):
        lower("[tool.uv]\nexclude-newer = '999999999 weeks'\n")


def test_upgrades_carry_constraints_and_known_groups() -> None:
    settings = replace(BASE, upgrade_package=("A==2", "b"), upgrade_group=("Dev",))
    upgrade = lower("[dependency-groups]\ndev = []\n", settings).upgrade
    assert (upgrade.packages, upgrade.groups) == (frozenset(("a", "b")), frozenset(("dev",)))
    assert upgrade.constraints == (requirement("a", "==2"),)
    with pytest.raises(InputError, match="--upgrade-group dev: no member has that group"):
        lower("", settings)


@pytest.mark.parametrize(("python", "text"), [("3.12", ">=3.12"), ("3.12.4", ">=3.12"), ("cpython@3.11", ">=3.11")])
def test_python_stands_in_for_requires_python(python: str, text: str) -> None:
    tree = MemoryTree({"pyproject.toml": "[project]\nname='a'\nversion='1'"})
    assert lower_project(tree, root=".", settings=replace(BASE, python=python)).requires_python_text == text


def test_a_python_that_is_no_version_is_refused_where_it_matters() -> None:
    settings = replace(BASE, python="/usr/bin/python")
    assert lower("", settings).requires_python_text == ">=3.9"
    with pytest.raises(InputError, match="states no requires-python"):
        lower_project(MemoryTree({"pyproject.toml": "[project]\nname='a'\nversion='1'"}), root=".", settings=settings)


# --- scripts --------------------------------------------------------------------------------------


def test_a_script_is_there_and_has_no_groups() -> None:
    tree = MemoryTree({"s.py": "print(1)\n", "t.py": "# /// script\n# ///\n"})
    assert lower_script(tree, path="s.py", settings=BASE).requirements == ()
    with pytest.raises(InputError, match="no such file"):
        lower_script(tree, path="x.py", settings=BASE)
    with pytest.raises(InputError, match="--upgrade-group has no meaning"):
        lower_script(tree, path="t.py", settings=replace(BASE, upgrade_group=("dev",)))


# --- sources --------------------------------------------------------------------------------------

DIRECT = {
    "https://e.org/x-1.tar.gz#subdirectory=s&sha256=1": UrlRequirement(
        url="https://e.org/x-1.tar.gz", subdirectory="s"
    ),
    "git+https://u:p@e.org/x.git@v1#subdirectory=s": GitRequirement(
        url="https://e.org/x.git", reference=GitReference(kind=GitReferenceKind.REV, name="v1"), subdirectory="s"
    ),
    "git+ssh://git@e.org/x": GitRequirement(url="ssh://git@e.org/x"),
    "file:///a%20b/x-1-py3-none-any.whl": PathRequirement(path="/a b/x-1-py3-none-any.whl"),
    "/a/x-1-py3-none-any.whl": PathRequirement(path="/a/x-1-py3-none-any.whl"),
    "file:///dir/x/": DirectoryRequirement(path="/dir/x", kind=DirectoryKind.DIRECTORY),
}


@pytest.mark.parametrize(("url", "source"), DIRECT.items())
def test_a_direct_url_is_taken_apart(url: str, source: RequirementSource) -> None:
    assert lower(f'dependencies = ["x @ {url}"]\n').members[0].metadata.requires_dist[0].source == source


@pytest.mark.parametrize("url", ["https://e.org/x", "x:y", "file:///x.txt", "https://e.org/${X}/x.zip"])
def test_a_direct_url_that_is_no_archive_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"^pyproject\.toml:6: x: "):
        lower(f'dependencies = [\n"x @ {url}"]\n')


GIT = GitRequirement(url="https://e.org/r", reference=GitReference(kind=GitReferenceKind.TAG, name="v1"))


def test_paths_inside_a_git_dependency_stay_in_the_repository() -> None:
    text = """dependencies = ["b", "c", "d"]
[tool.uv.sources]
b = {path = "../b", editable = true}
c = {path = "dist/c-1.0.zip"}
d = {path = "../.."}
"""
    tree = MemoryTree({"libs/a/pyproject.toml": HEAD + text, "libs/b/pyproject.toml": HEAD, "pyproject.toml": HEAD})
    found = lower_tree(tree, "libs/a", effective(), name="demo", git=GIT)
    assert [one.source for one in found.requires_dist] == [
        replace(GIT, subdirectory="libs/b"),
        replace(GIT, path="libs/a/dist/c-1.0.zip"),
        GIT,
    ]


def test_a_git_dependency_cannot_point_outside() -> None:
    tree = MemoryTree({"pyproject.toml": HEAD + 'dependencies = ["b"]\n[tool.uv.sources]\nb = {path = "../b"}\n'})
    with pytest.raises(InputError, match=r"\.\./b is outside the git repository https://e\.org/r"):
        lower_tree(tree, ".", effective(), name="demo", git=GIT)


@pytest.mark.parametrize("git", [None, GIT])
def test_a_project_of_another_name_is_not_what_was_asked_for(git: GitRequirement | None) -> None:
    with pytest.raises(
        DeclarationError, match=r"^x/pyproject.toml:\d+: other is required from here, but this is demo$"
    ):
        lower_tree(MemoryTree({"x/pyproject.toml": HEAD}), "x", effective(), name="other", git=git)


@pytest.mark.parametrize("files", [{}, {"x/pyproject.toml": "[tool.poetry]\n"}])
def test_a_folder_without_static_metadata_would_need_a_build(files: dict[str, str]) -> None:
    with pytest.raises(BuildRequiredError, match=r"^x: "):
        lower_tree(MemoryTree(files), "x", effective(), name="x")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('a = {path = "f.txt"}', "f.txt is no wheel or source archive"),
        ('a = {path = "x://[odd.txt"}', "x://[odd.txt is no wheel or source archive"),
        ('a = {path = "file://[odd.txt"}', "file://[odd.txt is no wheel or source archive"),
        ('a = {path = "f.zip", editable = true}', "f.zip is a file, so it can't be editable"),
        ("a = {workspace = false}", "workspace = false means nothing"),
        ('a = {workspace = "lib"}', "no member of the workspace at lib"),
    ],
)
def test_a_wrong_path_or_workspace_source_is_refused(line: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        lower(f'dependencies = ["a"]\n[tool.uv.sources]\n{line}\n', BASE, **{"lib__pyproject.toml": HEAD})
    assert says in str(caught.value)


def test_metadata_of_an_archive_is_lowered_without_sources() -> None:
    metadata = CoreMetadata(
        name="a",
        version="1.0",
        requires_dist=("b>=1; extra == 'x'",),
        requires_python=">=3.8.*",
        provides_extras=("x",),
    )
    found = lower_core_metadata(metadata)
    assert (found.version, found.requires_python) == (Version("1.0"), SpecifierSet(">=3.8"))
    assert found.requires_dist == (requirement("b", ">=1", "extra == 'x'"),)
    with pytest.raises(MetadataUnavailable, match=r"^a: "):
        lower_core_metadata(replace(metadata, requires_dist=("b b",)))


# --- conflicts ------------------------------------------------------------------------------------


def test_groups_that_include_a_conflicting_group_conflict_in_its_place() -> None:
    request = lower("""[dependency-groups]
a = []
b = []
outer = [{include-group = "middle"}]
middle = [{include-group = "a"}]
[tool.uv]
conflicts = [[{group = "b"}, {group = "a"}]]
""")

    def pair(first: str, second: str) -> tuple[ConflictItem, ...]:
        return tuple(ConflictItem(package="demo", kind=ConflictKind.GROUP, name=name) for name in (first, second))

    assert request.conflicts == (pair("a", "b"), pair("b", "middle"), pair("b", "outer"))


# --- what an earlier lock stands in for -----------------------------------------------------------

DYNAMIC = '[project]\nname = "demo"\nversion = "1.0"\ndynamic = ["dependencies"]\n[build-system]\nrequires = []\n'


def recorded(*requires_dist: Requirement, version: str | None = "1.0") -> Lock:
    package = Package(
        name="demo",
        version=Version(version) if version else None,
        source=EditableSource(path="."),
        metadata=PackageMetadata(requires_dist=requires_dist, provides_extras=("x",)),
    )
    return Lock(requires_python=">=3.9", packages=(package,))


def test_dependencies_that_are_not_static_come_from_the_earlier_lock() -> None:
    tree = MemoryTree({"pyproject.toml": DYNAMIC})
    with pytest.raises(BuildRequiredError, match=r"pyproject\.toml declares dependencies as dynamic"):
        lower_project(tree, root=".", settings=BASE)
    request = lower_project(tree, root=".", settings=BASE, recorded=recorded(requirement("a", ">=1")))
    metadata = request.members[0].metadata
    assert metadata.requires_dist == (requirement("a", ">=1"),)
    assert metadata.provides_extras == ("x",)


RECURSIVE = """[project]
name = "demo"
dynamic = ["version"]
requires-python = ">=3.9"
[project.optional-dependencies]
x = ["a>=1"]
all = ["demo[x]"]
"""


def test_a_backend_that_wrote_recursive_extras_out_is_followed() -> None:
    tree = MemoryTree({"pyproject.toml": RECURSIVE})
    told = (requirement("a", ">=1", "extra == 'x'"), requirement("a", ">=1", "extra == 'all'"))
    request = lower_project(tree, root=".", settings=BASE, recorded=recorded(*told, version=None))
    assert request.members[0].metadata.requires_dist == told
    other = lower_project(tree, root=".", settings=BASE, recorded=recorded(told[0], version=None))
    assert [marker_text(one.marker) for one in other.members[0].metadata.requires_dist] == [
        "extra == 'x'",
        "extra == 'all'",
    ]
    assert other.members[0].metadata.requires_dist[1].name == "demo"


def test_an_index_of_a_member_serves_its_sources_with_its_own_layout() -> None:
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["m"]\n',
        "m/pyproject.toml": HEAD + '[[tool.uv.index]]\nname = "x"\nurl = "links"\nformat = "flat"\n',
    }
    own = lower_project(MemoryTree(files), root=".", settings=BASE).indexes[-1]
    assert (own.url, own.name, own.explicit, own.format) == ("file:///repo/links", "x", True, IndexFormat.FLAT)
