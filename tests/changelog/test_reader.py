"""What is asked for, with which token, how often, and what comes of it: GitHub by respx."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import respx

from bot.changelog.places import Forge
from bot.changelog.reader import HttpNotes, ReaderSettings
from bot.changelog.store import NotesStore
from bot.egress import Network
from bot.errors import LockbotError
from bot.ports.notes import Notes, NotesAccess, NotesForm, NotesQuestion

API, RAW = "https://api.github.com", "https://raw.githubusercontent.com"
PUBLIC = Forge(web="https://github.com", api=API, raw=RAW, takes_token=True)
OWN = Forge(web="https://git.example.org", api="https://git.example.org/api/v3", takes_token=True)
DEMO = NotesQuestion(package="demo", before="1.0", after="1.2", links=(("Source", "https://github.com/org/demo"),))
RELEASES = f"{API}/repos/org/demo/releases"
ACCESS = NotesAccess(repository="me/mine", token=lambda: "t0k3n")
CONTEXT = ssl.create_default_context()
CHANGES = "# Changes\n\n## 1.3\nlater\n\n## 1.2\nnew things\n\n## 1.1\nold things\n\n## 1.0\nbefore\n"


@dataclass(slots=True)
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def reader(
    clock: Clock | None = None, folder: Path | None = None, forges: Sequence[Forge] = (PUBLIC,), **network: object
) -> HttpNotes:
    known: dict[str, object] = {
        "resolve": lambda host, port: None,
        "check_host": lambda host: None,
        "certificates": lambda: CONTEXT,
    }
    return HttpNotes(
        ReaderSettings(
            forges=tuple(forges),
            network=Network(**(known | network)),  # type: ignore[arg-type]
            store=NotesStore(folder),
            now=clock or Clock(),
        )
    )


def find(one: HttpNotes, question: NotesQuestion = DEMO, access: NotesAccess = ACCESS) -> Notes | None:
    return one.find([question], access, 5.0).get(question)


def release(tag: str, body: str = "words", **more: object) -> dict[str, object]:
    page = f"https://github.com/org/demo/releases/tag/{tag}"
    return {
        "tag_name": tag,
        "body": body,
        "html_url": page,
        "published_at": "2026-11-18T10:00:00Z",
        "assets": ["x"] * 9,
        **more,
    }


def releases(*rows: object, **headers: str) -> httpx.Response:
    return httpx.Response(
        200, json=list(rows), headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.fixture(autouse=True)
def github() -> respx.Router:  # type: ignore[misc]
    with respx.mock(assert_all_called=False) as router:
        yield router


def test_releases_between_the_two_versions(github: respx.Router) -> None:
    tags = ("v1.3", "v1.2", "v1.2rc1", "v1.1", "v1.0", "v0.9")
    asked = github.get(RELEASES).mock(return_value=releases(*map(release, tags)))
    notes = find(reader())
    assert notes is not None
    assert [(one.version, one.text, one.date, one.form) for one in notes.entries] == [
        ("1.2", "words", "2026-11-18", NotesForm.MARKDOWN),
        ("1.1", "words", "2026-11-18", NotesForm.MARKDOWN),
    ]
    assert notes.entries[0].url == "https://github.com/org/demo/releases/tag/v1.2"
    assert notes.compare == "https://github.com/org/demo/compare/v1.0...v1.2"
    assert notes.url == "https://github.com/org/demo/releases"
    (call,) = asked.calls
    assert call.request.headers["authorization"] == "Bearer t0k3n"
    assert call.request.url.params["per_page"] == "20"


def test_a_changelog_file_where_releases_say_nothing(github: respx.Router) -> None:
    github.get(RELEASES).mock(return_value=releases(release("v1.2", ""), release("v1.0", "")))
    tree = [{"path": "CHANGES.md", "type": "blob"}, {"path": "changelog", "type": "tree"}]
    github.get(f"{API}/repos/org/demo/git/trees/HEAD").mock(return_value=httpx.Response(200, json={"tree": tree}))
    raw = github.get(f"{RAW}/org/demo/HEAD/CHANGES.md").mock(return_value=httpx.Response(200, text=CHANGES))
    notes = find(reader())
    assert notes is not None
    assert [(one.version, one.text) for one in notes.entries] == [("1.2", "new things"), ("1.1", "old things")]
    assert notes.url == "https://github.com/org/demo/blob/HEAD/CHANGES.md"
    assert notes.compare == "https://github.com/org/demo/compare/v1.0...v1.2"
    assert "authorization" not in raw.calls[0].request.headers, "raw files are had without a token"


def test_the_file_that_metadata_link_to_costs_no_listing(github: respx.Router) -> None:
    link = ("Changelog", "https://github.com/org/demo/blob/main/docs/news.md")
    github.get(RELEASES).mock(return_value=httpx.Response(404))
    github.get(f"{RAW}/org/demo/main/docs/news.md").mock(return_value=httpx.Response(200, text=CHANGES))
    notes = find(reader(), replace(DEMO, links=(*DEMO.links, link)))
    assert notes is not None
    assert notes.entries[0].text == "new things"
    assert len(github.calls) == 2


@pytest.mark.parametrize(
    "links", [(), (("Homepage", "https://demo.test"),), (("Source", "https://gitlab.com/org/demo"),)]
)
def test_nobody_else_is_asked(github: respx.Router, links: tuple[tuple[str, str], ...]) -> None:
    assert find(reader(), replace(DEMO, links=links)) is None
    assert not github.calls


# --- whose token goes where ---


def test_its_own_repository_is_asked_without_the_token(github: respx.Router) -> None:
    asked = github.get(RELEASES).mock(return_value=releases(release("v1.2")))
    find(reader(), access=replace(ACCESS, repository="Org/Demo"))
    assert "authorization" not in asked.calls[0].request.headers


def test_the_token_is_for_the_forge_that_it_is_of(github: respx.Router) -> None:
    public = replace(PUBLIC, takes_token=False)
    theirs = replace(DEMO, links=(("Source", "https://git.example.org/org/demo"),))
    asked = github.get(RELEASES).mock(return_value=releases(release("v1.2")))
    own = github.get(f"{OWN.api}/repos/org/demo/releases").mock(return_value=releases(release("v1.2")))
    one = reader(forges=(public, OWN))
    assert find(one) is not None
    assert find(one, theirs) is not None
    assert "authorization" not in asked.calls[0].request.headers
    assert own.calls[0].request.headers["authorization"] == "Bearer t0k3n"


@pytest.mark.parametrize("target", [f"{API}/repositories/1/releases", "https://evil.test/releases"])
def test_a_redirect_takes_the_token_nowhere(github: respx.Router, target: str) -> None:
    github.get(RELEASES).mock(return_value=httpx.Response(301, headers={"Location": target}))
    moved = github.get(target).mock(return_value=releases(release("v1.2")))
    assert find(reader()) is not None
    assert "authorization" not in moved.calls[0].request.headers


def test_a_token_that_can_not_be_had_is_none(github: respx.Router) -> None:
    def refuse() -> str:
        raise LockbotError("no token")

    asked = github.get(RELEASES).mock(return_value=releases(release("v1.2")))
    assert find(reader(), access=replace(ACCESS, token=refuse)) is not None
    assert "authorization" not in asked.calls[0].request.headers


def test_the_token_is_asked_for_once_in_a_run(github: respx.Router) -> None:
    github.route().mock(return_value=releases())
    asked: list[int] = []
    access = replace(ACCESS, token=lambda: asked.append(1) or "t")  # type: ignore[func-returns-value]
    questions = [
        replace(DEMO, package=f"p{number}", links=(("Source", f"https://github.com/o/p{number}"),))
        for number in range(9)
    ]
    reader().find(questions, access, 5.0)
    assert asked == [1]
    assert "t0k3n" not in repr(ACCESS)


# --- how often ---


def test_what_was_read_is_kept(github: respx.Router, tmp_path: Path) -> None:
    clock = Clock()
    asked = github.get(RELEASES).mock(return_value=releases(release("v1.2"), ETag='"e"'))
    for _ in range(2):
        assert find(reader(clock, tmp_path)) is not None
    assert len(asked.calls) == 1
    clock.now += 7 * 3600
    asked.mock(return_value=httpx.Response(304))
    one = reader(clock, tmp_path)
    assert find(one) is not None
    assert asked.calls[1].request.headers["if-none-match"] == '"e"'
    clock.now += 3600
    assert find(one) is not None
    assert len(asked.calls) == 2


def test_that_there_is_nothing_is_kept_for_a_day(github: respx.Router, tmp_path: Path) -> None:
    clock = Clock()
    github.route().mock(return_value=httpx.Response(404))
    one = reader(clock, tmp_path)
    assert find(one) is None
    first = len(github.calls)
    clock.now += 20 * 3600
    assert find(one) is None
    assert len(github.calls) == first


@pytest.mark.parametrize("failure", [httpx.Response(500), httpx.ReadTimeout("x"), httpx.Response(200, text="no JSON")])
def test_what_was_kept_serves_while_github_is_down(
    github: respx.Router, failure: httpx.Response | Exception, tmp_path: Path
) -> None:
    clock = Clock()
    asked = github.get(RELEASES).mock(return_value=releases(release("v1.2")))
    assert find(reader(clock, tmp_path)) is not None
    clock.now += 48 * 3600
    asked.mock(**({"side_effect": failure} if isinstance(failure, Exception) else {"return_value": failure}))
    one = reader(clock, tmp_path)
    assert find(one) is not None
    assert find(one) is not None
    assert len(asked.calls) == 2, "a failure is not asked about again at once"


def test_two_packages_of_one_project_ask_once(github: respx.Router) -> None:
    rows = (release("demo-v1.2", "of demo"), release("demo-extra-v1.2", "of extra"))
    asked = github.get(RELEASES).mock(return_value=releases(*rows))
    extra = replace(DEMO, package="demo-extra")
    found = reader().find([DEMO, extra], ACCESS, 5.0)
    assert [found[one].entries[0].text for one in (DEMO, extra)] == ["of demo", "of extra"]
    assert len(asked.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda: releases(x_ratelimit_limit="60", x_ratelimit_remaining="6", x_ratelimit_reset="1000900"),
        lambda: httpx.Response(403, headers={"retry-after": "900"}),
        lambda: httpx.Response(429, headers={"retry-after": "900"}),
    ],
)
def test_little_left_of_a_limit_is_left_to_people(github: respx.Router, answer: Callable[[], httpx.Response]) -> None:
    clock = Clock()
    github.route(host="api.github.com").mock(side_effect=lambda _: answer())
    one = reader(clock)
    find(one)
    find(one, replace(DEMO, links=(("Source", "https://github.com/org/other"),)))
    assert len(github.calls) == 1
    find(
        one,
        replace(DEMO, links=(("Source", "https://github.com/org/other"),)),
        replace(ACCESS, token=lambda: "another"),
    )
    assert len(github.calls) > 1, "another token has another limit"
    clock.now += 901
    asked = len(github.calls)
    find(one, replace(DEMO, links=(("Source", "https://github.com/org/third"),)))
    assert len(github.calls) > asked


def test_a_host_that_is_not_there_is_asked_once_in_a_while(github: respx.Router) -> None:
    clock = Clock()
    github.route().mock(side_effect=httpx.ConnectTimeout("x"))
    one = reader(clock)
    for number in range(5):
        assert find(one, replace(DEMO, links=(("Source", f"https://github.com/org/p{number}"),))) is None
    assert len(github.calls) == 1
    clock.now += 601
    find(one)
    assert len(github.calls) == 2


# --- what strangers answer ---

STRANGE = [
    httpx.Response(200, text="[" * 100_000),
    httpx.Response(200, json={"message": "x"}),
    httpx.Response(200, json=[{"tag_name": "v1.2", "body": None}]),
    httpx.Response(200, content=b"\xff\xfe"),
    httpx.Response(200, content=b"x" * (5 << 20)),
    httpx.Response(301, headers={"Location": "file:///etc/passwd"}),
    httpx.Response(301, headers={"Location": "http://plain.test/"}),
    httpx.Response(301, headers={"Location": "https://[bad"}),
    httpx.Response(302, headers={"Location": RELEASES}),
    httpx.Response(204),
]


@pytest.mark.parametrize("answer", STRANGE)
def test_what_is_no_answer_is_nothing(github: respx.Router, answer: httpx.Response) -> None:
    github.route().mock(side_effect=lambda _: answer)
    assert find(reader()) is None


def test_many_versions_are_counted(github: respx.Router) -> None:
    github.get(RELEASES).mock(return_value=releases(*(release(f"v1.{number}") for number in range(1, 20))))
    notes = find(reader(), replace(DEMO, after="1.19"))
    assert notes is not None
    assert (len(notes.entries), notes.more) == (12, 7)


def test_a_long_text_is_cut_before_it_is_kept(github: respx.Router, tmp_path: Path) -> None:
    github.get(RELEASES).mock(
        return_value=releases(*(release(f"v1.{number}", "é" * 100_000) for number in range(1, 3)))
    )
    notes = find(reader(folder=tmp_path))
    assert notes is not None
    assert len(notes.entries[0].text) == 20_000
    (kept,) = tmp_path.rglob("*.json")
    assert len(json.loads(kept.read_text())["content"]) < 100_000
