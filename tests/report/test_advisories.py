"""The table of advisories in pull requests: what strangers wrote stays words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.advisories import AdvisoryLine
from bot.report.pulls.advisories import advisory_table
from tests.github.rendering import render
from tests.report.test_foreign_text import HOSTILE

LINE = AdvisoryLine(
    id="GHSA-cpwx-vrp4-4pq7",
    package="jinja2",
    link="https://evil.invalid/",
    summary="A way out of the sandbox",
    severity="HIGH",
    fixed_in=("3.1.6",),
)


def test_it_has_a_row_for_each_with_a_link_of_our_own() -> None:
    assert advisory_table([LINE, replace(LINE, id="PYSEC-1")]) == (
        "| Advisory | Package | Severity | What it is | Mended in |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| [GHSA-cpwx-vrp4-4pq7](https://github.com/advisories/GHSA-cpwx-vrp4-4pq7) | jinja2 | high "
        "| A way out of the sandbox | `3.1.6` |\n"
        "| [PYSEC-1](https://osv.dev/vulnerability/PYSEC-1) | jinja2 | high | A way out of the sandbox | `3.1.6` |"
    )


def test_what_is_malicious_and_what_no_release_mends_is_said() -> None:
    text = advisory_table([replace(LINE, is_malicious=True, fixed_in=(), severity=None, summary=None)])
    assert "| unknown | **Malicious:** — | no release |" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_of_strangers_stay_words(hostile: str) -> None:
    evil = replace(LINE, package=hostile, summary=hostile, severity=hostile, fixed_in=(hostile,))
    found, quiet = render(advisory_table([evil])), render(advisory_table([LINE]))
    assert found.live == quiet.live == (("a", "https://github.com/advisories/GHSA-cpwx-vrp4-4pq7"),)
    assert [one for one in found.tags if one not in ("br", "code")] == [one for one in quiet.tags if one != "code"]


def test_an_identifier_leads_nowhere_else() -> None:
    text = advisory_table([replace(LINE, id="MAL-1/../../x?y=z#<b>")])
    assert "(https://osv.dev/vulnerability/MAL-1%2F..%2F..%2Fx%3Fy%3Dz%23%3Cb%3E)" in text


def test_very_many_are_cut() -> None:
    text = advisory_table([replace(LINE, id=f"GHSA-{one}") for one in range(70)])
    assert text.endswith("and 10 more")
