"""What stands between a pull request and its merge, and the merge itself.

GitHub's GraphQL alone knows all of it at once: reviews, branch protection, check runs and statuses with the word of which
are required. Merging is REST's, which takes a lease and obeys the protection of the branch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from bot.forge.github.client import Body, read
from bot.forge.github.payloads import Actor, PageInfo, Read, validate
from bot.forge.github.pull_requests import PullRequests
from bot.ports.forge import (
    ForgeConflict,
    ForgeNotFound,
    ForgeRejected,
    HeadCheck,
    HeadCheckState,
    MergeMethod,
    MergeState,
    PullRequestState,
    ReviewDecision,
)
from bot.ports.run import Sha

_STATE = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      mergeable
      mergeStateStatus
      reviewDecision
      commits(last: 1) {
        nodes {
          commit {
            statusCheckRollup {
              contexts(first: 100, after: $after) {
                nodes {
                  __typename
                  ... on CheckRun {
                    name
                    status
                    conclusion
                    isRequired(pullRequestNumber: $number)
                    checkSuite { app { slug } }
                  }
                  ... on StatusContext {
                    context
                    state
                    isRequired(pullRequestNumber: $number)
                    creator { __typename login }
                  }
                }
                pageInfo { hasNextPage endCursor }
              }
            }
          }
        }
      }
    }
  }
}
"""
_CHANGE = "mutation ($input: {type}Input!) {{ {name}(input: $input) {{ clientMutationId }} }}"

_CLEAN = ("CLEAN", "HAS_HOOKS")
_PASSED = {"SUCCESS": HeadCheckState.PASSED, "NEUTRAL": HeadCheckState.IGNORED, "SKIPPED": HeadCheckState.IGNORED}


class _App(Read):
    slug: str


class _Suite(Read):
    app: _App | None


class _CheckRun(Read):
    kind: Literal["CheckRun"] = Field(alias="__typename")
    name: str
    status: str
    conclusion: str | None
    required: bool = Field(alias="isRequired")
    suite: _Suite = Field(alias="checkSuite")

    def check(self) -> HeadCheck:
        ended = _PASSED.get(self.conclusion or "", HeadCheckState.FAILED)
        return HeadCheck(
            name=self.name,
            creator=self.suite.app.slug if self.suite.app else "",
            state=ended if self.status == "COMPLETED" else HeadCheckState.PENDING,
            required=self.required,
        )


class _Status(Read):
    kind: Literal["StatusContext"] = Field(alias="__typename")
    context: str
    state: str
    required: bool = Field(alias="isRequired")
    creator: Actor | None

    def check(self) -> HeadCheck:
        known = {
            "SUCCESS": HeadCheckState.PASSED,
            "PENDING": HeadCheckState.PENDING,
            "EXPECTED": HeadCheckState.PENDING,
        }
        return HeadCheck(
            name=self.context,
            creator=self.creator.rest_login if self.creator else "",
            state=known.get(self.state, HeadCheckState.FAILED),
            required=self.required,
        )


class _Contexts(Read):
    nodes: tuple[Annotated[_CheckRun | _Status, Field(discriminator="kind")] | None, ...] | None
    page: PageInfo = Field(alias="pageInfo")


class _Rollup(Read):
    contexts: _Contexts


class _Commit(Read):
    rollup: _Rollup | None = Field(alias="statusCheckRollup")


class _CommitNode(Read):
    commit: _Commit


class _Commits(Read):
    nodes: tuple[_CommitNode | None, ...] | None


class _State(Read):
    head: str = Field(alias="headRefOid")
    mergeable: str
    status: str = Field(alias="mergeStateStatus")
    decision: str | None = Field(alias="reviewDecision")
    commits: _Commits

    @property
    def contexts(self) -> _Contexts | None:
        found = [one.commit.rollup for one in self.commits.nodes or () if one is not None]
        return found[-1].contexts if found and found[-1] else None

    def checks(self) -> Iterator[HeadCheck]:
        for one in (self.contexts.nodes or ()) if self.contexts else ():
            if one is not None:
                yield one.check()

    def merge_state(self, checks: tuple[HeadCheck, ...]) -> MergeState:
        return MergeState(
            head=Sha(self.head),
            is_known="UNKNOWN" not in (self.mergeable, self.status),
            can_merge=self.status in (*_CLEAN, "UNSTABLE"),
            is_clean=self.status in _CLEAN,
            is_behind=self.status == "BEHIND",
            has_conflicts=self.mergeable == "CONFLICTING",
            review_decision=ReviewDecision(self.decision.lower()) if self.decision else None,
            checks=checks,
        )


_READ_STATE = TypeAdapter(_State)


class _Merged(Read):
    sha: str


class Merging(PullRequests):
    def get_merge_state(self, number: int) -> MergeState:
        state = self._get_state(number, None)
        checks = list(state.checks())
        page = state
        while page.contexts is not None and page.contexts.page.more:
            page = self._get_state(number, page.contexts.page.end)
            checks += page.checks()
        return state.merge_state(tuple(checks))

    def _get_state(self, number: int, after: str | None) -> _State:
        data = self._client.query(_STATE, {**self._name(), "number": number, "after": after})
        found = (data.get("repository") or {}).get("pullRequest")
        if found is None:
            raise ForgeNotFound(f"no pull request {self._ref.full_name}#{number}")
        return validate(_READ_STATE, found)

    def enable_auto_merge(self, number: int, head: Sha, method: MergeMethod) -> None:
        pull = self._get_pull(number)
        if pull.head.sha != head:
            raise ForgeConflict(f"#{number} is at {pull.head.sha}, not at {head}")
        if pull.auto_merge is None or pull.auto_merge.merge_method != method:
            more = {"mergeMethod": method.upper(), "expectedHeadOid": head}
            self._change("enablePullRequestAutoMerge", pull.node_id, more)

    def disable_auto_merge(self, number: int) -> None:
        pull = self._get_pull(number)
        if pull.auto_merge is not None:
            self._change("disablePullRequestAutoMerge", pull.node_id)

    def convert_to_draft(self, number: int) -> None:
        pull = self._get_pull(number)
        if not pull.draft:
            self._change("convertPullRequestToDraft", pull.node_id)

    def mark_ready(self, number: int) -> None:
        pull = self._get_pull(number)
        if pull.draft:
            self._change("markPullRequestReadyForReview", pull.node_id)

    def _change(self, name: str, node: str, more: Body | None = None) -> None:
        document = _CHANGE.format(type=name[0].upper() + name[1:], name=name)
        values: dict[str, Any] = {"pullRequestId": node, **(more or {})}
        self._client.mutate(document, {"input": values})

    def merge_pull_request(self, number: int, head: Sha, method: MergeMethod) -> Sha:
        body = {"sha": head, "merge_method": str(method)}
        try:
            content = self._client.request("PUT", f"{self._path}/pulls/{number}/merge", body=body)
        except (ForgeRejected, ForgeConflict):
            found = self.get_pull_request(number)
            if found.state is PullRequestState.MERGED and found.head == head and found.merge_commit is not None:
                return found.merge_commit
            raise
        return Sha(read(_Merged, content).sha)
