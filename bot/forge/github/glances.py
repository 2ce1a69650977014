"""Many repositories seen at once, by one GraphQL request for each twenty: what the hourly sweep looks at.

GraphQL names an App's account by its slug alone, where REST appends ``[bot]``. A reaction of the App is the sign that it
has taken a comment up; ``viewerHasReacted`` tells it without a list of reactions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import Field, TypeAdapter

from bot.forge.github.client import GitHubClient
from bot.forge.github.payloads import Actor, Read, validate
from bot.ports.forge import (
    AppIdentity,
    ClosedPullRequest,
    Glance,
    OpenComment,
    RepositoryRef,
)
from bot.ports.run import Sha

#: Repositories in one request. GitHub ends a query that takes longer than ten seconds.
_CHUNK = 20

_FIELDS = """
fragment seen on Repository {
  isArchived
  isDisabled
  defaultBranchRef { target { oid } }
  open: pullRequests(states: [OPEN], first: 30, orderBy: {field: UPDATED_AT, direction: DESC}) {
    nodes {
      number
      isCrossRepository
      author { __typename login }
      comments(last: 20) { nodes { ...said } }
    }
  }
  closed: pullRequests(states: [CLOSED, MERGED], first: 20, orderBy: {field: UPDATED_AT, direction: DESC}) {
    nodes {
      number
      isCrossRepository
      closedAt
      author { __typename login }
      headRef { name }
      comments(last: 10) { nodes { ...said } }
    }
  }
  issues(first: 20, orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $issues) {
    nodes {
      number
      closed
      author { __typename login }
      comments(last: 10) { nodes { ...said } }
    }
  }
}
fragment said on IssueComment {
  fullDatabaseId
  body
  createdAt
  lastEditedAt
  author { __typename login }
  editor { __typename login }
  reactionGroups { viewerHasReacted }
}
"""


class _ReactionGroup(Read):
    reacted: bool = Field(alias="viewerHasReacted")


class _Comment(Read):
    id: int | None = Field(alias="fullDatabaseId")
    body: str
    written: datetime = Field(alias="createdAt")
    edited: datetime | None = Field(alias="lastEditedAt")
    author: Actor | None
    editor: Actor | None
    reactions: tuple[_ReactionGroup, ...] | None = Field(alias="reactionGroups")

    def is_open(self) -> bool:
        """What was edited may have been taken up before."""
        people = (self.author, *((self.editor,) if self.edited is not None else ()))
        if self.id is None or not all(one is not None and one.kind != "Bot" for one in people):
            return False
        return self.edited is not None or not any(one.reacted for one in self.reactions or ())


class _Comments(Read):
    nodes: tuple[_Comment | None, ...] | None


class _Thread(Read):
    number: int
    author: Actor | None
    comments: _Comments

    def is_by(self, identity: AppIdentity) -> bool:
        return self.author is not None and self.author.rest_login == identity.login


class _PullRequest(_Thread):
    crosses: bool = Field(alias="isCrossRepository")

    def is_own(self, identity: AppIdentity) -> bool:
        return self.is_by(identity) and not self.crosses


class _Issue(_Thread):
    closed: bool


class _HeadRef(Read):
    name: str


class _Closed(_PullRequest):
    closed_at: str | None = Field(alias="closedAt")
    head: _HeadRef | None = Field(alias="headRef")


class _OpenOnes(Read):
    nodes: tuple[_PullRequest | None, ...] | None


class _ClosedOnes(Read):
    nodes: tuple[_Closed | None, ...] | None


class _Issues(Read):
    nodes: tuple[_Issue | None, ...] | None


class _Target(Read):
    oid: str


class _Ref(Read):
    target: _Target | None


class _Seen(Read):
    archived: bool = Field(alias="isArchived")
    disabled: bool = Field(alias="isDisabled")
    base: _Ref | None = Field(alias="defaultBranchRef")
    open: _OpenOnes
    closed: _ClosedOnes
    issues: _Issues | None = None


_SEEN: TypeAdapter[dict[str, _Seen | None]] = TypeAdapter(dict[str, _Seen | None])


def look_over(
    client: GitHubClient, identity: AppIdentity, refs: Sequence[RepositoryRef], *, with_issues: bool
) -> tuple[Glance, ...]:
    """Without the permission a question for issues would lose the whole answer: ``with_issues`` False leaves them out."""
    chunks = (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK))
    return tuple(one for chunk in chunks for one in _look_over(client, identity, chunk, with_issues))


def _look_over(
    client: GitHubClient, identity: AppIdentity, refs: Sequence[RepositoryRef], with_issues: bool
) -> Iterator[Glance]:
    data = client.query(_render(len(refs)), {**_variables(refs), "issues": with_issues})
    seen = validate(_SEEN, dict(data))
    for number, ref in enumerate(refs):
        one = seen.get(f"r{number}")
        if one is not None:
            yield _glance(ref, one, identity)


def _render(count: int) -> str:
    """Names are variables: nothing of a repository becomes part of the text."""
    variables = ", ".join(f"$o{number}: String!, $n{number}: String!" for number in range(count))
    fields = "\n".join(
        f"  r{number}: repository(owner: $o{number}, name: $n{number}) {{ ...seen }}" for number in range(count)
    )
    return f"query ({variables}, $issues: Boolean!) {{\n{fields}\n}}\n{_FIELDS}"


def _variables(refs: Sequence[RepositoryRef]) -> dict[str, str]:
    owners = {f"o{number}": ref.owner for number, ref in enumerate(refs)}
    return owners | {f"n{number}": ref.name for number, ref in enumerate(refs)}


def _glance(ref: RepositoryRef, seen: _Seen, identity: AppIdentity) -> Glance:
    if seen.archived or seen.disabled or seen.base is None or seen.base.target is None:
        return Glance(ref=ref, base=None)
    closed = (one for one in seen.closed.nodes or () if one is not None and one.is_own(identity))
    return Glance(
        ref=ref,
        base=Sha(seen.base.target.oid),
        closed=tuple(
            ClosedPullRequest(number=one.number, moment=one.closed_at or "") for one in closed if one.head is not None
        ),
        comments=tuple(_list_comments(seen, identity)),
    )


def _list_comments(seen: _Seen, identity: AppIdentity) -> Iterator[OpenComment]:
    for pull_request in (one for one in seen.open.nodes or () if one is not None):
        yield from _open_comments(pull_request, is_pull_request=True, is_open=True)
    for closed in (one for one in seen.closed.nodes or () if one is not None and one.is_own(identity)):
        yield from _open_comments(closed, is_pull_request=True, is_open=False)
    for issue in (
        one for one in (seen.issues.nodes if seen.issues else None) or () if one is not None and one.is_by(identity)
    ):
        yield from _open_comments(issue, is_pull_request=False, is_open=not issue.closed)


def _open_comments(thread: _Thread, *, is_pull_request: bool, is_open: bool) -> Iterator[OpenComment]:
    owner = thread.author
    for one in thread.comments.nodes or ():
        if one is not None and one.is_open() and one.id is not None and one.author is not None:
            yield OpenComment(
                number=thread.number,
                comment=one.id,
                author=one.author.login,
                text=one.body,
                written=one.written,
                editor=one.editor.login if one.editor is not None else None,
                is_pull_request=is_pull_request,
                is_open=is_open,
                owner=owner.login if owner is not None else "",
                owner_is_bot=owner is not None and owner.kind == "Bot",
            )
