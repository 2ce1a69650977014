"""Releases of a repository ("REST API endpoints for releases"). What is public anybody's token may read."""

from __future__ import annotations

from tests.github.model import Release
from tests.github.routes import Call, route
from tests.github.wire import Json, Reply, page


def list_releases(call: Call) -> Reply:
    rows = [_view(call, number, one) for number, one in enumerate(call.repository.releases, 1)]
    return page(call.request, call.hub.url, rows)


def _view(call: Call, number: int, one: Release) -> Json:
    web = f"{call.hub.url}/{call.repository.full_name}"
    return {
        "id": number,
        "tag_name": one.tag,
        "name": one.tag,
        "body": one.body,
        "draft": False,
        "prerelease": False,
        "published_at": "2026-11-18T10:00:00Z",
        "html_url": f"{web}/releases/tag/{one.tag}",
        "assets": [],
    }


ROUTES = (route("GET", "/releases", "contents", "read", list_releases),)
