"""PyPI shows README.md without the files beside it: its links are made absolute, and lead to what is there."""

from __future__ import annotations

import pytest

from tests.distribution.description import BEFORE, addresses, description, files, relative
from tests.test_architecture import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_no_link_needs_a_file_beside_the_text() -> None:
    assert relative(README), "README.md links to the documents relatively, for who reads it on GitHub"
    assert relative(description()) == []


def test_links_that_were_relative_lead_to_files_of_the_release() -> None:
    named = list(files(description()))
    assert len(named) == len(relative(README))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_pictures_are_asked_for_where_pictures_are_served() -> None:
    shown = [one for one in addresses(description()) if one.endswith(".png")]
    assert shown
    assert all(one.startswith(BEFORE[1]) for one in shown)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](docs/a.md)", ["docs/a.md"]),
        ("[two\nlines](b.md#c)", ["b.md#c"]),
        ("![p](p.png)", ["p.png"]),
        ("[away](https://example.org/x) and [here](#there)", []),
    ],
)
def test_relative_links_are_seen(text: str, found: list[str]) -> None:
    assert relative(text) == found
