"""What the App is installed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.forge.memory import MemoryForgeApp
from bot.ports.forge import ForgeNotFound, Repository
from bot.work.installed import list_repositories
from tests.work.scene import REF

OTHER = replace(REF, installation=8, id=50)


def test_an_installation_that_went_away_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    app = MemoryForgeApp()
    for ref in (REF, OTHER):
        app.add_repository(ref)
    assert list_repositories(app, None) == (REF, OTHER)
    assert list_repositories(app, 8) == (OTHER,)
    listed = MemoryForgeApp.list_repositories

    def refuse(self: MemoryForgeApp, installation: int) -> tuple[Repository, ...]:
        if installation == REF.installation:
            raise ForgeNotFound("gone")
        return listed(self, installation)

    monkeypatch.setattr(MemoryForgeApp, "list_repositories", refuse)
    assert list_repositories(app, None) == (OTHER,)
    assert list_repositories(app, REF.installation) == ()
