"""How a pull request's body ends: a box to tick, the commands, and where to go from here."""

from __future__ import annotations

from bot.orders import render_box
from bot.patterns import pattern
from bot.report.cut import RULE
from bot.report.markdown import link

#: The box: what is ticked is read by the mark, not by the words.
_BOX = render_box("Solve this again on the newest base, and replace what others have put on the branch", "rebase")
#: Named here, explained by ``help``.
COMMANDS = ("rebase", "ignore", "explain", "merge", "pause", "help")
_DASHBOARD = "the dashboard"
_DASHBOARD_LINK = pattern(r", \[the dashboard\]\(\.\./issues/(\d{1,10})\)\.\s*\Z")


def foot(config_path: str | None) -> str:
    """``config_path``: where the configuration lies in the repository, if there is one."""
    listed = ", ".join(f"`{name}`" for name in COMMANDS)
    place = "no configuration yet" if config_path is None else link("configuration", f"../blob/HEAD/{config_path}")
    return f"{RULE}\n\n{_BOX}\n\nIn a comment: `/lockbot …` with {listed}. This repository: {place}."


def with_dashboard(body: str, number: int) -> str:
    """The body with a link to the dashboard in its foot."""
    head, rule, end = body.rpartition(f"\n{RULE}\n")
    if not rule or not end.rstrip().endswith("."):
        return body
    return f"{head}{rule}{end.rstrip()[:-1]}, {link(_DASHBOARD, f'../issues/{number}')}.\n"


def keep_dashboard(body: str, old: str) -> str:
    """The body with the link that the old one has, where nobody knows just now whether there is a dashboard."""
    found = _DASHBOARD_LINK.search(old)
    return body if found is None or _DASHBOARD_LINK.search(body) else with_dashboard(body, int(found[1])).rstrip("\n")
