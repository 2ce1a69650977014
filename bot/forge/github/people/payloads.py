"""GitHub's answers about people, as far as they are read."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class TokenBody(BaseModel):
    """A token, or an error: both come with 200."""

    access_token: str = ""
    expires_in: float | None = None
    refresh_token: str | None = None
    error: str = ""


class UserBody(BaseModel):
    id: int
    login: str


class SeenInstallation(BaseModel):
    id: int
    suspended_at: datetime | None = None


class InstallationPage(BaseModel):
    installations: list[SeenInstallation]

    @property
    def rows(self) -> list[SeenInstallation]:
        return self.installations


class Permissions(BaseModel):
    pull: bool = False
    push: bool = False


class SeenRepository(BaseModel):
    id: int
    permissions: Permissions = Permissions()


class SeenPage(BaseModel):
    repositories: list[SeenRepository]

    @property
    def rows(self) -> list[SeenRepository]:
        return self.repositories
