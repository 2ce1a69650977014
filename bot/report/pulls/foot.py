"""How a pull request's body ends: a box to tick, the commands, and where to go from here."""

from __future__ import annotations

from bot.report.cut import RULE
from bot.report.markdown import link

#: The box: what is ticked is read by the mark, not by the words.
_BOX = "- [ ] <!-- lockbot-box: rebase --> Solve this again on the newest base, and replace what others have put on the branch"
#: Named here, explained by ``help``.
COMMANDS = ("rebase", "ignore", "explain", "merge", "pause", "help")
_DASHBOARD = "the dashboard"


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
