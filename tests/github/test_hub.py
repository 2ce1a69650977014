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
from tests.github.described import read_operations
from tests.github.model import Installation, Repository
from tests.github.operations import OPERATIONS


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
    with Hub(tmp_path, lenient=True) as hub:
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
    _, body, _ = site.ask("POST", "/api/graphql", {"query": "{ licenses { name } }"}, site.token())
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


def test_what_comes_alive_in_the_texts_of_the_app_is_found(site: Site) -> None:
    site.hub.push(site.repository, {"a.txt": "b"}, branch="x")
    new = {"head": "x", "base": "main", "title": "t", "body": "hello `@nobody`, <!-- @nobody -->"}
    number = site.ask("POST", site.repos("/pulls"), new, site.token())[1]["number"]
    assert site.hub.find_mentioned() == ()
    site.ask("PATCH", site.repos(f"/pulls/{number}"), {"body": "hello &#64;team"}, site.token())
    site.ask("PATCH", site.repos(f"/pulls/{number}"), {"body": "written over"}, site.token())
    site.ask("POST", site.repos(f"/issues/{number}/comments"), {"body": "as in octo/lib#3"}, site.token())
    sha = site.repository.git.branch("x")
    check = {"name": "n", "head_sha": sha, "output": {"title": "@ada", "summary": "by @ada, https://example.org"}}
    site.ask("POST", site.repos("/check-runs"), check, site.token())
    assert site.hub.find_mentioned() == ("@team", "@ada")
    assert site.hub.find_live("issue") == (f"POST {site.repos(f'/issues/{number}/comments')} body: octo/lib#3",)
    assert [one.rsplit(": ", 1)[1] for one in site.hub.find_live("a")] == ["https://example.org"]


# --- GitHub's description -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("GET", "/pulls?sate=open", None, "unknown parameter 'sate'"),
        ("GET", "/pulls?state=merged", None, "'merged' is not one of"),
        ("GET", "/pulls?per_page=many", None, "'many' is not of type 'integer'"),
        ("GET", "/dependabot/alerts?page=2", None, "unknown parameter 'page'"),
        ("GET", "/nothing", None, "there is no such path"),
        ("PUT", "/pulls", None, "there is no such path"),
        ("POST", "/pulls", {"head": "x", "base": "main", "titel": "t"}, "'titel' was unexpected"),
        ("POST", "/pulls", {"title": "t", "head": "x"}, "'base' is a required property"),
        ("POST", "/git/trees", {"tree": [{"path": "a", "size": 1, "content": ""}]}, "'size' was unexpected"),
        ("POST", "/git/trees", {"tree": [{"path": "a", "mode": "777", "content": ""}]}, "'777' is not one of"),
        ("POST", "/check-runs", {"name": "n", "head_sha": "0" * 40, "conclusion": "good"}, "'good' is not one of"),
        ("POST", "/issues", {"title": "t", "label": ["x"]}, "'label' was unexpected"),
        ("POST", "/git/blobs", b"{", "Problems parsing JSON"),
    ],
)
def test_what_is_not_in_githubs_description_fails_the_test_that_sent_it(
    site: Site, method: str, path: str, body: Any, words: str
) -> None:
    site.ask(method, site.repos(path), body, site.token())
    site.hub.lenient = False
    with pytest.raises(AssertionError, match=words):
        site.hub.check()
    site.hub.check()


def test_a_token_is_asked_for_as_described(site: Site) -> None:
    path = f"/api/v3/app/installations/{site.installation.id}/access_tokens"
    site.ask("POST", path, {"permissions": {"content": "read"}}, site.make_jwt())
    site.hub.lenient = False
    with pytest.raises(AssertionError, match="'content' was unexpected"):
        site.hub.check()


def test_what_is_in_the_description_is_let_through(site: Site) -> None:
    site.hub.lenient = False
    site.ask("GET", site.repos("/pulls?state=all&per_page=100&page=1"), token=site.token())
    site.ask("POST", site.repos("/issues"), {"title": "t", "body": "b", "labels": ["x"]}, site.token())
    site.hub.check()


_PULL = 'query ($n: Int!) { repository(owner: "octo", name: "app") { pullRequest(number: $n) { title } } }'


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("mutation { closeEverything(input: {}) { clientMutationId } }", {}, "undefinedField"),
        ("mutation { updateRefs(input: {}) { clientMutationId } }", {}, "argumentLiteralsIncompatible"),
        (
            "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }",
            {"input": {"repositoryId": "R_1", "refUpdates": [{"name": "x", "after": "y"}]}},
            "variableMismatch",
        ),
        (
            "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }",
            {},
            "variableMismatch",
        ),
        ('query { repository(owner: "octo", name: "app") { stars } }', {}, "undefinedField"),
        ('query { repository(owner: "octo", nam: "app") { name } }', {}, "argumentNotAccepted"),
        (_PULL, {"n": "one"}, "variableMismatch"),
        ("query { licenses { name } }", {}, "undefinedField"),
        ("query {", {}, "parseError"),
        ("", {}, "parseError"),
    ],
)
def test_a_document_is_held_against_githubs_schema(site: Site, query: str, variables: Any, code: str) -> None:
    """Never an answer of null: an error with a code, and the test that sent it fails."""
    status, body, _ = site.ask("POST", "/api/graphql", {"query": query, "variables": variables}, site.token())
    assert (status, "data" in body) == (200, False)
    assert code in [one["extensions"]["code"] for one in body["errors"]]
    site.hub.lenient = False
    with pytest.raises(AssertionError, match="POST /api/graphql"):
        site.hub.check()


def test_what_the_schema_has_and_nobody_has_made_here_fails_too(site: Site) -> None:
    query = 'query { repository(owner: "octo", name: "app") { diskUsage } }'
    assert site.ask("POST", "/api/graphql", {"query": query}, site.token())[1]["errors"]
    site.hub.lenient = False
    with pytest.raises(AssertionError, match="has no resolver"):
        site.hub.check()


def test_the_facts_tell_where_they_come_from() -> None:
    facts = Path(__file__).parent / "facts"
    assert "@octokit/graphql-schema@" in (facts / "schema.graphql").read_text().splitlines()[0]
    assert "@octokit/openapi@" in (facts / "README.md").read_text()
    assert sum(one.stat().st_size for one in facts.iterdir()) < 300_000


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_of_the_stand_in_is_among_the_facts(method: str, path: str) -> None:
    assert f"{method} {path}" in read_operations()
