"""A run's proposals as a reviewer would see them: titles and bodies in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from bot.ports.run import RunReport
from bot.report.markdown import code, escape
from bot.report.nothing import nothing_to_propose


def render_review(report: RunReport, only: str | None = None) -> str:
    """Markdown: each pull request with its branch, or why there is none."""
    return "\n".join(_parts(report, only))


def _parts(report: RunReport, only: str | None) -> Iterator[str]:
    if not report.proposals:
        yield escape(nothing_to_propose(report, only)) + "\n"
    for proposal in report.proposals:
        yield f"# {escape(proposal.title)}\n\n{code(proposal.branch)} → {code(report.base_branch)}\n\n{proposal.body}"
