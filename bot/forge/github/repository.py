"""One repository on GitHub through one installation: the ``Forge`` port, each subject in its module."""

from __future__ import annotations

from bot.forge.github.alerts import Alerts
from bot.forge.github.branches import Branches
from bot.forge.github.checks import Checks
from bot.forge.github.issues import Issues
from bot.forge.github.merging import Merging
from bot.forge.github.survey import Surveys


class GitHubForge(Branches, Merging, Issues, Checks, Alerts, Surveys):
    """All that can be done there."""
