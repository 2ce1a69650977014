"""The branches of a repository that updates are proposed for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.ports.forge import Forge
from bot.ports.presets import PresetSource
from bot.ports.run import BranchName, ConfigState, Sha
from bot.repoconfig.globs import matches_text
from bot.repoconfig.load import CONFIG_PATHS, ConfigError, load_config

#: How a pattern calls the default branch, whatever its name.
_DEFAULT = "$default"
#: Each of them is solved by itself: so many are taken, the first by name.
MOST_BASES = 20


def choose_bases(
    patterns: Sequence[str], prefix: str, default: BranchName, branches: Iterable[BranchName]
) -> tuple[BranchName, ...]:
    """Those that the patterns match, the default branch first; without patterns it alone. Branches of lockbot's are none."""
    if not patterns:
        return (default,)
    named = [default if one == _DEFAULT else one for one in patterns]
    found = sorted(one for one in branches if not one.startswith(prefix) and matches_text(one, named))
    ordered = sorted(found, key=lambda one: one != default)
    return tuple(ordered[:MOST_BASES])


def list_bases(forge: Forge, default: BranchName, config: ConfigState) -> dict[BranchName, Sha]:
    """The branches that a configuration is about, each with its head; nothing is asked where it names none."""
    heads = forge.list_branches() if config.bases else {}
    return {one: heads[one] for one in choose_bases(config.bases, config.prefix, default, heads) if one in heads}


def read_bases(forge: Forge, default: BranchName, commit: Sha, presets: PresetSource) -> frozenset[BranchName] | None:
    """The same before anything is solved, from the configuration at a commit; None where that is broken."""
    found = ((path, forge.find_file(path, commit)) for path in CONFIG_PATHS)
    path, text = next(((path, text) for path, text in found if text is not None), (CONFIG_PATHS[0], "{}"))
    try:
        config = load_config(text, path, presets).config
    except ConfigError:
        return None
    heads = forge.list_branches() if config.base_branch_patterns else {}
    return frozenset(choose_bases(config.base_branch_patterns, config.branch_prefix, default, heads))
