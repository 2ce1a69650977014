"""The dashboard where there can be no issue: a check run on the base commit says the same."""

from __future__ import annotations

from bot.ports.forge import CheckConclusion, CheckReport, Forge
from bot.report.dashboard.dashboard import CHECK_NAME, check_title, render_check
from bot.work.dashboard.facts import Findings, remember, tell
from bot.work.dashboard.state import DashboardState


def write_check(forge: Forge, findings: Findings, why: str) -> str:
    """Written once with the same words; a clause for the log. ``why`` there is no issue, as a sentence."""
    config = findings.config
    facts = tell(findings, remember(DashboardState(), findings))
    if facts.is_empty or not (config.enabled and config.dashboard.wanted):
        return ""
    commit, summary = findings.reports[0].base, render_check(facts, forge.limits.summary, why)
    if any(one.summary.strip() == summary.strip() for one in forge.list_checks(commit, CHECK_NAME)):
        return ""
    forge.write_check(
        CheckReport(
            commit=commit,
            name=CHECK_NAME,
            conclusion=CheckConclusion.NEUTRAL,
            title=check_title(facts),
            summary=summary,
        )
    )
    return "dashboard written as a check run"
