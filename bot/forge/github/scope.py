"""What every part of one repository's adapter stands on: whose tokens, which path."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from bot.forge.github.client import GitHubClient
from bot.forge.github.payloads import GitCommit, RepositoryBody
from bot.ports.forge import AppIdentity, RepositoryRef
from bot.ports.run import Sha


class RepositoryScope:
    """``identify``: who the App is, asked for at most once for each process."""

    def __init__(
        self, ref: RepositoryRef, client: GitHubClient, app_client: GitHubClient, identify: Callable[[], AppIdentity]
    ) -> None:
        self._ref = ref
        self._client = client
        self._app_client = app_client
        self._identify = identify
        self._body: RepositoryBody | None = None
        #: What was seen already and never changes: commits, and by number how GraphQL calls a pull request.
        self._commits: dict[Sha, GitCommit] = {}
        self._nodes: dict[int, str] = {}
        self._path = f"/repos/{quote(ref.owner)}/{quote(ref.name)}"

    @property
    def ref(self) -> RepositoryRef:
        return self._ref

    def _get_body(self) -> RepositoryBody:
        """Of the repository as it is called now: ``ref`` may hold a name from before it was renamed or moved."""
        if self._body is None:
            self._body = self._client.get(RepositoryBody, self._path)
        return self._body

    def _name(self) -> dict[str, str]:
        """The variables by which a query finds the repository."""
        return {"owner": self._ref.owner, "name": self._ref.name}
