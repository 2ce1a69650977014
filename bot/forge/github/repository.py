"""One repository on GitHub through one installation: the ``Forge`` port.

Commits go through the git database API without an author, so that GitHub signs them as the App's; branches move by
GraphQL's ``updateRefs``, the one call of GitHub that takes a lease.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from bot.forge.github.client import Body, GitHubClient, Params, read
from bot.forge.github.limits import ANNOTATIONS, INLINE_TEXT, TEXT_LIMITS
from bot.forge.github.payloads import (
    CheckPage,
    CommentBody,
    CommitBody,
    CompareBody,
    GitCommit,
    GitRef,
    InstallationBody,
    IssueBody,
    ObjectId,
    PermissionBody,
    PullRequestBody,
    RepositoryBody,
    Rows,
    TokenBody,
)
from bot.ports.forge import (
    BranchUpdate,
    Check,
    CheckReport,
    CloneSource,
    Comment,
    CommitInfo,
    Comparison,
    ForgeConflict,
    ForgeNotFound,
    ForgeRejected,
    NewPullRequest,
    Permission,
    PullRequest,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
    Repository,
    RepositoryRef,
    TextLimits,
)
from bot.ports.run import BranchName, FileChange, Problem, Sha
from bot.report.checks import annotation_message

_NO_OBJECT = "0" * 40
_UPDATE_REFS = "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"


class GitHubForge:
    def __init__(self, ref: RepositoryRef, client: GitHubClient, app_client: GitHubClient) -> None:
        self._ref = ref
        self._client = client
        self._app_client = app_client
        self._body: RepositoryBody | None = None
        self._commits: dict[Sha, GitCommit] = {}
        self._path = f"/repos/{quote(ref.owner)}/{quote(ref.name)}"

    @property
    def ref(self) -> RepositoryRef:
        return self._ref

    @property
    def limits(self) -> TextLimits:
        return TEXT_LIMITS

    def get_repository(self) -> Repository:
        self._body = self._client.get(RepositoryBody, self._path)
        return self._body.repository(self._ref.installation)

    def _get_body(self) -> RepositoryBody:
        """Of the repository as it is called now: ``ref`` may hold a name from before it was renamed or moved."""
        if self._body is None:
            self._body = self._client.get(RepositoryBody, self._path)
        return self._body

    def get_clone_source(self) -> CloneSource:
        path = f"/app/installations/{self._ref.installation}/access_tokens"
        asked = {"repository_ids": [self._ref.id], "permissions": {"contents": "read"}}
        token = self._app_client.post(TokenBody, path, asked).token
        url = f"{self._client.access.web_url}/{self._ref.full_name}.git"
        return CloneSource(url=url, username="x-access-token", password=token)

    def may_write_workflows(self) -> bool:
        """What the account that the App is installed on has granted: it may lag behind what the App asks for."""
        body = self._app_client.get(InstallationBody, f"/app/installations/{self._ref.installation}")
        return body.permissions.get("workflows") == "write"

    # --- git --------------------------------------------------------------------------------------

    def find_branch(self, branch: BranchName) -> Sha | None:
        try:
            ref = self._client.get(GitRef, f"{self._path}/git/ref/heads/{quote(branch)}")
        except (ForgeNotFound, ForgeConflict):
            # 409: the repository is empty.
            return None
        return Sha(ref.object.sha)

    def get_commit(self, sha: Sha) -> CommitInfo:
        return self._client.get(CommitBody, f"{self._path}/commits/{sha}").commit_info()

    def find_file(self, path: str, commit: Sha) -> str | None:
        raw = "application/vnd.github.raw+json"
        try:
            content = self._client.request(
                "GET", f"{self._path}/contents/{quote(path)}", params={"ref": commit}, accept=raw
            )
            return content.decode()
        except (ForgeNotFound, UnicodeDecodeError):
            return None

    def list_file_history(self, path: str, commit: Sha, *, limit: int) -> tuple[Sha, ...]:
        params: Params = {"sha": commit, "path": path, "per_page": limit}
        rows = self._client.get(Rows[ObjectId], f"{self._path}/commits", params=params).rows
        return tuple(Sha(one.sha) for one in rows)

    def list_subjects(self, commit: Sha, *, limit: int) -> tuple[str, ...]:
        params: Params = {"sha": commit, "per_page": limit}
        rows = self._client.get(Rows[CommitBody], f"{self._path}/commits", params=params).rows
        return tuple(one.commit.message.partition("\n")[0] for one in rows if len(one.parents) < 2)

    def compare(self, first: Sha, second: Sha) -> Comparison:
        return self._client.get(CompareBody, f"{self._path}/compare/{first}...{second}").comparison()

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        with self._client.session():
            return self._push_branch(update, announce)

    def _push_branch(self, update: BranchUpdate, announce: Callable[[Sha], None]) -> Pushed:
        tree = self._write_tree(update)
        if update.expected is not None and self._is_already(update.expected, update.base, tree):
            return Pushed(head=update.expected, outcome=PushOutcome.UNCHANGED)
        body = {"message": update.message, "tree": tree, "parents": [update.base]}
        head = Sha(self._client.post(ObjectId, f"{self._path}/git/commits", body).sha)
        announce(head)
        self._move_branch(update.branch, update.expected, head)
        outcome = PushOutcome.CREATED if update.expected is None else PushOutcome.UPDATED
        return Pushed(head=head, outcome=outcome)

    def _write_tree(self, update: BranchUpdate) -> str:
        base_tree = self._get_git_commit(update.base).tree.sha
        entries = [self._tree_entry(one) for one in update.files]
        tree = self._client.post(ObjectId, f"{self._path}/git/trees", {"base_tree": base_tree, "tree": entries}).sha
        if tree == base_tree:
            raise ForgeRejected(f"{update.branch}: the files are as they are in {update.base} already")
        return tree

    def _tree_entry(self, change: FileChange) -> Body:
        entry = {"path": change.path, "mode": str(change.mode), "type": "blob"}
        if change.text is None:
            return entry | {"sha": None}
        if len(change.text) <= INLINE_TEXT:
            return entry | {"content": change.text}
        blob = {"content": change.text, "encoding": "utf-8"}
        return entry | {"sha": self._client.post(ObjectId, f"{self._path}/git/blobs", blob).sha}

    def _get_git_commit(self, sha: Sha) -> GitCommit:
        """Asked for once: all branches of a run are built on one base."""
        if sha not in self._commits:
            self._commits[sha] = self._client.get(GitCommit, f"{self._path}/git/commits/{sha}")
        return self._commits[sha]

    def _is_already(self, head: Sha, base: Sha, tree: str) -> bool:
        commit = self._get_git_commit(head)
        return commit.tree.sha == tree and [one.sha for one in commit.parents] == [base]

    def _move_branch(self, branch: BranchName, expected: Sha | None, head: Sha | None) -> None:
        move = {
            "name": f"refs/heads/{branch}",
            "beforeOid": expected or _NO_OBJECT,
            "afterOid": head or _NO_OBJECT,
            "force": True,
        }
        try:
            self._client.mutate(
                _UPDATE_REFS, {"input": {"repositoryId": self._get_body().node_id, "refUpdates": [move]}}
            )
        except ForgeRejected as error:
            # GitHub tells the reason in words only: look whether the lease was lost.
            found = self.find_branch(branch)
            if found != expected:
                raise ForgeConflict(f"{branch} is at {found}, not at {expected}") from error
            raise

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        try:
            self._move_branch(branch, expected, None)
        except ForgeConflict:
            if self.find_branch(branch) is not None:
                raise

    # --- pull requests ----------------------------------------------------------------------------

    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        wanted = "open" if state is PullRequestState.OPEN else "closed"
        params = {"state": wanted, "sort": "created", "direction": "desc"}
        if head is not None:
            params["head"] = f"{self._get_body().owner.login}:{head}"
        pages = self._client.get_pages(Rows[PullRequestBody], f"{self._path}/pulls", params=params)
        return tuple(row.pull_request() for page in pages for row in page.rows)

    def get_pull_request(self, number: int) -> PullRequest:
        return self._client.get(PullRequestBody, f"{self._path}/pulls/{number}").pull_request()

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
                return self._client.post(PullRequestBody, f"{self._path}/pulls", {**body, "draft": True}).pull_request()
            except ForgeRejected as error:
                # Private repositories of free accounts have none.
                if "draft" not in str(error).lower():
                    raise
        return self._client.post(PullRequestBody, f"{self._path}/pulls", body).pull_request()

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        changes = {name: text for name, text in (("title", title), ("body", body)) if text is not None}
        if changes:
            self._client.request("PATCH", f"{self._path}/pulls/{number}", body=changes)

    def close_pull_request(self, number: int) -> None:
        self._client.request("PATCH", f"{self._path}/pulls/{number}", body={"state": "closed"})

    def reopen_pull_request(self, number: int) -> None:
        self._client.request("PATCH", f"{self._path}/pulls/{number}", body={"state": "open"})

    def find_closer(self, number: int) -> str | None:
        body = self._client.get(IssueBody, f"{self._path}/issues/{number}")
        return body.closed_by.login if body.closed_by else None

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        if labels:
            self._client.request("POST", f"{self._path}/issues/{number}/labels", body={"labels": list(labels)})

    # --- conversation -----------------------------------------------------------------------------

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

    # --- checks -----------------------------------------------------------------------------------

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        params: Params = {"check_name": name, "app_id": self._client.access.app_id}
        content = self._client.request("GET", f"{self._path}/commits/{commit}/check-runs", params=params)
        return tuple(one.check() for one in read(CheckPage, content).rows)

    def write_check(self, report: CheckReport) -> None:
        noted = [*((one, "failure") for one in report.problems), *((one, "warning") for one in report.warnings)]
        annotations = [_annotation(one, level) for one, level in noted if one.path is not None][:ANNOTATIONS]
        body = {
            "name": report.name,
            "head_sha": report.commit,
            "status": "completed",
            "conclusion": str(report.conclusion),
            "output": {"title": report.title, "summary": report.summary, "annotations": annotations},
        }
        self._client.request("POST", f"{self._path}/check-runs", body=body)


def _annotation(problem: Problem, level: str) -> Body:
    line = problem.line or 1
    return {
        "path": problem.path,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "message": annotation_message(problem),
    }
