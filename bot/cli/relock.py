"""The part of ``lockbot lock`` that solves; loaded only when the existing lock is not right."""

from __future__ import annotations

from bot.errors import InputError
from bot.lockfile.model import Lock
from bot.resolver.assemble import REVISION
from bot.resolver.index import IndexPort
from bot.resolver.lock import Locked, lock_project
from bot.resolver.request import LockRequest
from bot.resolver.tree_lowering import TreeLowering
from bot.resolver.written import KEEP, Revision


def relock(
    request: LockRequest,
    index: IndexPort,
    existing: Lock | None,
    text: str | None,
    sources: TreeLowering,
    revision: object,
) -> Locked:
    """Lock; ``revision`` as the command line says it. Errors are those of ``lock_project``."""
    return lock_project(
        request, index, existing=existing, existing_text=text, sources=sources, revision=_revision(revision)
    )


def _revision(said: object) -> Revision:
    if said is None:
        return None
    if said == "keep":
        return KEEP
    if not (isinstance(said, str) and said.isascii() and said.isdecimal() and int(said) <= REVISION):
        raise InputError(f"--revision {said} is not supported", hint=f"use a number up to {REVISION}, or keep")
    return int(said)
