"""What lockbot writes into a pull request's body: its own text between two marks, the second of which is a hidden block
that holds what must outlast the queue. What people write before the first mark or after the second is theirs. Pure.

The block is one HTML comment with JSON. Anyone who can edit the body can change it, so it only ever steers what lockbot
proposes, never what it is allowed to do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.plan.declined import highest
from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.run import Declined, Proposal, UpdateKind
from bot.report.cut import cut_body
from bot.report.pulls.dates import keep_ages
from bot.report.pulls.foot import keep_dashboard

BEGIN = "<!-- lockbot -->"
#: At the beginning of a line, where no text of strangers comes to stand as it is.
_BLOCK = re.compile(r"^<!-- lockbot: (\{[^\n]*\}) -->", re.MULTILINE)
_BOX = re.compile(r"^(\s*[-*+] )\[([ xX])\](.*)$", re.MULTILINE)


#: The group of the pull request that brings a repository its first configuration.
ONBOARDING = "onboarding"


class AutoMerge(StrEnum):
    """``ASKED``: lockbot is about to turn it on; ``ON``: it has; ``REQUESTED``: because a person said so. Where it is off
    then, a person turned it off."""

    NONE = ""
    ASKED = "asked"
    ON = "on"
    REQUESTED = "requested"


class Block(BaseModel):
    """What lockbot knows of its pull request.

    ``key`` tells the content of the branch. ``heads`` are commits that lockbot has put there, or was about to.
    ``base`` and ``built_on`` are the branch and the commit that it was built on. ``title`` is the one that lockbot wrote
    last. ``labels`` None: none were put on yet. ``units``: what the proposal changes. ``updates`` and ``majors``: the
    direct updates in it, package to version; ``left_out`` what people declined before. ``follows`` is the closed pull
    request that this one stands for. ``retired``: lockbot itself closed it. ``told``: the configurations of other bots that
    the repository was told of, here or in an earlier pull request. ``paused``: who said that it is to be left as it is.
    ``asked``: its people were, or there are none. ``merging``: what lockbot did about the forge's own merging of it.
    ``wanted_again``: it was closed, and then a person asked for what it held. ``group`` is the proposal's
    where the pull request brings no updates (``ONBOARDING``).
    ``security``: it was made to leave vulnerabilities.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    heads: tuple[str, ...] = ()
    base: str = ""
    built_on: str = ""
    title: str = ""
    labels: tuple[str, ...] | None = None
    units: tuple[str, ...] = ()
    updates: Mapping[str, str] = Field(default_factory=dict)
    majors: Mapping[str, str] = Field(default_factory=dict)
    left_out: tuple[Declined, ...] = ()
    follows: int | None = None
    retired: bool = False
    told: tuple[str, ...] = ()
    security: bool = False
    paused: str | None = None
    asked: bool = True
    merging: AutoMerge = AutoMerge.NONE
    wanted_again: bool = False
    group: str = ""

    @property
    def proposed(self) -> tuple[Declined, ...]:
        """What a person who closes the pull request does not want."""
        return (
            *(Declined(package=name, version=one, is_major=False) for name, one in self.updates.items()),
            *(Declined(package=name, version=one, is_major=True) for name, one in self.majors.items()),
        )


def make_key(proposal: Proposal) -> str:
    """The same key for the same files. The base commit has no part in it."""
    files = sorted((one.path, one.mode, one.text) for one in proposal.files)
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:32]


def describe(proposal: Proposal) -> Block:
    """The block of a proposal as far as the proposal itself says it."""
    moved = {True: dict[str, str](), False: dict[str, str]()}
    # Lock maintenance takes whatever there is: nothing in it was chosen.
    chosen = () if proposal.group == LOCK_MAINTENANCE else proposal.updates
    for one in sorted(chosen, key=lambda one: one.package):
        rows = moved[one.kind is UpdateKind.MAJOR]
        rows[one.package] = highest(one.after, rows.get(one.package, one.after))
    group = ONBOARDING if proposal.group == ONBOARDING else ""
    return Block(
        key=make_key(proposal),
        units=proposal.units,
        updates=moved[False],
        majors=moved[True],
        security=proposal.is_security,
        group=group,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """``own`` is lockbot's text; ``hidden`` the JSON of its block, empty where there is none."""

    before: str
    own: str
    hidden: str
    after: str


def _split(body: str) -> _Parts:
    """Where one of the marks is gone nobody can tell whose the text is: all of it is taken for people's."""
    start = body.find(BEGIN)
    block = _BLOCK.search(body, max(start, 0))
    if block is None:
        return _Parts(before=body.replace(BEGIN, ""), own="", hidden="", after="")
    after = body[block.end() :]
    if start < 0:
        return _Parts(before=body[: block.start()], own="", hidden=block.group(1), after=after)
    own = body[start + len(BEGIN) : block.start()].strip("\n")
    return _Parts(before=body[:start], own=own, hidden=block.group(1), after=after)


def find_block(body: str) -> Block | None:
    try:
        return Block.model_validate_json(_split(body).hidden)
    except ValidationError:
        return None


def render_body(text: str, block: Block, most: int, *, old: str = "") -> str:
    """The body with ``text`` as lockbot's own, in at most ``most`` characters.

    Of the ``old`` body people's text stays, and what they ticked, where the box is still there; and lockbot's own, where
    nothing but time has changed.
    """
    parts = _split(old)
    text = keep_dashboard(_keep_ticks(text.strip("\n"), parts.own), parts.own)
    # A comment may not hold "--", and JSON may say any character by its number.
    hidden = f"\n\n<!-- lockbot: {block.model_dump_json().replace('-', chr(92) + 'u002d')} -->"
    before = parts.before.rstrip("\n") + "\n\n" if parts.before.strip() else ""
    after = parts.after if parts.after.strip() else "\n"
    room = most - len(before) - len(BEGIN) - 1 - len(hidden) - len(after)
    return f"{before}{BEGIN}\n{keep_ages(cut_body(text, max(room, 0)), parts.own)}{hidden}{after}"


def replace_block(body: str, block: Block, most: int) -> str:
    """The body with another block and every other word kept."""
    return render_body(_split(body).own, block, most, old=body)


def _keep_ticks(text: str, old: str) -> str:
    ticked = {found[3].strip() for found in _BOX.finditer(old) if found[2] != " "}
    return _BOX.sub(lambda found: f"{found[1]}[x]{found[3]}" if found[3].strip() in ticked else found[0], text)
