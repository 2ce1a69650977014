"""The configuration that holds for a pull request: that of the default branch, whatever the pull request says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports.forge import Forge
from bot.ports.run import ConfigText, Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.work.account import AccountPresets
from bot.work.job import JobPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """``text`` None: the repository has no configuration of its own. ``head``: of the default branch, None where it is gone."""

    text: ConfigText | None
    head: Sha | None
    presets: AccountPresets


def read_policy(ports: JobPorts, forge: Forge) -> Policy:
    now = ports.clock.now()
    head = forge.find_branch(forge.get_repository().default_branch)
    presets = AccountPresets(app=ports.app, ref=forge.ref, memory=ports.memory, now=now)
    if head is None:
        return Policy(text=None, head=None, presets=presets)
    # Of one commit it never changes.
    text = ports.memory.policies.get((forge.ref.id, head), now, lambda: _read(forge, head), lasts=True)
    return Policy(text=text, head=head, presets=presets)


def _read(forge: Forge, head: Sha) -> ConfigText | None:
    for path in CONFIG_PATHS:
        text = forge.find_file(path, head)
        if text is not None:
            return ConfigText(path=path, text=text)
    return None


def make_reader(forge: Forge, commit: Sha | None) -> Callable[[str], str | None]:
    """Reads files of a commit, each once; where there is no commit there are no files."""
    known: dict[str, str | None] = {}

    def find(path: str) -> str | None:
        if path not in known:
            known[path] = None if commit is None else forge.find_file(path, commit)
        return known[path]

    return find
