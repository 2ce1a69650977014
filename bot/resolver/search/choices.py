"""What the provider answers when the search asks for a version or for dependencies."""

from __future__ import annotations

from bot.resolver.model.environment import Environment
from bot.resolver.model.versions import PyVersion
from bot.resolver.search.fork_state import Reason
from bot.values import value


@value(kw_only=False)
class Chosen:
    version: PyVersion


@value(kw_only=False)
class Split:
    """The fork falls apart before the package is decided; each part goes on with it, at a version if one is given."""

    parts: tuple[tuple[Environment, PyVersion | None], ...]


@value(kw_only=False)
class RuledOut:
    """The version cannot be used. ``python`` is the ``requires-python`` that rules it out, if that is the reason."""

    version: PyVersion
    reason: Reason
    python: str | None = None


@value(kw_only=False)
class NothingLeft:
    """No version in the set. ``reason`` where the whole package is missing."""

    reason: Reason | None = None


Choice = Chosen | Split | RuledOut | NothingLeft


@value(kw_only=False)
class NeedsNewerPython:
    """A version whose metadata asks for a Python that the fork does not guarantee."""

    requires_python: str
