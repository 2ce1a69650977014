"""Versions to stay with: what many forks say alike is kept once."""

from __future__ import annotations

from bot.markers import parse_marker
from bot.resolver.model.environment import Environment
from bot.resolver.model.python_range import parse_python_range
from bot.resolver.model.versions import parse_version
from bot.resolver.search.preferences import Preference, Preferences

ANYWHERE = Environment(python=parse_python_range(">=3.9"))


def test_forks_that_differ_by_extras_alone_count_once() -> None:
    preferences = Preferences()
    for number in range(2_000):
        marker = parse_marker(f"sys_platform == 'linux' and extra == 'extra-1-a-{number % 50}'")
        preferences.add("a", Preference(version=parse_version("1.0"), marker=marker))
    preferences.add("a", Preference(version=parse_version("1.0"), marker=parse_marker("sys_platform == 'win32'")))
    preferences.add("a", Preference(version=parse_version("2.0"), marker=parse_marker("sys_platform == 'linux'")))
    found = preferences.ordered("a", None, ANYWHERE, newest_first=True)
    assert [one.version.text for one in found] == ["2.0", "1.0", "1.0"]
