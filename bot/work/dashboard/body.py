"""The body of the dashboard issue: lockbot's own text between two marks, the second of which is the hidden block. Pure.

What people write before the first mark or after the second is theirs, and so are their ticks until they are obeyed.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.orders import find_ticked, tick_boxes
from bot.work.dashboard.state import BLOCK, DashboardState, find_state, render_state

BEGIN = "<!-- lockbot-dashboard -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """``own`` is lockbot's text; ``state`` None: the body is no dashboard's."""

    before: str = ""
    own: str = ""
    state: DashboardState | None = None
    after: str = ""

    def room(self, most: int, state: DashboardState) -> int:
        """What is left for lockbot's text of ``most`` characters in all."""
        return most - len(_around(self, "", state))

    def render(self, text: str, state: DashboardState) -> str:
        """The body with another text and state; what was ticked stays so, where the box is still there."""
        return _around(self, tick_boxes(text, find_ticked(self.own)), state)


def parse_body(body: str) -> Parts:
    """Where one of the marks is gone, lockbot's text goes to that end. Who edits in a browser leaves other line ends."""
    body = body.replace("\r\n", "\n")
    start, block = body.find(BEGIN), BLOCK.search(body)
    if start < 0 and block is None:
        return Parts(before=body)
    end, rest = (block.start(), block.end()) if block is not None else (len(body), len(body))
    first = start + len(BEGIN) if 0 <= start < end else 0
    return Parts(
        before=_unmarked(body[: max(start, 0)]) if first else "",
        own=body[first:end].strip(),
        state=find_state(body) or DashboardState(),
        after=_unmarked(body[rest:]),
    )


def _unmarked(text: str) -> str:
    """Without marks that were copied, or left behind."""
    return BLOCK.sub("", text).replace(BEGIN, "")


def _around(parts: Parts, text: str, state: DashboardState) -> str:
    above = f"{parts.before.strip()}\n\n" if parts.before.strip() else ""
    below = f"\n\n{parts.after.strip()}" if parts.after.strip() else ""
    return f"{above}{BEGIN}\n\n{text}\n\n{render_state(state)}{below}\n"
