"""Why a run proposes nothing: "everything is new" is said only where it is so."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports.run import RunReport

_NAMED = 3


def nothing_to_propose(report: RunReport, only: str | None = None) -> str:
    """One sentence for a report without proposals; ``only`` is the name that was asked for."""
    config = report.config
    if config.problems:
        return f"Nothing was looked at: {config.path or 'the configuration'} can't be used."
    if not config.enabled:
        return f"Nothing was looked at: lockbot is switched off here (enabled in {config.path})."
    if not report.found and not report.solved:
        return _nothing_found(report)
    if only is not None:
        rest = " Not everything could be looked at." if report.problems else ""
        return f"Nothing to propose under the name {only!r}.{rest}"
    if report.solved:
        subject = "what could be looked at" if report.problems else "everything"
        return f"Nothing to propose: {subject} is as new as its requirements and each other allow."
    if report.problems:
        return "Nothing to propose: nothing could be locked as it stands."
    return "Nothing to propose: there is no lock, and no requirement bounds a version from above."


def _nothing_found(report: RunReport) -> str:
    if report.problems:
        return "Nothing to propose: what was found could not be read."
    if report.unread:
        return (
            "Nothing to propose: there is no project, workspace or script here that lockbot reads; requirements in "
            f"another form are in {_listed(report.unread)}."
        )
    hidden = f", or {report.config.path} leaves it out" if report.config.path else ""
    return (
        f"Nothing to propose: this commit has no pyproject.toml, no PEP 723 script and no pinned requirements{hidden}."
    )


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
