"""What GitHub publishes of its API, cut down to what lockbot calls: ``tests/github/facts``, which the stand-in is held to.

    python -m bench.github_facts

fetches two packages of npm with ``npm pack``: ``@octokit/openapi`` (REST) and ``@octokit/graphql-schema``. Run it again when
lockbot calls something new, or when GitHub has published something new; the versions are written down beside the facts.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ScalarTypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from tests.github.operations import OPERATIONS

OUT = Path(__file__).resolve().parent.parent / "tests" / "github" / "facts"
REST, GRAPHQL = "@octokit/openapi@23.0.2", "@octokit/graphql-schema@15.26.1"

#: Output types that stay, with those of their fields whose type stays too.
TYPES = """
    Actor App AutoMergeRequest Blob Bot CheckRun CheckRunConnection CheckSuite CheckSuiteConnection Commit
    CommitConnection Comparison GitObject Issue IssueComment IssueCommentConnection IssueConnection
    IssueOrPullRequest Label
    LabelConnection Node Organization PageInfo PullRequest PullRequestChangedFile PullRequestChangedFileConnection
    PullRequestCommit PullRequestCommitConnection
    PullRequestConnection RateLimit ReactionGroup Ref RefConnection Release Repository RequestedReviewer ReviewRequest
    ReviewRequestConnection StatusCheckRollup StatusCheckRollupContext StatusCheckRollupContextConnection StatusContext
    Team Tree User UserContentEdit UserContentEditConnection
"""
QUERIES = frozenset({"id", "repository", "node", "nodes", "rateLimit", "viewer"})
MUTATIONS = frozenset(
    {
        "convertPullRequestToDraft",
        "createCommitOnBranch",
        "disablePullRequestAutoMerge",
        "enablePullRequestAutoMerge",
        "markPullRequestReadyForReview",
        "updatePullRequest",
        "updateRefs",
    }
)

Json: TypeAlias = Any
_NOTE = f"""# What GitHub publishes of its API

Cut by `python -m bench.github_facts` to what lockbot calls; not edited by hand.

| file | from | licence |
|---|---|---|
| `operations.json` | `{REST}`, `api.github.com` | MIT, Copyright (c) 2020 Octokit contributors |
| `schema.graphql` | `{GRAPHQL}` | MIT, Copyright (c) GitHub 2025 |
"""


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        rest = _fetch(REST, Path(name)) / "generated" / "api.github.com.deref.json"
        operations = cut_operations(json.loads(rest.read_bytes())["paths"])
        schema = cut_schema((_fetch(GRAPHQL, Path(name)) / "schema.graphql").read_text(encoding="utf-8"))
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(one, separators=(',', ':'))}" for key, one in operations.items())
    (OUT / "operations.json").write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    (OUT / "README.md").write_text(_NOTE, encoding="utf-8")
    head = f"# Cut from {GRAPHQL} (Copyright (c) GitHub 2025, MIT licence) by bench/github_facts.py.\n\n"
    (OUT / "schema.graphql").write_text(f"{head}{schema}\n", encoding="utf-8")


def _fetch(package: str, folder: Path) -> Path:
    """The package's folder, unpacked."""
    done = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, capture_output=True, text=True, check=True)
    target = folder / done.stdout.split()[-1].removesuffix(".tgz")
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


# --- REST -----------------------------------------------------------------------------------------

#: Of a JSON schema what decides; descriptions and examples don't.
_DECIDING = """
    type properties required items enum oneOf anyOf allOf nullable additionalProperties minLength maxLength minItems
    maxItems minimum maximum pattern const
"""
_COMPOSED = ("oneOf", "anyOf", "allOf")


def cut_operations(paths: Mapping[str, Json]) -> dict[str, Json]:
    """``METHOD path`` -> its query parameters, body and statuses."""
    return {f"{method} {path}": _cut_operation(paths[path][method.lower()]) for method, path in OPERATIONS}


def _cut_operation(operation: Json) -> Json:
    body = operation.get("requestBody", {})
    schema = body.get("content", {}).get("application/json", {}).get("schema")
    query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    return {
        "query": {one["name"]: _cut(one["schema"]) for one in query},
        "required": [one["name"] for one in query if one.get("required")],
        "body": None if schema is None else _cut(schema),
        "statuses": sorted(int(one) for one in operation["responses"] if one.isdigit()),
    }


def _cut(schema: Json, *, is_whole: bool = True) -> Json:
    """A schema of JSON's own kind: OpenAPI's ``nullable`` becomes a type, and an object has the properties that are described
    and no others. ``is_whole`` False: one of several schemas for the same object.
    """
    kept = {name: value for name, value in schema.items() if name in _DECIDING.split()}
    if "properties" in kept:
        kept["properties"] = {name: _cut(one) for name, one in kept["properties"].items()}
        if is_whole and kept.get("type") == "object":
            kept.setdefault("additionalProperties", False)
    for word in ("items", "additionalProperties"):
        if isinstance(kept.get(word), dict):
            kept[word] = _cut(kept[word])
    for word in _COMPOSED:
        if word in kept:
            kept[word] = [_cut(one, is_whole=is_whole and "properties" not in kept) for one in kept[word]]
    return _allow_null(kept) if kept.pop("nullable", False) else kept


def _allow_null(schema: Json) -> Json:
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema


# --- GraphQL --------------------------------------------------------------------------------------


def cut_schema(text: str) -> str:
    definitions = {one.name.value: one for one in _list_definitions(text)}
    kept = _keep_types(definitions)
    names = {one.name.value for one in kept}
    waiting = [name for one in kept for name in _list_named(one)]
    # Scalars, enumerations and inputs come along with whatever names them.
    while waiting:
        name = waiting.pop()
        if name not in names and name in definitions:
            names.add(name)
            kept.append(_bare(definitions[name]))
            waiting += _list_named(kept[-1])
    kept.sort(key=lambda one: str(one.name.value))
    return print_ast(DocumentNode(definitions=tuple(kept)))


def _list_definitions(text: str) -> list[Any]:
    """Those that have a name: all but the schema's own."""
    definitions: list[Any] = list(parse(text).definitions)
    return [one for one in definitions if hasattr(one, "name")]


def _keep_types(definitions: Mapping[str, Any]) -> list[Any]:
    roots = {"Query": QUERIES, "Mutation": MUTATIONS}
    payloads = {_name_of(field.type) for field in definitions["Mutation"].fields if field.name.value in MUTATIONS}
    leaves = {name for name, one in definitions.items() if isinstance(one, _LEAVES)} | _BUILT_IN
    outputs = {*TYPES.split()} | payloads
    kept = [_prune(_bare(definitions[name]), outputs, leaves) for name in sorted(outputs)]
    for root, fields in roots.items():
        one = _bare(definitions[root])
        kept.append(replace(one, fields=tuple(field for field in one.fields if field.name.value in fields)))
    return kept


_LEAVES = (ScalarTypeDefinitionNode, EnumTypeDefinitionNode)
_BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def _prune(one: Any, outputs: Set[str], leaves: Set[str]) -> Any:
    if isinstance(one, UnionTypeDefinitionNode):
        return replace(one, types=tuple(member for member in one.types or () if member.name.value in outputs))
    return replace(
        one,
        interfaces=tuple(each for each in one.interfaces or () if each.name.value in outputs),
        fields=tuple(field for field in one.fields or () if _name_of(field.type) in outputs | leaves),
    )


def _list_named(one: Any) -> Iterator[str]:
    """The types that a definition's fields and their arguments name."""
    for field in getattr(one, "fields", None) or ():
        yield _name_of(field.type)
        for argument in getattr(field, "arguments", None) or ():
            yield _name_of(argument.type)


def _name_of(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value


def _bare(node: Any) -> Any:
    """Without descriptions, and of directives the one that says what is on its way out."""
    changes: dict[str, Any] = {}
    if hasattr(node, "description"):
        changes["description"] = None
    if hasattr(node, "directives"):
        changes["directives"] = tuple(one for one in node.directives or () if one.name.value == "deprecated")
    for part in ("fields", "arguments", "values"):
        if getattr(node, part, None):
            changes[part] = tuple(_bare(one) for one in getattr(node, part))
    return replace(node, **changes)


if __name__ == "__main__":
    main()
