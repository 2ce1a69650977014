"""Where set-up is, and what moves it on. No page and no request is known here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import ParamSpec, TypeVar

from starlette.types import ASGIApp

from bot.errors import LockbotError
from bot.web.setup.choice import WrongChoice, parse_choice
from bot.web.setup.edge import Choice, Keep, NotKept, NotRegistered, Registered, SetupEdge
from bot.web.setup.held import Held

P = ParamSpec("P")
T = TypeVar("T")


class Stage(StrEnum):
    CHOOSE = "choose"
    REGISTER = "register"
    FAILED = "failed"
    STORE = "store"
    SHOW = "show"
    SHOWN = "shown"
    LIVE = "live"


@dataclass(slots=True, kw_only=True)
class Progress:
    """``code`` is kept while it may be good; ``trouble`` is of the last thing that was tried."""

    stage: Stage = Stage.CHOOSE
    choice: Choice | None = None
    code: str | None = None
    registered: Registered | None = None
    failure: NotRegistered | None = None
    trouble: str | None = None


class Stages:
    """``live`` is the server, once there is one, ``since`` when. One thing is done at a time; what is asked for in a stage that
    doesn't know it does nothing."""

    def __init__(self, edge: SetupEdge, held: Held, now: Callable[[], float]) -> None:
        self.progress = Progress()
        self.live: ASGIApp | None = None
        self.since = 0.0
        self._edge = edge
        self._held = held
        self._now = now
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="setup")

    # --- before there is an App -------------------------------------------------------------------

    def may_choose(self) -> bool:
        return self.progress.stage in (Stage.CHOOSE, Stage.REGISTER, Stage.FAILED)

    def choose(self, form: Mapping[str, str]) -> WrongChoice | None:
        progress, choice = self.progress, parse_choice(form, self._edge.fixed)
        if isinstance(choice, WrongChoice):
            progress.stage = Stage.CHOOSE
            return choice
        progress.choice, progress.stage = choice, Stage.REGISTER
        return None

    def go_back(self) -> None:
        progress = self.progress
        if progress.stage in (Stage.REGISTER, Stage.FAILED):
            progress.stage, progress.failure, progress.code = Stage.CHOOSE, None, None

    # --- the App ----------------------------------------------------------------------------------

    async def take_code(self, code: str) -> None:
        """The forge has made an App and sent the browser back with a code."""
        async with self._turn:
            self.progress.code = code
            await self._register()

    async def try_again(self) -> None:
        """What went wrong last."""
        async with self._turn:
            if self.progress.stage is Stage.FAILED and self.progress.code is not None:
                await self._register()
            elif self.progress.stage is Stage.STORE:
                await self._store()

    async def reveal(self) -> str | None:
        """The secrets, once."""
        if self.progress.stage not in (Stage.SHOW, Stage.STORE):
            return None
        async with self._turn:
            text = await self._run(self._edge.render_secret)
            self.progress.stage = Stage.SHOWN
        return text

    async def _register(self) -> None:
        progress = self.progress
        assert progress.choice is not None
        found = await self._run(self._edge.register, progress.choice, progress.code or "")
        if isinstance(found, NotRegistered):
            progress.stage, progress.failure = Stage.FAILED, found
            progress.code = progress.code if found.may_retry else None
            return
        progress.registered, progress.failure, progress.code = found, None, None
        if progress.choice.keep is Keep.KUBERNETES:
            # It is another server's to take messages.
            progress.stage = Stage.SHOW
            self._held.settle(None)
        else:
            await self._store()

    async def _store(self) -> None:
        """Stored first, then served from what is stored: a start anew finds the same."""
        progress = self.progress
        progress.stage = Stage.STORE
        kept = await self._run(self._edge.keep)
        progress.trouble = kept.reason if isinstance(kept, NotKept) else None
        if kept is not None:
            return
        try:
            live = await self._run(self._edge.go_live)
        except LockbotError as error:
            progress.trouble = str(error)
            return
        self.since = self._now()
        progress.stage = Stage.LIVE
        self.live = live
        self._held.settle(live)

    async def _run(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """On a thread of its own: what hangs there keeps no page waiting but its own."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(call, *arguments, **named))
