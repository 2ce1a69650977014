"""Texts that are longer than a forge takes are cut, and say so."""

from __future__ import annotations

_BODY_CUT = "\n\n… cut: the text is longer than a pull request may be.\n"
_SUMMARY_CUT = "\n\n… cut: there is more than a check run may hold."


def cut_body(text: str, most: int) -> str:
    """A pull request's text in at most ``most`` characters."""
    return text if len(text) <= most else text[: most - len(_BODY_CUT)] + _BODY_CUT.rstrip("\n")


def cut_summary(summary: str, most: int) -> str:
    """A check run's summary in at most ``most`` bytes."""
    data = summary.encode()
    if len(data) <= most:
        return summary
    return data[: most - len(_SUMMARY_CUT.encode())].decode(errors="ignore") + _SUMMARY_CUT
