"""All that the stand-in answers of REST, by the names that GitHub's description gives it."""

from __future__ import annotations

from tests.github import alerts, checks, git_data, issues, merging, pulls, releases
from tests.github.routes import Route

ROUTES: tuple[Route, ...] = (
    *git_data.ROUTES,
    *pulls.ROUTES,
    *merging.ROUTES,
    *issues.ROUTES,
    *checks.ROUTES,
    *alerts.ROUTES,
    *releases.ROUTES,
)

#: Of the App itself, and of what an installation sees.
_OF_THE_APP = (
    ("GET", "/app"),
    ("GET", "/app/installations"),
    ("GET", "/app/installations/{installation_id}"),
    ("POST", "/app/installations/{installation_id}/access_tokens"),
    ("GET", "/installation/repositories"),
)

#: (method, path) of the description.
OPERATIONS: tuple[tuple[str, str], ...] = (*_OF_THE_APP, *((one.method, one.described) for one in ROUTES))
