"""Signing in with GitHub, as people do it and as somebody would who wants to be somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.web.signin.sessions import CHECKED, IDLE, LIFE
from bot.web.signin.way import choose_target
from tests.github.model import Repository
from tests.github.wire import Broken, Reply
from tests.web.site import CALLBACK, Site, made_site

COOKIE = "__Host-lockbot"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with capture_logs(), made_site(tmp_path) as one:
        yield one


@pytest.fixture
def app(site: Site) -> Repository:
    """octo's, and dana may write there."""
    repository = site.hub.add_repository("octo/app", {"pyproject.toml": ""})
    site.hub.add_collaborator(repository, "dana", "write")
    site.hub.install(repository)
    site.know(repository)
    return repository


def list_sessions(site: Site) -> list[sa.Row[tuple[str, ...]]]:
    with site.database.engine.connect() as connection:
        return [*connection.execute(sa.text("SELECT digest, login, sealed, repositories FROM lockbot_sessions"))]


# --- the way there and back -----------------------------------------------------------------------


def test_who_is_not_signed_in_is_told_what_this_is_and_nothing_else(site: Site, app: Repository) -> None:
    visitor = site.visit()
    page = visitor.get("/")
    assert page.status_code == 401
    assert "keeps uv projects current" in page.text
    assert 'href="/sign-in"' in page.text
    for path in ("/repositories/octo/app", f"/repositories/{app.id}", "/repositories/octo/none", "/operators"):
        other = visitor.get(path)
        assert (other.status_code, "octo/app" in other.text.replace("octo%2Fapp", "")) == (401, False)


def test_a_person_signs_in_and_sees_their_repositories(site: Site, app: Repository) -> None:
    visitor = site.visit()
    asked = visitor.go_to_github()
    assert asked["redirect_uri"] == CALLBACK
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    came = visitor.get(visitor.click(asked, "dana"))
    assert (came.status_code, came.headers["location"]) == (303, "/")
    page = visitor.get("/")
    assert page.status_code == 200
    assert "octo/app" in page.text
    assert "dana" in page.text


def test_the_cookie_is_for_this_server_alone(site: Site, app: Repository) -> None:
    came = site.visit().sign_in("dana")
    (cookie,) = [one for one in came.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")]
    attributes = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "path", "max-age"} <= attributes
    assert "domain" not in attributes
    assert "samesite=lax" in cookie.lower()
    assert "path=/;" in cookie.lower().replace("; ", ";") + ";"


def test_without_https_the_cookie_has_no_promise_that_browsers_would_refuse(tmp_path: Path) -> None:
    with made_site(tmp_path, public="http://localhost:8080") as site:
        came = site.visit().sign_in("dana")
        assert any(one.startswith("lockbot=") and "Secure" not in one for one in came.headers.get_list("set-cookie"))


def test_one_is_sent_back_to_where_one_wanted_to_go(site: Site, app: Repository) -> None:
    visitor = site.visit()
    link = re.search(r'href="(/sign-in\?[^"]+)"', visitor.get("/repositories/octo/app?x=1&y=2").text)
    assert link is not None
    came = visitor.sign_in("dana", link[1].replace("&amp;", "&"))
    assert came.headers["location"] == "/repositories/octo/app?x=1&y=2"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aLocation: https://evil.example\r\n",
        "evil.example",
        "/" + "a" * 600,
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(site: Site, app: Repository, wanted: str) -> None:
    assert choose_target(wanted) == "/"
    visitor = site.visit()
    path = f"/sign-in?{httpx.QueryParams({'next': wanted})}"
    assert visitor.sign_in("dana", path).headers["location"] == "/"


def test_what_the_request_says_of_its_host_is_believed_nowhere(site: Site, app: Repository) -> None:
    visitor = site.visit()
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    sent = visitor.get("/sign-in", headers=evil)
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["redirect_uri"] == [CALLBACK]
    came = visitor.get(visitor.click({name: one[0] for name, one in asked.items()}, "dana"), headers=evil)
    assert came.headers["location"] == "/"
    for path in ("/", "/repositories/octo/app", "/repositories/octo/app/", f"/repositories/{app.id}", "/sign-in/"):
        answer = visitor.get(path, headers=evil)
        assert "evil.example" not in answer.text + str(answer.headers)


def test_a_person_who_says_no_is_told_so(site: Site) -> None:
    visitor = site.visit()
    came = visitor.get(visitor.click(visitor.go_to_github(), ""))
    assert came.status_code == 403
    assert "did not let lockbot see your account" in came.text


def test_an_address_that_github_does_not_know_is_told_to_who_can_mend_it(site: Site) -> None:
    visitor = site.visit()
    asked = visitor.go_to_github()
    site.hub.signing_in.callbacks = (f"{site.public}/elsewhere", CALLBACK)
    answer = httpx.post(f"{site.hub.url}/login/oauth/authorize", data={**asked, "redirect_uri": "x", "as": "dana"})
    said = urlsplit(answer.headers["location"]).query
    came = visitor.get(f"/sign-in/callback?{said}")
    assert came.status_code == 500
    assert "LOCKBOT_PUBLIC_URL" in came.text


# --- attacks on the way ---------------------------------------------------------------------------


def test_a_link_to_somebody_elses_sign_in_signs_nobody_in(site: Site, app: Repository) -> None:
    """Login CSRF: mallory lets dana's browser come back with a code of mallory's."""
    mallory, dana = site.visit(), site.visit()
    path = mallory.click(mallory.go_to_github(), "mallory")
    refused = dana.get(path)
    assert refused.status_code == 400
    assert dana.session is None
    # Also where dana is on the way herself.
    dana.go_to_github()
    assert dana.get(path).status_code == 400
    assert dana.session is None


def test_a_code_without_the_verifier_of_this_server_is_worth_nothing(site: Site) -> None:
    """PKCE: a code that was seen on its way is taken by GitHub from nobody else, whatever browser brings it."""
    dana, mallory = site.visit(), site.visit()
    stolen = parse_qs(urlsplit(dana.click(dana.go_to_github(), "dana")).query)["code"][0]
    state = mallory.go_to_github()["state"]
    came = mallory.get(f"/sign-in/callback?code={stolen}&state={state}")
    assert came.status_code == 400
    assert mallory.session is None


def test_an_answer_comes_once_and_in_time(site: Site, app: Repository) -> None:
    visitor = site.visit()
    path = visitor.click(visitor.go_to_github(), "dana")
    way = visitor.cookies.get(f"{COOKIE}-way")
    assert visitor.get(path).status_code == 303
    assert visitor.get(path).status_code == 400, "the way is over"
    visitor.cookies.set(f"{COOKIE}-way", way or "", domain="lockbot.example")
    assert visitor.get(path).status_code == 400, "GitHub takes a code once"
    late = site.visit()
    path = late.click(late.go_to_github(), "dana")
    site.clock.wait(601)
    assert late.get(path).status_code == 400


def test_a_session_that_was_put_into_a_browser_is_not_kept(site: Site, app: Repository) -> None:
    """Fixation: signing in makes a new session, and the one before is over."""
    mallory, dana = site.visit(), site.visit()
    mallory.sign_in("mallory")
    planted = mallory.session or ""
    dana.cookies.set(COOKIE, planted, domain="lockbot.example", path="/")
    dana.sign_in("dana")
    assert dana.session not in (None, planted)
    assert [row.login for row in list_sessions(site)] == ["dana"]
    assert mallory.get("/").status_code == 401


def test_a_made_up_cookie_asks_no_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = site.visit()
    monkeypatch.setattr(site.database.engine, "connect", None)
    for value in ("x", "a.b", f"{'a' * 43}.{'b' * 43}", "", "."):
        assert visitor.get("/", headers={"Cookie": f"{COOKIE}={value}"}).status_code == 401


def test_a_cookie_beside_ours_signs_nobody_in_as_somebody_else(site: Site, app: Repository) -> None:
    """Set for a part of the server, or by a neighbour: which one counts is not left to the order that a browser sends."""
    mallory, dana = site.visit(), site.visit()
    mallory.sign_in("mallory")
    dana.sign_in("dana")
    both = f"{COOKIE}={mallory.session}; {COOKIE}={dana.session}"
    assert site.visit().get("/", headers={"Cookie": both}).status_code == 401
    other_name = f"lockbot={mallory.session}; {COOKIE}={dana.session}"
    assert ">dana<" in site.visit().get("/", headers={"Cookie": other_name}).text


def test_many_sign_ins_are_not_all_taken_to_github(site: Site) -> None:
    visitor = site.visit()
    answers = []
    for _ in range(30):
        state = visitor.go_to_github()["state"]
        answers.append(visitor.get(f"/sign-in/callback?code=none&state={state}").status_code)
    asked = [one for one in site.hub.seen if one.path == "/login/oauth/access_token"]
    assert (answers[:20], answers[20:]) == ([400] * 20, [503] * 10)
    assert len(asked) == 20
    site.clock.wait(10)
    state = visitor.go_to_github()["state"]
    assert visitor.get(f"/sign-in/callback?code=none&state={state}").status_code == 400
    assert list_sessions(site) == []


def test_of_one_person_so_many_sessions_are_kept(site: Site, app: Repository) -> None:
    visitors = [site.visit() for _ in range(12)]
    for one in visitors:
        site.clock.wait(60)
        one.sign_in("dana")
    assert len(list_sessions(site)) == 10
    assert [one.get("/").status_code for one in visitors] == [401] * 2 + [200] * 10


# --- secrets --------------------------------------------------------------------------------------


def test_tokens_are_nowhere_but_in_the_database_and_sealed_there(site: Site, app: Repository) -> None:
    visitor = site.visit()
    with capture_logs() as lines:
        came = visitor.sign_in("dana")
        pages = [visitor.get(path).text for path in ("/", "/repositories/octo/app")]
        site.hub.fail_next(r"GET /api/v3/user", Reply(status=502, body={"message": "unicorn"}))
        site.clock.wait(CHECKED)
        pages.append(visitor.get("/").text)
    own = site.hub.signing_in
    secrets = [own.client_secret, *own.tokens, *own.refreshing]
    assert len(secrets) == 3
    files = b"".join(path.read_bytes() for path in site.folder.glob("jobs.sqlite*"))
    for secret in secrets:
        assert secret not in "".join((*pages, str(lines), str(came.headers), repr(site.app), str(visitor.cookies)))
        assert secret.encode() not in files
    cookie = (visitor.session or "").partition(".")[0]
    assert cookie.encode() not in files, "who reads the database can't take a session over"


# --- sessions -------------------------------------------------------------------------------------


def test_a_session_works_in_every_web_process(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana", app=site.start())
    assert visitor.get("/", app=site.start()).status_code == 200


def test_signing_out_ends_the_session_and_needs_the_persons_own_form(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    token, cookie = visitor.find_token(), visitor.session
    assert visitor.post("/sign-out", token="made up").status_code == 400
    assert visitor.get("/").status_code == 200
    assert visitor.post("/sign-out", token=token).status_code == 303
    assert list_sessions(site) == []
    assert site.visit().get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def revocations(site: Site) -> list[int]:
    return [one.status for one in site.hub.seen if one.method == "DELETE"]


def test_signing_out_has_github_forget_the_token(site: Site, app: Repository) -> None:
    """Who copied it meanwhile, wherever, has nothing any more."""
    visitor, other = site.visit(), site.visit()
    visitor.sign_in("dana")
    (gone,) = site.hub.signing_in.tokens
    other.sign_in("dana")
    assert visitor.post("/sign-out", token=visitor.find_token()).status_code == 303
    assert revocations(site) == [204]
    bearing = {"Authorization": f"Bearer {gone}", "User-Agent": "mallory"}
    assert httpx.get(f"{site.hub.url}/api/v3/user", headers=bearing).status_code == 401
    assert gone not in site.hub.signing_in.refreshing.values(), "nothing renews it either"
    site.clock.wait(CHECKED)
    assert other.get("/").status_code == 200, "the person's other browsers stay signed in"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(status=422, body={"message": "Validation failed: TOKEN"}), True),
        (Reply(status=404, body={"message": "Not Found"}), False),
        (Reply(status=403, body={"message": "Forbidden"}), True),
        (Reply(status=502, raw=b"<html>"), True),
        (Reply(broken=Broken.RESET), True),
        (Reply(status=302, raw=b"", headers={"Location": "https://evil.example/"}), True),
    ],
)
def test_a_github_that_does_not_forget_the_token_keeps_nobody_signed_in(
    site: Site, app: Repository, reply: Reply, told: bool
) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    token, cookie = visitor.find_token(), visitor.session
    own = site.hub.signing_in
    (secret,) = own.tokens
    if isinstance(reply.body, dict):
        reply.body["message"] = reply.body["message"].replace("TOKEN", secret)
    site.hub.fail_next(r"DELETE /api/v3/applications/", reply)
    with capture_logs() as lines:
        assert visitor.post("/sign-out", token=token).status_code == 303
    assert list_sessions(site) == []
    assert site.visit().get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401
    assert [one["event"] for one in lines] == ["token not revoked"] * told
    assert [one for one in (secret, own.client_secret, *own.refreshing) if one in str(lines)] == []


def test_a_database_that_is_away_signs_the_browser_out_all_the_same(
    site: Site, app: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    token = visitor.find_token()

    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr(site.database.engine, "connect", away)
        patch.setattr(site.database.engine, "begin", away)
        page = visitor.post("/sign-out", token=token)
    assert page.status_code == 503
    assert "Signed out in this browser" in page.text
    assert [one["event"] for one in lines] == ["sign-out failed"]
    assert visitor.session is None
    assert visitor.get("/").status_code == 401


def test_tokens_of_sessions_that_others_take_the_place_of_are_forgotten_too(site: Site, app: Repository) -> None:
    """Signing in again, an eleventh browser, and where tokens don't run out by themselves, a session that is over."""
    site.hub.signing_in.life = None
    visitor = site.visit()
    visitor.sign_in("dana")
    visitor.sign_in("dana")
    assert (revocations(site), len(site.hub.signing_in.tokens)) == ([204], 1)
    for _ in range(10):
        site.clock.wait(60)
        site.visit().sign_in("dana")
    assert (revocations(site), len(site.hub.signing_in.tokens)) == ([204] * 2, 10)
    site.clock.wait(LIFE + 1)
    site.visit().sign_in("mallory")
    assert [one.login for one in site.hub.signing_in.tokens.values()] == ["mallory"]


def test_a_token_that_ran_out_is_not_revoked(site: Site, app: Repository) -> None:
    site.visit().sign_in("dana")
    site.clock.wait(LIFE + 1)
    with capture_logs() as lines:
        site.visit().sign_in("mallory")
    assert (revocations(site), lines, [row.login for row in list_sessions(site)]) == ([], [], ["mallory"])


def test_a_token_that_came_while_its_session_was_ended_is_forgotten(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    site.hub.signing_in.expire_tokens()
    site.clock.wait(CHECKED)

    def end() -> None:
        with site.database.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM lockbot_sessions"))

    site.hub.after("POST /login/oauth/access_token", end)
    assert visitor.get("/").status_code == 401
    assert (revocations(site), site.hub.signing_in.tokens) == ([204], {})


def test_a_token_that_no_session_came_of_is_forgotten(site: Site, app: Repository) -> None:
    site.hub.fail_next(r"GET /api/v3/user", Reply(status=502))
    assert site.visit().sign_in("dana").status_code == 503
    assert (revocations(site), site.hub.signing_in.tokens) == ([204], {})


@pytest.mark.parametrize(("idle", "status"), [(IDLE - 1, 200), (IDLE + 1, 401)])
def test_a_session_that_nobody_uses_ends(site: Site, app: Repository, idle: float, status: int) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    site.clock.wait(idle)
    assert visitor.get("/").status_code == status


def test_a_session_ends_however_much_it_is_used(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    answers = []
    for _ in range(int(LIFE / 1800) + 1):
        answers.append(visitor.get("/").status_code)
        site.clock.wait(1800)
    assert answers == [200] * int(LIFE / 1800) + [401]


def test_with_another_client_secret_all_sessions_are_over(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    assert visitor.get("/", app=site.start(client_secret="another")).status_code == 401


# --- what may be seen -----------------------------------------------------------------------------


def test_what_one_may_see_is_asked_again_after_five_minutes(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    del app.permissions["dana"]
    site.clock.wait(CHECKED - 1)
    before = len(site.hub.seen)
    assert visitor.get("/repositories/octo/app").status_code == 200
    assert len(site.hub.seen) == before, "within five minutes nobody is asked"
    site.clock.wait(1)
    assert visitor.get("/repositories/octo/app").status_code == 404
    assert "octo/app" not in visitor.get("/").text


def test_who_lost_write_access_changes_nothing_from_that_moment_on(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    token = visitor.find_token()
    app.permissions["dana"] = "read"
    assert visitor.post("/repositories/octo/app/retry", token=token, name="octo/app").status_code == 403
    del app.permissions["dana"]
    assert visitor.post("/repositories/octo/app/retry", token=token, name="octo/app").status_code == 404


def test_who_takes_the_authorization_back_is_signed_out(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    site.hub.signing_in.revoke("dana")
    site.clock.wait(CHECKED)
    assert visitor.get("/").status_code == 401
    assert list_sessions(site) == []


def test_a_github_that_is_unwell_shows_nobody_anything(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    site.clock.wait(CHECKED)
    for reply in (Reply(status=502), Reply(status=200, raw=b"<html>"), Reply(broken=Broken.RESET)):
        site.hub.fail_next(r"GET /api/v3/user", reply)
        page = visitor.get("/repositories/octo/app")
        assert (page.status_code, "octo/app" in page.text) == (503, False)
    assert visitor.get("/repositories/octo/app").status_code == 200


def test_a_token_that_ran_out_is_renewed_once_by_whoever_is_first(site: Site, app: Repository) -> None:
    visitor = site.visit()
    visitor.sign_in("dana")
    before = list_sessions(site)[0].sealed
    site.hub.signing_in.expire_tokens()
    site.clock.wait(CHECKED)
    assert visitor.get("/").status_code == 200
    assert list_sessions(site)[0].sealed != before
    assert len(site.hub.signing_in.tokens) == 1
    # What renewed it then is worth nothing now; what came with the new one is.
    site.hub.signing_in.expire_tokens()
    site.clock.wait(CHECKED)
    assert visitor.get("/", app=site.start()).status_code == 200


def test_a_token_that_is_known_to_have_run_out_is_not_tried(site: Site, app: Repository) -> None:
    site.hub.signing_in.life = 600.0
    visitor = site.visit()
    visitor.sign_in("dana")
    site.clock.wait(600)
    before = len(site.hub.seen)
    assert visitor.get("/").status_code == 200
    assert site.hub.seen[before].path == "/login/oauth/access_token"


def test_an_app_whose_tokens_do_not_run_out_is_as_well(site: Site, app: Repository) -> None:
    site.hub.signing_in.life = None
    visitor = site.visit()
    visitor.sign_in("dana")
    site.clock.wait(CHECKED)
    assert visitor.get("/").status_code == 200
    assert site.hub.signing_in.refreshing == {}


def test_a_secret_that_github_does_not_know_is_in_the_log_and_on_no_page(site: Site) -> None:
    wrong = site.start(client_secret="0000000000000000")
    visitor = site.visit()
    sent = visitor.get("/sign-in", app=wrong)
    asked = {name: one[0] for name, one in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    with capture_logs() as lines:
        came = visitor.get(visitor.click(asked, "dana"), app=wrong)
    assert came.status_code == 400
    assert [line["reason"] for line in lines if line["event"] == "sign-in refused"] == [
        "GitHub gave no token: incorrect_client_credentials"
    ]
    assert "0000000000000000" not in str(lines)


# --- operators ------------------------------------------------------------------------------------


def test_operators_see_everything_and_others_do_not_see_that_there_is_more(site: Site, app: Repository) -> None:
    boss, dana = site.visit(), site.visit()
    boss.sign_in("Boss")
    dana.sign_in("dana")
    assert "octo/app" in boss.get("/").text
    assert boss.get("/operators").status_code == 200
    assert dana.get("/operators").status_code == 404
    assert "/operators" not in dana.get("/").text
    assert dana.post("/operators/retry", token=dana.find_token(), name="x").status_code == 404


def test_an_operator_by_number_is_one_whatever_their_login(site: Site, app: Repository) -> None:
    boss = site.hub.add_account("boss")
    app_of_number = site.start(operators=str(boss.id))
    visitor = site.visit()
    visitor.sign_in("boss", app=app_of_number)
    assert visitor.get("/operators", app=app_of_number).status_code == 200


def test_an_operators_session_of_one_github_is_none_on_another(site: Site, tmp_path: Path) -> None:
    """The same secret and login, but another GitHub, where anybody may have that login."""
    boss = site.visit()
    boss.sign_in("boss")
    elsewhere = site.start(github_url="https://github.example.org")
    assert boss.get("/operators", app=elsewhere).status_code == 401
    assert boss.get("/operators").status_code == 200


def test_who_gives_a_login_up_is_no_operator_after_five_minutes(site: Site) -> None:
    boss = site.visit()
    boss.sign_in("boss")
    account = site.hub.accounts["boss"]
    account.login = "former-boss"
    site.clock.wait(CHECKED)
    assert boss.get("/operators").status_code == 404


def test_without_the_three_settings_nobody_can_sign_in_and_the_page_says_how(site: Site) -> None:
    closed = site.start(client_secret=None)
    visitor = site.visit()
    page = visitor.get("/", app=closed)
    assert page.status_code == 200
    for name in ("LOCKBOT_PUBLIC_URL", "LOCKBOT_CLIENT_ID", "LOCKBOT_CLIENT_SECRET"):
        assert name in page.text
    assert [visitor.get(path, app=closed).status_code for path in ("/sign-in", "/operators")] == [404, 404]
