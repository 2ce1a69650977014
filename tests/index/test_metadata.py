"""Core metadata, static metadata of source archives, and what builds left behind."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from bot.index.metadata.metadata import NotStatic, check_identity, parse_core_metadata, parse_static_pkg_info
from bot.index.metadata.recorded import is_recorded_member, parse_requires_txt, read_recorded_metadata
from bot.index.metadata.requirement_text import with_marker
from bot.index.metadata.sdist import read_static_metadata
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.versions import parse_version
from tests.index.archives import make_metadata

ONE = parse_version("1.0")


def test_only_the_header_counts() -> None:
    assert parse_core_metadata(make_metadata("A_b", "1.0", "Requires-Dist: c"), "x").requires_dist == ("c",)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_folded_and_oddly_written_headers(newline: str) -> None:
    lines = (
        "metadata-version: 2.1",
        "NAME:A.b",
        "Version:  1.0 ",
        "Description: first",
        "        Requires-Dist: not-this",
        "\tName: nor-this",
        "Requires-Dist: c",
        "  >=1 ;",
        "\tpython_version < '3'",
        "Requires-Dist: UNKNOWN",
        "Requires-Python: >=3.8.*",
        "Provides-Extra: X_y",
        "Provides-Extra: -bad-",
        "Author: 中文",
    )
    found = parse_core_metadata(newline.join(lines).encode(), "x")
    assert found == CoreMetadata(
        name="a-b",
        version="1.0",
        requires_dist=("c >=1 ; python_version < '3'",),
        requires_python=">=3.8",
        provides_extras=("x-y",),
    )


def test_encoded_words_and_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbfMetadata-Version: 1.0\nName: =?utf-8?q?foobar?=\nVersion: 1.0\n"
    assert parse_core_metadata(content, "x").name == "foobar"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no valid Name"),
        (b"Name: a", "no valid Version"),
        (b"Name: -a-\nVersion: 1", "no valid Name"),
        (b"Name: a\nVersion: one", "found 'one'"),
        (b"Name: a\nVersion: 1\nRequires-Dist: b c d", "'b c d' cannot be parsed"),
        (b"Name: a\nVersion: 1\nRequires-Python: three", "Requires-Python 'three'"),
        (b"\n\nName: a\nVersion: 1", "no valid Name"),
        (b"\xff\xfe", "no valid Name"),
    ],
)
def test_metadata_that_cannot_be_used_says_why(content: bytes, words: str) -> None:
    with pytest.raises(MetadataUnavailable, match=f"x.whl: .*{words}"):
        parse_core_metadata(content, "x.whl")


def test_identity() -> None:
    local = CoreMetadata(name="a", version="1.0+cpu")
    assert check_identity(local, "a", ONE, "x") is local
    with pytest.raises(MetadataUnavailable, match=r"of version 1\.0\+cpu, not of 2\.0"):
        check_identity(local, "a", parse_version("2.0"), "x")
    with pytest.raises(MetadataUnavailable, match="of a, not of b"):
        check_identity(local, "b", None, "x")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (make_metadata(metadata_version="2.1"), "Metadata-Version 2.1"),
        (make_metadata(metadata_version="3.0"), "Metadata-Version 3.0"),
        (b"Name: a\nVersion: 1", "Metadata-Version missing"),
        (make_metadata("a", "1", "Dynamic: Requires-Dist", metadata_version="2.2"), "Requires-Dist as dynamic"),
        (make_metadata("a", "1", "Dynamic: Provides-Extra", metadata_version="2.4"), "Provides-Extra as dynamic"),
        (make_metadata("a", "one", metadata_version="2.2"), "no valid Version"),
    ],
)
def test_pkg_info_that_is_not_static(content: bytes, why: str) -> None:
    found = parse_static_pkg_info(content, "x")
    assert isinstance(found, NotStatic)
    assert why in found.why


STATIC = b'[project]\nname = "A"\nversion = "1.0"\n'
PKG_INFO = make_metadata("a", "1.0", "Requires-Dist: from-pkg-info", metadata_version="2.2")


@pytest.mark.parametrize(
    ("pyproject", "pkg_info", "requires"),
    [
        (STATIC + b'dependencies = ["b>=1"]\n', PKG_INFO, ("b>=1",)),
        (STATIC, PKG_INFO, ()),
        (STATIC + b"[tool.poetry]\n", PKG_INFO, ("from-pkg-info",)),
        (STATIC + b'dynamic = ["dependencies"]\n', PKG_INFO, ("from-pkg-info",)),
        (STATIC + b'dynamic = ["optional-dependencies"]\n', PKG_INFO, ("from-pkg-info",)),
        (STATIC + b'dynamic = ["readme"]\n', PKG_INFO, ()),
        (b'[project]\nname = "a"\ndynamic = ["version"]\ndependencies = ["b"]\n', PKG_INFO, ("b",)),
        (b"[build-system]\n", PKG_INFO, ("from-pkg-info",)),
        (STATIC + b'dependencies = ["b b"]\n', PKG_INFO, ("from-pkg-info",)),
        (b'[project]\nname = "other"\nversion = "1.0"\n', PKG_INFO, ("from-pkg-info",)),
        (b'[project]\nname = "a"\nversion = "2.0"\n', PKG_INFO, ("from-pkg-info",)),
        (None, PKG_INFO, ("from-pkg-info",)),
        (STATIC, None, ()),
    ],
)
def test_pyproject_comes_before_pkg_info(
    pyproject: bytes | None, pkg_info: bytes | None, requires: tuple[str, ...]
) -> None:
    members = {"pyproject.toml": pyproject, "PKG-INFO": pkg_info}
    found = read_static_metadata({path: text for path, text in members.items() if text is not None}, "a", ONE, "x")
    assert isinstance(found, CoreMetadata)
    assert found.requires_dist == requires


def test_extras_of_pyproject_become_conditions() -> None:
    text = b"""[project]\nname = "a"\nversion = "1.0"\nrequires-python = ">=3.8.*"\n[project.optional-dependencies]
X_y = ["b>=1; python_version < '3' or os_name == 'nt'", "c @ https://example.com/c.whl;x ; os_name == 'nt'", "d"]\n"""
    found = read_static_metadata({"pyproject.toml": text}, "a", ONE, "x")
    assert found == CoreMetadata(
        name="a",
        version="1.0",
        requires_python=">=3.8",
        provides_extras=("x-y",),
        requires_dist=(
            "b>=1 ; (python_version < '3' or os_name == 'nt') and (extra == 'x-y')",
            "c @ https://example.com/c.whl;x ; (os_name == 'nt') and (extra == 'x-y')",
            "d ; extra == 'x-y'",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        b"[project",
        b"\xff",
        b"[project]\nversion = '1.0'\n",
        STATIC.replace(b'"A"', b'"-a-"'),
        STATIC.replace(b'"1.0"', b'"one"'),
        STATIC.replace(b'"1.0"', b"1.0"),
        STATIC + b"dependencies = 'b'\n",
        STATIC + b"dependencies = [1]\n",
        STATIC + b"requires-python = 3\n",
        STATIC + b"requires-python = 'three'\n",
        STATIC + b"optional-dependencies = ['b']\n",
        STATIC + b"optional-dependencies = {x = 'b'}\n",
        STATIC + b"optional-dependencies = {-x- = ['b']}\n",
    ],
)
def test_a_broken_pyproject_puts_the_archive_out(text: bytes) -> None:
    with pytest.raises(MetadataUnavailable, match=r"pyproject\.toml|Requires-Python"):
        read_static_metadata({"pyproject.toml": text, "PKG-INFO": PKG_INFO}, "a", ONE, "x")


def test_without_a_known_version_a_dynamic_one_must_stand_in_pkg_info() -> None:
    text = b'[project]\nname = "a"\ndynamic = ["version"]\n'
    alone = read_static_metadata({"pyproject.toml": text}, "a", None, "x")
    assert isinstance(alone, NotStatic)
    assert "does not state the version" in alone.why
    # Where PKG-INFO has it, it is the archive's version, and is locked.
    both = read_static_metadata({"pyproject.toml": text, "PKG-INFO": PKG_INFO}, "a", None, "x")
    assert isinstance(both, CoreMetadata)
    assert both.version == "1.0"


@pytest.mark.parametrize(
    "requirement", ["b", "b>=1", "b[x]>=1; os_name=='nt'", "b @ https://x.y/z;w", "b@https://x.y/z ; os_name=='nt'"]
)
def test_an_added_condition_keeps_the_rest(requirement: str) -> None:
    before, after = Requirement(requirement), Requirement(with_marker(requirement, "extra == 'e'"))
    assert (after.name, after.extras, after.specifier, after.url) == (
        before.name,
        before.extras,
        before.specifier,
        before.url,
    )
    for environment in (
        {"os_name": "nt", "extra": "e"},
        {"os_name": "nt", "extra": ""},
        {"os_name": "x", "extra": "e"},
    ):
        expected = (before.marker is None or before.marker.evaluate(environment)) and environment["extra"] == "e"
        assert after.marker is not None
        assert after.marker.evaluate(environment) == expected


# --- recorded by a build ---

REQUIRES = """b>=1

[:python_version < "3"]
c

[X_y]
d

[z:os_name == "nt" or os_name == "x"]
e>=2; python_version > "3"

[empty]
"""


def test_requires_txt() -> None:
    requirements, extras = parse_requires_txt(REQUIRES)
    assert extras == ["X_y", "z", "empty"]
    assert requirements == [
        "b>=1",
        'c ; python_version < "3"',
        "d ; extra == 'x-y'",
        """e>=2 ; ((python_version > "3") and os_name == "nt" or os_name == "x") and extra == 'z'""",
    ] or requirements == [
        "b>=1",
        'c ; python_version < "3"',
        "d ; extra == 'x-y'",
        """e>=2 ; ((python_version > "3") and (os_name == "nt" or os_name == "x")) and (extra == 'z')""",
    ]


def test_egg_info_is_taken_where_it_is_of_the_project() -> None:
    members = {
        "other.egg-info/PKG-INFO": make_metadata("other"),
        "src/a.egg-info/PKG-INFO": make_metadata("a", "1.0", "Requires-Python: >=3"),
        "src/a.egg-info/requires.txt": REQUIRES.encode(),
    }
    assert all(map(is_recorded_member, members))
    found = read_recorded_metadata(members, "a", ONE, "x")
    assert found is not None
    assert (found.recorded, found.requires_python, len(found.requires_dist)) == ("egg-info", ">=3", 4)
    assert found.provides_extras == ("x-y", "z", "empty")


SETUP_CFG = b"""[metadata]
name = A
[options]
python_requires = >=3.7
install_requires =
    b>=1 ; python_version < "3"
    # a comment
    c
[options.extras_require]
Test = d; e
"""


def test_a_declarative_setup_cfg() -> None:
    found = read_recorded_metadata({"setup.cfg": SETUP_CFG, "setup.py": b"setup()"}, "a", ONE, "x")
    assert found == CoreMetadata(
        name="a",
        version="1.0",
        requires_python=">=3.7",
        requires_dist=('b>=1 ; python_version < "3"', "c", "d ; extra == 'test'", "e ; extra == 'test'"),
        provides_extras=("test",),
        recorded="setup.cfg",
    )


@pytest.mark.parametrize(
    "members",
    [
        {"setup.cfg": SETUP_CFG, "setup.py": b"setup(install_requires=x())"},
        {"setup.cfg": SETUP_CFG.replace(b"name = A", b"name = other")},
        {"setup.cfg": SETUP_CFG.replace(b"    c\n", b"    file: requirements.txt\n")},
        {"setup.cfg": SETUP_CFG.replace(b"    c\n", b"    c c\n")},
        {"setup.cfg": b"[metadata]\nname = a\n"},
        {"setup.cfg": b"\xff"},
        {"setup.cfg": b"[options\n"},
        {"a.egg-info/PKG-INFO": b"Name: a"},
        {},
    ],
)
def test_what_cannot_be_relied_on_is_not(members: dict[str, bytes]) -> None:
    assert read_recorded_metadata(members, "a", ONE, "x") is None
