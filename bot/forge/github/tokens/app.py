"""What stands for the App where somebody hands a token over: a workflow's own, a person's, or an App's for one installation.

Nobody asks for another token, and what it may do shows only when it is refused something. Others act under the same
account, so that its name alone proves nothing (``AppIdentity.is_shared``).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.forge.github.app import GitHubApp, find_text
from bot.forge.github.client import GitHubClient, Learned, TokenAccess
from bot.forge.github.glances import look_over
from bot.forge.github.payloads import RepositoryBody
from bot.forge.github.tokens.dry import DryForge, DryTokenForge
from bot.forge.github.tokens.repository import Lessons, TokenForge
from bot.ports.forge import AppIdentity, ForgeForbidden, Glance, Repository, RepositoryRef, TokenKind

_VIEWER = "query { viewer { login } }"
#: A token is for no installation that anybody could name.
_NONE = 0


class DryApp(GitHubApp):
    """The App itself, where nothing is written."""

    def open_repository(self, ref: RepositoryRef) -> DryForge:
        return DryForge(ref, self._open(ref.installation, ref.id), self._client, self.get_identity)


class TokenApp:
    """Implements ``bot.ports.forge.ForgeApp`` for the repositories that the token can see. ``is_dry``: nothing is written."""

    def __init__(self, access: TokenAccess, *, is_dry: bool = False) -> None:
        self._access = access
        self._forge = DryTokenForge if is_dry else TokenForge
        self._client = GitHubClient(access, learned=Learned())
        self._identity: AppIdentity | None = None
        self.lessons = Lessons()

    @property
    def kind(self) -> TokenKind:
        return self._access.kind

    def get_identity(self) -> AppIdentity:
        """GraphQL alone tells it for every kind of token."""
        if self._identity is None:
            login = str(self._client.query(_VIEWER, {})["viewer"]["login"])
            self._identity = AppIdentity(slug=login.removesuffix("[bot]"), login=login, is_shared=True)
        return self._identity

    def get_repository(self, full_name: str) -> Repository:
        return self._client.get(RepositoryBody, f"/repos/{quote(full_name)}").repository(_NONE)

    def list_installations(self) -> tuple[int, ...]:
        return ()

    def list_repositories(self, installation: int) -> tuple[Repository, ...]:
        del installation
        return ()

    def open_repository(self, ref: RepositoryRef) -> TokenForge:
        return self._forge(ref, self._client, self.get_identity, self._access, self.lessons)

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        del installation
        place = f"/repos/{quote(repository)}/contents/{quote(path)}"
        return find_text(self._client, place, {} if ref is None else {"ref": ref})

    def look_over(
        self, installation: int, refs: Sequence[RepositoryRef], *, check: str | None = None
    ) -> tuple[Glance, ...]:
        """Heads are not looked at: check runs are made by Apps alone."""
        del installation, check
        try:
            return look_over(self._client, self.get_identity(), refs, with_issues=True)
        except ForgeForbidden:
            return look_over(self._client, self.get_identity(), refs, with_issues=False)

    def find_rest(self, installation: int) -> float | None:
        del installation
        return None
