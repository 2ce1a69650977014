"""Texts that are longer than a forge takes are cut, and say so."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What begins the foot of a pull request's text.
RULE = "---"

_BODY_CUT = "… cut: the text is longer than a pull request may be."
_PART_CUT = "… cut"
_FOLD, _FOLD_END = "<details>\n", "\n</details>"
_SUMMARY = re.compile(r"<summary>(.*)</summary>")
#: A part of which less than this could stay is left out.
_LEAST = 400
_SUMMARY_CUT = "\n\n… cut: there is more than a check run may hold."

#: Of a reason in a table.
_REASON = 900


def cut_body(text: str, most: int) -> str:
    """A pull request's text in at most ``most`` characters.

    What is folded goes first, from the bottom upwards, and what goes is named; then the end of the rest. The foot stays.
    """
    if len(text) <= most:
        return text
    head, folds, foot = _take_apart(text)
    gone: list[str] = []
    while folds and len(_put_together(head, folds, gone, foot)) > most:
        part = folds.pop()
        gone.insert(0, _title(part))
        room = most - len(_put_together(head, folds, gone, foot)) - len("\n\n")
        shorter = _shorten_part(part, room)
        if shorter is not None:
            return _put_together(head, [*folds, shorter], gone, foot)
    whole = _put_together(head, folds, gone, foot)
    if len(whole) <= most:
        return whole
    end = f"\n\n{_BODY_CUT}" + (f"\n\n{foot}" if foot and 2 * len(foot) < most else "")
    return _cut_at_line(head, max(most - len(end), 0)) + end[: max(most, 0)]


def _take_apart(text: str) -> tuple[str, list[str], str]:
    """What is open, the folded parts that follow it, and the foot, which begins with a rule."""
    body, rule, end = text.rstrip("\n").rpartition(f"\n\n{RULE}\n")
    if not rule or _FOLD in end:
        body, end, rule = text.rstrip("\n"), "", ""
    head, *folds = re.split(r"\n\n(?=<details>\n<summary>)", body)
    return head, folds, f"{RULE}\n{end}" if rule else ""


def _put_together(head: str, folds: Sequence[str], gone: Sequence[str], foot: str) -> str:
    left_out = [f"Left out or cut, as a pull request may not be longer: {'; '.join(gone)}."] if gone else []
    return "\n\n".join([one for one in (head, *folds, *left_out, foot) if one])


def _title(part: str) -> str:
    found = _SUMMARY.search(part)
    return found[1] if found is not None else _PART_CUT


def _shorten_part(part: str, room: int) -> str | None:
    """The lines that there is room for; ``None`` where they are too few to be worth it, or it has no lines to choose."""
    end = f"\n\n{_PART_CUT}\n{_FOLD_END}"
    kept = _cut_at_line(part.removesuffix(_FOLD_END), room - len(end))
    return kept + end if len(kept) >= _LEAST else None


def _cut_at_line(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: max(text.rfind("\n", 0, max(most, 0) + 1), 0)].rstrip("\n")


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
