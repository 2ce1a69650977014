"""Set-up's pages, asked as a hostile world would, over an edge that remembers what was asked of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.errors import LockbotError
from bot.events.delivery import Delivery, Refused
from bot.events.event import Ignored, InstallationResumed
from bot.web.setup.arrivals import Arrivals
from bot.web.setup.doorkeeper import MOST_ATTEMPTS, STATE_LIFE, Session
from bot.web.setup.edge import (
    Choice,
    Fixed,
    Form,
    Halted,
    Keep,
    NotKept,
    NotRegistered,
    Outcome,
    Registered,
    Todo,
    Unfinished,
)
from bot.web.setup.site import SetupSite
from tests.web.setup.test_choice import GOOD

SECRET = "the-secret-of-the-printed-address"
HTML = '<img src=x onerror="alert(1)">'
REGISTERED = Registered(
    slug="lockbot-octo",
    install_page="https://github.com/apps/lockbot-octo/installations/new",
    settings_page="https://github.com/settings/apps/lockbot-octo",
    deliveries_page="https://github.com/settings/apps/lockbot-octo/advanced",
)


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    await PlainTextResponse(f"live {request.url.path} {len(await request.body())}")(scope, receive, send)


@dataclass
class Edge:
    """``answers`` of the forge, one for each code; ``kept`` counts what was stored."""

    answers: list[Outcome] = field(default_factory=lambda: [REGISTERED])
    codes: list[str] = field(default_factory=list)
    trouble: str | None = None
    not_kept: list[NotKept] = field(default_factory=list)
    kept: int = 0
    fails_to_live: list[LockbotError] = field(default_factory=list)
    unfinished: Unfinished | None = None
    secret_text: str | None = "kind: Secret"
    sent: str = "GitHub says nothing."
    folder: str = "/var/lib/lockbot/app"
    fixed: Fixed = field(default_factory=Fixed)

    def find_trouble(self) -> str | None:
        return self.trouble

    def find_unfinished(self) -> Unfinished | None:
        return self.unfinished

    def make_form(self, choice: Choice, state: str) -> Form:
        return Form(
            address=f"{choice.github_url}/settings/apps/new?state={state}",
            manifest=f'{{"name": "{choice.name}"}}',
            permissions={"contents": "write"},
            events=("push",),
        )

    def register(self, _choice: Choice, code: str) -> Outcome:
        self.codes.append(code)
        return self.answers.pop(0)

    def complete(self) -> Outcome:
        self.codes.append("")
        return self.answers.pop(0)

    def keep(self) -> NotKept | None:
        if self.not_kept:
            return self.not_kept.pop(0)
        self.kept += 1
        return None

    def render_secret(self) -> str | None:
        text, self.secret_text = self.secret_text, None
        return text

    def go_live(self) -> ASGIApp:
        if self.fails_to_live:
            raise self.fails_to_live.pop(0)
        return live

    def describe_sent(self) -> str:
        return self.sent


class Browser:
    """``site`` in one event loop; cookies of its own."""

    def __init__(self, site: SetupSite, base: str, **more: str) -> None:
        self._base = base
        self._transport = httpx.ASGITransport(app=site)
        self.cookies = httpx.Cookies()
        self.headers = more

    async def ask(self, method: str, path: str, **fields: str) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport, base_url=self._base, cookies=self.cookies, headers=self.headers
        ) as client:
            answer = await client.request(method, path, data=fields or None)
            self.cookies.update(client.cookies)
            return answer

    async def page(self) -> str:
        return (await self.ask("GET", "/setup")).text

    async def enter(self, secret: str = SECRET) -> httpx.Response:
        return await self.ask("POST", "/setup/begin", secret=secret)

    async def token(self) -> str:
        found = re.search(r'name="token" value="([^"]*)"', await self.page())
        return found[1] if found else ""

    async def post(self, path: str, **fields: str) -> httpx.Response:
        return await self.ask("POST", path, token=await self.token(), **fields)

    async def state(self) -> str:
        found = re.search(r"state=([\w-]+)", await self.page())
        assert found is not None
        return found[1]

    async def choose(self, **changes: str) -> str:
        await self.enter()
        await self.post("/setup/choose", **(GOOD | changes))
        return await self.state()

    async def set_up(self, **changes: str) -> httpx.Response:
        return await self.ask("GET", f"/setup/created?code=abc&state={await self.choose(**changes)}")


@dataclass
class Scene:
    edge: Edge = field(default_factory=Edge)
    arrivals: Arrivals = field(default_factory=Arrivals)
    now: float = 1000.0

    def __post_init__(self) -> None:
        numbers = iter(range(1000))
        self.site = SetupSite(
            self.edge, SECRET, self.arrivals, now=lambda: self.now, make_token=lambda: f"token-{next(numbers)}"
        )

    def browse(self, base: str = "http://lockbot", **headers: str) -> Browser:
        return Browser(self.site, base, **headers)


def run(story: Callable[[Scene], object], scene: Scene | None = None) -> Scene:
    one = scene or Scene()
    asyncio.run(story(one))  # type: ignore[arg-type]
    return one


# --- the way in -----------------------------------------------------------------------------------


def test_strangers_see_that_there_is_a_server_and_nothing_else() -> None:
    async def story(scene: Scene) -> None:
        stranger = scene.browse()
        for path in ("/", "/setup", "/installed", "/setup?secret=guess"):
            answer = await stranger.ask("GET", path)
            assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
            assert "lockbot/app" not in answer.text
        for path in ("/setup/choose", "/setup/back", "/setup/again", "/setup/resume", "/setup/reveal", "/setup/finish"):
            assert (await stranger.ask("POST", path, **GOOD)).headers["location"] in ("/setup", "/")
        assert (await stranger.ask("GET", "/setup/events")).status_code == 204
        assert "Where and for whom" not in await stranger.page()

    run(story)


def test_looking_at_the_address_uses_nothing_up() -> None:
    """Programs fetch addresses that are pasted somewhere."""

    async def story(scene: Scene) -> None:
        for _ in range(MOST_ATTEMPTS + 5):
            assert "Begin" in (await scene.browse().ask("GET", f"/setup?secret={SECRET}")).text
        assert (await scene.browse().enter()).status_code == 303

    run(story)


def test_the_secret_is_good_for_one_browser() -> None:
    async def story(scene: Scene) -> None:
        person, other = scene.browse(), scene.browse()
        assert (await person.enter()).headers["location"] == "/setup"
        answer = await other.enter()
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        assert "used already, by another browser" in answer.text
        assert "Where and for whom" in await person.page()

    run(story)


def test_after_many_wrong_secrets_the_right_one_opens_nothing_either() -> None:
    async def story(scene: Scene) -> None:
        for number in range(MOST_ATTEMPTS):
            answer = await scene.browse().enter(f"{SECRET[:-1]}{number}")
        assert answer.status_code == 429
        assert "set-up is closed" in (await scene.browse().enter()).text

    run(story)


@pytest.mark.parametrize("secret", ["", SECRET[:-1], f"{SECRET} ", "\ud83d", "ä" * 40])
def test_a_wrong_secret_is_wrong(secret: str) -> None:
    async def story(scene: Scene) -> None:
        assert (await scene.browse().enter(secret.encode(errors="replace").decode())).status_code == 403

    run(story)


@pytest.mark.parametrize(
    ("proto", "is_secure"), [("https", True), ("https, http", True), ("http", False), ("http, https", False)]
)
def test_the_cookie_is_for_this_server_alone(proto: str, is_secure: bool) -> None:
    async def story(scene: Scene) -> None:
        cookie = (await scene.browse(**{"x-forwarded-proto": proto}).enter()).headers["set-cookie"].lower()
        assert ("secure" in cookie) is is_secure
        assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}

    run(story)


def test_the_host_that_a_request_names_is_shown_to_nobody_but_who_had_the_secret() -> None:
    async def story(scene: Scene) -> None:
        stranger = scene.browse(host="evil.example.org")
        assert "evil" not in await stranger.page()
        person = scene.browse("https://lockbot.example.org")
        await person.enter()
        await stranger.page()
        page = await person.page()
        assert 'value="https://lockbot.example.org"' in page
        assert "evil" not in page

    run(story)


# --- forms and codes ------------------------------------------------------------------------------


def test_a_form_of_another_site_changes_nothing() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.enter()
        for token in ("", "token-0", "guess"):
            await person.ask("POST", "/setup/choose", **GOOD, token=token)
            assert "Where and for whom" in await person.page()

    run(story)


def test_texts_of_a_form_stay_texts() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.enter()
        answer = await person.post("/setup/choose", **(GOOD | {"address": "", "name": HTML, "github": HTML}))
        assert answer.status_code == 422
        assert HTML not in answer.text
        assert "&lt;img" in answer.text

    run(story)


def test_a_form_of_megabytes_is_no_form() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.enter()
        await person.post("/setup/choose", **(GOOD | {"name": "x" * 1_000_000}))
        assert "Where and for whom" in await person.page()

    run(story)


def test_the_page_may_post_to_that_github_alone() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.choose(where="other", github="https://github.example.org")
        answer = await person.ask("GET", "/setup")
        assert "form-action 'self' https://github.example.org;" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"

    run(story)


def test_a_code_needs_the_state_of_the_last_form_and_is_used_once() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        state = await person.choose()
        assert await person.state() == state, "the page may be loaded again"
        for wrong in ("", "guess", state[:-1]):
            assert (await person.ask("GET", f"/setup/created?code=abc&state={wrong}")).status_code == 403
        assert scene.edge.codes == []
        answer = await person.ask("GET", f"/setup/created?code=abc&state={state}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/setup"), "the code leaves the address"
        assert scene.edge.codes == ["abc"]

    run(story)


def test_a_state_of_a_form_that_was_given_up_is_good_no_longer() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        state = await person.choose()
        await person.post("/setup/choose", **GOOD)
        assert await person.state() != state
        assert (await person.ask("GET", f"/setup/created?code=abc&state={state}")).status_code == 403
        assert scene.edge.codes == []

    run(story)


def test_a_state_is_good_for_an_hour() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        state = await person.choose()
        scene.now += STATE_LIFE
        assert (await person.ask("GET", f"/setup/created?code=abc&state={state}")).status_code == 403

    run(story)


def test_a_code_in_another_browser_is_not_used() -> None:
    async def story(scene: Scene) -> None:
        state = await scene.browse().choose()
        answer = await scene.browse().ask("GET", f"/setup/created?code=abc&state={state}")
        assert answer.status_code == 403
        assert "another browser" in answer.text
        assert scene.edge.codes == []

    run(story)


def list_posts(scene: Scene) -> list[str]:
    """All that changes something, once one is in."""
    inner = scene.site._site._app  # type: ignore[attr-defined]
    found = [one.path for one in inner.routes if "POST" in one.methods]
    return [path for path in found if path not in ("/webhook", "/setup/begin")]


async def stand(scene: Scene, stage: str, person: Browser) -> None:
    """Where set-up is."""
    match stage:
        case "choose":
            scene.edge.unfinished = Unfinished(name="x", settings_page="https://github.com", choice=CHOICE)
            await person.enter()
        case "register":
            await person.choose()
        case "failed":
            scene.edge.answers = [NotRegistered(reason="502", may_retry=True), REGISTERED]
            await person.set_up()
        case "halted":
            scene.edge.answers = [halted(registered=REGISTERED), REGISTERED]
            await person.set_up(keep="kubernetes")
        case "store":
            scene.edge.not_kept = [NotKept(reason="no space left")]
            await person.set_up()
        case "show":
            await person.set_up(keep="kubernetes")


@pytest.mark.parametrize("stage", ["choose", "register", "failed", "halted", "store", "show"])
@pytest.mark.parametrize("token", ["", "guess", "token-0"])
def test_no_form_without_its_token_moves_set_up_in_any_stage(stage: str, token: str) -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await stand(scene, stage, person)
        before, codes = await person.page(), list(scene.edge.codes)
        for path in list_posts(scene):
            answer = await person.ask("POST", path, **(GOOD | {"token": token}))
            assert answer.status_code in (303, 405), path
            assert "kind: Secret" not in answer.text
            # A name of a route is no way around its method either.
            await person.ask("GET", f"{path}?token={token}")
            assert await person.page() == before, path
        assert (scene.edge.codes, scene.edge.kept, scene.edge.secret_text) == (codes, 0, "kind: Secret")

    run(story)


def test_of_two_answers_at_once_one_code_is_used() -> None:
    """Two windows, a button clicked twice, or somebody who has seen the address."""

    async def story(scene: Scene) -> None:
        person = scene.browse()
        state = await person.choose()
        asked = [person.ask("GET", f"/setup/created?code=code-{at}&state={state}") for at in range(5)]
        statuses = sorted(one.status_code for one in await asyncio.gather(*asked))
        assert statuses[0] == 303
        assert len(scene.edge.codes) == 1
        assert scene.edge.kept == 1

    run(story)


def test_what_is_clicked_many_times_at_once_is_done_once() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.not_kept = [NotKept(reason="no space left")]
        person = scene.browse()
        await person.set_up()
        token = await person.token()
        await asyncio.gather(*(person.ask("POST", "/setup/again", token=token) for _ in range(5)))
        assert scene.edge.kept == 1

    run(story)


def test_of_many_who_ask_for_the_secrets_at_once_one_gets_them() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.set_up(keep="kubernetes")
        token = await person.token()
        answers = await asyncio.gather(*(person.ask("POST", "/setup/reveal", token=token) for _ in range(5)))
        assert sum("kind: Secret" in one.text for one in answers) == 1

    run(story)


def test_a_stranger_who_guesses_does_not_throw_out_who_is_in() -> None:
    async def story(scene: Scene) -> None:
        person, stranger = scene.browse(), scene.browse()
        await person.enter()
        for _ in range(MOST_ATTEMPTS + 5):
            await stranger.enter("guess")
        assert "Where and for whom" in await person.page()
        await person.post("/setup/choose", **GOOD)
        assert "Let GitHub make the App" in await person.page()

    run(story)


def test_a_cookie_that_was_put_into_a_browser_is_nobodys() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        person.cookies.set("lockbot-setup", "planted")
        assert "Where and for whom" not in await person.page()
        await person.enter()
        planted = scene.browse()
        planted.cookies.set("lockbot-setup", "planted")
        assert "Where and for whom" not in await planted.page()

    run(story)


# --- what goes wrong ------------------------------------------------------------------------------


def test_what_may_pass_can_be_tried_again_with_the_same_code() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.answers = [NotRegistered(reason="502", may_retry=True, is_spent=True), REGISTERED]
        person = scene.browse()
        await person.set_up()
        assert "Try again" in await person.page()
        await person.post("/setup/again")
        assert scene.edge.codes == ["abc", "abc"]
        assert "Install lockbot-octo" in await person.page()

    run(story)


def test_a_code_that_is_spent_is_not_tried_again() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.answers = [NotRegistered(reason=f"spent {HTML}", is_spent=True), REGISTERED]
        person = scene.browse()
        await person.set_up()
        page = await person.page()
        assert "Try again" not in page
        assert HTML not in page
        assert "delete it there" in page
        await person.post("/setup/again")
        assert scene.edge.codes == ["abc"]
        await person.post("/setup/back")
        assert "Where and for whom" in await person.page()

    run(story)


def test_what_can_not_be_stored_is_kept_until_it_can() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.not_kept = [NotKept(reason="no space left")]
        scene.edge.fails_to_live = [LockbotError("the job database is away")]
        person = scene.browse()
        await person.set_up()
        assert "no space left" in await person.page()
        await person.post("/setup/again")
        assert "the job database is away" in await person.page()
        await person.post("/setup/again")
        assert "Install lockbot-octo" in await person.page()
        assert scene.edge.codes == ["abc"]

    run(story)


def test_where_it_is_kept_meanwhile_is_told() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.not_kept = [NotKept(reason="no space left", kept_in="/var/lib/lockbot/begun")]
        scene.edge.fails_to_live = [LockbotError("the job database is away")]
        person = scene.browse()
        await person.set_up()
        page = await person.page()
        assert "/var/lib/lockbot/begun" in page
        assert "Don't stop it now" not in page
        await person.post("/setup/again")
        page = await person.page()
        assert "stored, but not in service" in page
        assert "/setup/reveal" not in page, "there is nothing to be copied any more"

    run(story)


def halted(**more: object) -> Halted:
    return Halted(reason=f"403 {HTML}", **more)  # type: ignore[arg-type]


def test_a_secret_that_the_forge_does_not_take_is_set_by_hand_and_then_it_goes_on() -> None:
    async def story(scene: Scene) -> None:
        stop = halted(registered=REGISTERED, secret_file="/var/lib/lockbot/begun/webhook-secret")
        scene.edge.answers = [stop, stop, REGISTERED]
        person = scene.browse()
        await person.set_up()
        page = await person.page()
        assert HTML not in page
        for words in ("/var/lib/lockbot/begun/webhook-secret", "set the secret by hand", REGISTERED.settings_page):
            assert words in page
        assert "/setup/reveal" not in page
        await person.post("/setup/again")
        assert "has no secret yet" in await person.page()
        assert scene.edge.kept == 0, "nothing is in service before its messages can be told from others'"
        await person.post("/setup/again")
        assert "Install lockbot-octo" in await person.page()
        assert scene.edge.codes == ["abc", "", ""]

    run(story)


def test_without_a_disk_the_secret_to_set_by_hand_is_among_those_that_are_shown_once() -> None:
    async def story(scene: Scene) -> None:
        asked = Registered(
            slug="lockbot-octo",
            install_page=REGISTERED.install_page,
            settings_page=REGISTERED.settings_page,
            deliveries_page=REGISTERED.deliveries_page,
            todo=(Todo.WEBHOOK_SECRET,),
        )
        scene.edge.answers = [halted(registered=asked)]
        person, forge = scene.browse(), scene.browse()
        await person.set_up(keep="kubernetes")
        text = (await person.post("/setup/reveal")).text
        assert "kind: Secret" in text
        assert "GitHub has no secret for the webhook yet" in text
        page = await person.page()
        assert "were shown, and forgotten" in page
        assert "GitHub has no secret for the webhook yet" in page
        assert (await forge.ask("POST", "/webhook")).status_code == 503

    run(story)


def test_a_name_that_is_not_told_is_asked_for_again_and_another_app_can_be_begun() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.answers = [halted(), halted(), REGISTERED]
        person = scene.browse()
        await person.set_up()
        page = await person.page()
        assert "does not tell the App" in page
        assert "/setup/reveal" not in page
        assert (await person.post("/setup/reveal")).status_code == 303
        await person.post("/setup/again")
        await person.post("/setup/back")
        assert "Where and for whom" in await person.page()
        await person.post("/setup/choose", **GOOD)
        await person.ask("GET", f"/setup/created?code=def&state={await person.state()}")
        assert scene.edge.codes == ["abc", "", "def"]
        assert "Install lockbot-octo" in await person.page()

    run(story)


CHOICE = Choice(
    github_url="https://github.com",
    organization=None,
    public_url="https://lockbot.example.org",
    name=HTML,
    keep=Keep.FOLDER,
)


def test_an_earlier_try_is_gone_on_with() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.unfinished = Unfinished(
            name=HTML, settings_page="https://github.com/settings/apps", choice=CHOICE, kept_in="/data/begun"
        )
        person, stranger = scene.browse(), scene.browse()
        await person.enter()
        page = await person.page()
        assert "/data/begun" in page
        assert HTML not in page
        for attempt in ({"token": ""}, {"token": "guess"}):
            await person.ask("POST", "/setup/resume", **attempt)
        await stranger.ask("POST", "/setup/resume", token="token-1")
        assert scene.edge.codes == []
        await person.post("/setup/resume")
        assert scene.edge.codes == [""]
        assert "Install lockbot-octo" in await person.page()

    run(story)


def test_an_earlier_try_of_which_too_little_is_left_is_not_gone_on_with() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.unfinished = Unfinished(
            name="x", settings_page="https://github.com/settings/apps", kept_in="/data/b"
        )
        person = scene.browse()
        await person.enter()
        assert "/data/b" in await person.page()
        await person.post("/setup/resume")
        assert scene.edge.codes == []
        assert "Where and for whom" in await person.page()

    run(story)


def test_what_the_forge_did_not_give_is_told_where_the_app_is_installed() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.answers = [
            Registered(
                slug="lockbot-octo",
                install_page=REGISTERED.install_page,
                settings_page=REGISTERED.settings_page,
                deliveries_page=REGISTERED.deliveries_page,
                todo=(Todo.CLIENT_SECRET,),
            )
        ]
        person = scene.browse()
        await person.set_up()
        assert "LOCKBOT_CLIENT_SECRET" in await person.page()

    run(story)


def test_an_answer_of_no_use_is_kept_and_where_is_told() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.answers = [NotRegistered(reason="no key", is_spent=True, kept_in="/data/begun")]
        person = scene.browse()
        await person.set_up()
        page = await person.page()
        assert "/data/begun" in page
        assert "LOCKBOT_PRIVATE_KEY" in page

    run(story)


def test_what_can_not_be_stored_can_be_copied_once() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.not_kept = [NotKept(reason="no space left")]
        person = scene.browse()
        await person.set_up()
        assert "kind: Secret" in (await person.post("/setup/reveal")).text
        page = await person.page()
        assert "kind: Secret" not in page
        assert "were shown, and forgotten" in page

    run(story)


def test_a_folder_that_can_not_be_written_and_an_earlier_try_are_told_first() -> None:
    async def story(scene: Scene) -> None:
        scene.edge.trouble = "/data may not be written to"
        scene.edge.unfinished = Unfinished(name=HTML, settings_page="https://github.com/settings/apps")
        person = scene.browse()
        await person.enter()
        page = await person.page()
        assert "/data may not be written to" in page
        assert "An earlier try ended" in page
        assert HTML not in page

    run(story)


# --- in service -----------------------------------------------------------------------------------


def test_once_it_is_in_service_strangers_reach_the_server_alone() -> None:
    async def story(scene: Scene) -> None:
        person, stranger = scene.browse(), scene.browse()
        await person.set_up()
        for path in ("/", "/setup", f"/setup?secret={SECRET}", "/setup/created", "/setup/events", "/webhook"):
            assert (await stranger.ask("GET", path)).text.startswith("live /")
        assert (await stranger.ask("POST", "/setup/begin", secret=SECRET)).text.startswith("live /")
        # Its own browser has the last page, and no page that changes anything.
        assert "Install lockbot-octo" in await person.page()
        for one in ("choose", "created", "again", "resume", "reveal", "back"):
            path = f"/setup/{one}"
            assert (await person.ask("POST", path, **GOOD)).text.startswith("live /")

    run(story)


@pytest.mark.parametrize("how", ["finish", "an hour"])
def test_the_last_page_goes_too(how: str) -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.set_up()
        if how == "finish":
            await person.post("/setup/finish")
        else:
            scene.now += 3601
        assert (await person.page()).startswith("live /")

    run(story)


def test_messages_wait_for_the_server_from_the_form_on() -> None:
    async def story(scene: Scene) -> None:
        person, forge = scene.browse(), scene.browse()
        assert (await forge.ask("POST", "/webhook")).status_code == 503
        state = await person.choose()
        waiting = asyncio.create_task(forge.ask("POST", "/webhook", body="x" * 5000))
        await asyncio.sleep(0)
        await person.ask("GET", f"/setup/created?code=abc&state={state}")
        assert (await waiting).text == "live /webhook 5005"

    run(story)


def test_only_so_many_messages_wait() -> None:
    async def story(scene: Scene) -> None:
        await scene.browse().choose()
        asked = [asyncio.create_task(scene.browse().ask("POST", "/webhook")) for _ in range(40)]
        done, waiting = await asyncio.wait(asked, timeout=1)
        assert [one.result().status_code for one in done] == [503] * 8
        for one in waiting:
            one.cancel()
        assert {one.status_code for one in await asyncio.gather(*waiting)} == {503}

    run(story)


def test_the_last_page_tells_what_came_and_what_did_not() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.set_up()
        assert "Nothing has arrived for 0 seconds." in await person.page()
        assert "GitHub says nothing." not in await person.page()
        scene.now += 25
        page = await person.page()
        assert "Nothing has arrived for 25 seconds." in page
        assert "GitHub says nothing." in page
        scene.arrivals.note(Refused(status=401, reason="unsigned"))
        assert "The last message that was not let in: unsigned." in await person.page()
        scene.arrivals.note(Delivery(id="1", kind="ping", event=Ignored(reason="event not used")))
        page = await person.page()
        assert "The last message that was not let in" not in page, "what was wrong was mended, or a stranger's"
        assert "Yes: a message has arrived" in page
        assert "Not yet: waiting" in page

    run(story)


def test_what_changes_is_streamed_until_all_has_arrived() -> None:
    async def story(scene: Scene) -> None:
        person = scene.browse()
        await person.set_up()
        scene.arrivals.note(Delivery(id="1", kind="installation", event=InstallationResumed(installation=7)))
        answer = await person.ask("GET", "/setup/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [block.partition("\n")[0] for block in answer.text.split("\n\n") if block]
        assert events == ["retry: 1000", "event: fields", "event: end"]
        assert "Yes: it is at work" in answer.text
        assert 'http-equiv="refresh"' not in await person.page()

    run(story)


def test_no_secret_is_in_a_repr() -> None:
    assert "hush" not in repr(Session(cookie="hush", token="hush"))
