"""axe-core's word on a page: what keeps people from reading or using it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SCRIPT = Path(__file__).resolve().parents[2] / ".venv" / "axe-core" / "axe.min.js"
#: All that the guidelines ask for up to WCAG 2.2 AA, and what axe calls good practice.
_ASKED = """() => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations", "incomplete"],
})"""


def check_accessible(page: Page) -> None:
    """Raises ``AssertionError`` with each violation, what is wrong and where. A page on which nothing was checked fails too."""
    # A browser's own tools may run what the content policy of the page forbids its scripts.
    page.evaluate(_read_script())
    found = page.evaluate(_ASKED)
    assert found["passes"], f"nothing was checked on {page.url}"
    wrong = [_say(one) for one in found["violations"]]
    assert wrong == [], f"{page.url}:\n" + "\n".join(wrong)


@cache
def _read_script() -> str:
    assert _SCRIPT.exists(), f"{_SCRIPT} is missing: run .ci/browser"
    return _SCRIPT.read_text(encoding="utf-8")


def _say(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {' '.join(node['target'])}: {node['failureSummary']}" for node in violation["nodes"])
    return f"  {violation['id']} ({violation['impact']}): {violation['help']}\n{places}"
