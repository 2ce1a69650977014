"""The stand-in itself: its state, what people do on it, and the server in front."""

from __future__ import annotations

import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github import apps, git_data, graphql, limits, pulls, smart_http, webhooks
from tests.github.auth import find_caller
from tests.github.gitstore import GitStore, Person
from tests.github.model import Account, App, Comment, Installation, Pull, Repository, Seen, Token
from tests.github.rendering import find_mentions
from tests.github.routes import Call
from tests.github.serving import Serving
from tests.github.webhooks import Delivery
from tests.github.wire import ApiError, Reply, Request, not_found

#: What the App's manifest asks for (``app.yml``; a test keeps the two alike).
PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "issues": "read",
    "workflows": "write",
}
EVENTS = ("push", "pull_request", "issue_comment")
_ALWAYS = ("installation", "installation_repositories")
_REPOS = re.compile(r"/api/v3/repos/([^/]+)/([^/]+)(/.*)?")


class Hub:
    """Start with ``with Hub(folder) as hub``. Public methods are what people and administrators do."""

    def __init__(self, folder: Path, *, webhook_secret: str = "it is a secret to everybody", key: int = 0) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._ids = 1000
        self.private_key, public_key = _make_key(key)
        self.accounts: dict[str, Account] = {}
        self.app = App(
            id=4711,
            slug="lockbot-test",
            bot=self.add_account("lockbot-test[bot]", "Bot"),
            public_key=public_key,
            webhook_secret=webhook_secret,
            permissions=dict(PERMISSIONS),
            events=EVENTS,
        )
        #: The account behind commits that are made on GitHub's pages and through its API.
        self.web_flow = Account(id=19864447, login="web-flow")
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[int, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.seen: list[Seen] = []
        self.deliveries: list[Delivery] = []
        self.webhook_url: str | None = None
        self._faults: deque[tuple[re.Pattern[str], Reply]] = deque()
        self._standing: tuple[re.Pattern[str], Reply] | None = None
        self._hooks: deque[tuple[re.Pattern[str], Callable[[], None]]] = deque()
        self._outbox: queue.Queue[Delivery | None] = queue.Queue()
        self._server = Serving(self.answer)
        self._sender = threading.Thread(target=self._send_all, name="webhooks", daemon=True)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outbox.put(None)
        self._sender.join()
        self._server.stop()

    # --- people and administrators ----------------------------------------------------------------

    def next_id(self) -> int:
        with self._lock:
            self._ids += 1
            return self._ids

    def add_account(self, login: str, kind: str = "User") -> Account:
        return self.accounts.setdefault(login, Account(id=self.next_id(), login=login, type=kind))

    def add_repository(self, full_name: str, files: dict[str, str], *, private: bool = True) -> Repository:
        owner, _, name = full_name.partition("/")
        number = self.next_id()
        repository = Repository(
            id=number,
            owner=self.add_account(owner),
            name=name,
            git=GitStore.create(self._folder / f"{number}.git", "main"),
            private=private,
            permissions={owner: "admin"},
        )
        if files:
            self._commit(repository, repository.owner, "main", dict(files), "First commit")
        self.repositories[number] = repository
        return repository

    def add_collaborator(self, repository: Repository, login: str, role: str) -> Account:
        repository.permissions[login] = role
        return self.add_account(login)

    def forget_all(self) -> None:
        """No repository, no installation, and no fault that was to come."""
        with self._lock:
            for one in (self.repositories, self.installations, self.tokens, self._faults, self._hooks):
                one.clear()

    def find_mentioned(self) -> tuple[str, ...]:
        """Whom the App's texts notified: GitHub renders them first, and looks for mentions in what is left."""
        bot = self.app.bot.login
        with self._lock:
            return tuple(
                name
                for repository in self.repositories.values()
                for text in repository.list_texts(bot)
                for name in find_mentions(text)
            )

    def install(self, *repositories: Repository, without: str = "") -> Installation:
        """``without``: a permission that the account has not granted (yet)."""
        with self._lock:
            owner = repositories[0].owner
            one = Installation(
                id=self.next_id(),
                account=owner,
                permissions={name: level for name, level in self.app.permissions.items() if name != without},
                repositories={repo.id for repo in repositories},
            )
            self.installations[one.id] = one
            self.emit("installation", webhooks.installation_payload(self, "created", one, owner))
            return one

    def uninstall(self, one: Installation) -> None:
        with self._lock:
            self.emit("installation", webhooks.installation_payload(self, "deleted", one, one.account))
            del self.installations[one.id]

    def change_repositories(
        self, one: Installation, *, add: tuple[Repository, ...] = (), remove: tuple[Repository, ...] = ()
    ) -> None:
        with self._lock:
            one.repositories |= {repo.id for repo in add}
            one.repositories -= {repo.id for repo in remove}
            payload = webhooks.repositories_payload(self, one, list(add), list(remove), one.account)
            self.emit("installation_repositories", payload)

    def push(
        self,
        repository: Repository,
        files: Mapping[str, str | None],
        *,
        branch: str = "main",
        login: str | None = None,
        quiet: bool = False,
    ) -> str:
        """A person pushes one commit. ``quiet``: its webhook gets lost."""
        with self._lock:
            who = self.add_account(login) if login else repository.owner
            before = repository.git.branch(branch)
            sha = self._commit(repository, who, branch, dict(files), "Change by a person")
            self.moved(repository, f"refs/heads/{branch}", before, sha, who, quiet=quiet)
            return sha

    def amend(
        self,
        repository: Repository,
        branch: str,
        files: dict[str, str | None],
        *,
        login: str,
        message: str | None = None,
        quiet: bool = False,
    ) -> str:
        """``git commit --amend`` and a forced push: the author stays as it was."""
        with self._lock:
            git, who = repository.git, self.add_account(login)
            before = git.branch(branch)
            assert before is not None
            old = git.read_commit(before)
            rows = [(path, "100644", git.write_blob(text.encode()) if text else None) for path, text in files.items()]
            tree = git.write_tree(before, rows)
            sha = git.write_commit(tree, list(old.parents), message or old.message, old.author, _person(who))
            self._force(repository, branch, sha, who, quiet=quiet)
            return sha

    def force_push(self, repository: Repository, branch: str, sha: str, *, login: str, quiet: bool = False) -> None:
        """A person sets a branch back to a commit that is there."""
        with self._lock:
            self._force(repository, branch, sha, self.add_account(login), quiet=quiet)

    def update_branch(self, repository: Repository, number: int, *, login: str) -> str:
        """The button "Update branch": GitHub merges the base and signs the merge itself."""
        with self._lock:
            one, git, who = repository.pulls[number], repository.git, self.add_account(login)
            base = git.branch(one.base)
            assert base is not None
            tree = git.merge_tree(one.head_sha, base)
            words = f"Merge branch '{one.base}' into {one.head}"
            sha = git.write_commit(tree, [one.head_sha, base], words, _person(who), git_data.WEB_FLOW)
            repository.verified.add(sha)
            self._force(repository, one.head, sha, who)
            return sha

    def update_with_rebase(self, repository: Repository, number: int, *, login: str) -> str:
        """The other one, for a branch of one commit: the author stays, nobody signs."""
        with self._lock:
            one, git, who = repository.pulls[number], repository.git, self.add_account(login)
            base, old = git.branch(one.base), git.read_commit(one.head_sha)
            assert base is not None
            tree = git.merge_tree(one.head_sha, base, base=old.parents[0])
            sha = git.write_commit(tree, [base], old.message, old.author, _person(who))
            self._force(repository, one.head, sha, who)
            return sha

    def _force(self, repository: Repository, branch: str, sha: str, who: Account, *, quiet: bool = False) -> None:
        before = repository.git.branch(branch)
        repository.git.update_ref(f"refs/heads/{branch}", sha)
        self.moved(repository, f"refs/heads/{branch}", before, sha, who, quiet=quiet)

    def edit(self, repository: Repository, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """A person edits a pull request's words; the browser sends lines that end with CRLF."""
        with self._lock:
            one = repository.pulls[number]
            one.title = title or one.title
            one.body = one.body if body is None else body.replace("\n", "\r\n")

    def switch_default_branch(self, repository: Repository, name: str) -> None:
        """No push is told of; open pull requests keep their base."""
        with self._lock:
            if repository.git.branch(name) is None:
                head = repository.git.branch(repository.default_branch)
                assert head is not None
                repository.git.update_ref(f"refs/heads/{name}", head)
            repository.default_branch = name

    def comment(self, repository: Repository, number: int, text: str, *, login: str) -> Comment:
        with self._lock:
            return self.add_comment(repository, number, text, self.add_account(login))

    def close(self, repository: Repository, number: int, *, login: str) -> None:
        with self._lock:
            self.close_pull(repository, repository.pulls[number], self.add_account(login))

    def merge(self, repository: Repository, number: int, *, login: str) -> str:
        """Squash: the pull request's tree on top of its base, which must be its parent."""
        with self._lock:
            one, who, git = repository.pulls[number], self.add_account(login), repository.git
            before = git.branch(one.base)
            assert before is not None
            assert git.is_ancestor(before, one.head_sha), "only an up-to-date branch is merged here"
            person = Person(name=who.login, email=who.email)
            sha = git.write_commit(git.read_commit(one.head_sha).tree, [before], one.title, person, person)
            git.update_ref(f"refs/heads/{one.base}", sha)
            one.merged = True
            self.close_pull(repository, one, who)
            self.moved(repository, f"refs/heads/{one.base}", before, sha, who)
            return sha

    def fail_always(self, path: str, reply: Reply | None) -> None:
        """Answer every request whose ``METHOD path`` matches with ``reply``; None: as ever again."""
        self._standing = None if reply is None else (re.compile(path), reply)

    def fail_next(self, path: str, reply: Reply) -> None:
        """Answer the next request whose ``METHOD path`` matches the pattern with ``reply``."""
        self._faults.append((re.compile(path), reply))

    def after(self, path: str, action: Callable[[], None]) -> None:
        """Do something once, when the next request whose ``METHOD path`` matches was done but is not answered yet."""
        self._hooks.append((re.compile(path), action))

    # --- effects ----------------------------------------------------------------------------------

    def _commit(
        self, repository: Repository, who: Account, branch: str, files: dict[str, str | None], message: str
    ) -> str:
        return repository.git.commit_files(branch, files, message, Person(name=who.login, email=who.email))

    def moved(
        self,
        repository: Repository,
        ref: str,
        before: str | None,
        after: str | None,
        who: Account,
        *,
        quiet: bool = False,
    ) -> None:
        """What follows from a ref's move: heads of pull requests, closing, the push event."""
        name = ref.removeprefix("refs/heads/")
        for one in repository.open_pulls():
            if one.head == name and after is None:
                self.close_pull(repository, one, who)
            elif one.head == name and after is not None:
                one.head_sha = after
                self.emit("pull_request", webhooks.pull_payload(self, repository, "synchronize", one, who))
            elif one.base == name and after is not None:
                one.base_sha = after
        if not quiet:
            self.emit("push", webhooks.push_payload(self, repository, ref, before, after, who))

    def add_pull(self, repository: Repository, *, head: str, base: str, title: str, body: str, author: Account) -> Pull:
        with self._lock:
            repository.last_number += 1
            head_sha, base_sha = repository.git.branch(head), repository.git.branch(base)
            assert head_sha is not None
            assert base_sha is not None
            one = Pull(
                id=self.next_id(),
                number=repository.last_number,
                title=title,
                body=body,
                author=author,
                head=head,
                base=base,
                head_sha=head_sha,
                base_sha=base_sha,
                created=datetime.now(UTC),
            )
            repository.pulls[one.number] = one
            self.emit("pull_request", webhooks.pull_payload(self, repository, "opened", one, author))
            return one

    def close_pull(self, repository: Repository, one: Pull, who: Account) -> None:
        one.state, one.closed_by = "closed", who
        self.emit("pull_request", webhooks.pull_payload(self, repository, "closed", one, who))

    def add_comment(self, repository: Repository, number: int, text: str, who: Account) -> Comment:
        comment = Comment(id=self.next_id(), issue=number, author=who, body=text, created=datetime.now(UTC))
        repository.comments[comment.id] = comment
        payload = webhooks.comment_payload(self, repository, repository.pulls[number], comment)
        self.emit("issue_comment", payload)
        return comment

    # --- look-ups ---------------------------------------------------------------------------------

    def find_repository(self, owner: str, name: str) -> Repository | None:
        return next(
            (one for one in self.repositories.values() if one.full_name.lower() == f"{owner}/{name}".lower()), None
        )

    def find_account_by_email(self, email: str) -> Account | None:
        if email == git_data.WEB_FLOW.email:
            return self.web_flow
        return next((one for one in self.accounts.values() if one.email == email), None)

    def installation_of(self, repository: Repository) -> int:
        return next((one.id for one in self.installations.values() if repository.id in one.repositories), 0)

    def comments_on(self, repository: Repository, number: int) -> list[Comment]:
        return [one for one in repository.comments.values() if one.issue == number]

    # --- webhooks ---------------------------------------------------------------------------------

    def emit(self, event: str, payload: dict[str, object]) -> None:
        if event not in (*self.app.events, *_ALWAYS):
            return
        if event not in _ALWAYS and payload.get("installation", {"id": 0})["id"] == 0:  # type: ignore[index]
            return
        delivery = webhooks.make_delivery(event, payload)
        self.deliveries.append(delivery)
        self._outbox.put(delivery)

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
        if self._hooks and self._hooks[0][0].search(f"{request.method} {request.path}"):
            self._hooks.popleft()[1]()
        self.seen.append(Seen(method=request.method, path=request.path, status=reply.status))
        reply.headers.setdefault("X-GitHub-Request-Id", f"{len(self.seen):X}")
        return reply

    def _find_fault(self, request: Request) -> Reply | None:
        if self._faults and self._faults[0][0].search(f"{request.method} {request.path}"):
            return self._faults.popleft()[1]
        if self._standing and self._standing[0].search(f"{request.method} {request.path}"):
            return self._standing[1]
        return None

    def _answer(self, request: Request) -> Reply:
        # git's own traffic outside the lock: a clone may take its time.
        if not request.path.startswith("/api/"):
            return smart_http.answer(self, request) or Reply(status=404, raw=b"Not Found")
        try:
            with self._lock:
                return self._answer_api(request)
        except ApiError as error:
            return Reply(status=error.status, body=error.body, headers=error.headers)

    def _answer_api(self, request: Request) -> Reply:
        if "user-agent" not in request.headers:
            raise ApiError(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            )
        if request.path == "/api/graphql" and request.method == "POST":
            return graphql.answer(self, request)
        reply = apps.answer(self, request)
        if reply is not None:
            return reply
        match = _REPOS.fullmatch(request.path)
        if match is None:
            raise not_found()
        return self._answer_repository(request, match[1], match[2], match[3] or "")

    def _answer_repository(self, request: Request, owner: str, name: str, rest: str) -> Reply:
        caller = find_caller(self.tokens, self.installations, request)
        repository = self.find_repository(owner, name)
        if repository is None:
            raise not_found()
        for one in (*git_data.ROUTES, *pulls.ROUTES):
            match = one.pattern.fullmatch(rest) if one.method == request.method else None
            if match is not None:
                caller.check(repository, one.permission, one.level)
                call = Call(hub=self, request=request, caller=caller, repository=repository, parts=match.groupdict())
                return one.handler(call)
        raise not_found()


def _person(who: Account) -> Person:
    return Person(name=who.login, email=who.email)


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
