"""The twin of the port for tests."""

from __future__ import annotations

import pytest

from bot.errors import BuildRequiredError, IndexFailure
from bot.index.memory import PYPI, MemoryIndex, build_memory_index
from bot.lockfile.model import GitRequirement, UrlRequirement
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, IndexPort, MetadataUnavailable
from bot.resolver.model.versions import parse_version


def test_releases_are_pages_and_metadata() -> None:
    index = build_memory_index({"a": {"1.0": ["b>=1"], "1.10": [], "1.9": []}})
    port: IndexPort = index
    page = port.get_page(PYPI, "a")
    assert page is not None
    assert [version.text for version in page.versions] == ["1.0", "1.9", "1.10"]
    (file,) = page.files(parse_version("1.0"))
    assert port.get_metadata(file) == CoreMetadata(name="a", version="1.0", requires_dist=("b>=1",))
    assert port.get_page(PYPI, "b") is None
    assert index.asked == [("page", PYPI.url, "a"), ("metadata", file.filename), ("page", PYPI.url, "b")]


def test_all_that_can_be_said_of_a_release() -> None:
    other = Index(url="https://other.example.com/simple")
    index = MemoryIndex()
    sdist_last = index.add(
        "a-b",
        "1.0",
        wheels=["cp312-cp312-win32", "2-py3-none-any", "a_b-1.0-py3-none-any.whl"],
        sdist=True,
        static_sdist=False,
        metadata={"2-py3-none-any": ["c"]},
        requires_python=">=3.8",
        extras=["x"],
        yanked=True,
        upload_time=None,
        index=other,
        hashed=False,
    )
    page = index.get_page(other, "a-b")
    assert page is not None
    files = page.files(parse_version("1.0"))
    assert [file.filename for file in files] == [
        "a_b-1.0.tar.gz",
        "a_b-1.0-2-py3-none-any.whl",
        "a_b-1.0-cp312-cp312-win32.whl",
        "a_b-1.0-py3-none-any.whl",
    ]
    assert set(files) == set(sdist_last)
    assert {(f.yanked, f.upload_time, f.requires_python, f.hash) for f in files} == {(True, None, ">=3.8", None)}
    assert files[1].wheel is not None
    assert files[1].wheel.build == (2, "")
    assert [index.get_metadata(file).requires_dist for file in files[1:]] == [("c",), (), ()]
    with pytest.raises(BuildRequiredError):
        index.get_metadata(files[0])


def test_failures_on_demand() -> None:
    index = build_memory_index({"a": {"1.0": []}})
    page = index.get_page(PYPI, "a")
    assert page is not None
    index.fail_metadata("a-1.0-py3-none-any.whl", MetadataUnavailable("broken"))
    with pytest.raises(MetadataUnavailable, match="broken"):
        index.get_metadata(page.files(parse_version("1.0"))[0])
    index.fail_page("a", IndexFailure("down"))
    with pytest.raises(IndexFailure, match="down"):
        index.get_page(PYPI, "a")


def test_archives_and_trees() -> None:
    index = MemoryIndex()
    archive = Archive(filename="a.whl", hash="sha256:0", metadata=CoreMetadata(name="a", version="1"), is_wheel=True)
    tree = GitTree(commit="0" * 40, tree=object())  # type: ignore[arg-type]
    index.add_archive("https://x/a.whl", archive)
    index.add_git("https://x/g", tree)
    assert index.get_archive(UrlRequirement(url="https://x/a.whl"), "a") is archive
    assert index.get_git(GitRequirement(url="https://x/g"), None) is tree
    for problem in ("https://x/b.whl", "https://x/a.whl"):
        index.fail_archive("https://x/a.whl", IndexFailure("gone"))
        with pytest.raises(IndexFailure):
            index.get_archive(UrlRequirement(url=problem), "a")
    with pytest.raises(IndexFailure):
        index.get_git(GitRequirement(url="https://x/none"), None)


@pytest.mark.parametrize("bad", [{"requires_dist": ["b b"]}, {"wheels": ["cp312"]}])
def test_mistakes_in_tests_are_told(bad: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="not"):
        MemoryIndex().add("a", "1.0", **bad)  # type: ignore[arg-type]
