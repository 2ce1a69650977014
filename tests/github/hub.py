"""The stand-in itself: the server in front of its world."""

from __future__ import annotations

import json
import queue
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github import apps, described, limits, oauth, operations, registration, smart_http, users, webhooks
from tests.github.auth import Caller, find_caller
from tests.github.graphql import running
from tests.github.graphql.mutations import MUTATIONS
from tests.github.model import App, Repository, Seen
from tests.github.people import People
from tests.github.registration import Registrations
from tests.github.rendering import Shown, list_shown
from tests.github.routes import Call, Route
from tests.github.serving import Serving
from tests.github.webhooks import Delivery
from tests.github.wire import ApiError, Broken, Json, Reply, Request, not_found

#: Those that are running.
_OPEN: set[Hub] = set()
_ALWAYS = ("installation", "installation_repositories")
_REPOS = re.compile(r"/api/v3/repos/([^/]+)/([^/]+)(/.*)?")


class Hub(People):
    """Start with ``with Hub(folder) as hub``. Public methods are what people and administrators do.

    A request that GitHub's description does not know is answered as GitHub would, and fails the test that sent it
    (``check_all``); a ``lenient`` hub is for tests of the stand-in itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        webhook_secret: str = "it is a secret to everybody",
        key: int = 0,
        lenient: bool = False,
    ) -> None:
        self.lenient = lenient
        self.private_key, public_key = _make_key(key)
        super().__init__(folder, public_key=public_key, webhook_secret=webhook_secret)
        self.signing_in = oauth.SigningIn()
        self.deliveries: list[Delivery] = []
        self.webhook_url: str | None = None
        #: What happened last, installed or not: what workflows begin with.
        self.told: deque[tuple[str, Json]] = deque(maxlen=100)
        self.registrations = Registrations()
        self._keys = iter(range(key + 1, 10))
        self._wrong: list[str] = []
        #: The Markdown that the App sent, as it is shown.
        self.shown: list[Shown] = []
        self._faults: deque[tuple[re.Pattern[str], Reply]] = deque()
        self._standing: tuple[re.Pattern[str], Reply] | None = None
        self._hooks: deque[tuple[re.Pattern[str], Callable[[], None]]] = deque()
        self._lost: tuple[re.Pattern[str], int] | None = None
        self._outbox: queue.Queue[Delivery | None] = queue.Queue()
        self._server = Serving(self.answer)
        self._sender = threading.Thread(target=self._send_all, name="webhooks", daemon=True)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        self._sender.start()
        _OPEN.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outbox.put(None)
        self._sender.join()
        self._server.stop()
        _OPEN.discard(self)
        if kind is None:
            self.check()

    def note_wrong(self, request: Request, reasons: list[str]) -> None:
        self._wrong += [f"{request.method} {request.path}: {reason}" for reason in reasons]

    def check(self) -> None:
        """Raises ``AssertionError`` where something was asked that GitHub's description does not know."""
        wrong, self._wrong = self._wrong, []
        assert self.lenient or not wrong, "not what GitHub describes:\n" + "\n".join(wrong)

    def find_live(self, kind: str) -> tuple[str, ...]:
        """What came alive of a kind (``mention``, ``issue``, ``commit``, ``address`` …) in all that the App sent, also in texts
        that were written over since: a mention notifies at once.
        """
        with self._lock:
            return tuple(f"{one.place}: {text}" for one in self.shown for text in one.find_live(kind))

    def find_mentioned(self) -> tuple[str, ...]:
        """Whom the App's texts notified."""
        with self._lock:
            return tuple(text for one in self.shown for text in one.find_live("mention"))

    def forget_all(self) -> None:
        """As it began; no fault is to come either."""
        super().forget_all()
        self._faults.clear()
        self._hooks.clear()
        self._lost = None

    def fail_always(self, path: str, reply: Reply | None) -> None:
        """Answer every request whose ``METHOD path`` matches with ``reply``; None: as ever again."""
        self._standing = None if reply is None else (re.compile(path), reply)

    def fail_next(self, path: str, reply: Reply) -> None:
        """Answer the next request whose ``METHOD path`` matches the pattern with ``reply``."""
        self._faults.append((re.compile(path), reply))

    def lose_next(self, path: str, *, skip: int = 0) -> None:
        """Do what the next request that matches asks for (or a later one, after ``skip`` of them), and break the connection
        off before anybody hears of it.
        """
        self._lost = (re.compile(path), skip)

    def after(self, path: str, action: Callable[[], None]) -> None:
        """Do something once, when the next request whose ``METHOD path`` matches was done but is not answered yet."""
        self._hooks.append((re.compile(path), action))

    # --- webhooks ---------------------------------------------------------------------------------

    def emit(self, event: str, payload: Json) -> None:
        self.told.append((event, payload))
        if event not in (*self.app.events, *_ALWAYS):
            return
        if event not in _ALWAYS and payload.get("installation", {"id": 0})["id"] == 0:
            return
        self.send(webhooks.make_delivery(event, payload))

    def send(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self._outbox.put(delivery)

    def make_key(self) -> tuple[str, str]:
        """Another pair: private and public."""
        return _make_key(next(self._keys))

    def register(self, app: App, private_key: str, webhook_url: str | None) -> None:
        """From now on this is the App; the one from before is none."""
        self.app, self.private_key, self.webhook_url = app, private_key, webhook_url

    def redeliver(self, delivery: Delivery) -> int:
        assert self.webhook_url is not None
        return webhooks.send(delivery, self.webhook_url, self.app.webhook_secret)

    def drain(self) -> None:
        """Wait until every webhook so far has been sent."""
        self._outbox.join()

    def _send_all(self) -> None:
        while (delivery := self._outbox.get()) is not None:
            if self.webhook_url is not None:
                webhooks.send(delivery, self.webhook_url, self.app.webhook_secret)
            self._outbox.task_done()

    # --- the server's side ------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        # A fault is of this one answer: headers are added below.
        fault = self._find_fault(request)
        reply = limits.count(self, request, replace(fault, headers=dict(fault.headers)) if fault else None)
        if reply is None:
            reply = limits.tag(request, self._answer(request))
        limits.describe(self, request, reply)
        if self._hooks and self._hooks[0][0].search(name_request(request)):
            self._hooks.popleft()[1]()
        self.seen.append(Seen(method=request.method, path=request.path, status=reply.status))
        reply.headers.setdefault("X-GitHub-Request-Id", f"{len(self.seen):X}")
        return replace(reply, broken=Broken.RESET) if self._gets_lost(request) else reply

    def _gets_lost(self, request: Request) -> bool:
        if self._lost is None or not self._lost[0].search(name_request(request)):
            return False
        pattern, left = self._lost
        self._lost = (pattern, left - 1) if left else None
        return left == 0

    def _find_fault(self, request: Request) -> Reply | None:
        if self._faults and self._faults[0][0].search(name_request(request)):
            return self._faults.popleft()[1]
        if self._standing and self._standing[0].search(name_request(request)):
            return self._standing[1]
        return None

    def _answer(self, request: Request) -> Reply:
        # git's own traffic outside the lock: a clone may take its time.
        if not request.path.startswith("/api/"):
            own = self._answer_page(request) or oauth.answer(self, request)
            return own or smart_http.answer(self, request) or Reply(status=404, raw=b"Not Found")
        try:
            with self._lock:
                return self._answer_api(request)
        except ApiError as error:
            return Reply(status=error.status, body=error.body, headers=error.headers)

    def _answer_page(self, request: Request) -> Reply | None:
        """What people see in their browsers."""
        with self._lock:
            return registration.answer_page(self, request)

    def _answer_api(self, request: Request) -> Reply:
        if "user-agent" not in request.headers:
            raise ApiError(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            )
        if request.path == "/api/graphql" and request.method == "POST":
            return running.answer(self, request)
        reply = registration.answer_conversion(self, request) or apps.answer(self, request)
        reply = reply or users.answer(self, request) or oauth.answer_api(self, request)
        if reply is not None:
            return reply
        match = _REPOS.fullmatch(request.path)
        if match is None:
            self.note_wrong(request, ["there is no such path"])
            raise not_found()
        caller = find_caller(self.tokens, self.installations, request)
        return self._answer_repository(request, caller, *match.groups(""))

    def _answer_repository(self, request: Request, caller: Caller, owner: str, name: str, rest: str) -> Reply:
        found = operations.find(request.method, rest)
        if found is None:
            self.note_wrong(request, ["there is no such path"])
            raise not_found()
        one, parts = found
        self.note_wrong(request, described.find_faults(one.described, request))
        repository = self.find_repository(owner, name)
        if repository is None:
            raise not_found()
        caller.check(repository, _permissions(one, repository, parts), one.level)
        call = Call(hub=self, request=request, caller=caller, repository=repository, parts=parts)
        reply = self._handle(one, call)
        self.shown += list_shown(request)
        return reply

    def _handle(self, one: Route, call: Call) -> Reply:
        """The stand-in too is held to the description: the status has to be one that GitHub lists."""
        try:
            reply = one.handler(call)
        except ApiError as error:
            self.note_wrong(call.request, described.find_odd_status(one.described, call.request, error.status))
            raise
        self.note_wrong(call.request, described.find_odd_status(one.described, call.request, reply.status))
        return reply


def name_request(request: Request) -> str:
    """What patterns of faults are held against: ``METHOD path``, of GraphQL with the mutations that it asks for, or
    ``query``."""
    name = f"{request.method} {request.path}"
    if request.path != "/api/graphql":
        return name
    asked = json.loads(request.body).get("query", "")
    done = [one for one in MUTATIONS if re.search(rf"\b{one}\(", asked)]
    return f"{name} {' '.join(done) or 'query'}"


def check_all() -> None:
    """Of every hub that runs."""
    for hub in _OPEN:
        hub.check()


def _permissions(one: Route, repository: Repository, parts: dict[str, str]) -> tuple[str, ...]:
    """Conversation on a pull request is open to two permissions, on an issue to one."""
    if one.permission != "conversation":
        return (one.permission,)
    number = parts.get("issue_number", "")
    if "comment_id" in parts and parts["comment_id"].isdigit():
        comment = repository.comments.get(int(parts["comment_id"]))
        number = str(comment.issue) if comment else ""
    is_pull = number.isdigit() and int(number) in repository.pulls
    return ("pull_requests", "issues") if is_pull else ("issues",)


@cache
def _make_key(number: int) -> tuple[str, str]:
    """A key pair, the same for the same number: making one takes a while."""
    del number
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
