"""Dependabot's alerts. Their pages have no numbers: the Link header names a cursor."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.github import views
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Reply

_STATES = frozenset({"auto_dismissed", "dismissed", "fixed", "open"})


def list_alerts(call: Call) -> Reply:
    query, alerts = call.request.query, call.repository.alerts
    if alerts is None:
        raise ApiError(403, "Dependabot alerts are disabled for this repository.")
    states = set(query["state"].split(",")) if "state" in query else set(_STATES)
    if not states <= _STATES:
        raise ApiError(422, "Invalid request.")
    rows = [
        one for one in alerts.values() if one.state in states and query.get("ecosystem", one.ecosystem) == one.ecosystem
    ]
    rows.sort(key=lambda one: one.number, reverse=True)
    size, start = int(query.get("per_page", "30")), int(query.get("after", "c0").removeprefix("c"))
    headers = {}
    if start + size < len(rows):
        after = urlencode({**query, "after": f"c{start + size}"})
        headers["Link"] = f'<{call.hub.url}{call.request.path}?{after}>; rel="next"'
    return Reply(body=[views.alert(one) for one in rows[start : start + size]], headers=headers)


ROUTES = (route("GET", "/dependabot/alerts", "vulnerability_alerts", "read", list_alerts),)
