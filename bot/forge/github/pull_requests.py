"""Pull requests on GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.forge.github.client import Body, Params
from bot.forge.github.limits import PULL_REQUEST_FILES
from bot.forge.github.payloads import Account, LabelBody, Read, Rows
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import ForgeRejected, NewPullRequest, PullRequest, PullRequestEdit, PullRequestState
from bot.ports.run import BranchName, Sha


class _EndRepository(Read):
    id: int
    full_name: str


class _End(Read):
    ref: str
    sha: str
    repo: _EndRepository | None = None


class _Team(Read):
    slug: str


class _AutoMerge(Read):
    merge_method: str


class PullRequestBody(Read):
    number: int
    node_id: str
    state: str
    title: str
    body: str | None = None
    user: Account | None = None
    created_at: datetime
    merged_at: str | None = None
    merge_commit_sha: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = False
    auto_merge: _AutoMerge | None = None
    labels: tuple[LabelBody, ...] = ()
    assignees: tuple[Account, ...] | None = None
    requested_reviewers: tuple[Account, ...] | None = None
    requested_teams: tuple[_Team, ...] | None = None
    head: _End
    base: _End

    def pull_request(self) -> PullRequest:
        closed = PullRequestState.MERGED if self.merged_at else PullRequestState.CLOSED
        head = self.head.repo
        return PullRequest(
            number=self.number,
            state=PullRequestState.OPEN if self.state == "open" else closed,
            title=self.title,
            body=(self.body or "").replace("\r\n", "\n"),
            author=self.user.login if self.user else "ghost",
            author_is_bot=self.user is not None and self.user.is_bot,
            head_branch=BranchName(self.head.ref),
            head=Sha(self.head.sha),
            head_repository=head.full_name if head else None,
            head_repository_id=head.id if head else None,
            base_branch=BranchName(self.base.ref),
            labels=tuple(one.name for one in self.labels),
            from_fork=head is None or self.base.repo is None or head.id != self.base.repo.id,
            draft=self.draft,
            maintainer_can_modify=self.maintainer_can_modify,
            assignees=tuple(one.login for one in self.assignees or ()),
            reviewers=self._list_reviewers(),
            auto_merge=self.auto_merge is not None,
            created=self.created_at,
            # Of an open one it is a trial of GitHub's own.
            merge_commit=Sha(self.merge_commit_sha) if self.merged_at and self.merge_commit_sha else None,
        )

    def _list_reviewers(self) -> tuple[str, ...]:
        people = tuple(one.login for one in self.requested_reviewers or ())
        return people + tuple(f"team:{one.slug}" for one in self.requested_teams or ())


class _ClosedBy(Read):
    closed_by: Account | None = None


class _File(Read):
    filename: str
    previous_filename: str | None = None


#: Texts are long, and GitHub ends what takes longer than ten seconds.
_EDITS = 10


class PullRequests(RepositoryScope):
    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        wanted = "open" if state is PullRequestState.OPEN else "closed"
        params = {"state": wanted, "sort": "created", "direction": "desc"}
        if head is not None:
            params["head"] = f"{self._get_body().owner.login}:{head}"
        pages = self._client.get_pages(Rows[PullRequestBody], f"{self._path}/pulls", params=params)
        return tuple(self._show(row) for page in pages for row in page.rows)

    def _show(self, body: PullRequestBody) -> PullRequest:
        self._nodes[body.number] = body.node_id
        return body.pull_request()

    def list_recent_pull_requests(self, since: datetime) -> tuple[PullRequest, ...]:
        params: Params = {"state": "all", "sort": "created", "direction": "desc"}
        found: list[PullRequest] = []
        for page in self._client.get_pages(Rows[PullRequestBody], f"{self._path}/pulls", params=params):
            recent = [one for row in page.rows if (one := row.pull_request()).created >= since]
            found += recent
            if len(recent) < len(page.rows):
                break
        return tuple(found)

    def get_pull_request(self, number: int) -> PullRequest:
        return self._get_pull(number).pull_request()

    def _get_pull(self, number: int) -> PullRequestBody:
        return self._client.get(PullRequestBody, f"{self._path}/pulls/{number}")

    def list_pull_request_files(self, number: int) -> tuple[str, ...] | None:
        pages = self._client.get_pages(Rows[_File], f"{self._path}/pulls/{number}/files")
        rows = [row for page in pages for row in page.rows]
        if len(rows) >= PULL_REQUEST_FILES:
            return None
        names = (name for one in rows for name in (one.filename, one.previous_filename) if name is not None)
        return tuple(dict.fromkeys(names))

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        body = {
            "head": new.head,
            "base": new.base,
            "title": new.title,
            "body": new.body,
            "maintainer_can_modify": False,
        }
        if new.draft:
            try:
                return self._open_pull({**body, "draft": True})
            except ForgeRejected as error:
                # Private repositories of free accounts have none.
                if "draft" not in str(error).lower():
                    raise
        return self._open_pull(body)

    def _open_pull(self, body: Body) -> PullRequest:
        return self._client.post(PullRequestBody, f"{self._path}/pulls", body).pull_request()

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        changes = {name: text for name, text in (("title", title), ("body", body)) if text is not None}
        if changes:
            self._client.request("PATCH", f"{self._path}/pulls/{number}", body=changes)

    def edit_pull_requests(self, edits: Sequence[PullRequestEdit]) -> None:
        """Every one an edit of its own to GitHub, sent together: one that fails does not undo the others."""
        for start in range(0, len(edits), _EDITS):
            inputs = {f"e{number}": self._edit_input(one) for number, one in enumerate(edits[start : start + _EDITS])}
            variables = ", ".join(f"${name}: UpdatePullRequestInput!" for name in inputs)
            fields = " ".join(f"{name}: updatePullRequest(input: ${name}) {{ clientMutationId }}" for name in inputs)
            self._client.mutate(f"mutation ({variables}) {{ {fields} }}", inputs)

    def _edit_input(self, edit: PullRequestEdit) -> Body:
        node = self._nodes.get(edit.number) or self._get_pull(edit.number).node_id
        changes = {name: text for name, text in (("title", edit.title), ("body", edit.body)) if text is not None}
        return {"pullRequestId": node, **changes}

    def close_pull_request(self, number: int) -> None:
        self._client.request("PATCH", f"{self._path}/pulls/{number}", body={"state": "closed"})

    def reopen_pull_request(self, number: int) -> None:
        self._client.request("PATCH", f"{self._path}/pulls/{number}", body={"state": "open"})

    def find_closer(self, number: int) -> str | None:
        body = self._client.get(_ClosedBy, f"{self._path}/issues/{number}")
        return body.closed_by.login if body.closed_by else None

    def request_reviewers(self, number: int, logins: tuple[str, ...], teams: tuple[str, ...] = ()) -> tuple[str, ...]:
        """GitHub takes all or nobody, and doesn't say for whose sake: then each is asked alone."""
        asked = [*((one, {"reviewers": [one]}) for one in logins), *(_team_request(one) for one in teams)]
        if not asked:
            return ()
        try:
            self._request_reviews(number, {"reviewers": list(logins), "team_reviewers": list(teams)})
        except ForgeRejected:
            return tuple(name for name, body in asked if len(asked) == 1 or not self._may_review(number, body))
        return ()

    def _may_review(self, number: int, body: Body) -> bool:
        try:
            self._request_reviews(number, body)
        except ForgeRejected:
            return False
        return True

    def _request_reviews(self, number: int, body: Body) -> None:
        self._client.request("POST", f"{self._path}/pulls/{number}/requested_reviewers", body=body)


def _team_request(slug: str) -> tuple[str, Body]:
    return f"team:{slug}", {"team_reviewers": [slug]}
