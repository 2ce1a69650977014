"""The parts of GitHub's answers that are read; everything else in them is ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, RootModel, TypeAdapter, ValidationError

from bot.forge.github.limits import COMPARED_FILES
from bot.ports.forge import (
    CommitInfo,
    Comparison,
    FileDifference,
    ForgeUnavailable,
    MergeMethod,
    Repository,
    RepositoryRef,
)
from bot.ports.run import BranchName, Sha

Row = TypeVar("Row")

#: The account that commits what is made on GitHub's pages and through its API.
FORGE_ITSELF = "web-flow"

_HUNK = re.compile(r"^@@ -\S+ \+\S+ @@.*$", re.MULTILINE)


class Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Rows(RootModel[tuple[Row, ...]], Generic[Row]):
    """A page that is a plain list."""

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.root


class PageInfo(Read):
    """Of a list of GraphQL's: whether there is more, and after what."""

    more: bool = Field(alias="hasNextPage")
    end: str | None = Field(alias="endCursor")


class ErrorDetail(Read):
    message: str | None = None
    field: str | None = None
    code: str | None = None

    def describe(self) -> str:
        return self.message or f"{self.field or ''} {self.code or ''}".strip()


class ErrorBody(Read):
    message: str = ""
    errors: tuple[ErrorDetail | str, ...] = ()

    def describe(self) -> str:
        details = [one if isinstance(one, str) else one.describe() for one in self.errors]
        return " ".join(self.message.split()) + (f" ({'; '.join(details)})" if details else "")


class GraphQLError(Read):
    """``type`` and ``extensions`` (a code) are missing where GitHub itself failed."""

    message: str = ""
    type: str | None = None
    path: tuple[str | int, ...] = ()
    extensions: dict[str, Any] | None = None


class GraphQLBody(Read):
    data: dict[str, Any] | None = None
    errors: tuple[GraphQLError, ...] = ()


class Account(Read):
    login: str
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot"


class ObjectId(Read):
    sha: str


class GitRef(Read):
    object: ObjectId


class NamedRef(GitRef):
    ref: str


class AppBody(Read):
    id: int
    slug: str
    permissions: dict[str, str] = Field(default_factory=dict)
    events: tuple[str, ...] = ()


class Owner(Read):
    """An account, or an enterprise, which has a slug alone."""

    login: str = Field(validation_alias=AliasChoices("login", "slug"))


class InstallationBody(Read):
    id: int
    account: Owner | None = None
    permissions: dict[str, str] = Field(default_factory=dict)
    suspended_at: str | None = None


class TokenBody(Read):
    token: str = Field(repr=False)


class RepositoryBody(Read):
    """What concerns merging is only in the answer about one repository, and only for those who may write."""

    id: int
    node_id: str
    name: str
    owner: Account
    default_branch: str
    archived: bool = False
    disabled: bool = False
    private: bool = False
    fork: bool = False
    has_issues: bool = True
    allow_auto_merge: bool = False
    allow_merge_commit: bool = False
    allow_squash_merge: bool = False
    allow_rebase_merge: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def repository(self, installation: int) -> Repository:
        ref = RepositoryRef(installation=installation, id=self.id, owner=self.owner.login, name=self.name)
        return Repository(
            ref=ref,
            default_branch=BranchName(self.default_branch),
            archived=self.archived,
            disabled=self.disabled,
            private=self.private,
            fork=self.fork,
            has_issues=self.has_issues,
            allows_auto_merge=self.allow_auto_merge,
            merge_methods=tuple(self._list_methods()),
        )

    def _list_methods(self) -> Iterator[MergeMethod]:
        allowed = (
            (MergeMethod.MERGE, self.allow_merge_commit),
            (MergeMethod.SQUASH, self.allow_squash_merge),
            (MergeMethod.REBASE, self.allow_rebase_merge),
        )
        return (method for method, is_allowed in allowed if is_allowed)


class RepositoryPage(Read):
    rows: tuple[RepositoryBody, ...] = Field(alias="repositories")


class Verification(Read):
    verified: bool


class GitCommit(Read):
    sha: str
    tree: ObjectId
    parents: tuple[ObjectId, ...]


class Signature(Read):
    name: str = ""


class InnerCommit(Read):
    message: str
    tree: ObjectId
    author: Signature | None = None
    committer: Signature | None = None
    verification: Verification = Verification(verified=False)


class CommitBody(Read):
    sha: str
    commit: InnerCommit
    parents: tuple[ObjectId, ...]
    author: Account | None = None
    committer: Account | None = None

    def commit_info(self) -> CommitInfo:
        author = self.author.login if self.author else None
        by_forge = self.committer is not None and self.committer.login == FORGE_ITSELF
        return CommitInfo(
            sha=Sha(self.sha),
            tree=Sha(self.commit.tree.sha),
            parents=tuple(Sha(one.sha) for one in self.parents),
            message=self.commit.message,
            mover=self._name_author() if by_forge else self._name_committer(),
            # Only GitHub itself can sign as this committer; who signs with a key of his own is the committer himself.
            vouched=author if by_forge and self.commit.verification.verified else None,
        )

    def _name_author(self) -> str:
        return self.author.login if self.author else self.commit.author.name if self.commit.author else ""

    def _name_committer(self) -> str:
        inner = self.commit.committer
        return self.committer.login if self.committer else inner.name if inner else ""


class ChangedFile(Read):
    filename: str
    status: str
    sha: str | None = None
    additions: int = 0
    deletions: int = 0
    patch: str | None = None
    previous_filename: str | None = None

    def differences(self) -> Iterator[FileDifference]:
        """A file that GitHub shows as moved is one that is gone and one that came."""
        if self.previous_filename is not None:
            yield FileDifference(path=self.previous_filename, status="removed", blob="", lines=None, counts=(0, 0))
        yield FileDifference(
            path=self.filename,
            status="added" if self.previous_filename is not None else self.status,
            blob=self.sha or "",
            # Without the numbers of the lines, and the line that GitHub shows beside them.
            lines=None if self.patch is None else _HUNK.sub("@@", self.patch),
            counts=(self.additions, self.deletions),
        )


class CompareBody(Read):
    ahead_by: int
    behind_by: int
    files: tuple[ChangedFile, ...] = ()

    def comparison(self) -> Comparison:
        listed = len(self.files) < COMPARED_FILES
        return Comparison(
            first_in_second=self.behind_by == 0,
            second_in_first=self.ahead_by == 0,
            files=tuple(file for one in self.files for file in one.differences()) if listed else None,
        )


class LabelBody(Read):
    name: str


class Actor(Read):
    """An account as GraphQL shows it: an App's by its slug alone, where REST appends ``[bot]``."""

    kind: str = Field(alias="__typename")
    login: str

    @property
    def rest_login(self) -> str:
        return f"{self.login}[bot]" if self.kind == "Bot" else self.login


def validate(adapter: TypeAdapter[Row], data: Any) -> Row:
    """A part of GraphQL's data."""
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ForgeUnavailable(f"GitHub's answer is not understood: {place}: {first['msg']}") from None
