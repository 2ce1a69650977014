"""Tokens that nobody asks an App for: a workflow's, a person's, and what an App hands over for one installation."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tests.github.hub import Hub
from tests.github.model import WORKFLOWS, Account, Installation, Repository, Token

#: What a workflow's ``permissions`` have to say for all that lockbot does.
WORKFLOW: Mapping[str, str] = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "read",
    "vulnerability_alerts": "read",
}
#: What a person gives a fine-grained token.
PERSON: Mapping[str, str] = {**WORKFLOW, "workflows": "write"}


def give_workflow_token(hub: Hub, repository: Repository, permissions: Mapping[str, str] = WORKFLOW) -> str:
    """``GITHUB_TOKEN`` of a run in that repository."""
    bot = hub.add_account(f"{WORKFLOWS}[bot]", "Bot")
    return _give(hub, repository, "ghs_", bot, WORKFLOWS, permissions)


def give_person_token(
    hub: Hub, repository: Repository, login: str, permissions: Mapping[str, str] = PERSON, *, start: str = "github_pat_"
) -> str:
    """A fine-grained token for one repository, of somebody who may do there what the repository says."""
    return _give(hub, repository, start, hub.add_account(login), "", permissions)


def give_classic_token(hub: Hub, login: str, scopes: Sequence[str] = ("repo", "workflow")) -> str:
    """A person's, for everything that the person may, as far as its scopes go."""
    actor = hub.add_account(login)
    nothing = Installation(id=hub.next_id(), account=actor, permissions={}, repositories=set())
    token = Token(
        value=f"ghp_{secrets.token_hex(18)}",
        actor=actor,
        app="",
        installation=nothing.id,
        repositories=frozenset(),
        permissions={},
        expires=datetime.now(UTC) + timedelta(days=1),
        grants=nothing,
        scopes=tuple(scopes),
    )
    hub.tokens[token.value] = token
    return token.value


def give_app_token(hub: Hub, repository: Repository, permissions: Mapping[str, str]) -> str:
    """What an App's key is exchanged for, made elsewhere: the key is not handed over."""
    return _give(hub, repository, "ghs_", hub.app.bot, hub.app.slug, permissions)


def end(hub: Hub, token: str) -> None:
    """It is revoked, or its job is over."""
    del hub.tokens[token]


def _give(
    hub: Hub, repository: Repository, start: str, actor: Account, app: str, permissions: Mapping[str, str]
) -> str:
    grants = Installation(
        id=hub.next_id(),
        account=repository.owner,
        permissions={"metadata": "read", **permissions},
        repositories={repository.id},
    )
    token = Token(
        value=f"{start}{secrets.token_hex(18)}",
        actor=actor,
        app=app,
        installation=grants.id,
        repositories=frozenset({repository.id}),
        permissions=dict(grants.permissions),
        expires=datetime.now(UTC) + timedelta(days=1),
        grants=grants,
    )
    hub.tokens[token.value] = token
    return token.value
