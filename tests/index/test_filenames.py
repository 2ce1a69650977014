"""File names: the quick splitter against ``packaging``, and what only an index has."""

from __future__ import annotations

import pytest
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from bot.index.pages.filenames import parse_file_name, parse_wheel_tags, sdist_version_text, wheel_version_text
from bot.index.pages.listing import project_of

WHEELS = [
    "a-1.0-py3-none-any.whl",
    "A.b_c-1.0.post1+local.2-2abc-cp312.cp313-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "numpy-2.0.0rc1-cp310-cp310-macosx_10_9_x86_64.whl",
    "a-1!2.0-10-py2.py3-none-any.whl",
    "a-1.0.whl",
    "a-1.0-py3-none.whl",
    "a-1.0-x-py3-none-any.whl",
    "a-one-py3-none-any.whl",
    "-1.0-py3-none-any.whl",
    "a-1.0-py3-none-any-x-y-z.whl",
]
SDISTS = ["a-1.0.tar.gz", "a-b-2.0rc1.zip", "A_B.c-1.0.dev1.tar.gz", "a.tar.gz", "a-x.tar.gz", "a-1.0.exe"]


@pytest.mark.parametrize("filename", WHEELS)
def test_wheels_are_read_as_packaging_reads_them(filename: str) -> None:
    found = parse_file_name(filename)
    try:
        name, version, build, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        assert found is None
        return
    assert found is not None
    assert (found.name, found.version.text, found.is_wheel) == (name, str(version), True)
    read = parse_wheel_tags(filename)
    assert read is not None
    assert {(p, a, f) for p in read.python for a in read.abi for f in read.platform} == {
        (tag.interpreter, tag.abi, tag.platform) for tag in tags
    }
    assert (read.build or ()) == build


@pytest.mark.parametrize("filename", SDISTS)
def test_source_distributions_are_read_as_packaging_reads_them(filename: str) -> None:
    found = parse_file_name(filename)
    try:
        name, version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        assert found is None
        return
    assert found is not None
    assert (found.name, found.version.text, found.is_wheel) == (name, str(version), False)


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("a-1-1.zip", "a", "1-1"),
        ("a-1-1.zip", "a-1", "1"),
        ("A.B-1.0.tar.gz", "a-b", "1.0"),
        ("a__b-1.0.tar.gz", "a-b", None),
        ("aX1.0.zip", "a", None),
        ("b-1.0.zip", "a", None),
        ("a-1.0.tar.bz2", "a", "1.0"),
        ("a-1.0.tgz", "a", "1.0"),
        ("a-1.0.egg", "a", None),
        ("é-1.0.zip", "a", None),
        ("a-.zip", "a", None),
    ],
)
def test_with_the_name_known_the_rest_is_the_version(filename: str, name: str, version: str | None) -> None:
    assert sdist_version_text(filename, name) == version


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("a__b-1.0-py3-none-any.whl", "1.0"),
        ("a_b-1.0-py3-none-any.WHL", None),
        ("a_c-1.0-py3-none-any.whl", None),
        ("a_b-1.0-3py-none-any.whl", None),
        ("a_b-1.0-py3-none-a!y.whl", None),
        ("a_b-1.0-py3-none-any-variant.whl", None),
        ("a_b-1.0-1-py3-none-any-variant.whl", None),
        ("a_b-1.0-1/../x-py3-none-any.whl", None),
    ],
)
def test_wheels_of_a_project(filename: str, version: str | None) -> None:
    assert wheel_version_text(filename, "a-b") == version


@pytest.mark.parametrize(
    ("filename", "project"),
    [("A_b-1.0-py3-none-any.whl", "a-b"), ("a-b-1.0.zip", "a-b"), ("x.txt", None), ("1.0.zip", None), ("", None)],
)
def test_a_file_name_alone_says_its_project(filename: str, project: str | None) -> None:
    assert project_of(filename) == project


def test_equal_tags_are_one_object() -> None:
    assert parse_wheel_tags("a-1-py3-none-any.whl") is parse_wheel_tags("b-2-py3-none-any.whl")
