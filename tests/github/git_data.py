"""Refs, blobs, trees, commits, contents, branches, comparison."""

from __future__ import annotations

import base64
import re

from tests.github import views
from tests.github.auth import Caller
from tests.github.gitstore import GitFailed, GitStore, Person
from tests.github.model import Repository
from tests.github.routes import Call, route
from tests.github.wire import ApiError, Json, Reply, need, not_found, page

_MODES = {"100644": "blob", "100755": "blob", "040000": "tree", "160000": "commit", "120000": "blob"}
WEB_FLOW = Person(name="GitHub", email="noreply@github.com")
#: So many files a comparison lists.
_COMPARED_FILES = 300


def _check_not_empty(repository: Repository) -> None:
    if not repository.git.refs():
        raise ApiError(409, "Git Repository is empty.")


def _ref_view(name: str, sha: str) -> Json:
    return {"ref": name, "node_id": f"REF_{name}", "object": {"sha": sha, "type": "commit"}}


def get_ref(call: Call) -> Reply:
    _check_not_empty(call.repository)
    name = f"refs/{call.parts['ref']}"
    sha = call.repository.git.refs(name).get(name)
    if sha is None:
        raise not_found()
    return Reply(body=_ref_view(name, sha))


def list_matching_refs(call: Call) -> Reply:
    _check_not_empty(call.repository)
    start = f"refs/{call.parts['ref']}"
    found = sorted(call.repository.git.refs("refs/").items())
    return Reply(body=[_ref_view(name, sha) for name, sha in found if name.startswith(start)])


def find_workflow(repository: Repository, sha: str) -> str | None:
    """A file of a workflow that a commit changes."""
    git = repository.git
    parents = git.read_commit(sha).parents
    changed = git.diff(parents[0], sha) if parents else []
    return next((path for _, path in changed if path.startswith(".github/workflows/")), None)


def refuse_workflow(caller: Caller, path: str) -> str:
    if caller.token.scopes is not None:
        return (
            f"refusing to allow a Personal Access Token to create or update workflow `{path}` without `workflow` scope"
        )
    return f"refusing to allow a GitHub App to create or update workflow `{path}` without `workflows` permission"


def _check_workflows(call: Call, sha: str) -> None:
    path = find_workflow(call.repository, sha)
    if path is not None and not call.caller.may_write_workflows:
        raise ApiError(403, refuse_workflow(call.caller, path))


def create_ref(call: Call) -> Reply:
    body = call.request.json()
    name, sha = need(body, "ref"), need(body, "sha")
    if not re.fullmatch(r"refs/[^/]+/.+", name):
        raise ApiError(422, "Reference name must start with 'refs/' and have at least two slashes.")
    if call.repository.git.type_of(sha) != "commit":
        raise ApiError(422, "Object does not exist")
    if name in call.repository.git.refs(name):
        raise ApiError(422, "Reference already exists")
    _check_workflows(call, sha)
    call.repository.git.update_ref(name, sha)
    call.hub.moved(call.repository, name, None, sha, call.caller.actor)
    return Reply(status=201, body=_ref_view(name, sha))


def update_ref(call: Call) -> Reply:
    body, git = call.request.json(), call.repository.git
    name, sha = f"refs/{call.parts['ref']}", need(body, "sha")
    before = git.refs(name).get(name)
    if before is None:
        raise ApiError(422, "Reference does not exist")
    if git.type_of(sha) != "commit":
        raise ApiError(422, "Object does not exist")
    if not body.get("force", False) and not git.is_ancestor(before, sha):
        raise ApiError(422, "Update is not a fast forward")
    _check_workflows(call, sha)
    git.update_ref(name, sha)
    call.hub.moved(call.repository, name, before, sha, call.caller.actor)
    return Reply(body=_ref_view(name, sha))


def delete_ref(call: Call) -> Reply:
    name = f"refs/{call.parts['ref']}"
    before = call.repository.git.refs(name).get(name)
    if before is None:
        raise ApiError(422, "Reference does not exist")
    call.repository.git.delete_ref(name)
    call.hub.moved(call.repository, name, before, None, call.caller.actor)
    return Reply(status=204)


def create_blob(call: Call) -> Reply:
    _check_not_empty(call.repository)
    body = call.request.json()
    content = need(body, "content")
    if body.get("encoding", "utf-8") == "base64":
        try:
            data = base64.b64decode(content, validate=True)
        except ValueError:
            raise ApiError(422, "content is not valid Base64") from None
    else:
        data = content.encode()
    return Reply(status=201, body={"sha": call.repository.git.write_blob(data), "url": "-"})


def get_blob(call: Call) -> Reply:
    if call.repository.git.type_of(call.parts["file_sha"]) != "blob":
        raise not_found()
    data = call.repository.git.read_blob(call.parts["file_sha"])
    return Reply(body=_file_content(data) | {"sha": call.parts["file_sha"], "size": len(data)})


def _file_content(data: bytes) -> Json:
    return {"content": base64.encodebytes(data).decode(), "encoding": "base64"}


def create_tree(call: Call) -> Reply:
    _check_not_empty(call.repository)
    body, git = call.request.json(), call.repository.git
    base = body.get("base_tree")
    if base is not None and git.type_of(base) not in ("tree", "commit"):
        raise ApiError(422, "base_tree is not a valid tree oid")
    changes = [_tree_entry(call.repository, entry) for entry in need(body, "tree", "array")]
    try:
        sha = git.write_tree(base, changes)
    except GitFailed:
        raise ApiError(422, "tree.path contains a malformed path component") from None
    return Reply(status=201, body=_tree_view(call.repository, sha))


def _tree_entry(repository: Repository, entry: Json) -> tuple[str, str, str | None]:
    path, mode = need(entry, "path"), entry.get("mode", "100644")
    if path.startswith("/") or ".." in path.split("/") or not path:
        raise ApiError(422, "tree.path cannot start with a slash")
    if mode not in _MODES:
        raise ApiError(422, "Must supply a valid tree.mode")
    if "content" in entry:
        if "sha" in entry:
            raise ApiError(422, "Must supply either tree.sha or tree.content, not both")
        return path, mode, repository.git.write_blob(entry["content"].encode())
    if "sha" not in entry:
        raise ApiError(422, "Must supply tree.sha or tree.content")
    if entry["sha"] is not None and repository.git.type_of(entry["sha"]) != _MODES[mode]:
        raise ApiError(422, f"tree.sha {entry['sha']} is not a valid {_MODES[mode]}")
    return path, mode, entry["sha"]


def _tree_view(repository: Repository, sha: str, *, recursive: bool = False) -> Json:
    entries = repository.git.read_tree(sha, recursive=recursive)
    return {
        "sha": sha,
        "url": "-",
        "tree": [{"path": one.path, "mode": one.mode, "type": one.type, "sha": one.sha} for one in entries],
        "truncated": False,
    }


def get_tree(call: Call) -> Reply:
    sha = call.repository.git.find(f"{call.parts['tree_sha']}^{{tree}}")
    if sha is None:
        raise not_found()
    return Reply(body=_tree_view(call.repository, sha, recursive="recursive" in call.request.query))


def create_commit(call: Call) -> Reply:
    """Signed only for a bot, if the request names neither author nor committer; a person's commit is the person's own."""
    body, git = call.request.json(), call.repository.git
    message, tree, parents = need(body, "message"), need(body, "tree"), body.get("parents", [])
    if git.type_of(tree) != "tree":
        raise ApiError(422, "Tree SHA does not exist")
    if any(git.type_of(parent) != "commit" for parent in parents):
        raise ApiError(422, "Parent SHA does not exist or is not a commit object")
    bot = call.caller.actor
    person = Person(name=bot.login, email=bot.email)
    own = "author" not in body and "committer" not in body
    author = person if own else Person(name=body["author"]["name"], email=body["author"]["email"])
    signed = own and not call.caller.is_person
    sha = git.write_commit(tree, parents, message, author, WEB_FLOW if signed else author)
    if signed:
        call.repository.verified.add(sha)
    return Reply(status=201, body=views.git_commit(git.read_commit(sha), signed))


def get_git_commit(call: Call) -> Reply:
    sha = call.parts["commit_sha"]
    if call.repository.git.type_of(sha) != "commit":
        raise not_found()
    return Reply(body=views.git_commit(call.repository.git.read_commit(sha), sha in call.repository.verified))


def _commit_view(call: Call, sha: str) -> Json:
    one = call.repository.git.read_commit(sha)
    by_email = call.hub.find_account_by_email
    people = by_email(one.author.email), by_email(one.committer.email)
    return views.commit(one, sha in call.repository.verified, *people)


def _resolve(repository: Repository, name: str) -> str | None:
    return repository.git.find(f"refs/heads/{name}^{{commit}}") or repository.git.find(f"{name}^{{commit}}")


def get_commit(call: Call) -> Reply:
    _check_not_empty(call.repository)
    sha = _resolve(call.repository, call.parts["ref"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.parts['ref']}")
    return Reply(body=_commit_view(call, sha))


def list_commits(call: Call) -> Reply:
    _check_not_empty(call.repository)
    query = call.request.query
    sha = _resolve(call.repository, query.get("sha", call.repository.default_branch))
    if sha is None:
        raise not_found()
    shas = call.repository.git.log(sha, path=query.get("path"))
    return page(call.request, call.hub.url, [_commit_view(call, one) for one in shas])


def compare(call: Call) -> Reply:
    left, _, right = call.parts["basehead"].partition("...")
    base, head = _resolve(call.repository, left), _resolve(call.repository, right)
    if base is None or head is None:
        raise not_found()
    git = call.repository.git
    ahead, behind = git.log(f"{base}..{head}"), git.log(f"{head}..{base}")
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    start = git.merge_base(base, head)
    return Reply(
        body={
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "merge_base_commit": _commit_view(call, start) if start else None,
            "commits": [_commit_view(call, one) for one in reversed(ahead)],
            "files": diff_view(call.repository, start, head) if start else [],
        }
    )


def diff_view(repository: Repository, old: str, new: str, *, most: int = _COMPARED_FILES) -> list[Json]:
    """A file that went and one that came with the same content are shown as one that was moved."""
    git = repository.git
    changes = git.diff(old, new)
    gone = {git.find(f"{old}:{path}"): path for letter, path in changes if letter == "D"}
    moved = {
        path: gone[blob] for letter, path in changes if letter == "A" and (blob := git.find(f"{new}:{path}")) in gone
    }
    rows = [
        _file_view(repository, old, new, letter, path)
        if path not in moved
        else _moved_view(git, new, moved[path], path)
        for letter, path in changes
        if not (letter == "D" and path in moved.values())
    ]
    return rows[:most]


def _moved_view(git: GitStore, new: str, before: str, path: str) -> Json:
    found = {"filename": path, "previous_filename": before, "status": "renamed", "sha": git.find(f"{new}:{path}")}
    return found | {"additions": 0, "deletions": 0, "changes": 0}


def _file_view(repository: Repository, old: str, new: str, letter: str, path: str) -> Json:
    words = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
    patch, added, gone = repository.git.patch(old, new, path)
    row = {
        "filename": path,
        "status": words[letter],
        "sha": repository.git.find(f"{new}:{path}") or repository.git.find(f"{old}:{path}"),
        "additions": added,
        "deletions": gone,
        "changes": added + gone,
    }
    return row | ({} if patch is None else {"patch": patch})


def get_contents(call: Call) -> Reply:
    _check_not_empty(call.repository)
    sha = _resolve(call.repository, call.request.query.get("ref", call.repository.default_branch))
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {call.request.query['ref']}")
    path = call.parts["path"].strip("/")
    blob = call.repository.git.find(f"{sha}:{path}")
    if blob is None:
        raise not_found()
    if call.repository.git.type_of(blob) == "tree":
        return Reply(
            body=[
                {"name": one.path, "path": f"{path}/{one.path}", "type": one.type}
                for one in call.repository.git.read_tree(blob)
            ]
        )
    data = call.repository.git.read_blob(blob)
    # Files over one megabyte come without content, as GitHub sends them.
    content = _file_content(data) if len(data) <= 1024 * 1024 else {"content": "", "encoding": "none"}
    if call.request.headers.get("accept", "").startswith("application/vnd.github.raw"):
        return Reply(raw=data)
    return Reply(
        body=content | {"type": "file", "name": path.rsplit("/", 1)[-1], "path": path, "sha": blob, "size": len(data)}
    )


def get_branch(call: Call) -> Reply:
    sha = call.repository.git.branch(call.parts["branch"])
    if sha is None:
        raise ApiError(404, "Branch not found")
    return Reply(body={"name": call.parts["branch"], "commit": _commit_view(call, sha), "protected": False})


def list_branches(call: Call) -> Reply:
    refs = call.repository.git.refs("refs/heads/")
    rows = [
        {"name": name.removeprefix("refs/heads/"), "commit": {"sha": sha}, "protected": False}
        for name, sha in refs.items()
    ]
    return page(call.request, call.hub.url, rows)


def get_repository(call: Call) -> Reply:
    return Reply(body=views.repository(call.repository, call.hub.url))


def get_permission(call: Call) -> Reply:
    login = call.parts["username"]
    user = call.hub.accounts.get(login)
    if user is None:
        raise ApiError(404, f"{login} is not a user")
    role = call.repository.permissions.get(login, "none" if call.repository.private else "read")
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    return Reply(body={"permission": coarse, "role_name": role, "user": views.account(user)})


ROUTES = (
    route("GET", "", "metadata", "read", get_repository),
    route("GET", "/git/ref/{ref+}", "contents", "read", get_ref),
    route("GET", "/git/matching-refs/{ref+}", "contents", "read", list_matching_refs),
    route("POST", "/git/refs", "contents", "write", create_ref),
    route("PATCH", "/git/refs/{ref+}", "contents", "write", update_ref),
    route("DELETE", "/git/refs/{ref+}", "contents", "write", delete_ref),
    route("POST", "/git/blobs", "contents", "write", create_blob),
    route("GET", "/git/blobs/{file_sha}", "contents", "read", get_blob),
    route("POST", "/git/trees", "contents", "write", create_tree),
    route("GET", "/git/trees/{tree_sha}", "contents", "read", get_tree),
    route("POST", "/git/commits", "contents", "write", create_commit),
    route("GET", "/git/commits/{commit_sha}", "contents", "read", get_git_commit),
    route("GET", "/commits", "contents", "read", list_commits),
    route("GET", "/commits/{ref}", "contents", "read", get_commit),
    route("GET", "/compare/{basehead+}", "contents", "read", compare),
    route("GET", "/contents/{path+}", "contents", "read", get_contents),
    route("GET", "/branches", "contents", "read", list_branches),
    route("GET", "/branches/{branch+}", "contents", "read", get_branch),
    route("GET", "/collaborators/{username}/permission", "metadata", "read", get_permission),
)
