"""Queries: a small reader of GraphQL documents, and the part of GitHub's published schema that may be asked for.

What the schema does not have (fields, arguments, enumeration values, variables that are not declared) fails as GitHub
fails it: 200, no data, an error with a code. Fields are those of ``schema.graphql`` in ``@octokit/graphql-schema`` 15.26.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.github.auth import Caller
from tests.github.model import Account, Comment, Pull, Repository
from tests.github.views import stamp
from tests.github.wire import ApiError, Json

if TYPE_CHECKING:
    from tests.github.hub import Hub

_TOKEN = re.compile(r'\s+|,|#[^\n]*|(\.\.\.|[A-Za-z_]\w*|\$\w+|-?\d+|"[^"\\\n]*"|[{}()\[\]:!=])')


class Invalid(Exception):
    """The document is refused as a whole."""

    def __init__(self, message: str, code: str = "undefinedField") -> None:
        super().__init__(message)
        self.error: Json = {"message": message, "extensions": {"code": code}}


@dataclass(kw_only=True)
class Selection:
    name: str
    alias: str
    arguments: dict[str, Any]
    inner: list[Selection]
    fragment: str | None = None


@dataclass(kw_only=True)
class Document:
    variables: set[str]
    selections: list[Selection]
    fragments: dict[str, tuple[str, list[Selection]]]


class _Reader:
    def __init__(self, text: str, values: Json) -> None:
        self._tokens = [one[1] for one in _scan(text)] + [""]
        self._values = values
        self._declared: set[str] = set()
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self, wanted: str | None = None) -> str:
        found = self._next
        if not found or (wanted is not None and found != wanted):
            raise Invalid(f"Parse error on {found!r}, expected {wanted!r}", "parseError")
        self._at += 1
        return found

    def read(self) -> Document:
        self._take("query")
        if re.match(r"\w", self._next):
            self._take()
        if self._next == "(":
            self._declare()
        document = Document(variables=self._declared, selections=self._selections(), fragments={})
        while self._next:
            self._take("fragment")
            name = self._take()
            self._take("on")
            document.fragments[name] = (self._take(), self._selections())
        return document

    def _declare(self) -> None:
        self._take("(")
        while self._next != ")":
            name = self._take().removeprefix("$")
            self._take(":")
            if self._take() not in ("String", "ID", "Int") or name in self._declared:
                raise Invalid(f"Variable ${name} can't be declared so", "variableMismatch")
            self._declared.add(name)
            if self._next == "!":
                self._take()
                if not isinstance(self._values.get(name), str):
                    raise Invalid(f"Variable ${name} of type String! was provided invalid value", "variableMismatch")
        self._take(")")

    def _selections(self) -> list[Selection]:
        self._take("{")
        found = []
        while self._next != "}":
            found.append(self._selection())
        self._take("}")
        return found

    def _selection(self) -> Selection:
        first = self._take()
        if first == "...":
            return Selection(name="", alias="", arguments={}, inner=[], fragment=self._take())
        name = first
        if self._next == ":":
            self._take()
            name = self._take()
        arguments = {}
        if self._next == "(":
            self._take()
            while self._next != ")":
                key = self._take()
                self._take(":")
                arguments[key] = self._value()
            self._take()
        return Selection(
            name=name, alias=first, arguments=arguments, inner=self._selections() if self._next == "{" else []
        )

    def _value(self) -> Any:
        token = self._take()
        if token.startswith("$"):
            if token[1:] not in self._declared:
                raise Invalid(f"Variable {token} is used but not declared", "variableNotDefined")
            return self._values.get(token[1:])
        if token == "[":
            values = []
            while self._next != "]":
                values.append(self._value())
            self._take()
            return values
        if token == "{":
            members = {}
            while self._next != "}":
                key = self._take()
                self._take(":")
                members[key] = self._value()
            self._take()
            return members
        return int(token) if token.lstrip("-").isdigit() else token.strip('"')


def _scan(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Invalid(f"Parse error on {text[at]!r}", "parseError")
        if found[1]:
            yield found
        at = found.end()


# --- the schema -----------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Asking:
    hub: Hub
    caller: Caller
    repository: Repository


Resolve: TypeAlias = Callable[[Asking, Any, Json], Any]


@dataclass(kw_only=True)
class Field:
    """``of`` None: a scalar. ``arguments`` are those that there are."""

    resolve: Resolve
    of: str | None = None
    arguments: frozenset[str] = frozenset()


def _page(asking: Asking, rows: list[Any], arguments: Json) -> Json:
    del asking
    if ("first" in arguments) == ("last" in arguments):
        raise Invalid("You must provide a `first` or `last` value to properly paginate.", "missingPagination")
    count = arguments.get("first", arguments.get("last"))
    if not isinstance(count, int) or not 1 <= count <= 100:
        raise Invalid(f"Requesting {count} records exceeds the limit of 100 records.", "argumentLiteralsIncompatible")
    return {"nodes": rows[:count] if "first" in arguments else rows[-count:]}


def _pull_requests(asking: Asking, repository: Repository, arguments: Json) -> Json:
    states = arguments.get("states") or ["OPEN", "CLOSED", "MERGED"]
    if not set(states) <= {"OPEN", "CLOSED", "MERGED"}:
        raise Invalid(f"Argument 'states' has an invalid value {states}", "argumentLiteralsIncompatible")
    order = arguments.get("orderBy", {"field": "CREATED_AT", "direction": "ASC"})
    if order["field"] not in ("CREATED_AT", "UPDATED_AT", "COMMENTS") or order["direction"] not in ("ASC", "DESC"):
        raise Invalid("Argument 'orderBy' has an invalid value", "argumentLiteralsIncompatible")
    asking.caller.check(repository, "pull_requests", "read")
    rows = [one for one in repository.pulls.values() if _state(one) in states]
    rows.sort(key=lambda one: one.number, reverse=order["direction"] == "DESC")
    return _page(asking, rows, arguments)


def _state(one: Pull) -> str:
    return "MERGED" if one.merged else one.state.upper()


def _default_branch(asking: Asking, repository: Repository, _arguments: Json) -> str | None:
    asking.caller.check(repository, "contents", "read")
    return repository.default_branch if repository.git.branch(repository.default_branch) else None


def _comments(asking: Asking, one: Pull, arguments: Json) -> Json:
    return _page(asking, asking.hub.comments_on(asking.repository, one.number), arguments)


def _reaction_groups(asking: Asking, one: Comment, _arguments: Json) -> list[Json]:
    contents = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    mine = {content for login, content in one.reactions if login == asking.hub.app.bot.login}
    return [{"viewerHasReacted": content in mine} for content in contents]


def _login(_asking: Asking, one: Account, _arguments: Json) -> str:
    """An App's account by its slug alone."""
    return one.login.removesuffix("[bot]")


_SLICES = frozenset({"first", "last", "after", "before"})
_SCHEMA: dict[str, dict[str, Field]] = {
    "Repository": {
        "isArchived": Field(resolve=lambda asking, one, _: one.archived),
        "isDisabled": Field(resolve=lambda asking, one, _: one.disabled),
        "defaultBranchRef": Field(resolve=_default_branch, of="Ref"),
        "pullRequests": Field(
            resolve=_pull_requests,
            of="PullRequestConnection",
            arguments=_SLICES | {"states", "orderBy", "headRefName", "baseRefName", "labels"},
        ),
    },
    "Ref": {
        "name": Field(resolve=lambda asking, one, _: one),
        "target": Field(resolve=lambda asking, one, _: asking.repository.git.branch(one), of="GitObject"),
    },
    "GitObject": {"oid": Field(resolve=lambda asking, one, _: one)},
    "PullRequestConnection": {"nodes": Field(resolve=lambda asking, one, _: one["nodes"], of="PullRequest")},
    "PullRequest": {
        "number": Field(resolve=lambda asking, one, _: one.number),
        "isCrossRepository": Field(resolve=lambda asking, one, _: False),
        "author": Field(resolve=lambda asking, one, _: one.author, of="Actor"),
        "closedAt": Field(resolve=lambda asking, one, _: stamp(one.created) if one.state == "closed" else None),
        "headRef": Field(
            resolve=lambda asking, one, _: one.head if asking.repository.git.branch(one.head) else None, of="Ref"
        ),
        "comments": Field(resolve=_comments, of="IssueCommentConnection", arguments=_SLICES | {"orderBy"}),
    },
    "IssueCommentConnection": {"nodes": Field(resolve=lambda asking, one, _: one["nodes"], of="IssueComment")},
    "IssueComment": {
        # A BigInt is sent as text.
        "fullDatabaseId": Field(resolve=lambda asking, one, _: str(one.id)),
        "body": Field(resolve=lambda asking, one, _: one.body),
        "createdAt": Field(resolve=lambda asking, one, _: stamp(one.created)),
        "author": Field(resolve=lambda asking, one, _: one.author, of="Actor"),
        "reactionGroups": Field(resolve=_reaction_groups, of="ReactionGroup"),
    },
    "ReactionGroup": {"viewerHasReacted": Field(resolve=lambda asking, one, _: one["viewerHasReacted"])},
    "Actor": {
        "__typename": Field(resolve=lambda asking, one, _: one.type),
        "login": Field(resolve=_login),
    },
}


def run_query(hub: Hub, caller: Caller, text: str, variables: Json) -> Json:
    """The whole answer: data, with null and an error for each repository that is not there."""
    try:
        document = _Reader(text, variables).read()
        return _Run(hub, caller, document).answer()
    except Invalid as invalid:
        return {"errors": [invalid.error]}


class _Run:
    def __init__(self, hub: Hub, caller: Caller, document: Document) -> None:
        self._hub = hub
        self._caller = caller
        self._document = document
        self._errors: list[Json] = []

    def answer(self) -> Json:
        data: Json = {}
        for one in self._document.selections:
            if one.name != "repository" or set(one.arguments) - {"owner", "name", "followRenames"}:
                raise Invalid(f"Field '{one.name}' doesn't exist on type 'Query'")
            data[one.alias] = self._repository(one)
        return {"data": data} | ({"errors": self._errors} if self._errors else {})

    def _repository(self, one: Selection) -> Json | None:
        owner, name = one.arguments["owner"], one.arguments["name"]
        repository = self._hub.find_repository(owner, name)
        try:
            if repository is None:
                raise ApiError(404, "Not Found")
            self._caller.check(repository, "metadata", "read")
            asking = Asking(hub=self._hub, caller=self._caller, repository=repository)
            return self._select(asking, "Repository", repository, one.inner)
        except ApiError as error:
            message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            kind, message = ("NOT_FOUND", message) if error.status == 404 else ("FORBIDDEN", str(error))
            self._errors.append({"type": kind, "path": [one.alias], "message": message})
            return None

    def _select(self, asking: Asking, kind: str, value: Any, selections: list[Selection]) -> Json:
        found: Json = {}
        for one in selections:
            if one.fragment is not None:
                on, inner = self._document.fragments[one.fragment]
                if on != kind:
                    raise Invalid(f"Fragment on {on} can't be spread inside {kind}", "cannotSpreadFragment")
                found |= self._select(asking, kind, value, inner)
                continue
            field = _SCHEMA[kind].get(one.name)
            if field is None:
                raise Invalid(f"Field '{one.name}' doesn't exist on type '{kind}'")
            if set(one.arguments) - field.arguments:
                raise Invalid(
                    f"Field '{one.name}' doesn't accept argument {sorted(one.arguments)}", "argumentNotAccepted"
                )
            if (field.of is None) != (not one.inner):
                raise Invalid(f"Field '{one.name}' of type '{kind}': selections", "selectionMismatch")
            found[one.alias] = self._complete(asking, field, field.resolve(asking, value, one.arguments), one)
        return found

    def _complete(self, asking: Asking, field: Field, value: Any, one: Selection) -> Any:
        if field.of is None or value is None:
            return value
        if isinstance(value, list):
            return [self._select(asking, field.of, each, one.inner) for each in value]
        return self._select(asking, field.of, value, one.inner)
