"""What the operator said: environment variables, and below them what set-up stored in the data folder."""

from bot.settings.environment import Settings, get_environment, read_server_settings, read_settings
from bot.settings.keys import AppCredentials
from bot.settings.stored import Registration, Stored, StoredProblem, find_stored, store

__all__ = [
    "AppCredentials",
    "Registration",
    "Settings",
    "Stored",
    "StoredProblem",
    "find_stored",
    "get_environment",
    "read_server_settings",
    "read_settings",
    "store",
]
