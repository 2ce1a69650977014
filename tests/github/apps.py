"""The App's own endpoints: identity, installations, tokens, and what an installation sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.github import described, registration, views
from tests.github.auth import check_jwt, find_caller, issue_token
from tests.github.wire import Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.github.hub import Hub

_TOKENS = re.compile(r"/app/installations/(\d+)/access_tokens")
_WHERE = re.compile(r"/repos/([^/]+)/([^/]+)/installation")
_ONE = re.compile(r"/app/installations/(\d+)")


def answer(hub: Hub, request: Request) -> Reply | None:
    """None when the path is none of these."""
    if request.path == "/api/v3/installation/repositories" and request.method == "GET":
        hub.note_wrong(request, described.find_faults("/installation/repositories", request))
        return _list_repositories(hub, request)
    path = request.path.removeprefix("/api/v3")
    if (match := _WHERE.fullmatch(path)) and request.method == "GET":
        return _find_installation(hub, request, *match.groups())
    if path != "/app" and not path.startswith("/app/"):
        return None
    check_jwt(hub.app, request)
    template = re.sub(r"/\d+", "/{installation_id}", path)
    hub.note_wrong(request, described.find_faults(template, request))
    if path == "/app" and request.method == "GET":
        return _get_app(hub)
    if path == "/app/hook/config" and request.method == "GET":
        return registration.get_hook(hub)
    if path == "/app/hook/config" and request.method == "PATCH":
        return registration.change_hook(hub, request)
    if path == "/app/hook/deliveries" and request.method == "GET":
        return registration.list_deliveries(hub, request)
    if path == "/app/installations" and request.method == "GET":
        rows = [views.installation(one, hub.app.id, hub.app.slug) for one in hub.installations.values()]
        return page(request, hub.url, rows)
    if (match := _TOKENS.fullmatch(path)) and request.method == "POST":
        return _create_token(hub, request, int(match.group(1)))
    if (match := _ONE.fullmatch(path)) and request.method == "GET" and int(match.group(1)) in hub.installations:
        return Reply(body=views.installation(hub.installations[int(match.group(1))], hub.app.id, hub.app.slug))
    raise not_found()


def _find_installation(hub: Hub, request: Request, owner: str, name: str) -> Reply:
    check_jwt(hub.app, request)
    hub.note_wrong(request, described.find_faults("/repos/{owner}/{repo}/installation", request))
    repository = hub.find_repository(owner, name)
    found = None if repository is None else hub.installations.get(hub.installation_of(repository))
    if found is None:
        raise not_found()
    return Reply(body=views.installation(found, hub.app.id, hub.app.slug))


def _get_app(hub: Hub) -> Reply:
    body = {
        "id": hub.app.id,
        "slug": hub.app.slug,
        "name": hub.app.slug.title(),
        "permissions": hub.app.permissions,
        "events": list(hub.app.events),
        "client_id": hub.signing_in.client_id,
        "html_url": f"{hub.url}/github-apps/{hub.app.slug}",
    }
    return Reply(body=body)


def _create_token(hub: Hub, request: Request, number: int) -> Reply:
    installation = hub.installations.get(number)
    if installation is None:
        raise not_found()
    names = {hub.repositories[one].name: one for one in installation.repositories}
    token = issue_token(installation, request.json(), names, hub.app)
    hub.tokens[token.value] = token
    body = {
        "token": token.value,
        "expires_at": views.stamp(token.expires),
        "permissions": token.permissions,
        "repository_selection": "selected",
    }
    return Reply(status=201, body=body)


def _list_repositories(hub: Hub, request: Request) -> Reply:
    token = find_caller(hub.tokens, hub.installations, request).token
    rows = [views.repository(hub.repositories[one], hub.url) for one in sorted(token.repositories)]
    return page(request, hub.url, rows, "repositories")
