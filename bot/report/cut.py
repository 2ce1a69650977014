"""Texts that are longer than a forge takes are cut, and say so."""

from __future__ import annotations

_BODY_CUT = "\n\n… cut: the text is longer than a pull request may be.\n"
_SUMMARY_CUT = "\n\n… cut: there is more than a check run may hold."

#: Of a reason in a table.
_REASON = 900


def cut_body(text: str, most: int) -> str:
    """A pull request's text in at most ``most`` characters."""
    return text if len(text) <= most else text[: most - len(_BODY_CUT)] + _BODY_CUT.rstrip("\n")


def cut_summary(summary: str, most: int) -> str:
    """A check run's summary in at most ``most`` bytes."""
    data = summary.encode()
    if len(data) <= most:
        return summary
    return data[: most - len(_SUMMARY_CUT.encode())].decode(errors="ignore") + _SUMMARY_CUT


def shorten(reason: str) -> str:
    """A derivation without indentation and empty lines, cut after a line or sentence when it is long."""
    text = "\n".join(line.strip() for line in reason.splitlines() if line.strip())
    if len(text) <= _REASON:
        return text
    cut = text[:_REASON]
    end = max(cut.rfind("\n"), cut.rfind(". ") + 1, cut.rfind(", ") + 1)
    return cut[: end if end > _REASON // 2 else _REASON].rstrip(" ,\n") + " …"
