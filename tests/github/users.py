"""What a person sees through the App: who they are, the installations that they have to do with, and which repositories
of these they may read or write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.github import described, views
from tests.github.model import Account, Installation, Repository
from tests.github.oauth import find_person
from tests.github.wire import ApiError, Json, Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.github.hub import Hub

_REPOSITORIES = re.compile(r"/user/installations/(\d+)/repositories")
#: What each role may do, from little to much.
_ROLES = ("pull", "triage", "push", "maintain", "admin")
_NAMED = {"read": "pull", "write": "push"}


def answer(hub: Hub, request: Request) -> Reply | None:
    """None when the path is none of these."""
    path = request.path.removeprefix("/api/v3")
    if path != "/user" and not path.startswith("/user/"):
        return None
    template = re.sub(r"/\d+/", "/{installation_id}/", path)
    hub.note_wrong(request, described.find_faults(template, request))
    person = find_person(hub, request)
    if person is None:
        raise ApiError(401, "Bad credentials")
    if path == "/user" and request.method == "GET":
        return Reply(body=views.account(person) | {"name": person.login.title(), "email": None})
    if path == "/user/installations" and request.method == "GET":
        rows = [
            views.installation(one, hub.app.id, hub.app.slug)
            for one in hub.installations.values()
            if _list_seen(hub, one, person)
        ]
        return page(request, hub.url, rows, "installations")
    match = _REPOSITORIES.fullmatch(path)
    installation = hub.installations.get(int(match[1])) if match else None
    if installation is None or not _list_seen(hub, installation, person):
        raise not_found()
    if installation.suspended:
        raise ApiError(403, "This installation has been suspended")
    rows = [_show(hub, one, person) for one in _list_seen(hub, installation, person)]
    return page(request, hub.url, rows, "repositories")


def _list_seen(hub: Hub, installation: Installation, person: Account) -> list[Repository]:
    """Those that the person has explicit permission for; that one is public is none."""
    found = (hub.repositories[one] for one in sorted(installation.repositories) if one in hub.repositories)
    return [one for one in found if person.login in one.permissions]


def _show(hub: Hub, one: Repository, person: Account) -> Json:
    role = _NAMED.get(one.permissions[person.login], one.permissions[person.login])
    rank = _ROLES.index(role)
    may = {name: _ROLES.index(name) <= rank for name in _ROLES}
    return views.repository(one, hub.url) | {"permissions": may}
