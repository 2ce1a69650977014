"""Licenses and publishers that differ, and those that are only stated in another way."""

from __future__ import annotations

import pytest
from packaging.version import Version

from bot.plan.releases.compared import find_license_change, find_publisher_change, has_lost_provenance
from bot.plan.releases.links import LinkKind, find_link
from bot.plan.releases.model import Release, Story
from bot.resolver.model.attested import Publisher


def release(**known: object) -> Release:
    return Release(version=Version("1"), **known)  # type: ignore[arg-type]


def story(before: Release | None, after: Release | None) -> Story:
    return Story(index="https://pypi.org/simple", before=before, after=after)


SAME = [
    ("MIT", "MIT License"),
    ("MIT", "mit"),
    ("The MIT License (MIT)", "MIT"),
    ("Apache 2.0", "Apache-2.0"),
    ("Apache Software License", "Apache-2.0"),
    ("BSD License", "BSD-3-Clause"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.1-or-later"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("MIT License OR Apache Software License", "MIT OR Apache-2.0"),
    ("ISC License (ISCL)", "ISC"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("Own words", "own words"),
    (None, "MIT"),
    ("MIT", None),
]
OTHER = [
    ("MIT", "BSD-3-Clause"),
    ("MIT", "MIT OR GPL-3.0-only"),
    ("LGPL-3.0-only", "GPL-3.0-only"),
    ("GPL-3.0-only", "AGPL-3.0-only"),
    ("Apache-2.0", "Business Source License 1.1"),
    ("BSD License", "Proprietary"),
    ("Own words", "other words"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_a_license_in_other_words_is_no_change(old: str | None, new: str | None) -> None:
    assert find_license_change(story(release(license=old), release(license=new))) is None


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_another_license_is_told_with_both(old: str, new: str) -> None:
    assert find_license_change(story(release(license=old), release(license=new))) == (old, new)


def test_what_is_gone_or_new_changes_no_license() -> None:
    assert find_license_change(story(None, release(license="MIT"))) is None
    assert find_license_change(story(release(license="MIT"), None)) is None


@pytest.mark.parametrize(
    ("before", "after", "is_lost"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_provenance_is_lost_where_there_was_some(before: bool, after: bool, is_lost: bool) -> None:
    assert has_lost_provenance(story(release(is_attested=before), release(is_attested=after))) is is_lost
    assert not has_lost_provenance(story(None, release()))


ONE, TWO = Publisher(kind="GitHub", name="org/one"), Publisher(kind="GitLab", name="org/two")
PUBLISHERS = [
    ((ONE,), (TWO,), ("GitHub org/one", "GitLab org/two")),
    ((ONE,), (ONE,), None),
    ((ONE,), (TWO, ONE), None),
    ((), (ONE,), None),
    ((ONE,), (), None),
]


@pytest.mark.parametrize(("before", "after", "change"), PUBLISHERS)
def test_another_publisher_is_told_where_nobody_stayed(
    before: tuple[Publisher, ...], after: tuple[Publisher, ...], change: tuple[str, str] | None
) -> None:
    assert find_publisher_change(story(release(publishers=before), release(publishers=after))) == change


LABELS = [
    ([("Change Log", "a")], LinkKind.CHANGELOG, "a"),
    ([("Release notes", "b"), ("changes", "a")], LinkKind.CHANGELOG, "a"),
    ([("What's New", "a")], LinkKind.CHANGELOG, "a"),
    ([("Source Code", "a")], LinkKind.SOURCE, "a"),
    ([("GitHub", "b"), ("Repository", "a")], LinkKind.SOURCE, "a"),
    ([("Home-Page", "a")], LinkKind.HOMEPAGE, "a"),
    ([("Donate", "a")], LinkKind.SOURCE, None),
]


@pytest.mark.parametrize(("links", "kind", "url"), LABELS)
def test_labels_are_known_in_any_spelling(links: list[tuple[str, str]], kind: LinkKind, url: str | None) -> None:
    assert find_link(links, kind) == url
