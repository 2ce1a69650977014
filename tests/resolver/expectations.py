"""Writes what a scenario is expected to give into its file; the ``[expected]`` table is the last one."""

from __future__ import annotations

from pathlib import Path

from tests.resolver.universe import Expected

_HEADER = "[expected]"


def write_expected(path: Path, expected: Expected) -> None:
    """Replace the ``[expected]`` table of a scenario file, or add it."""
    text = path.read_text("utf-8")
    head = text.partition(f"\n{_HEADER}\n")[0].rstrip("\n")
    path.write_text(f"{head}\n\n{render_expected(expected)}", "utf-8", newline="")


def render_expected(expected: Expected) -> str:
    if expected.unchanged:
        return f"{_HEADER}\nunchanged = true\n"
    if expected.lock is not None:
        return f"{_HEADER}\nlock = {_multi_line(expected.lock)}\n"
    if expected.no_solution is not None:
        return f"{_HEADER}\nno_solution = {_multi_line(expected.no_solution)}\n"
    return f"{_HEADER}\nrefusal = {_multi_line(expected.refusal or '')}\n"


def _multi_line(text: str) -> str:
    if "'''" not in text:
        return f"'''\n{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{escaped}"""'
