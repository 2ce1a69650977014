"""What a run looks at first, by one GraphQL request: REST would ask four."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, TypeAdapter

from bot.forge.github.issues import ListedIssue
from bot.forge.github.payloads import Account, Actor, GitCommit, ObjectId, PageInfo, Read, RepositoryBody, validate
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import ForgeNotFound, OwnPullRequest, Survey
from bot.ports.run import BranchName, Sha

_SURVEY = """
query ($owner: String!, $name: String!, $after: String, $issue: Int!, $withIssue: Boolean!) {
  repository(owner: $owner, name: $name) {
    id
    nameWithOwner
    isArchived
    isDisabled
    isPrivate
    isFork
    hasIssuesEnabled
    autoMergeAllowed
    mergeCommitAllowed
    squashMergeAllowed
    rebaseMergeAllowed
    defaultBranchRef { name target { ...made } }
    pullRequests(states: [OPEN], first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      nodes {
        number
        isCrossRepository
        author { __typename login }
        headRefName
        headRef { target { ...made } }
        baseRefName
        body
      }
      pageInfo { hasNextPage endCursor }
    }
    issue(number: $issue) @include(if: $withIssue) {
      number
      title
      body
      state
      author { __typename login }
      labels(first: 100) { nodes { name } }
    }
  }
}
fragment made on Commit {
  oid
  tree { oid }
  parents(first: 3) { nodes { oid } }
}
"""


class _Object(Read):
    oid: str


class _Parents(Read):
    nodes: tuple[_Object | None, ...] | None


class _Target(Read):
    oid: str
    tree: _Object
    parents: _Parents

    def commit(self) -> GitCommit:
        parents = (ObjectId(sha=one.oid) for one in self.parents.nodes or () if one is not None)
        return GitCommit(sha=self.oid, tree=ObjectId(sha=self.tree.oid), parents=tuple(parents))


class _Ref(Read):
    target: _Target | None


class _Default(_Ref):
    name: str


class _Pull(Read):
    number: int
    crosses: bool = Field(alias="isCrossRepository")
    author: Actor | None
    head: str = Field(alias="headRefName")
    ref: _Ref | None = Field(alias="headRef")
    base: str = Field(alias="baseRefName")
    body: str

    def own(self) -> OwnPullRequest:
        return OwnPullRequest(
            number=self.number,
            branch=BranchName(self.head),
            base=BranchName(self.base),
            body=self.body.replace("\r\n", "\n"),
        )


class _Pulls(Read):
    nodes: tuple[_Pull | None, ...] | None
    page: PageInfo = Field(alias="pageInfo")


class _Surveyed(Read):
    node: str = Field(alias="id")
    full_name: str = Field(alias="nameWithOwner")
    archived: bool = Field(alias="isArchived")
    disabled: bool = Field(alias="isDisabled")
    private: bool = Field(alias="isPrivate")
    fork: bool = Field(alias="isFork")
    has_issues: bool = Field(alias="hasIssuesEnabled")
    auto_merge: bool = Field(alias="autoMergeAllowed")
    merge_commit: bool = Field(alias="mergeCommitAllowed")
    squash_merge: bool = Field(alias="squashMergeAllowed")
    rebase_merge: bool = Field(alias="rebaseMergeAllowed")
    default: _Default | None = Field(alias="defaultBranchRef")
    pulls: _Pulls = Field(alias="pullRequests")
    issue: ListedIssue | None = None

    @property
    def head(self) -> Sha | None:
        return Sha(self.default.target.oid) if self.default is not None and self.default.target is not None else None

    def body(self, number: int) -> RepositoryBody:
        """In REST's words, which the rest of the adapter speaks."""
        owner, _, name = self.full_name.partition("/")
        return RepositoryBody(
            id=number,
            node_id=self.node,
            name=name,
            owner=Account(login=owner),
            default_branch=self.default.name if self.default is not None else "",
            archived=self.archived,
            disabled=self.disabled,
            private=self.private,
            fork=self.fork,
            has_issues=self.has_issues,
            allow_auto_merge=self.auto_merge,
            allow_merge_commit=self.merge_commit,
            allow_squash_merge=self.squash_merge,
            allow_rebase_merge=self.rebase_merge,
        )


_READ = TypeAdapter(_Surveyed)


class Surveys(RepositoryScope):
    def survey(self, issue: int | None = None) -> Survey:
        first, may_read = self._ask(issue, None)
        self._body = first.body(self._ref.id)
        login = self._identify().login
        own = [one for one in self._list_pulls(first) if _is_own(one, login)]
        for ref in (first.default, *(one.ref for one in own)):
            if ref is not None and ref.target is not None:
                self._commits[Sha(ref.target.oid)] = ref.target.commit()
        return Survey(
            repository=self._body.repository(self._ref.installation),
            base=first.head,
            own=tuple(one.own() for one in own),
            issue=first.issue.issue() if first.issue is not None else None,
            may_read_issues=may_read,
        )

    def _list_pulls(self, page: _Surveyed) -> Iterator[_Pull]:
        while True:
            yield from (one for one in page.pulls.nodes or () if one is not None)
            if not page.pulls.page.more:
                return
            page, _ = self._ask(None, page.pulls.page.end)

    def _ask(self, issue: int | None, after: str | None) -> tuple[_Surveyed, bool]:
        """Also whether the issue could be read: what may not be is left out of an answer that holds the rest."""
        asked = {**self._name(), "after": after, "issue": issue or 0, "withIssue": issue is not None}
        data, refused = self._client.query_in_part(_SURVEY, asked, may_lack=("repository", "issue"))
        found = data.get("repository")
        if found is None:
            raise ForgeNotFound(f"no repository {self._ref.full_name}")
        return validate(_READ, found), not refused


def _is_own(one: _Pull, login: str) -> bool:
    return not one.crosses and one.author is not None and one.author.rest_login == login
