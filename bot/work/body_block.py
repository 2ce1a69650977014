"""The hidden block at the end of a pull request's body: what must outlast the queue. Pure.

It is one HTML comment with JSON. Anyone who can edit the body can change it, so it only ever steers what lockbot
proposes, never what it is allowed to do.
"""

from __future__ import annotations

import hashlib
import json
import re

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.ports.run import Proposal
from bot.report.cut import cut_body

_BLOCK = re.compile(r"\n*<!-- lockbot: (\{[^\n]*\}) -->\s*\Z")


class Block(BaseModel):
    """``key`` says what is proposed; ``labels`` are those lockbot has put on; ``retired``: lockbot itself closed it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    labels: tuple[str, ...] = ()
    retired: bool = False


def make_key(proposal: Proposal) -> str:
    """The same key for the same content: which versions which files would get. The base commit has no part in it."""
    updates = sorted((one.manifest, one.package, one.after) for one in proposal.updates)
    changes = sorted((one.lockfile, one.package, one.after or "") for one in proposal.lock_changes)
    # A proposal that moves no version is told by the files themselves.
    files = [] if updates or changes else sorted((one.path, one.text or "") for one in proposal.files)
    text = json.dumps([proposal.group, updates, changes, files])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def find_block(body: str) -> Block | None:
    match = _BLOCK.search(body)
    if match is None:
        return None
    try:
        return Block.model_validate_json(match.group(1))
    except ValidationError:
        return None


def render_body(text: str, block: Block, most: int) -> str:
    """``text`` without an old block and the block, in at most ``most`` characters."""
    # A comment may not hold "--", and JSON may say any character by its number.
    hidden = f"\n\n<!-- lockbot: {block.model_dump_json().replace('-', chr(92) + 'u002d')} -->\n"
    return cut_body(_BLOCK.sub("", text).rstrip("\n"), most - len(hidden)) + hidden
