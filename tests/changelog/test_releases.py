"""Tags to versions, in the forms that projects use."""

from __future__ import annotations

import pytest
from packaging.version import Version

from bot.changelog.releases import find_versions, parse_releases

TAGS = [
    ("demo", ["v1.2.3", "1.2.2"], ["1.2.3", "1.2.2"]),
    (
        "demo",
        ["demo-1.2.3", "demo==1.2.2", "demo@1.2.1", "demo/v1.2.0", "demo_v1.1"],
        ["1.2.3", "1.2.2", "1.2.1", "1.2.0", "1.1"],
    ),
    ("sqlalchemy", ["rel_2_0_41", "rel_2_0_40"], ["2.0.41", "2.0.40"]),
    ("demo", ["release-1.0", "version/1.1"], ["1.0", "1.1"]),
    ("azure-core", ["azure-core_1.2.3", "azure-identity_9.0"], ["1.2.3"]),
    ("demo", ["other-1.0", "latest", "nightly-2024", "v1.x", "", "x" * 500], []),
    ("demo-extra", ["v9.0", "demo-extra-v1.0"], ["1.0"]),
    ("demo", ["v1.0rc1", "v1.0.post1"], ["1.0rc1", "1.0.post1"]),
    ("demo", ["V2.0"], ["2.0"]),
]


@pytest.mark.parametrize(("package", "tags", "versions"), TAGS)
def test_the_versions_that_tags_name(package: str, tags: list[str], versions: list[str]) -> None:
    releases = parse_releases([{"tag_name": tag, "body": "x"} for tag in tags])
    assert set(find_versions(releases, package)) == set(map(Version, versions))


def test_a_release_is_what_the_api_says_of_it() -> None:
    row = {
        "tag_name": "v1",
        "body": "words",
        "published_at": "2026-11-18T10:00:00Z",
        "html_url": "https://x",
        "draft": False,
    }
    (release,) = parse_releases([row])
    assert (release.tag, release.text, release.day, release.url) == ("v1", "words", "2026-11-18", "https://x")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        "text",
        [None, 1, "x", [], {}],
        [{"tag_name": 1}, {"tag_name": "v1", "draft": True}, {"tag_name": ""}],
    ],
)
def test_an_answer_of_another_form_has_none(answer: object) -> None:
    assert parse_releases(answer) == ()


def test_fields_of_another_form_are_left_out() -> None:
    (release,) = parse_releases([{"tag_name": "v1", "body": 3, "published_at": "soon", "html_url": None}])
    assert (release.text, release.day, release.url) == ("", None, None)
