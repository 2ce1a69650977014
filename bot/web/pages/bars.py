"""Seconds by stage as a bar: geometry for an SVG without any style of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Units of the picture, and so many stages with colours of their own.
WIDTH, TONES = 100.0, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    stage: str
    seconds: float
    x: str
    width: str
    tone: int


def divide(stages: Mapping[str, float], whole: float) -> tuple[Part, ...]:
    """The longest first; what is no stage's own is at the end, as ``elsewhere``."""
    rest = whole - sum(stages.values())
    named = sorted(stages.items(), key=lambda one: -one[1])
    rows = [*named, *([("elsewhere", rest)] if rest > 0.05 else [])]
    scale = WIDTH / max(whole, sum(stages.values()), 0.001)
    parts, x = [], 0.0
    for at, (stage, seconds) in enumerate(rows):
        tone = TONES if stage == "elsewhere" else min(at, TONES - 1)
        parts.append(Part(stage=stage, seconds=seconds, x=f"{x:.2f}", width=f"{seconds * scale:.2f}", tone=tone))
        x += seconds * scale
    return tuple(parts)
