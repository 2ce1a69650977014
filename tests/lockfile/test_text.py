"""The small parts of lock text: strings, specifiers, git URLs, and the order of things."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    Exclude,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    GitSource,
    ModifierScope,
    Override,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    RequirementSource,
    ScopedExclude,
    ScopedOverride,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.order import (
    exclude_key,
    override_key,
    package_key,
    path_key,
    requirement_key,
    sorted_requirements,
    source_key,
)
from bot.lockfile.reader import parse_lock
from bot.lockfile.sources import parse_git_source, render_git_source, render_requirement
from bot.lockfile.specifiers import render_specifiers
from bot.lockfile.toml_text import render_inline_table, render_key, render_string
from bot.markers import TRUE, parse_marker
from bot.pep440 import parse_specifiers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ("λ", '"λ"'),
        ('say "x"', "'say \"x\"'"),
        ("back\\slash", "'back\\slash'"),
        ('platform_version == "it\'s"', '"""platform_version == "it\'s""""'),
        ("platform_version == 'x\\y'", "'''platform_version == 'x\\y''''"),
        ("a\x7fb", '"a\\u007Fb"'),
        ("a'b\\\"'''c", "\"a'b\\\\\\\"'''c\""),
    ],
)
def test_strings_get_the_first_quotes_that_fit(value: str, text: str) -> None:
    assert render_string(value) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_toml_reads_back_any_string(value: str) -> None:
    # TOML has one kind of line end.
    value = value.replace("\r\n", "\n")

    assert tomllib.loads(f"x = {render_string(value)}\n") == {"x": value}


def test_keys_are_bare_where_they_can_be() -> None:
    assert render_key("a-B_9") == "a-B_9"
    assert render_key("a.b") == '"a.b"'
    assert render_inline_table([]) == "{}"


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("", ""),
        ("<3,>=1.0", ">=1.0,<3"),
        (">= 1.0-alpha1", ">=1.0a1"),
        ("==1.*", "==1.*"),
        ("!=2.0,<3.0.0,>=2", "!=2.0,>=2,<3.0.0"),
        ("<=1.4.4,>=1.4.4", "<=1.4.4,>=1.4.4"),
        (">=1.4.4,<=1.4.4", "<=1.4.4,>=1.4.4"),
        ("===1.0,==1.0", "==1.0,===1.0"),
        ("~=1.2,!=1.2.*", "!=1.2.*,~=1.2"),
    ],
)
def test_specifiers_are_sorted_by_version_then_operator(given: str, printed: str) -> None:
    assert render_specifiers(parse_specifiers(given)) == printed


def test_specifiers_keep_their_order_after_a_comparison() -> None:
    first, second = SpecifierSet("<3,>=1,!=2"), SpecifierSet("!=2,>=1,<3")
    assert first == second

    assert render_specifiers(first) == render_specifiers(second) == ">=1,!=2,<3"


COMMIT = "0dacfd662c64cb4ceb16e6cf65a157a8b715b979"


@pytest.mark.parametrize(
    "text",
    [
        f"https://git.test/a#{COMMIT}",
        f"https://git.test/a?rev=main#{COMMIT}",
        f"https://git.test/a?branch=a%2Fb+c%7E*#{COMMIT}",
        f"https://git.test/a?subdirectory=x%2Fy&path=z.whl&lfs=true&tag=1#{COMMIT}",
        f"ssh://git@git.test/a.git?tag=1#{COMMIT}",
    ],
)
def test_git_urls_are_written_as_they_were_read(text: str) -> None:
    assert render_git_source(parse_git_source(text)) == text


def _git(name: str) -> GitSource:
    return GitSource(url="https://a", commit=COMMIT, reference=GitReference(kind=GitReferenceKind.TAG, name=name))


def test_sources_are_sorted_by_kind_and_then_by_text() -> None:
    ordered: list[Source] = [
        RegistrySource(url="https://a/simple"),
        RegistrySource(url="https://b/simple"),
        RegistrySource(url="../a"),
        RegistrySource(url="a"),
        _git("1"),
        _git("2"),
        UrlSource(url="https://a"),
        UrlSource(url="https://a", subdirectory="x"),
        PathSource(path="a/b"),
        PathSource(path="a-b"),
        DirectorySource(path="/a"),
        DirectorySource(path="."),
        EditableSource(path="."),
        EditableSource(path="../a"),
        EditableSource(path="a"),
        VirtualSource(path="."),
    ]
    ordered[10], ordered[11] = ordered[11], ordered[10]

    backwards = ordered[::-1]
    assert sorted(backwards, key=source_key) == ordered


def test_packages_are_sorted_by_name_version_and_source() -> None:
    source = RegistrySource(url="https://a")
    keys = [
        package_key("a", None, EditableSource(path=".")),
        package_key("a", Version("1.9"), source),
        package_key("a", Version("1.10"), source),
        package_key("a", Version("1.10"), EditableSource(path=".")),
        package_key("a", Version("1.10+l"), source),
        package_key("a-b", None, source),
        package_key("ab", None, source),
    ]

    backwards = keys[::-1]
    assert sorted(backwards) == keys


def test_paths_are_compared_by_their_parts() -> None:
    paths = ["", "/a", "..", "a", "a/b", "a-b"]
    assert sorted(["a-b", "a/b", "a", "..", "/a"], key=path_key) == ["/a", "..", "a", "a/b", "a-b"]
    assert path_key(".") == path_key(paths[0]) == ()


def _requirement(name: str, marker: str = "", specifier: str = "", extras: tuple[str, ...] = ()) -> Requirement:
    return Requirement(
        name=name,
        extras=extras,
        marker=parse_marker(marker) if marker else TRUE,
        source=RegistryRequirement(specifier=SpecifierSet(specifier)),
    )


def test_requirements_are_sorted_as_uv_sorts_them() -> None:
    rows = [
        _requirement("a"),
        _requirement("a", specifier="==1"),
        _requirement("a", specifier="==1.*"),
        _requirement("a", specifier="!=1"),
        _requirement("a", specifier="<3,>=3"),
        _requirement("a", specifier="<4"),
        _requirement("a", specifier=">=0"),
        _requirement("a", marker="python_version < '3.13'"),
        _requirement("a", marker="sys_platform == 'win32'"),
        _requirement("a", extras=("x",)),
        _requirement("b"),
    ]

    backwards = rows[::-1]
    assert sorted(backwards, key=requirement_key) == rows


def test_a_requirement_row_has_its_fields_in_order() -> None:
    row = _requirement("e", marker="extra == 'alpha-1'", specifier="<3,>=1", extras=("z", "y"))

    assert (
        render_requirement(row)
        == """{ name = "e", extras = ["z", "y"], marker = "extra == 'alpha-1'", specifier = ">=1,<3" }"""
    )


def test_an_empty_lock_is_small() -> None:
    lock = parse_lock('version = 1\nrequires-python = ">=3.12"\n', "uv.lock")

    assert lock.packages == ()


def _git_row(reference: tuple[GitReferenceKind, str] | None, **more: str) -> Requirement:
    named = None if reference is None else GitReference(kind=reference[0], name=reference[1])
    path, subdirectory = more.get("path"), more.get("subdirectory")
    source = GitRequirement(url="https://git.test/a", reference=named, path=path, subdirectory=subdirectory)
    return Requirement(name="a", marker=TRUE, source=source)


def _row(source: RequirementSource) -> Requirement:
    return Requirement(name="a", marker=TRUE, source=source)


def test_requirements_from_elsewhere_come_after_those_from_an_index() -> None:
    rev = GitReferenceKind.REV
    item = ConflictItem(package="demo", kind=ConflictKind.GROUP, name="x")
    rows = [
        _row(RegistryRequirement(specifier=SpecifierSet())),
        _row(RegistryRequirement(specifier=SpecifierSet(), conflict=item)),
        _row(RegistryRequirement(specifier=SpecifierSet(), index="https://a")),
        _row(UrlRequirement(url="https://a")),
        _row(UrlRequirement(url="https://a", subdirectory="x")),
        _git_row((rev, COMMIT)),
        _git_row((GitReferenceKind.BRANCH, "main")),
        _git_row((GitReferenceKind.TAG, "1")),
        _git_row((rev, "main")),
        _git_row((rev, "abc123")),
        _git_row((rev, "refs/pull/1/head")),
        _git_row(None),
        _git_row(None, subdirectory="x"),
        _git_row(None, path="a.whl"),
        _row(PathRequirement(path="a.whl")),
        _row(DirectoryRequirement(path="a", kind=DirectoryKind.DIRECTORY)),
        _row(DirectoryRequirement(path="a", kind=DirectoryKind.VIRTUAL)),
        _row(DirectoryRequirement(path="a", kind=DirectoryKind.EDITABLE)),
    ]

    assert sorted_requirements([*rows[::-1], *rows]) == tuple(rows)


def test_of_equal_requirements_the_last_spelling_stays() -> None:
    rows = [_requirement("a", specifier=text) for text in (">=1.0.0", ">=01.0", ">=1")]

    (kept,) = sorted_requirements(rows)

    assert str(kept.source) == str(rows[-1].source)


def test_scoped_entries_come_first() -> None:
    row = _requirement("a")
    one, other = ModifierScope(package="z"), ModifierScope(package="z", version=Version("1"))
    overrides: list[Override] = [
        ScopedOverride(scope=one, dependencies=(row,)),
        ScopedOverride(scope=other, dependencies=(row,)),
        row,
    ]
    excludes: list[Exclude] = [
        ScopedExclude(scope=one, dependencies=("a",)),
        ScopedExclude(scope=other, dependencies=()),
        "a",
    ]

    assert sorted(overrides[::-1], key=override_key) == overrides  # noqa: C415 - the start is another order
    assert sorted(excludes[::-1], key=exclude_key) == excludes  # noqa: C415
