"""Which projects and files the links of metadata lead to: of strangers' addresses only listed hosts count."""

from __future__ import annotations

import pytest

from bot.changelog.places import Forge, Project, choose_file, find_file, find_project

PUBLIC = Forge(web="https://github.com", api="https://api.github.com", raw="https://raw.githubusercontent.com")
OWN = Forge(web="https://git.example.org", api="https://git.example.org/api/v3", takes_token=True)
FORGES = (PUBLIC, OWN)

PROJECTS = [
    ([("Source", "https://github.com/org/name")], "https://github.com org/name"),
    ([("source code", "https://www.github.com/org/name.git/")], "https://github.com org/name"),
    ([("Repository", "http://GitHub.com/org/name/tree/main/packages/x#readme")], "https://github.com org/name"),
    ([("Homepage", "https://a.test"), ("Bugs", "https://github.com/org/name/issues")], "https://github.com org/name"),
    (
        [("Homepage", "https://github.com/org/home"), ("Source", "https://github.com/org/src")],
        "https://github.com org/src",
    ),
    ([("Source", "https://git.example.org/org/name")], "https://git.example.org org/name"),
    ([("Source", "https://user:secret@github.com/org/name")], "https://github.com org/name"),
    ([("Funding", "https://github.com/sponsors/org")], None),
    ([("Source", "https://github.com/org")], None),
    ([("Source", "https://github.com/../name")], None),
    ([("Source", "https://github.com/org/%2e%2e")], None),
    ([("Source", "https://github.com/org/na%2Fme")], None),
    ([("Source", "https://github.com/org/na me")], None),
    ([("Source", "https://github.com.evil.test/org/name")], None),
    ([("Source", "https://evil.test/github.com/org/name")], None),
    ([("Source", "https://github.com@evil.test/org/name")], None),
    ([("Source", "https://api.github.com/org/name")], None),
    ([("Source", "https://git.example.org:444/org/name")], None),
    ([("Source", "https://[::1/org/name")], None),
    ([], None),
]


@pytest.mark.parametrize(("links", "project"), PROJECTS)
def test_the_project_that_links_lead_to(links: list[tuple[str, str]], project: str | None) -> None:
    found = find_project(links, FORGES)
    assert project == (f"{found.forge.web} {found.full_name}" if found is not None else None)


FILES = [
    (
        "https://github.com/org/name/blob/main/docs/changes.rst",
        "https://raw.githubusercontent.com/org/name/main/docs/changes.rst",
    ),
    ("https://github.com/org/name/raw/HEAD/NEWS", "https://raw.githubusercontent.com/org/name/HEAD/NEWS"),
    (
        "https://git.example.org/org/name/blob/v1.x/CHANGES.md",
        "https://git.example.org/api/v3/repos/org/name/contents/CHANGES.md?ref=v1.x",
    ),
    ("https://github.com/org/name/blob/main/a%20b.md", "https://raw.githubusercontent.com/org/name/main/a%20b.md"),
    ("https://github.com/org/name/blob/main/../../../other/secret", None),
    ("https://github.com/org/name/blob/main/%2e%2e/x", None),
    ("https://github.com/org/name/blob/main/a?b=c&d", "https://raw.githubusercontent.com/org/name/main/a"),
    ("https://github.com/org/name/blob/main/a%3Fb", None),
    ("https://github.com/org/name/releases", None),
    ("https://docs.test/changes.html", None),
]


@pytest.mark.parametrize(("url", "address"), FILES)
def test_the_file_that_a_changelog_link_shows(url: str, address: str | None) -> None:
    found = find_file([("Changelog", url)], FORGES)
    assert (found.address if found is not None else None) == address


TOPS = [
    (["README.md", "CHANGELOG.md", "src"], "CHANGELOG.md"),
    (["HISTORY.rst", "CHANGES.rst"], "CHANGES.rst"),
    (["changelog"], "changelog"),
    (["News.txt"], "News.txt"),
    (["CHANGELOG.py", "changelogs", "release.md"], None),
    ([], None),
]


@pytest.mark.parametrize(("names", "chosen"), TOPS)
def test_the_changelog_at_the_top_of_a_project(names: list[str], chosen: str | None) -> None:
    found = choose_file(Project(forge=PUBLIC, owner="org", name="name"), names)
    assert (found.path if found is not None else None) == chosen


def test_tags_in_addresses_can_not_leave_them() -> None:
    project = Project(forge=PUBLIC, owner="org", name="name")
    assert project.compare_page("a/1", "../x?y#z") == "https://github.com/org/name/compare/a%2F1.....%2Fx%3Fy%23z"
