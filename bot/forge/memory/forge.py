"""One repository of the twin: conversation, issues, checks, alerts, on top of git and pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from bot.forge.memory.pull_requests import MemoryPullRequests
from bot.ports.forge import (
    Alert,
    AlertState,
    Check,
    CheckReport,
    ClosedPullRequest,
    Comment,
    ForgeNotFound,
    ForgeRejected,
    Glance,
    Issue,
    OpenComment,
    OpenHead,
    OwnPullRequest,
    Permission,
    PullRequest,
    PullRequestState,
    Reaction,
    Survey,
    TextLimits,
)
from bot.ports.run import Sha


@dataclass(slots=True, kw_only=True)
class MemoryForge(MemoryPullRequests):
    """One repository. Fields may be read and set freely by whoever plays the people on it.

    ``limits`` are those of GitHub. ``written``: when comments were. ``alerts`` None: they are turned off. ``assigned``:
    to whom issues and pull requests are. ``editors``: who edited comments last; ``writers``: who edited the texts of issues
    and pull requests, from the first edit on.
    """

    comments: dict[int, list[Comment]] = field(default_factory=dict)
    reactions: dict[int, list[Reaction]] = field(default_factory=dict)
    checks: list[tuple[CheckReport, Check]] = field(default_factory=list)
    written: dict[int, datetime] = field(default_factory=dict)
    limits: TextLimits = field(default_factory=lambda: TextLimits(body=65_536, summary=65_535))
    issues: dict[int, Issue] = field(default_factory=dict)
    assigned: dict[int, tuple[str, ...]] = field(default_factory=dict)
    alerts: list[Alert] | None = None
    editors: dict[int, str] = field(default_factory=dict)
    writers: dict[int, list[str]] = field(default_factory=dict)

    # --- what people do ---------------------------------------------------------------------------

    def add_comment(self, number: int, body: str, *, author: str) -> Comment:
        comment = Comment(id=self._next_id(), author=author, body=body)
        self.comments.setdefault(number, []).append(comment)
        self.written[comment.id] = self.updated[number] = self.moment
        return comment

    def add_issue(self, title: str, body: str = "", *, author: str, labels: tuple[str, ...] = ()) -> Issue:
        one = Issue(number=self._next_id(), title=title, body=body, is_open=True, author=author, labels=labels)
        self.issues[one.number] = one
        return one

    # --- at a glance ------------------------------------------------------------------------------

    def survey(self, issue: int | None = None) -> Survey:
        repository = self.get_repository()
        own = (
            OwnPullRequest(number=one.number, branch=one.head_branch, base=one.base_branch, body=one.body)
            for one in self.list_pull_requests(PullRequestState.OPEN)
            if one.author == self.identity.login and not one.from_fork
        )
        may_read = not any(one.startswith("issues:") for one in self.lacking)
        return Survey(
            repository=repository,
            base=self.find_branch(repository.default_branch),
            own=tuple(own),
            issue=self.issues.get(issue) if issue is not None and may_read else None,
            may_read_issues=may_read or issue is None,
        )

    # --- issues -----------------------------------------------------------------------------------

    def list_own_issues(self) -> tuple[Issue, ...]:
        self._need("issues")
        if not self.repository.has_issues:
            return ()
        newest = sorted(self.issues.values(), key=lambda one: one.number, reverse=True)
        return tuple(one for one in newest if one.author == self.identity.login)

    def get_issue(self, number: int) -> Issue:
        self._need("issues")
        if number not in self.issues:
            raise ForgeNotFound(f"no issue {number}")
        return self.issues[number]

    def open_issue(self, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        self._need("issues")
        if not self.repository.has_issues:
            raise ForgeRejected("Issues has been disabled in this repository")
        return self.add_issue(title, body, author=self.identity.login, labels=labels)

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, is_open: bool | None = None
    ) -> None:
        one = self.get_issue(number)
        if body not in (None, one.body):
            self.writers.setdefault(number, []).append(self.identity.login)
        self.issues[number] = replace(
            one,
            title=one.title if title is None else title,
            body=one.body if body is None else body,
            is_open=one.is_open if is_open is None else is_open,
        )

    def add_assignees(self, number: int, logins: tuple[str, ...]) -> tuple[str, ...]:
        before = self._assignees(number)
        taken = tuple(one for one in dict.fromkeys((*before, *filter(self._has_access, logins))))[:10]
        if number in self.pull_requests:
            self.pull_requests[number] = replace(self.pull_requests[number], assignees=taken)
        self.assigned[number] = taken
        return tuple(one for one in logins if one not in taken)

    def _assignees(self, number: int) -> tuple[str, ...]:
        if number not in self.pull_requests and number not in self.issues:
            raise ForgeNotFound(f"no issue {number}")
        return self.assigned.get(number, ())

    # --- conversation -----------------------------------------------------------------------------

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        if number in self.issues:
            issue = self.issues[number]
            self.issues[number] = replace(issue, labels=tuple(dict.fromkeys((*issue.labels, *labels))))
            return
        one = self.get_pull_request(number)
        self.pull_requests[number] = replace(one, labels=tuple(dict.fromkeys((*one.labels, *labels))))

    def list_editors(self, number: int) -> tuple[str, ...]:
        threads: Mapping[int, Issue | PullRequest] = {**self.pull_requests, **self.issues}
        if number not in threads:
            raise ForgeNotFound(f"no issue or pull request {number}")
        edits = self.writers.get(number, [])
        # That it was written counts once it was changed.
        history = [threads[number].author, *edits] if edits else []
        return tuple(dict.fromkeys(reversed(history[-10:])))

    def list_comments(self, number: int) -> tuple[Comment, ...]:
        return tuple(self.comments.get(number, ()))

    def comment(self, number: int, body: str) -> None:
        if number not in self.issues:
            self.get_pull_request(number)
        self.add_comment(number, body, author=self.identity.login)

    def edit_comment(self, comment: int, body: str) -> None:
        for number, said in self.comments.items():
            if any(one.id == comment for one in said):
                self.comments[number] = [replace(one, body=body) if one.id == comment else one for one in said]
                return
        raise ForgeNotFound(f"no comment {comment}")

    def react(self, comment: int, reaction: Reaction) -> None:
        if not any(one.id == comment for rows in self.comments.values() for one in rows):
            raise ForgeNotFound(f"no comment {comment}")
        given = self.reactions.setdefault(comment, [])
        if reaction not in given:
            given.append(reaction)

    def look_over(self, check: str | None = None) -> Glance:
        repository = self.repository
        if repository.archived or repository.disabled:
            return Glance(ref=self.ref, base=None)
        own = [one for one in self.pull_requests.values() if one.author == self.identity.login and not one.from_fork]
        return Glance(
            ref=self.ref,
            base=self.branches.get(repository.default_branch),
            closed=tuple(
                ClosedPullRequest(number=one.number, moment=str(one.state))
                for one in own
                if one.state is not PullRequestState.OPEN and one.head_branch in self.branches
            ),
            comments=tuple(self._open_comments()),
            heads=() if check is None else tuple(self._open_heads(check)),
        )

    def _open_heads(self, check: str) -> Iterator[OpenHead]:
        if any(one.startswith("checks:") for one in self.lacking):
            return
        for one in self.list_pull_requests(PullRequestState.OPEN):
            yield OpenHead(
                number=one.number,
                head=one.head,
                branch=one.head_branch,
                repository=one.head_repository,
                base=one.base_branch,
                owner=one.author,
                owner_is_bot=one.author.endswith("[bot]"),
                is_draft=one.draft,
                updated=self.updated.get(one.number, one.created),
                is_checked=bool(self.list_checks(one.head, check)),
            )

    def _open_comments(self) -> Iterator[OpenComment]:
        """On any open pull request, and on all that is the App's."""
        pulls = (
            (one.number, one.author, True, one.state is PullRequestState.OPEN) for one in self.pull_requests.values()
        )
        issues = ((one.number, one.author, False, one.is_open) for one in self.issues.values())
        for number, owner, is_pull_request, is_open in (*pulls, *issues):
            if owner == self.identity.login or (is_pull_request and is_open):
                for comment in self.comments.get(number, ()):
                    if self._is_unanswered(comment):
                        yield OpenComment(
                            number=number,
                            comment=comment.id,
                            author=comment.author,
                            text=comment.body,
                            written=self.written[comment.id],
                            editor=self.editors.get(comment.id),
                            is_pull_request=is_pull_request,
                            is_open=is_open,
                            owner=owner,
                            owner_is_bot=owner.endswith("[bot]"),
                            reactions=tuple(self.reactions.get(comment.id, ())),
                        )

    def _is_unanswered(self, comment: Comment) -> bool:
        editor = self.editors.get(comment.id)
        if any(one.endswith("[bot]") for one in (comment.author, editor or "")):
            return False
        return editor is not None or not any(one.is_last for one in self.reactions.get(comment.id, ()))

    def get_permission(self, login: str) -> Permission:
        return self.permissions.get(login, Permission.NONE)

    # --- checks and alerts ------------------------------------------------------------------------

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        # The newest alone, as GitHub has it unless it is asked for all.
        found = (check for report, check in reversed(self.checks) if (report.commit, report.name) == (commit, name))
        return tuple(islice(found, 1))

    def write_check(self, report: CheckReport) -> None:
        self._need("checks")
        self._get(report.commit)
        newest = next(iter(self.list_checks(report.commit, report.name)), None)
        check = Check(
            id=newest.id if newest is not None and newest.is_running else self._next_id(),
            name=report.name,
            conclusion=report.conclusion,
            title=report.title,
            summary=report.summary,
            is_running=report.conclusion is None,
            annotations=sum(one.path is not None for one in (*report.problems, *report.warnings)),
        )
        if newest is None or replace(newest, id=0) != replace(check, id=0):
            self.checks = [(said, one) for said, one in self.checks if one.id != check.id]
            self.checks.append((report, check))

    def list_alerts(self) -> tuple[Alert, ...] | None:
        if self.alerts is None or any(one.startswith("vulnerability_alerts:") for one in self.lacking):
            return None
        newest = sorted(self.alerts, key=lambda one: one.number, reverse=True)
        return tuple(one for one in newest if one.ecosystem == "pip" and one.state is not AlertState.FIXED)
