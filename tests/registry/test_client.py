"""What is believed of a container registry, and where it can't lead."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bot.egress import Network
from bot.errors import LockbotError
from bot.index.http.guard import Guard, resolve_guarded
from bot.ports.registry import RegistryFailure
from bot.registry.challenge import parse_challenge
from bot.registry.client import HttpRegistry, RegistrySettings
from tests.loopback import NOT_FOUND, Answer, Asked, Loopback

INDEX = "application/vnd.oci.image.index.v1+json"
DIGEST = f"sha256:{'a' * 64}"
MANIFEST = "/v2/astral-sh/uv/manifests/0.13.9"


class Registry(Loopback):
    """Answers with what ``replies`` has for a path; ``asked`` is all that came."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.replies.get(asked.path.partition("?")[0], NOT_FOUND)
        return found if isinstance(found, Answer) else found(asked)

    def serve(self, *, token: str | None = None, digest: str | None = DIGEST, kind: str = INDEX) -> None:
        """One manifest; with ``token`` for those who have it."""
        headers = {"Content-Type": kind} | ({"Docker-Content-Digest": digest} if digest is not None else {})
        found = Answer(body=b"{}", headers=headers)
        ask = f'Bearer realm="{self.root}/token",service="registry",scope="everything"'
        denied = Answer(status=401, headers={"WWW-Authenticate": ask})
        is_known = f"Bearer {token}"
        self.replies[MANIFEST] = (
            found
            if token is None
            else lambda asked: found if asked.headers.get("authorization") == is_known else denied
        )
        self.replies["/token"] = Answer(body=json.dumps({"token": token}).encode())


@dataclass
class Clock:
    now: float = 0.0
    calls: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        yield server


def client(registry: Registry, clock: Clock | None = None, **settings: object) -> HttpRegistry:
    bases = settings.pop("bases", {"ghcr.io": registry.root})
    known: dict[str, object] = {
        "resolve": lambda host, port: None,
        "check_host": lambda host: None,
        "clock": clock or Clock(),
    }
    network = Network(**(known | settings))  # type: ignore[arg-type]
    return HttpRegistry(RegistrySettings(network=network, bases=bases))  # type: ignore[arg-type]


def look(one: HttpRegistry, tag: str = "0.13.9") -> str | None:
    return one.find_digest("ghcr.io", "astral-sh/uv", tag)


def test_a_tag_leads_to_the_digest_of_its_index(registry: Registry) -> None:
    registry.serve()
    assert look(client(registry)) == DIGEST
    (asked,) = registry.asked
    assert (asked.method, asked.path) == ("HEAD", MANIFEST)
    assert asked.headers["accept"].startswith(INDEX)
    assert "authorization" not in asked.headers


def test_a_token_is_fetched_where_one_is_asked_for(registry: Registry) -> None:
    registry.serve(token="t0k3n")
    one = client(registry)
    assert look(one) == DIGEST
    assert [asked.path.partition("?")[0] for asked in registry.asked] == [MANIFEST, "/token", MANIFEST]
    assert registry.asked[1].path == "/token?service=registry&scope=repository%3Aastral-sh%2Fuv%3Apull"
    registry.replies["/v2/astral-sh/uv/manifests/0.13"] = registry.replies[MANIFEST]
    assert look(one, "0.13") == DIGEST
    assert len(registry.asked) == 4, "the token is used again"


def test_a_registry_without_the_header_has_its_manifest_hashed(registry: Registry) -> None:
    registry.serve(digest=None)
    assert look(client(registry)) == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


def test_a_tag_that_is_not_there_is_none(registry: Registry) -> None:
    assert look(client(registry), "0.99.0") is None


def test_answers_are_kept_for_a_while(registry: Registry) -> None:
    registry.serve()
    clock = Clock()
    one = client(registry, clock)
    assert [look(one), look(one)] == [DIGEST, DIGEST]
    assert len(registry.asked) == 1
    clock.now = 601.0
    look(one)
    assert len(registry.asked) == 2


def test_a_registry_that_failed_is_left_alone_for_a_while(registry: Registry) -> None:
    clock = Clock()
    registry.replies[MANIFEST] = Answer(status=503)
    one = client(registry, clock)
    for _ in range(3):
        with pytest.raises(RegistryFailure, match=r"ghcr\.io: it answers with status 503"):
            look(one)
    with pytest.raises(RegistryFailure, match="503"):
        look(one, "0.13.9-alpine")
    assert len(registry.asked) == 1
    clock.now = 61.0
    registry.serve()
    assert look(one) == DIGEST


def redirect(target: str) -> Answer:
    return Answer(status=307, headers={"Location": target})


def challenge(realm: str) -> Answer:
    return Answer(status=401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'})


BIG = Answer(body=b"x" * (5 << 20), headers={"Content-Type": INDEX})
HTML = Answer(body=b"<html>", headers={"Content-Type": "text/html", "Docker-Content-Digest": DIGEST})
ODD = Answer(headers={"Content-Type": INDEX, "Docker-Content-Digest": "sha256:../../etc"})

REFUSED = {
    "gigabytes": (BIG, "more than 4096 KiB"),
    "a page for people": (HTML, "is no manifest"),
    "a digest that is none": (ODD, "has no digest"),
    "a token realm on another host": (
        challenge("https://evil.example/token"),
        "https://evil.example, which is not one of",
    ),
    "a realm with a name in front": (challenge("https://ghcr.io@evil.example/"), "not one of its own hosts"),
    "a realm on this network": (
        challenge("http://169.254.169.254/latest"),
        "http://169.254.169.254, which is not one of",
    ),
    "another scheme": (challenge("file:///etc/passwd"), "not one of its own hosts"),
    "no realm": (Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}), "sends for a token to nowhere"),
    "a redirect to metadata": (redirect("http://169.254.169.254/latest/meta-data"), "without https"),
    "a redirect to a file": (redirect("file:///etc/passwd"), "without https"),
    "redirects without end": (redirect(MANIFEST), "redirects again and again"),
    "not for us": (Answer(status=403), "status 403"),
}


@pytest.mark.parametrize(("reply", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_believed(registry: Registry, reply: Answer, told: str) -> None:
    registry.replies[MANIFEST] = reply
    with pytest.raises(RegistryFailure, match=told):
        look(client(registry))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "is no token"),
        (b'{"token": 1}', "is no token"),
        (b'{"token": "a\\r\\nX: y"}', "is no token"),
        (b"[" * 60_000, "can't be read|no JSON"),
        (b'"' + b"x" * 70_000 + b'"', "more than 64 KiB"),
    ],
)
def test_tokens_that_are_none(registry: Registry, body: bytes, told: str) -> None:
    registry.serve(token="x")
    registry.replies["/token"] = Answer(body=body)
    with pytest.raises(RegistryFailure, match=told):
        look(client(registry))


def test_a_redirect_with_https_is_looked_up_first(registry: Registry) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> str | None:
        asked.append(f"{host}:{port}")
        return None if host == "127.0.0.1" else resolve_guarded(Guard(), host, port)

    registry.replies[MANIFEST] = redirect("https://169.254.169.254/x")
    with pytest.raises(RegistryFailure, match="not a public address"):
        look(client(registry, resolve=resolve))
    assert asked[-1] == "169.254.169.254:443"


def test_no_token_goes_to_another_host(registry: Registry) -> None:
    """The other host is this one by another name; the address that is connected to is the one that was checked."""
    with Registry() as other:
        other.replies["/x"] = Answer(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})
        registry.serve(token="t0k3n")
        held = registry.replies[MANIFEST]
        assert not isinstance(held, Answer)

        def there(asked: Asked) -> Answer:
            is_known = "authorization" in asked.headers
            return redirect(f"{other.root}/x") if is_known else held(asked)

        registry.replies[MANIFEST] = there
        # Without https no other host is followed at all; here only the port is another.
        with pytest.raises(RegistryFailure, match="without https"):
            look(client(registry))
        assert other.asked == []


def test_a_server_on_this_network_is_not_called(registry: Registry) -> None:
    registry.serve()
    guarded = client(registry, resolve=lambda host, port: resolve_guarded(Guard(), host, port))
    with pytest.raises(RegistryFailure, match="not a public address"):
        look(guarded)
    assert registry.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_called(registry: Registry) -> None:
    registry.serve()
    port = registry.root.rpartition(":")[2]
    one = client(registry, bases={"ghcr.io": f"http://registry.invalid:{port}"}, resolve=lambda host, port: "127.0.0.1")
    assert look(one) == DIGEST
    assert registry.asked[0].headers["host"] == f"registry.invalid:{port}"


def test_what_a_proxy_would_be_sent_to_is_checked() -> None:
    def refuse(host: str) -> None:
        raise LockbotError(f"{host} is ours")

    proxied = Network(
        resolve=lambda host, port: None, check_host=refuse, find_proxy=lambda url: "http://proxy.invalid:1"
    )
    one = HttpRegistry(RegistrySettings(network=proxied))
    with pytest.raises(RegistryFailure, match=r"ghcr\.io is ours"):
        look(one)


@pytest.mark.parametrize(
    ("registry_name", "repository", "tag"),
    [
        ("ghcr.io.evil.example", "astral-sh/uv", "1"),
        ("169.254.169.254", "latest", "1"),
        ("ghcr.io", "../../x", "1"),
        ("ghcr.io", "astral-sh/uv", "../x"),
        ("ghcr.io", "astral-sh/uv", "a\r\nb"),
        ("ghcr.io", "astral-sh/uv?x=", "1"),
    ],
)
def test_nobody_else_is_asked(registry: Registry, registry_name: str, repository: str, tag: str) -> None:
    with pytest.raises(RegistryFailure, match="does not ask"):
        client(registry).find_digest(registry_name, repository, tag)
    assert registry.asked == []


def test_a_server_that_is_not_there_is_told_in_words(registry: Registry) -> None:
    one = client(registry, bases={"ghcr.io": "http://127.0.0.1:9"})
    with pytest.raises(RegistryFailure, match=r"ghcr\.io: it can't be reached \(ConnectError\)"):
        look(one)


def test_patience_ends(registry: Registry) -> None:
    registry.replies[MANIFEST] = Answer(body=b"x" * 100_000, headers={"Content-Type": INDEX})
    times = iter([0.0, 0.0, *range(100, 200)])
    one = client(registry, clock=lambda: next(times))  # type: ignore[arg-type]
    with pytest.raises(RegistryFailure, match="longer than 20 seconds"):
        look(one)


def test_a_realm_is_taken_apart() -> None:
    found = parse_challenge('Bearer realm="https://ghcr.io/token",service="ghcr.io"', {"https://ghcr.io"})
    assert (found.realm, found.service) == ("https://ghcr.io/token", "ghcr.io")
    assert found.query("a/b") == {"service": "ghcr.io", "scope": "repository:a/b:pull"}
