"""The stand-in's state, and what follows from what happens in it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.github import merging, webhooks
from tests.github.git_data import WEB_FLOW
from tests.github.gitstore import GitStore, Person
from tests.github.model import (
    Account,
    App,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Pull,
    Repository,
    Seen,
    Thread,
    Token,
)
from tests.github.wire import Json

#: What the App's manifest asks for (``app.yml``; a test keeps the two alike).
PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "issues": "write",
    "workflows": "write",
    "statuses": "read",
    "vulnerability_alerts": "read",
    "merge_queues": "read",
}
EVENTS = (
    "check_run",
    "check_suite",
    "dependabot_alert",
    "issue_comment",
    "issues",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
    "repository",
    "status",
)
#: By the App's own account, or by nobody in particular.
_SLUG = "lockbot-test"


class World:
    """What there is on the stand-in."""

    def __init__(self, folder: Path, *, public_key: str, webhook_secret: str) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._ids = 1000
        self.accounts: dict[str, Account] = {}
        self.app = App(
            id=4711,
            slug=_SLUG,
            bot=self.add_account(f"{_SLUG}[bot]", "Bot"),
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

    @property
    def url(self) -> str:
        raise NotImplementedError

    def emit(self, event: str, payload: Json) -> None:
        raise NotImplementedError

    def next_id(self) -> int:
        with self._lock:
            self._ids += 1
            return self._ids

    def add_account(self, login: str, kind: str = "User") -> Account:
        kind = "Bot" if login.endswith("[bot]") else kind
        return self.accounts.setdefault(login, Account(id=self.next_id(), login=login, type=kind))

    # --- effects ----------------------------------------------------------------------------------

    def commit(
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
        for home in self.repositories.values():
            for one in home.open_pulls():
                if (one.head_repository, one.head) == (repository.id, name):
                    self._follow(home, one, after, who)
        for one in repository.open_pulls():
            if one.base == name and after is not None:
                one.base_sha = after
        if not quiet:
            self.emit("push", webhooks.push_payload(self, repository, ref, before, after, who))
        merging.merge_what_may(self, repository)

    def _follow(self, home: Repository, one: Pull, after: str | None, who: Account) -> None:
        if after is None:
            self.close_pull(home, one, who)
            return
        before, one.head_sha = one.head_sha, after
        one.updated = datetime.now(UTC)
        self.bring_head(home, one)
        more = {"before": before, "after": after}
        self.emit("pull_request", webhooks.pull_payload(self, home, "synchronize", one, who, **more))

    def bring_head(self, home: Repository, one: Pull) -> None:
        """The commits of a fork's branch are there in the repository itself, below ``refs/pull``."""
        if one.head_repository != home.id:
            head = self.repositories[one.head_repository]
            home.git.fetch(head.git, f"refs/heads/{one.head}", f"refs/pull/{one.number}/head")
            home.verified |= head.verified

    def add_pull(
        self,
        repository: Repository,
        *,
        head: str,
        base: str,
        title: str,
        body: str,
        author: Account,
        head_repository: Repository | None = None,
        draft: bool = False,
        maintainer_can_modify: bool = False,
    ) -> Pull:
        with self._lock:
            home = head_repository or repository
            repository.last_number += 1
            head_sha, base_sha = home.git.branch(head), repository.git.branch(base)
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
                head_repository=home.id,
                created=datetime.now(UTC),
                draft=draft,
                maintainer_can_modify=maintainer_can_modify and home is not repository,
            )
            repository.pulls[one.number] = one
            self.bring_head(repository, one)
            self.tell_pull(repository, "opened", one, author)
            return one

    def close_pull(self, repository: Repository, one: Pull, who: Account) -> None:
        one.state, one.closed_by, one.auto_merge = "closed", who, None
        self.tell_pull(repository, "closed", one, who)

    def edit_thread(
        self, repository: Repository, one: Thread, who: Account, *, title: str | None, body: str | None
    ) -> None:
        """The event tells what stood there before, where something else stands there now."""
        before = {"title": one.title, "body": one.body}
        one.title = one.title if title is None else title
        one.body = one.body if body is None else body
        after = {"title": one.title, "body": one.body}
        changes = {name: {"from": text} for name, text in before.items() if text != after[name]}
        if "body" in changes:
            one.edits.append((datetime.now(UTC), who))
        if changes:
            self.tell(repository, "edited", one, who, changes=changes)

    def tell(self, repository: Repository, action: str, one: Thread, who: Account, **more: object) -> None:
        if isinstance(one, Pull):
            self.tell_pull(repository, action, one, who, **more)
        else:
            self.emit("issues", webhooks.issue_payload(self, repository, action, one, who, **more))

    def tell_pull(self, repository: Repository, action: str, one: Pull, who: Account, **more: object) -> None:
        one.updated = datetime.now(UTC)
        self.emit("pull_request", webhooks.pull_payload(self, repository, action, one, who, **more))

    def add_issue(self, repository: Repository, *, title: str, body: str, author: Account) -> Issue:
        with self._lock:
            repository.last_number += 1
            one = Issue(
                id=self.next_id(),
                number=repository.last_number,
                title=title,
                body=body,
                author=author,
                created=datetime.now(UTC),
            )
            repository.issues[one.number] = one
            self.tell(repository, "opened", one, author)
            return one

    def set_issue_state(self, repository: Repository, one: Thread, state: str, who: Account) -> None:
        if one.state != state:
            one.state, one.closed_by = state, who if state == "closed" else None
            self.tell(repository, "closed" if state == "closed" else "reopened", one, who)

    def add_comment(self, repository: Repository, number: int, text: str, who: Account) -> Comment:
        comment = Comment(id=self.next_id(), issue=number, author=who, body=text, created=datetime.now(UTC))
        repository.comments[comment.id] = comment
        if number in repository.pulls:
            repository.pulls[number].updated = comment.created
        self.emit("issue_comment", webhooks.comment_payload(self, repository, "created", comment, who))
        return comment

    def change_comment(self, repository: Repository, comment: Comment, text: str, who: Account) -> None:
        before, comment.body = comment.body, text
        comment.editor, comment.edited = who, datetime.now(UTC)
        changes = {"body": {"from": before}}
        payload = webhooks.comment_payload(self, repository, "edited", comment, who, changes=changes)
        self.emit("issue_comment", payload)

    def tell_check(self, repository: Repository, action: str, run: CheckRun, who: Account) -> None:
        self.emit("check_run", webhooks.check_payload(self, repository, action, run, who))
        merging.merge_what_may(self, repository)
        runs = [one for one in repository.checks.values() if (one.app, one.head_sha) == (run.app, run.head_sha)]
        if action != "rerequested" and all(one.status == "completed" for one in runs):
            self.emit("check_suite", webhooks.suite_payload(self, repository, "completed", run.head_sha, who))

    def pass_time(self, passed: timedelta) -> None:
        """As if for that long nobody had touched any pull request, nor said anything."""
        for repository in self.repositories.values():
            for one in repository.pulls.values():
                one.updated = (one.updated or one.created) - passed
            for comment in repository.comments.values():
                comment.created -= passed
                comment.edited = None if comment.edited is None else comment.edited - passed

    # --- look-ups ---------------------------------------------------------------------------------

    def find_repository(self, owner: str, name: str) -> Repository | None:
        return next(
            (one for one in self.repositories.values() if one.full_name.lower() == f"{owner}/{name}".lower()), None
        )

    def find_account_by_email(self, email: str) -> Account | None:
        if email == WEB_FLOW.email:
            return self.web_flow
        return next((one for one in self.accounts.values() if one.email == email), None)

    def installation_of(self, repository: Repository) -> int:
        return next((one.id for one in self.installations.values() if repository.id in one.repositories), 0)

    def comments_on(self, repository: Repository, number: int) -> list[Comment]:
        return [one for one in repository.comments.values() if one.issue == number]

    def make_git(self, number: int) -> GitStore:
        return GitStore.create(self._folder / f"{number}.git", "main")
