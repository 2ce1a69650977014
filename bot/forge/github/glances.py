"""Many repositories seen at once, by one GraphQL request for each twenty: what the hourly sweep looks at.

GraphQL names an App's account by its slug alone, where REST appends ``[bot]``. A reaction of the App is the sign that it
has taken a comment up, or answered it; ``viewerHasReacted`` tells it without a list of reactions. Each commit has a check
suite of each App at once, by itself: that there is one says nothing, so the runs in it are looked at. A commit of a pull
request belongs to the repository that it goes to, also one of a fork; by ``headRef`` it would be the fork's, where the
App is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field, TypeAdapter

from bot.forge.github.client import GitHubClient
from bot.forge.github.payloads import Actor, Read, validate
from bot.ports.forge import (
    AppIdentity,
    ClosedPullRequest,
    Glance,
    OpenComment,
    OpenHead,
    Reaction,
    RepositoryRef,
)
from bot.ports.run import BranchName, Sha

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
      isDraft @include(if: $heads)
      updatedAt @include(if: $heads)
      headRefName @include(if: $heads)
      headRepository @include(if: $heads) { nameWithOwner }
      baseRefName @include(if: $heads)
      commits(last: 1) @include(if: $heads) { nodes { commit { ...checked } } }
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
fragment checked on Commit {
  oid
  checkSuites(filterBy: {appId: $app}, first: 1) {
    nodes { checkRuns(filterBy: {checkName: $check}, first: 1) { nodes { name } } }
  }
}
fragment said on IssueComment {
  fullDatabaseId
  body
  createdAt
  lastEditedAt
  author { __typename login }
  editor { __typename login }
  reactionGroups { content viewerHasReacted }
}
"""


#: GraphQL's names of those that lockbot gives.
_REACTIONS = {"THUMBS_UP": Reaction.THUMBS_UP, "CONFUSED": Reaction.CONFUSED, "EYES": Reaction.EYES}


class _ReactionGroup(Read):
    content: str
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
        return self.edited is not None or not any(one.is_last for one in self.given)

    @property
    def given(self) -> tuple[Reaction, ...]:
        mine = (_REACTIONS.get(one.content) for one in self.reactions or () if one.reacted)
        return tuple(one for one in mine if one is not None)


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


class _CheckRun(Read):
    name: str


class _CheckRuns(Read):
    nodes: tuple[_CheckRun | None, ...] | None


class _CheckSuite(Read):
    runs: _CheckRuns | None = Field(alias="checkRuns")


class _CheckSuites(Read):
    nodes: tuple[_CheckSuite | None, ...] | None


class _Commit(Read):
    oid: str
    suites: _CheckSuites | None = Field(alias="checkSuites")

    def bears(self, check: str) -> bool:
        suites = (one for one in (self.suites.nodes if self.suites else None) or () if one is not None)
        runs = (run for suite in suites for run in (suite.runs.nodes if suite.runs else None) or ())
        return any(run is not None and run.name == check for run in runs)


class _PullRequestCommit(Read):
    commit: _Commit


class _Commits(Read):
    nodes: tuple[_PullRequestCommit | None, ...] | None


class _HeadRepository(Read):
    full_name: str = Field(alias="nameWithOwner")


class _Open(_PullRequest):
    draft: bool = Field(default=False, alias="isDraft")
    updated: datetime | None = Field(default=None, alias="updatedAt")
    head: str = Field(default="", alias="headRefName")
    home: _HeadRepository | None = Field(default=None, alias="headRepository")
    base: str = Field(default="", alias="baseRefName")
    commits: _Commits | None = None

    @property
    def commit(self) -> _Commit | None:
        """Its head."""
        nodes = (self.commits.nodes if self.commits else None) or ()
        return next((one.commit for one in nodes if one is not None), None)


class _Issue(_Thread):
    closed: bool


class _HeadRef(Read):
    name: str


class _Closed(_PullRequest):
    closed_at: str | None = Field(alias="closedAt")
    head: _HeadRef | None = Field(alias="headRef")


class _OpenOnes(Read):
    nodes: tuple[_Open | None, ...] | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OurCheck:
    """Check runs of that ``name`` by the App of that number."""

    app: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    identity: AppIdentity
    with_issues: bool
    check: OurCheck | None

    def variables(self) -> dict[str, str | int]:
        asked: dict[str, str | int] = {"issues": self.with_issues, "heads": self.check is not None}
        return asked if self.check is None else {**asked, "app": self.check.app, "check": self.check.name}


def look_over(
    client: GitHubClient,
    identity: AppIdentity,
    refs: Sequence[RepositoryRef],
    *,
    with_issues: bool,
    check: OurCheck | None = None,
) -> tuple[Glance, ...]:
    """Without the permission a question for issues would lose the whole answer: ``with_issues`` False leaves them out, and
    ``check`` None the heads of pull requests."""
    question = _Question(identity=identity, with_issues=with_issues, check=check)
    chunks = (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK))
    return tuple(one for chunk in chunks for one in _look_over(client, chunk, question))


def _look_over(client: GitHubClient, refs: Sequence[RepositoryRef], question: _Question) -> Iterator[Glance]:
    data = client.query(_render(len(refs)), {**_variables(refs), **question.variables()})
    seen = validate(_SEEN, dict(data))
    for number, ref in enumerate(refs):
        one = seen.get(f"r{number}")
        if one is not None:
            yield _glance(ref, one, question)


def _render(count: int) -> str:
    """Names are variables: nothing of a repository becomes part of the text."""
    variables = ", ".join(f"$o{number}: String!, $n{number}: String!" for number in range(count))
    fields = "\n".join(
        f"  r{number}: repository(owner: $o{number}, name: $n{number}) {{ ...seen }}" for number in range(count)
    )
    asked = "$issues: Boolean!, $heads: Boolean!, $app: Int, $check: String"
    return f"query ({variables}, {asked}) {{\n{fields}\n}}\n{_FIELDS}"


def _variables(refs: Sequence[RepositoryRef]) -> dict[str, str]:
    owners = {f"o{number}": ref.owner for number, ref in enumerate(refs)}
    return owners | {f"n{number}": ref.name for number, ref in enumerate(refs)}


def _glance(ref: RepositoryRef, seen: _Seen, question: _Question) -> Glance:
    identity = question.identity
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
        heads=() if question.check is None else tuple(_list_heads(seen, question.check.name)),
    )


def _list_heads(seen: _Seen, check: str) -> Iterator[OpenHead]:
    for one in seen.open.nodes or ():
        if one is not None and one.commit is not None and one.updated is not None:
            yield OpenHead(
                number=one.number,
                head=Sha(one.commit.oid),
                branch=BranchName(one.head),
                repository=one.home.full_name if one.home is not None else None,
                base=BranchName(one.base),
                owner=one.author.rest_login if one.author is not None else "",
                owner_is_bot=one.author is not None and one.author.kind == "Bot",
                is_draft=one.draft,
                updated=one.updated,
                is_checked=one.commit.bears(check),
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
                reactions=one.given,
            )
