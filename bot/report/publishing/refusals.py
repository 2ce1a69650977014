"""What a token may not do, and what to do about it. Pure.

GitHub refuses in words of its own; where it names the permission that it wants, so does the remedy.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import DOCUMENTS
from bot.ports.forge import TokenKind

DOCUMENT = f"{DOCUMENTS}/action.md"

#: GitHub's words where a repository or its organization does not let workflows open pull requests.
_NOT_BY_ACTIONS = "not permitted to create or approve pull requests"

#: GitHub's words to a classic token, which is told of no permissions, and what helps.
_CLASSIC = (
    ("`workflow` scope", "give the token the scope `workflow`"),
    (
        "SAML",
        "authorize the token for the organization: Settings > Developer settings > Tokens (classic) > Configure SSO",
    ),
    ("personal access token (classic)", f"hand over a fine-grained token, or a GitHub App's: {DOCUMENT}"),
)
_SCOPE = "give the token the scope `repo`, and its account write access to the repository"

#: Permission, as the API calls it -> as the settings page of a fine-grained token does.
_NAMES = {
    "checks": "Checks",
    "contents": "Contents",
    "issues": "Issues",
    "metadata": "Metadata",
    "pull_requests": "Pull requests",
    "vulnerability_alerts": "Dependabot alerts",
    "workflows": "Workflows",
}
_LEVELS = {"read": "read-only", "write": "read and write"}


def explain_refusal(kind: TokenKind, said: str, needs: str, *, is_credential: bool) -> str:
    """The forge's refusal, and behind it what helps. ``needs``: ``name: level``, empty where GitHub does not tell."""
    return f"{said} ({_find_remedy(kind, said, needs, is_credential)})"


def _find_remedy(kind: TokenKind, said: str, needs: str, is_credential: bool) -> str:
    if is_credential:
        return "make a new token and hand it over as LOCKBOT_TOKEN or GITHUB_TOKEN"
    if _NOT_BY_ACTIONS in said:
        return (
            "turn on Settings > Actions > General > Allow GitHub Actions to create and approve pull requests, "
            f"or hand over another token: {DOCUMENT}"
        )
    if kind is TokenKind.CLASSIC:
        return next((helps for words, helps in _CLASSIC if words in said), _SCOPE)
    if not needs:
        return f"the token lacks a permission: {DOCUMENT} lists what each kind of token needs"
    return _give(kind, needs)


def _give(kind: TokenKind, needs: str) -> str:
    name, _, level = needs.partition(": ")
    match kind:
        case TokenKind.INSTALLATION:
            return f"write `{name.replace('_', '-')}: {level}` into the workflow's permissions, or give it to the App"
        case TokenKind.FINE_GRAINED:
            return f"give the token {_NAMES.get(name, name)}: {_LEVELS.get(level, level)}"
        case _:
            return f"the token needs {needs}"


# --- what is told after a run ---------------------------------------------------------------------


def starts_no_workflows() -> str:
    return (
        "A workflow's own token opened these pull requests, so their workflows wait until somebody with write access "
        "approves them there (on Enterprise Server they do not start at all); with the token of a GitHub App or a "
        f"fine-grained one they start by themselves: {DOCUMENT}"
    )


def merges_nothing() -> str:
    return (
        "Nothing that is to be merged by itself gets checks as long as a workflow's own token opens it: approve its workflows, "
        f"or hand over the token of a GitHub App or a fine-grained one: {DOCUMENT}"
    )


def writes_no_checks(*, is_person: bool) -> str:
    if is_person:
        return "Check runs are for Apps: what they would say stands here. On the dashboard it stands as well"
    return "The token may not write check runs: what they would say stands here; `checks: write` lets it"


def leaves_workflows(*, is_workflows: bool) -> str:
    if is_workflows:
        return (
            "Files below .github/workflows were left as they are: a workflow's own token may never change them, the token of a "
            f"GitHub App with Workflows: read and write may: {DOCUMENT}"
        )
    return (
        "Files below .github/workflows were left as they are: give the token Workflows: read and write (a classic one the "
        "scope `workflow`)"
    )


def signs_nothing(branches: Sequence[str]) -> str:
    return (
        f"GitHub has not signed the commits of {', '.join(branches)}: they change files that can be run, and for a person's "
        "token it signs only what changes none; an App's token has no such limit"
    )


def strangers_lock() -> str:
    return (
        "somebody without write access may have written what this pull request asks for: it is solved only by a lockbot "
        "server, apart from this repository's credentials"
    )
