"""GitHub and GitHub Enterprise Server as a forge."""

from bot.forge.github.app import GitHubApp
from bot.forge.github.repository import GitHubForge

__all__ = ["GitHubApp", "GitHubForge"]
