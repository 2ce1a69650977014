"""The stand-in refuses what GitHub refuses: a fake that says yes to everything proves nothing."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from tests.github import Hub
from tests.github.model import Installation, Repository


@dataclass
class Site:
    hub: Hub
    repository: Repository
    installation: Installation

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, **more: str
    ) -> tuple[int, Any, HTTPResponse]:
        parts = urlsplit(self.hub.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        headers = {"User-Agent": "test", **({"Authorization": f"Bearer {token}"} if token else {}), **more}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None, answer

    def make_jwt(self, *, issuer: int | None = None, age: int = 30, life: int = 300, key: str | None = None) -> str:
        now = int(time.time())
        claims = {"iss": str(issuer or self.hub.app.id), "iat": now - age, "exp": now - age + life}
        return jwt.encode(claims, key or self.hub.private_key, algorithm="RS256")

    def token(self, body: Any = None) -> str:
        path = f"/api/v3/app/installations/{self.installation.id}/access_tokens"
        status, answer, _ = self.ask("POST", path, body or {}, self.make_jwt())
        assert status == 201, answer
        token: str = answer["token"]
        return token

    def repos(self, rest: str) -> str:
        return f"/api/v3/repos/{self.repository.full_name}{rest}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub(tmp_path) as hub:
        repository = hub.add_repository("octo/app", {"a.txt": "a"})
        yield Site(hub, repository, hub.install(repository))


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"issuer": 1}, "iss"),
        ({"life": 601}, "exp"),
        ({"age": 400}, "exp"),
        ({"age": -300}, "iat"),
    ],
)
def test_a_wrong_jwt_is_refused(site: Site, claims: dict[str, int], words: str) -> None:
    status, body, _ = site.ask("GET", "/api/v3/app", token=site.make_jwt(**claims))  # type: ignore[arg-type]
    assert (status, words in body["message"]) == (401, True)


def test_a_right_jwt_is_let_in(site: Site) -> None:
    assert site.ask("GET", "/api/v3/app", token=site.make_jwt())[1]["slug"] == "lockbot-test"


@pytest.mark.parametrize(
    "path", ["/api/v3/app/nothing", "/api/v3/repos/octo/app/nothing", "/api/v3/users/octo", "/api/v4"]
)
def test_an_unknown_route_is_not_found(site: Site, path: str) -> None:
    token = site.make_jwt() if "/app/" in path and "repos" not in path else site.token()
    assert site.ask("GET", path, token=token)[0] == 404


@pytest.mark.parametrize("token", [None, "ghs_unknown", ""])
def test_a_wrong_token_is_refused(site: Site, token: str | None) -> None:
    assert site.ask("GET", site.repos(""), token=token)[0] == 401


def test_an_expired_token_is_refused(site: Site) -> None:
    token = site.token()
    site.hub.tokens[token].expires = site.hub.tokens[token].expires.replace(year=2020)
    assert site.ask("GET", site.repos(""), token=token)[0] == 401


def test_a_token_sees_its_repositories_only(site: Site) -> None:
    other = site.hub.add_repository("octo/other", {"a": "b"})
    assert site.ask("GET", f"/api/v3/repos/{other.full_name}", token=site.token())[0] == 404


@pytest.mark.parametrize(
    "body", [{"repository_ids": [1]}, {"repositories": ["other"]}, {"permissions": {"administration": "write"}}]
)
def test_a_token_can_not_ask_for_more_than_was_granted(site: Site, body: Any) -> None:
    path = f"/api/v3/app/installations/{site.installation.id}/access_tokens"
    assert site.ask("POST", path, body, site.make_jwt())[0] == 422


def test_reading_does_not_allow_writing(site: Site) -> None:
    token = site.token({"permissions": {"contents": "read"}})
    assert site.ask("GET", site.repos("/git/ref/heads/main"), token=token)[0] == 200
    status, body, _ = site.ask("POST", site.repos("/git/blobs"), {"content": "x"}, token)
    assert (status, body["message"]) == (403, "Resource not accessible by integration")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/git/blobs", {}, '"content" wasn\'t supplied'),
        ("/git/blobs", {"content": 1}, "is not a string"),
        ("/git/blobs", {"content": "%", "encoding": "base64"}, "not valid Base64"),
        ("/git/trees", {"tree": [{"path": "a"}]}, "Must supply tree.sha or tree.content"),
        ("/git/trees", {"tree": [{"path": "/a", "content": "x"}]}, "cannot start with a slash"),
        ("/git/trees", {"tree": [{"path": "a", "mode": "777", "content": "x"}]}, "valid tree.mode"),
        ("/git/trees", {"tree": [], "base_tree": "0" * 40}, "base_tree"),
        ("/git/commits", {"message": "m", "tree": "0" * 40}, "Tree SHA does not exist"),
        ("/git/refs", {"ref": "main", "sha": "0" * 40}, "must start with 'refs/'"),
        ("/git/refs", {"ref": "refs/heads/x", "sha": "0" * 40}, "Object does not exist"),
        ("/pulls", {"head": "x", "base": "main"}, '"title" wasn\'t supplied'),
        ("/pulls", {"head": "x", "base": "main", "title": "t"}, "Validation Failed"),
        ("/check-runs", {"name": "n", "head_sha": "0" * 40}, "No commit found"),
        ("/check-runs", {"name": "n", "output": {"title": "t", "summary": "s" * 65_536}}, "65535 characters"),
    ],
)
def test_a_wrong_body_is_refused(site: Site, path: str, body: Any, words: str) -> None:
    if path == "/check-runs":
        body = {"head_sha": site.repository.git.branch("main")} | body
    status, answer, _ = site.ask("POST", site.repos(path), body, site.token())
    assert (status, words in answer["message"]) == (422, True)


def test_a_body_that_is_no_json_is_refused(site: Site) -> None:
    assert site.ask("POST", site.repos("/git/blobs"), b"{", site.token())[0] == 400


def test_a_ref_moves_forward_unless_forced(site: Site) -> None:
    first = site.repository.git.branch("main")
    site.hub.push(site.repository, {"a.txt": "b"})
    path, token = site.repos("/git/refs/heads/main"), site.token()
    assert site.ask("PATCH", path, {"sha": first}, token)[1]["message"] == "Update is not a fast forward"
    assert site.ask("PATCH", path, {"sha": first, "force": True}, token)[0] == 200


def test_a_lease_is_kept(site: Site) -> None:
    first = site.repository.git.branch("main")
    site.hub.push(site.repository, {"a.txt": "b"})
    update = {"name": "refs/heads/main", "beforeOid": first, "afterOid": first, "force": True}
    query = "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
    variables = {"input": {"repositoryId": f"R_{site.repository.id}", "refUpdates": [update]}}
    _, body, _ = site.ask("POST", "/api/graphql", {"query": query, "variables": variables}, site.token())
    assert body["errors"][0]["type"] == "UNPROCESSABLE"
    assert site.repository.git.branch("main") != first


def test_an_unknown_query_is_an_error(site: Site) -> None:
    _, body, _ = site.ask("POST", "/api/graphql", {"query": "{ viewer { login } }"}, site.token())
    assert body["errors"]


def test_a_commit_with_an_author_of_its_own_is_not_signed(site: Site) -> None:
    tree = site.repository.git.find("main^{tree}")
    body = {"message": "m", "tree": tree, "author": {"name": "a", "email": "a@example.org"}}
    answers = [
        site.ask("POST", site.repos("/git/commits"), one, site.token())[1]
        for one in (body, {"message": "m", "tree": tree})
    ]
    assert [one["verification"]["verified"] for one in answers] == [False, True]


def test_pages_are_linked(site: Site) -> None:
    for number in range(5):
        site.hub.push(site.repository, {"a.txt": str(number)})
    status, body, answer = site.ask("GET", site.repos("/commits?per_page=2&page=2"), token=site.token())
    assert (status, len(body)) == (200, 2)
    assert 'page=3>; rel="next"' in (answer.headers["Link"] or "")


@pytest.mark.parametrize(("service", "status"), [("git-upload-pack", 401), ("git-receive-pack", 401)])
def test_git_asks_who_is_there(site: Site, service: str, status: int) -> None:
    parts = urlsplit(site.hub.url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", f"/octo/app.git/info/refs?service={service}")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (status, 'Basic realm="GitHub"')
    connection.close()


def test_git_clones_with_a_token_and_can_not_push_with_a_reading_one(site: Site, tmp_path: Path) -> None:
    token = site.token({"permissions": {"contents": "read"}})
    url = site.hub.url.replace("://", f"://x-access-token:{token}@") + "/octo/app.git"
    subprocess.run(["git", "clone", "-q", url, str(tmp_path / "c")], check=True)
    assert (tmp_path / "c" / "a.txt").read_text() == "a"
    pushed = subprocess.run(
        ["git", "-C", str(tmp_path / "c"), "push", "-q", "origin", "HEAD:x"], capture_output=True, check=False
    )
    assert pushed.returncode


def test_who_is_mentioned_is_found_in_what_the_app_wrote(site: Site) -> None:
    site.hub.add_pull(
        site.repository, head="main", base="main", title="t", body="hello `@nobody`", author=site.hub.app.bot
    )
    assert site.hub.find_mentioned() == ()
    site.hub.add_pull(
        site.repository, head="main", base="main", title="t", body="hello &#64;team", author=site.hub.app.bot
    )
    assert site.hub.find_mentioned() == ("@team",)
