"""Tags of public repositories of hooks, asked of git with the same care as git dependencies are.

Implements ``bot.ports.surroundings.Tags``. One is made for each run: what a repository said holds for that long, and a
host that did not answer isn't asked for another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import LockbotError
from bot.git.sources import GitSources
from bot.ports.run import Sha

#: How long a repository is waited for, in seconds.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTags:
    sources: GitSources
    scheme: str = "https"
    _known: dict[tuple[str, tuple[str, ...]], Mapping[str, Sha] | None] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)

    def find_commits(self, repository: str, tags: Sequence[str]) -> Mapping[str, Sha] | None:
        key = (repository, tuple(tags))
        if key not in self._known:
            self._known[key] = self._ask(repository, tags)
        return self._known[key]

    def _ask(self, repository: str, tags: Sequence[str]) -> Mapping[str, Sha] | None:
        host = repository.partition("/")[0]
        if host in self._silent:
            return None
        try:
            found = self.sources.find_tags(f"{self.scheme}://{repository}", tags, PATIENCE)
        except LockbotError as error:
            if _is_silence(str(error)):
                self._silent.add(host)
            return None
        return {tag: Sha(commit) for tag, commit in found.items()}


def _is_silence(words: str) -> bool:
    """Whether nobody is there, as git tells it; a repository that is private or gone says nothing of its host."""
    return "took longer than" in words or ("unable to access" in words and "returned error" not in words)
