"""The configuration that a repository without one is offered: translated from another bot's, or the usual one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from bot.ports.run import Problem, Suggestion
from bot.repoconfig.load import CONFIG_PATHS, ConfigError, parse_config
from bot.repoconfig.migration.dependabot import migrate_dependabot
from bot.repoconfig.migration.migrate import DEPENDABOT_PATHS, RENOVATE_PATHS, Migrated, migrate_renovate

#: The files of other bots, and who translates them; the first that is there counts.
_TRANSLATORS: Mapping[str, Callable[[str, str], Migrated]] = {
    **dict.fromkeys(RENOVATE_PATHS, migrate_renovate),
    **dict.fromkeys(DEPENDABOT_PATHS, migrate_dependabot),
}
_USUAL = '{\n  "extends": ["config:recommended"]\n}\n'


def suggest_config(paths: Collection[str], read_text: Callable[[str], str | None]) -> Suggestion:
    """``read_text`` may raise ``InputError`` for a file that is no text.

    A file of another bot that can't be translated is told of, and the usual configuration is offered; so it is where the
    file says nothing of Python, or turns its own bot off.
    """
    source = next((path for path in _TRANSLATORS if path in paths), None)
    text = None if source is None else read_text(source)
    if source is None or text is None:
        return _usual()
    try:
        done = _TRANSLATORS[source](text, source)
    except ConfigError as error:
        return _usual(error.problems)
    if not parse_config(done.text, source).enabled:
        return _usual()
    return Suggestion(path=CONFIG_PATHS[0], text=done.text, source=source, left=done.left)


def _usual(left: tuple[Problem, ...] = ()) -> Suggestion:
    return Suggestion(path=CONFIG_PATHS[0], text=_USUAL, left=left)
