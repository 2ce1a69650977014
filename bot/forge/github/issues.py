"""Issues on GitHub, and the conversation on issues and pull requests.

A list of issues comes by GraphQL: REST's holds pull requests too, and those of the App may be thousands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from bot.forge.github.limits import ASSIGNEES
from bot.forge.github.payloads import Account, Actor, LabelBody, PageInfo, Read, Rows, validate
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import Comment, ForgeNotFound, ForgeRejected, Issue, Permission, Reaction

_OWN_ISSUES = """
query ($owner: String!, $name: String!, $login: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(
      filterBy: {createdBy: $login}
      first: 100
      after: $after
      orderBy: {field: CREATED_AT, direction: DESC}
    ) {
      nodes {
        number
        title
        body
        state
        author { __typename login }
        labels(first: 100) { nodes { name } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


#: Nothing says in which order edits come: both ends are asked for.
_EDITS = """
query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on Issue {
        first: userContentEdits(first: 10) { nodes { ...edit } }
        last: userContentEdits(last: 10) { nodes { ...edit } }
      }
      ... on PullRequest {
        first: userContentEdits(first: 10) { nodes { ...edit } }
        last: userContentEdits(last: 10) { nodes { ...edit } }
      }
    }
  }
}
fragment edit on UserContentEdit {
  editedAt
  editor { __typename login }
}
"""
_MOST_EDITS = 10


class _Edit(Read):
    moment: datetime = Field(alias="editedAt")
    editor: Actor | None

    @property
    def login(self) -> str:
        return self.editor.rest_login if self.editor is not None else "ghost"


class _Edits(Read):
    nodes: tuple[_Edit | None, ...] | None


class _Edited(Read):
    """An end is None where nothing was ever edited."""

    first: _Edits | None = None
    last: _Edits | None = None

    def list_editors(self) -> tuple[str, ...]:
        ends = (one.nodes or () for one in (self.first, self.last) if one is not None)
        found = [edit for end in ends for edit in end if edit is not None]
        newest = sorted(found, key=lambda one: one.moment, reverse=True)
        moments = sorted({one.moment for one in newest}, reverse=True)[:_MOST_EDITS]
        return tuple(dict.fromkeys(one.login for one in newest if one.moment in moments))


_EDITED = TypeAdapter(_Edited)


class _Labels(Read):
    nodes: tuple[LabelBody | None, ...] | None


class ListedIssue(Read):
    number: int
    title: str
    body: str
    state: str
    author: Actor | None
    labels: _Labels | None

    def issue(self) -> Issue:
        labels = (self.labels.nodes if self.labels else None) or ()
        return Issue(
            number=self.number,
            title=self.title,
            body=self.body.replace("\r\n", "\n"),
            is_open=self.state == "OPEN",
            author=self.author.rest_login if self.author else "ghost",
            labels=tuple(one.name for one in labels if one is not None),
        )


class _ListedIssues(Read):
    nodes: tuple[ListedIssue | None, ...] | None
    page: PageInfo = Field(alias="pageInfo")


_LISTED = TypeAdapter(_ListedIssues)


class _IssueBody(Read):
    number: int
    title: str
    body: str | None = None
    state: str
    user: Account | None = None
    labels: tuple[LabelBody | str, ...] = ()
    pull_request: dict[str, Any] | None = None
    assignees: tuple[Account, ...] | None = None

    def issue(self) -> Issue:
        return Issue(
            number=self.number,
            title=self.title,
            body=(self.body or "").replace("\r\n", "\n"),
            is_open=self.state == "open",
            author=self.user.login if self.user else "ghost",
            labels=tuple(one if isinstance(one, str) else one.name for one in self.labels),
        )


class CommentBody(Read):
    id: int
    body: str | None = None
    user: Account | None = None

    def comment(self) -> Comment:
        return Comment(id=self.id, author=self.user.login if self.user else "ghost", body=self.body or "")


class PermissionBody(Read):
    permission: str
    role_name: str = ""


class Issues(RepositoryScope):
    def list_own_issues(self) -> tuple[Issue, ...]:
        login, after = self._identify().login, None
        found: list[Issue] = []
        while True:
            page = self._list_issues(login, after)
            found += (one.issue() for one in page.nodes or () if one is not None)
            if not page.page.more:
                return tuple(one for one in found if one.author == login)
            after = page.page.end

    def _list_issues(self, login: str, after: str | None) -> _ListedIssues:
        data = self._client.query(_OWN_ISSUES, {**self._name(), "login": login, "after": after})
        repository = data.get("repository")
        if repository is None:
            raise ForgeNotFound(f"no repository {self._ref.full_name}")
        return validate(_LISTED, repository["issues"])

    def get_issue(self, number: int) -> Issue:
        body = self._client.get(_IssueBody, f"{self._path}/issues/{number}")
        if body.pull_request is not None:
            raise ForgeNotFound(f"{self._ref.full_name}#{number} is a pull request")
        return body.issue()

    def open_issue(self, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        asked = {"title": title, "body": body, "labels": list(labels)}
        try:
            return self._client.post(_IssueBody, f"{self._path}/issues", asked).issue()
        except ForgeNotFound as error:
            # 410, which elsewhere says that a thing is gone.
            if "disabled" in str(error).lower():
                raise ForgeRejected(str(error)) from error
            raise

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, is_open: bool | None = None
    ) -> None:
        state = None if is_open is None else "open" if is_open else "closed"
        wanted = {"title": title, "body": body, "state": state}
        changes = {name: text for name, text in wanted.items() if text is not None}
        if changes:
            self._client.request("PATCH", f"{self._path}/issues/{number}", body=changes)

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        if labels:
            self._client.request("POST", f"{self._path}/issues/{number}/labels", body={"labels": list(labels)})

    def add_assignees(self, number: int, logins: tuple[str, ...]) -> tuple[str, ...]:
        """GitHub leaves out, without a word, who may not be assigned and who would be one too many."""
        if not logins:
            return ()
        asked = {"assignees": list(logins[:ASSIGNEES])}
        body = self._client.post(_IssueBody, f"{self._path}/issues/{number}/assignees", asked)
        taken = {one.login.lower() for one in body.assignees or ()}
        return tuple(one for one in logins if one.lower() not in taken)

    # --- conversation -----------------------------------------------------------------------------

    def list_editors(self, number: int) -> tuple[str, ...]:
        data = self._client.query(_EDITS, {**self._name(), "number": number})
        found = (data.get("repository") or {}).get("issueOrPullRequest")
        if found is None:
            raise ForgeNotFound(f"no {self._ref.full_name}#{number}")
        return validate(_EDITED, found).list_editors()

    def list_comments(self, number: int) -> tuple[Comment, ...]:
        pages = self._client.get_pages(Rows[CommentBody], f"{self._path}/issues/{number}/comments")
        return tuple(row.comment() for page in pages for row in page.rows)

    def comment(self, number: int, body: str) -> None:
        self._client.request("POST", f"{self._path}/issues/{number}/comments", body={"body": body})

    def edit_comment(self, comment: int, body: str) -> None:
        self._client.request("PATCH", f"{self._path}/issues/comments/{comment}", body={"body": body})

    def react(self, comment: int, reaction: Reaction) -> None:
        path = f"{self._path}/issues/comments/{comment}/reactions"
        self._client.request("POST", path, body={"content": str(reaction)})

    def get_permission(self, login: str) -> Permission:
        try:
            body = self._client.get(PermissionBody, f"{self._path}/collaborators/{quote(login)}/permission")
        except ForgeNotFound:
            return Permission.NONE
        # A role of an organisation's own making shows its base as the coarse permission.
        known = body.role_name if body.role_name in set(Permission) else body.permission
        return Permission(known) if known in set(Permission) else Permission.NONE
