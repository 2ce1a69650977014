"""The App on GitHub: who it is, where it is installed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from urllib.parse import quote

from bot.forge.github.client import GitHubAccess, GitHubClient, Learned, Params
from bot.forge.github.glances import OurCheck, look_over
from bot.forge.github.grants import NEEDED, AppGrants, find_lacking, list_missing
from bot.forge.github.payloads import AppBody, InstallationBody, RepositoryBody, RepositoryPage, Rows
from bot.forge.github.repository import GitHubForge
from bot.ports.forge import AppIdentity, ForgeForbidden, ForgeNotFound, Glance, Repository, RepositoryRef

_MOST_CLIENTS = 500


class GitHubApp:
    def __init__(self, access: GitHubAccess) -> None:
        self._access = access
        self._learned = Learned()
        self._client = GitHubClient(access, learned=self._learned)
        self._lock = threading.Lock()
        self._clients: OrderedDict[tuple[int, int | None], GitHubClient] = OrderedDict()
        self._identity: AppIdentity | None = None

    def get_identity(self) -> AppIdentity:
        if self._identity is None:
            slug = self._client.get(AppBody, "/app").slug
            self._identity = AppIdentity(slug=slug, login=f"{slug}[bot]")
        return self._identity

    def get_grants(self) -> AppGrants:
        body = self._client.get(AppBody, "/app")
        return AppGrants(permissions=body.permissions, events=body.events)

    def check_grants(self) -> str:
        """What the App may do, in one line; raises ``ForgeForbidden`` where it lacks something."""
        lacking = find_lacking(self.get_grants())
        if lacking:
            raise ForgeForbidden(f"the App lacks {', '.join(lacking)}; add them on its settings page")
        return ", ".join(f"{name} {level}" for name, level in sorted(NEEDED.items()))

    def list_installations(self) -> tuple[int, ...]:
        return tuple(one.id for one in self._list_installations())

    def describe_installations(self) -> str:
        """How many there are, and which of them have not accepted what: those go without it."""
        found = self._list_installations()
        behind = [
            f"{one.account.login if one.account else one.id} has not accepted {', '.join(missing)}"
            for one in found
            if (missing := list_missing(one.permissions))
        ]
        return "; ".join((str(len(found)), *behind))

    def _list_installations(self) -> list[InstallationBody]:
        pages = self._client.get_pages(Rows[InstallationBody], "/app/installations")
        return [row for page in pages for row in page.rows if row.suspended_at is None]

    def list_repositories(self, installation: int) -> tuple[Repository, ...]:
        # A token of its own: one from before may not see a repository that was added since.
        client = GitHubClient(self._access, installation, learned=self._learned)
        pages = client.get_pages(RepositoryPage, "/installation/repositories")
        return tuple(row.repository(installation) for page in pages for row in page.rows)

    def get_repository(self, full_name: str) -> Repository:
        """By its name alone: ``ForgeNotFound`` where the App is not installed there."""
        place = f"/repos/{quote(full_name)}"
        installation = self._client.get(InstallationBody, f"{place}/installation").id
        return self._open(installation, None).get(RepositoryBody, place).repository(installation)

    def open_repository(self, ref: RepositoryRef) -> GitHubForge:
        """With tokens for that repository alone."""
        return GitHubForge(ref, self._open(ref.installation, ref.id), self._client, self.get_identity)

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        place = f"/repos/{quote(repository)}/contents/{quote(path)}"
        params: Params = {"ref": ref} if ref is not None else {}
        found = find_text(self._open(installation, None), place, params)
        if found is not None:
            return found
        # A token from before may not see a repository that was added since.
        return find_text(GitHubClient(self._access, installation, learned=self._learned), place, params)

    def look_over(
        self, installation: int, refs: Sequence[RepositoryRef], *, check: str | None = None
    ) -> tuple[Glance, ...]:
        client = self._open(installation, None)
        with client.session():
            granted = self._client.get(InstallationBody, f"/app/installations/{installation}").permissions
            asked = OurCheck(app=self._access.app_id, name=check) if check is not None else None
            return look_over(
                client,
                self.get_identity(),
                refs,
                with_issues="issues" in granted,
                check=asked if granted.get("checks") == NEEDED["checks"] else None,
            )

    def find_rest(self, installation: int) -> float | None:
        return self._learned.budgets.find_reset(installation)

    def _open(self, installation: int, repository: int | None) -> GitHubClient:
        """One client for each token, so that it is used while it lasts. What was used longest ago goes first."""
        key = (installation, repository)
        with self._lock:
            client = self._clients.pop(key, None) or GitHubClient(
                self._access, installation, repository, learned=self._learned
            )
            self._clients[key] = client
            while len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
        return client


def find_text(client: GitHubClient, place: str, params: Params) -> str | None:
    """A file, None where it is not there or may not be read."""
    try:
        return client.request("GET", place, params=params, accept="application/vnd.github.raw+json").decode()
    except (ForgeNotFound, ForgeForbidden, UnicodeDecodeError):
        return None
