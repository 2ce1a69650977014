"""The small parts of lock text: strings, specifiers, git URLs, and the order of things."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    GitReference,
    GitReferenceKind,
    GitSource,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    Source,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.order import package_key, path_key, requirement_key, source_key
from bot.lockfile.reader import parse_lock
from bot.lockfile.sources import parse_git_source, render_git_source, render_requirement
from bot.lockfile.specifiers import parse_specifiers, render_specifiers
from bot.lockfile.toml_text import render_inline_table, render_key, render_string
from bot.markers import TRUE, parse_marker


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
        ("===not a version", "===not"),
        ("~=1.2,!=1.2.*", "!=1.2.*,~=1.2"),
    ],
)
def test_specifiers_are_sorted_by_version_then_operator(given: str, printed: str) -> None:
    assert render_specifiers(parse_specifiers(given.replace("not a version", "not"))) == printed


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
