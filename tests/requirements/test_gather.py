"""What requirements files include: order, once only, kinds, paths, and where it is refused to go on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.errors import InputError
from bot.limits import INCLUDE_DEPTH, INCLUDED_FILES
from bot.requirements.gather import (
    Gathered,
    PlacedRequirement,
    gather_requirements,
    resolve_target,
)


class Texts:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.read_paths: list[str] = []

    def read(self, path: str) -> str | None:
        self.read_paths.append(path)
        if path.startswith("http"):
            raise InputError("it is an address, and only files of the repository are read")
        return self.texts.get(path)


def places(rows: tuple[PlacedRequirement, ...]) -> list[str]:
    return [f"{one.path}:{one.stated.line} {one.stated.text}" for one in rows]


def gather(texts: Mapping[str, str], path: str = "r.in", variables: Mapping[str, str] | None = None) -> Gathered:
    return gather_requirements(Texts(texts), path, variables)


def test_what_is_included_stands_in_its_place() -> None:
    found = gather({"r.in": "a\n-r sub/s.in\nz", "sub/s.in": "b\n-r ../t.in", "sub/../t.in": "c"})
    assert places(found.requirements) == ["r.in:1 a", "sub/s.in:1 b", "sub/../t.in:1 c", "r.in:3 z"]
    assert [one.path for one in found.files] == ["r.in", "sub/s.in", "sub/../t.in"]


def test_a_file_counts_once_however_its_path_is_spelled() -> None:
    found = gather({"r.in": "-r s.in\n-r ./s.in\n-c s.in", "s.in": "a"})
    assert places(found.requirements) == ["s.in:1 a"]
    assert places(found.constraints) == ["s.in:1 a"]


def test_whatever_constraints_include_are_constraints() -> None:
    found = gather(
        {"r.in": "a\n-c c.in", "c.in": "b==1\n-r d.in\n--index-url https://x.invalid\n--require-hashes", "d.in": "e==2"}
    )
    assert places(found.requirements) == ["r.in:1 a"]
    assert places(found.constraints) == ["c.in:1 b==1", "d.in:1 e==2"]
    assert [one.stated.kind.value for one in found.options] == ["--require-hashes"]


def test_files_that_include_each_other_end() -> None:
    found = gather({"r.in": "a\n-r s.in", "s.in": "b\n-r r.in"})
    assert places(found.requirements) == ["r.in:1 a", "s.in:1 b", "r.in:1 a"]


def test_editables_stand_apart() -> None:
    found = gather({"r.in": "-e ./p\na"})
    assert places(found.editables) == ["r.in:1 ./p"]
    assert places(found.requirements) == ["r.in:2 a"]


def test_one_index_may_be_repeated_by_what_is_included() -> None:
    found = gather({"r.in": "-i https://x.invalid\n-r s.in", "s.in": "-i https://x.invalid"})
    assert found.index_url is not None
    assert (len(found.options), found.index_url.path) == (1, "r.in")


def test_options_that_uv_passes_over_are_known() -> None:
    found = gather({"r.in": "--pre\n--no-index"})
    assert [one.stated.kind.value for one in found.ignored] == ["--pre"]


def test_variables_of_includes() -> None:
    texts = {"r.in": "-r ${WHERE}/s.in", "sub/s.in": "a"}
    assert places(gather(texts, variables={"WHERE": "sub"}).requirements) == ["sub/s.in:1 a"]
    with pytest.raises(InputError, match=r"r\.in:1: '\$\{WHERE\}/s\.in' is included here and is no file"):
        gather(texts)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, "r.in: there is no such file"),
        ({"r.in": "\n-r s.in"}, "r.in:2: 's.in' is included here and is no file"),
        ({"r.in": "-r s.in", "s.in": "a\n_"}, "s.in:2: unexpected '_'"),
        ({"r.in": "-r http://169.254.169.254/latest"}, "r.in:1: it is an address, and only files"),
        ({"r.in": "-c c.in", "c.in": "\n-e ./p"}, "c.in:2: a constraint can't be editable"),
        ({"r.in": "-c c.in", "c.in": "a\n./p"}, "c.in:2: a constraint needs the name of a package, and './p' has none"),
        ({"r.in": "-i https://x.invalid\n-i https://x.invalid"}, "r.in:2: --index-url is stated twice"),
        (
            {"r.in": "-i https://x.invalid\n-r s.in", "s.in": "-i https://y.invalid"},
            "r.in:2: the file that is included",
        ),
        ({"r.in": "s.in", "s.in": ""}, "r.in:1: 's.in' is a requirements file and stands where a package is named"),
        ({f"{n}.in": f"-r {n + 1}.in" for n in range(1000)} | {"r.in": "-r 0.in"}, f"{INCLUDE_DEPTH - 1}.in:1: files"),
        (
            {f"{n}.in": "a" for n in range(1000)} | {"r.in": "".join(f"-r {n}.in\n" for n in range(1000))},
            f"r.in:{INCLUDED_FILES + 1}: more",
        ),
    ],
    ids=range(11),
)
def test_refusals(texts: Mapping[str, str], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        gather(texts)
    assert str(caught.value).startswith(expected)


def test_a_name_that_could_be_a_file_is_a_package_where_there_is_none() -> None:
    assert places(gather({"r.in": "s.in"}).requirements) == ["r.in:1 s.in"]


@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ("b.in", "a.in", "b.in"),
        ("b.in", "x/a.in", "x/b.in"),
        ("../b.in", "x/a.in", "x/../b.in"),
        ("/etc/b.in", "x/a.in", "/etc/b.in"),
        ("C:\\b.in", "x/a.in", "C:\\b.in"),
        ("https://x.invalid/b.in", "x/a.in", "https://x.invalid/b.in"),
        ("b.in", "https://x.invalid/y/a.in", "https://x.invalid/y/b.in"),
        ("../b.in", "https://x.invalid/y/a.in", "https://x.invalid/b.in"),
        ("/b.in", "https://x.invalid/y/a.in", "https://x.invalid/b.in"),
    ],
)
def test_targets_are_beside_the_file_that_names_them(target: str, path: str, expected: str) -> None:
    assert resolve_target(target, path) == expected
