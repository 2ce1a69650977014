"""Everything that lockbot writes on a forge or a terminal, with hostile text at every place that strangers fill."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

import pytest

from bot.forge.github.checks import _annotation
from bot.plan.policy import Group
from bot.ports.run import (
    BranchName,
    HeldBack,
    LeftAlone,
    OtherBot,
    Problem,
    RunReport,
    Sha,
    UpdateKind,
    UpdateLine,
)
from bot.report import answers, checks
from bot.report.beside import describe_other_bot
from bot.report.markdown import code
from bot.report.problems import describe_problem, refused_branch
from bot.report.pulls.body import pull_request_body
from bot.report.pulls.content import Content
from bot.report.screens.plan import render_plan
from bot.report.screens.screen import Screen
from bot.report.terminal import problem_line
from tests.github.rendering import Rendered, render
from tests.report.test_foreign_text import HOSTILE

Writer = Callable[[str], str]


def problem(text: str) -> Problem:
    return Problem(message=f"{text}\n- {text}", path=f"a/{text}", line=3, hint=text)


def body(text: str) -> str:
    update = UpdateLine(package=text, kind=UpdateKind.MINOR, before=text, after=text, manifest=text)
    held = HeldBack(package=text, current=text, latest=text, reason=f"Because {text}\n  - {text}")
    return pull_request_body(
        Content(group=Group(key="x", name="x"), updates=[update], held_back=[held], warnings=[problem(text)])
    )


def other_bot(text: str) -> OtherBot:
    return OtherBot(name="Renovate", path=text, manages=(text, f"a/{text}"), remedy="turn it off")


#: What writes Markdown.
WRITERS: Mapping[str, Writer] = {
    "configuration": lambda text: checks.config_summary([problem(text)], fallback=None),
    "problems": lambda text: checks.problems_summary([problem(text)]),
    "warnings": lambda text: checks.problems_summary([], [problem(text)]),
    "failure": checks.failure_summary,
    "retired": lambda text: answers.retired(BranchName(text)).removesuffix(answers.RETIRED_MARK),
    "up to date": lambda text: answers.up_to_date(BranchName(text)),
    "can not": lambda text: answers.can_not([problem(text)]),
    "refused": answers.command_refused,
    "given up": answers.command_given_up,
    "failed": answers.command_failed,
    "refused branch": lambda text: describe_problem(refused_branch(BranchName(text), text)),
    "body": body,
    "other bot": lambda text: describe_other_bot(other_bot(text), code),
}
#: What is shown as it stands, but mentions and references are looked for all the same.
PLAIN: Mapping[str, Writer] = {
    "title of a configuration": lambda text: checks.config_title([problem(text)]),
    "annotation": lambda text: str(_annotation(problem(text), "warning")["message"]),
}
#: What lockbot itself puts into its texts.
OURS = {("comment", " lockbot-box: rebase ")}
#: Kinds that only text, not mark-up, can be.
_IN_TEXT = frozenset({"mention", "issue", "short issue", "commit", "address", "mail", "emoji"})


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", WRITERS)
def test_markdown_brings_nothing_to_life(name: str, text: str) -> None:
    quiet = render(WRITERS[name]("harmless"))
    rendered = render(WRITERS[name](text))
    assert set(quiet.live) <= OURS
    assert rendered.live == quiet.live
    assert shape(rendered) == shape(quiet)


def shape(rendered: Rendered) -> list[str]:
    """The elements but for those that only break lines and mark code."""
    return [tag for tag in rendered.tags if tag not in ("br", "code")]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", PLAIN)
def test_plain_text_mentions_nobody(name: str, text: str) -> None:
    shown = f"<p>{html.escape(PLAIN[name](text))}</p>"
    from_text = [found for found in render(shown).live if found[0] in _IN_TEXT]
    assert from_text == []


@pytest.mark.parametrize("text", HOSTILE)
def test_a_terminal_obeys_nothing(text: str) -> None:
    report = RunReport(
        base=Sha("0" * 40),
        base_branch=BranchName("main"),
        held_back=(HeldBack(package=text, current=text, latest=text, reason=text),),
        problems=(problem(text),),
        left_alone=(LeftAlone(path=text, reason=text),),
        other_bots=(other_bot(text),),
    )
    shown = [line for width in (None, 80, 2000) for line in render_plan(report, {}, Screen(width=width))]
    lines = [*shown, *problem_line(problem(text)).split("\n")]
    assert all(one.isprintable() for line in lines for one in line)
