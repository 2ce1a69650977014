"""What became of a repository, as the summary of a job, as JSON and on a terminal: every word of strangers stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.forge import TokenKind
from bot.ports.run import BranchName, ConfigState, HeldBack, Problem, Proposal, RunReport, Sha, UpdateKind, UpdateLine
from bot.report.publishing.refusals import explain_refusal
from bot.report.publishing.told import (
    PublishedRow,
    PublishedRun,
    heard_entries,
    publishing_entries,
    publishing_lines,
    render_heard,
    render_summary,
)
from tests.github.rendering import render

HOSTILE = "@everyone #1 <img src=x onerror=alert(1)> [x](javascript:1) |\n::error::x\n# head"
BRANCH = BranchName("lockbot/non-major")


def report(title: str = "Update beta to 1.1", reason: str = "alpha holds it") -> RunReport:
    update = UpdateLine(package="beta", kind=UpdateKind.MINOR, before="1.0", after="1.1", manifest="pyproject.toml")
    proposal = Proposal(branch=BRANCH, group="non-major", title=title, body="", commit_message="", updates=(update,))
    held = HeldBack(package="gamma", current="1.0", latest="2.0", reason=reason)
    return RunReport(
        base=Sha("a" * 40),
        base_branch=BranchName("main"),
        config=ConfigState(),
        proposals=(proposal,),
        held_back=(held,),
    )


def published(**said: object) -> PublishedRun:
    row = PublishedRow(branch=BRANCH, outcome="opened", number=7, url="https://github.com/octo/app/pull/7")
    plain = PublishedRun(repository="octo/app", report=report(), rows=(row,))
    return replace(plain, **said)  # type: ignore[arg-type]


SUMMARY = """\
## lockbot on `octo/app`

| Proposal | Updates | Branch | Now |
| --- | --- | --- | --- |
| Update beta to 1.1 | `beta 1.0 → 1.1` | `lockbot/non-major` | opened [#7](https://github.com/octo/app/pull/7) |

### Held back

| Package | Locked | Newest | Because |
| --- | --- | --- | --- |
| `gamma` | `1.0` | `2.0` | alpha holds it |

### Done beside it

- `lockbot/old`: retired [#3](https://github.com/octo/app/pull/3)

### Orders of people

- `command on #7: help`

### Problems

- `x/uv.lock`: broken

### What this token could not do

- a note
"""


def test_the_summary_shows_the_plan() -> None:
    old = PublishedRow(
        branch=BranchName("lockbot/old"), outcome="retired", number=3, url="https://github.com/octo/app/pull/3"
    )
    run = published(
        rows=(*published().rows, old),
        heard=("command on #7: help",),
        problems=(Problem(message="broken", path="x/uv.lock"),),
        notes=("a note",),
    )
    assert render_summary(run) == SUMMARY
    assert render_summary(published(is_dry=True)).startswith("## lockbot on `octo/app`, dry run\n")
    assert "the repository is empty" in render_summary(published(report=None, rows=(), why="the repository is empty"))


def test_words_of_strangers_stay_text_everywhere() -> None:
    row = replace(published().rows[0], reason=HOSTILE)
    run = published(
        report=report(HOSTILE, HOSTILE),
        rows=(row,),
        heard=(HOSTILE,),
        problems=(Problem(message=HOSTILE, path=HOSTILE, hint=HOSTILE),),
        notes=(HOSTILE,),
        why=HOSTILE,
    )
    for text in (render_summary(run), render_heard("octo/app", run.heard, run.problems)):
        alive = {(kind, one) for kind, one in render(text).live if one != row.url}
        assert alive == set()
        assert "\n::error::" not in text
        assert "\n# head" not in text
    assert all("\n" not in line for line in publishing_lines(run))


def test_long_summaries_are_cut() -> None:
    run = published(heard=tuple(f"line {number}" for number in range(200)))
    assert "- and 150 more" in render_summary(run)


def test_programs_read_what_became_of_each_branch() -> None:
    assert publishing_entries(published(notes=("n",), why="w")) == {
        "repository": "octo/app",
        "dry_run": False,
        "published": [
            {
                "branch": BRANCH,
                "outcome": "opened",
                "number": 7,
                "url": "https://github.com/octo/app/pull/7",
                "reason": "",
            }
        ],
        "heard": [],
        "notes": ["w", "n"],
    }
    told = heard_entries("octo/app", ["l"], [Problem(message="m")])
    assert told == {
        "repository": "octo/app",
        "heard": ["l"],
        "problems": [{"message": "m", "path": None, "line": None, "hint": None}],
    }


@pytest.mark.parametrize(
    ("kind", "needs", "said"),
    [
        (
            TokenKind.INSTALLATION,
            "pull_requests: write",
            "write `pull-requests: write` into the workflow's permissions",
        ),
        (TokenKind.FINE_GRAINED, "vulnerability_alerts: read", "give the token Dependabot alerts: read-only"),
        (TokenKind.CLASSIC, "contents: write", "give the token the scope `repo`"),
        (TokenKind.CLASSIC, "", "give the token the scope `repo`, and its account write access"),
        (TokenKind.UNKNOWN, "contents: write", "the token needs contents: write"),
        (TokenKind.FINE_GRAINED, "", "the token lacks a permission"),
    ],
)
def test_each_kind_of_token_has_its_remedy(kind: TokenKind, needs: str, said: str) -> None:
    text = explain_refusal(kind, "GET /x: 403 no", needs, is_credential=False)
    assert text.startswith("GET /x: 403 no (")
    assert said in text


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (
            "refusing to allow a Personal Access Token to … without `workflow` scope",
            "give the token the scope `workflow`",
        ),
        ("403 Resource protected by organization SAML enforcement.", "Configure SSO"),
        ("`octo` forbids access via a personal access token (classic).", "hand over a fine-grained token"),
    ],
)
def test_a_classic_token_is_refused_for_reasons_of_its_own(refusal: str, remedy: str) -> None:
    assert remedy in explain_refusal(TokenKind.CLASSIC, refusal, "", is_credential=False)
