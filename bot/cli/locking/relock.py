"""The part of ``lockbot lock`` that solves; loaded only when the existing lock is not right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import InputError
from bot.lockfile.model import Lock
from bot.resolver.assembly.lock import REVISION
from bot.resolver.assembly.written import KEEP, Revision
from bot.resolver.explanation.late import find_script_places
from bot.resolver.lock import Locked, LockTask, lock_project
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.model.effort import Advice
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest

if TYPE_CHECKING:
    from bot.resolver.explanation.places import Places


def relock(
    request: LockRequest,
    index: IndexPort,
    existing: Lock | None,
    text: str | None,
    sources: TreeLowering,
    revision: object,
    script: Path | None,
) -> Locked:
    """Lock; ``revision`` and ``script`` as the command line says them. Errors are those of ``lock_project``."""
    task = LockTask(
        request=request,
        index=index,
        sources=sources,
        existing=existing,
        existing_text=text,
        revision=_revision(revision),
        advice=Advice(),
        places=None if script is None else partial(_find_places, sources, script),
    )
    return lock_project(task)


def _find_places(sources: TreeLowering, script: Path) -> Places:
    return find_script_places(sources.read_manifest(script.name) or "", script.as_posix())


def _revision(said: object) -> Revision:
    if said is None:
        return None
    if said == "keep":
        return KEEP
    if not (isinstance(said, str) and said.isascii() and said.isdecimal() and int(said) <= REVISION):
        raise InputError(f"--revision {said} is not supported", hint=f"use a number up to {REVISION}, or keep")
    return int(said)
