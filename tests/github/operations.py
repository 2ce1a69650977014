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
    ("GET", "/app/hook/config"),
    ("PATCH", "/app/hook/config"),
    ("GET", "/app/hook/deliveries"),
    ("POST", "/app-manifests/{code}/conversions"),
    ("GET", "/app/installations"),
    ("GET", "/app/installations/{installation_id}"),
    ("POST", "/app/installations/{installation_id}/access_tokens"),
    ("GET", "/installation/repositories"),
    ("GET", "/repos/{owner}/{repo}/installation"),
)

#: Of what a person sees through the App, and of the token that it is asked with.
_OF_PEOPLE = (
    ("DELETE", "/applications/{client_id}/token"),
    ("GET", "/user"),
    ("GET", "/user/installations"),
    ("GET", "/user/installations/{installation_id}/repositories"),
)

#: (method, path) of the description.
OPERATIONS: tuple[tuple[str, str], ...] = (*_OF_THE_APP, *_OF_PEOPLE, *((one.method, one.described) for one in ROUTES))


def find(method: str, rest: str) -> tuple[Route, dict[str, str]] | None:
    """The route of what follows ``/repos/OWNER/NAME``, with the parts of the path."""
    for one in ROUTES:
        match = one.pattern.fullmatch(rest) if one.method == method else None
        if match is not None:
            return one, match.groupdict()
    return None
