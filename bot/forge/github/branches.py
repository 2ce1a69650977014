"""A repository on GitHub, and git in it.

Commits go through the git database API without an author, so that GitHub signs them as the App's; branches move by
GraphQL's ``updateRefs``, the one call of GitHub that takes a lease. A branch of a fork is reached by ``createCommitOnBranch``,
which takes one too and needs no object to be written into the fork before.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from bot.forge.github.client import Body, Params
from bot.forge.github.grants import list_missing
from bot.forge.github.limits import INLINE_TEXT
from bot.forge.github.payloads import (
    CommitBody,
    CompareBody,
    GitCommit,
    GitRef,
    InstallationBody,
    NamedRef,
    ObjectId,
    RepositoryBody,
    Rows,
    TokenBody,
)
from bot.forge.github.scope import RepositoryScope
from bot.ports.forge import (
    BranchMove,
    BranchUpdate,
    CloneSource,
    CommitInfo,
    CommitUpdate,
    Comparison,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    Pushed,
    PushOutcome,
    Repository,
)
from bot.ports.run import BranchName, FileChange, Sha

_NO_OBJECT = "0" * 40
_UPDATE_REFS = "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
_COMMIT_ON_BRANCH = """
mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


class Branches(RepositoryScope):
    def get_repository(self) -> Repository:
        self._body = self._client.get(RepositoryBody, self._path)
        return self._body.repository(self._ref.installation)

    def get_clone_source(self) -> CloneSource:
        path = f"/app/installations/{self._ref.installation}/access_tokens"
        asked = {"repository_ids": [self._ref.id], "permissions": {"contents": "read"}}
        token = self._app_client.post(TokenBody, path, asked).token
        url = f"{self._client.access.web_url}/{self._ref.full_name}.git"
        return CloneSource(url=url, username="x-access-token", password=token)

    def may_write_workflows(self) -> bool:
        """What the account that the App is installed on has granted: it may lag behind what the App asks for."""
        return self._get_granted().get("workflows") == "write"

    def list_lacking(self) -> tuple[str, ...]:
        return list_missing(self._get_granted())

    def _get_granted(self) -> Mapping[str, str]:
        return self._app_client.get(InstallationBody, f"/app/installations/{self._ref.installation}").permissions

    # --- git --------------------------------------------------------------------------------------

    def find_branch(self, branch: BranchName) -> Sha | None:
        try:
            ref = self._client.get(GitRef, f"{self._path}/git/ref/heads/{quote(branch)}")
        except (ForgeNotFound, ForgeConflict):
            # 409: the repository is empty.
            return None
        return Sha(ref.object.sha)

    def list_branches(self, prefix: str = "") -> Mapping[BranchName, Sha]:
        start = f"heads/{quote(prefix)}" if prefix else "heads"
        try:
            rows = self._client.get(Rows[NamedRef], f"{self._path}/git/matching-refs/{start}").rows
        except ForgeConflict:
            # The repository is empty.
            return {}
        named = ((one.ref.removeprefix("refs/heads/"), one) for one in rows if one.ref.startswith("refs/heads/"))
        return {BranchName(name): Sha(one.object.sha) for name, one in named}

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
            written = self.write_commit(update)
            if written.outcome is not PushOutcome.UNCHANGED:
                announce(written.head)
                self._move_branch(update.branch, update.expected, written.head)
            return written

    def write_commit(self, update: BranchUpdate) -> Pushed:
        tree = self._write_tree(update)
        if update.expected is not None and self._is_already(update.expected, update.base, tree):
            return Pushed(head=update.expected, outcome=PushOutcome.UNCHANGED)
        body = {"message": update.message, "tree": tree, "parents": [update.base]}
        head = Sha(self._client.post(ObjectId, f"{self._path}/git/commits", body).sha)
        outcome = PushOutcome.CREATED if update.expected is None else PushOutcome.UPDATED
        return Pushed(head=head, outcome=outcome)

    def push_commit(self, update: CommitUpdate) -> Sha:
        if update.repository.lower() != self._get_body().full_name.lower():
            return self._push_to_fork(update)
        onto = BranchUpdate(
            branch=update.branch,
            base=update.parent,
            expected=update.parent,
            message=update.message,
            files=update.files,
        )
        return self.push_branch(onto).head

    def _push_to_fork(self, update: CommitUpdate) -> Sha:
        try:
            return self._commit_on_branch(update)
        except ForgeNotFound as error:
            # A fork that the installation does not see does not let it in either.
            raise ForgeForbidden(str(error)) from error

    def _commit_on_branch(self, update: CommitUpdate) -> Sha:
        headline, _, body = update.message.partition("\n")
        changes = {
            "branch": {"repositoryNameWithOwner": update.repository, "branchName": update.branch},
            "expectedHeadOid": update.parent,
            "message": {"headline": headline, "body": body.strip()},
            "fileChanges": _file_changes(update.files),
        }
        done = self._client.mutate(_COMMIT_ON_BRANCH, {"input": changes})
        return Sha(done["createCommitOnBranch"]["commit"]["oid"])

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
        self._move_all([(branch, expected, head)])

    def move_branches(self, moves: Sequence[BranchMove]) -> None:
        self._move_all([(one.branch, one.expected, one.head) for one in moves])

    def _move_all(self, moves: Sequence[tuple[BranchName, Sha | None, Sha | None]]) -> None:
        """GitHub moves all of them or none."""
        if not moves:
            return
        updates = [_ref_update(*one) for one in moves]
        try:
            self._client.mutate(
                _UPDATE_REFS, {"input": {"repositoryId": self._get_body().node_id, "refUpdates": updates}}
            )
        except ForgeRejected as error:
            # GitHub tells the reason in words only: look whether a lease was lost.
            for branch, expected, _ in moves:
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


def _ref_update(branch: BranchName, expected: Sha | None, head: Sha | None) -> Body:
    return {
        "name": f"refs/heads/{branch}",
        "beforeOid": expected or _NO_OBJECT,
        "afterOid": head or _NO_OBJECT,
        "force": True,
    }


def _file_changes(files: tuple[FileChange, ...]) -> Body:
    return {
        "additions": [
            {"path": one.path, "contents": base64.b64encode(one.text.encode()).decode()}
            for one in files
            if one.text is not None
        ],
        "deletions": [{"path": one.path} for one in files if one.text is None],
    }
