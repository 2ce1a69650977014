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
from bot.web.setup.edge import (
    Choice,
    Halted,
    Keep,
    NotKept,
    NotRegistered,
    Outcome,
    Registered,
    SetupEdge,
)
from bot.web.setup.held import Held

P = ParamSpec("P")
T = TypeVar("T")


class Stage(StrEnum):
    CHOOSE = "choose"
    REGISTER = "register"
    FAILED = "failed"
    HALTED = "halted"
    STORE = "store"
    SHOW = "show"
    SHOWN = "shown"
    LIVE = "live"


#: As long as there is no App that this server knows anything of.
_BEFORE = (Stage.CHOOSE, Stage.REGISTER, Stage.FAILED)


@dataclass(slots=True, kw_only=True)
class Progress:
    """``code`` is kept while it may be good; ``trouble`` is of the last thing that was tried."""

    stage: Stage = Stage.CHOOSE
    choice: Choice | None = None
    code: str | None = None
    registered: Registered | None = None
    failure: NotRegistered | None = None
    halt: Halted | None = None
    trouble: NotKept | None = None


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
        return self.progress.stage in _BEFORE

    def choose(self, form: Mapping[str, str]) -> WrongChoice | None:
        progress, choice = self.progress, parse_choice(form, self._edge.fixed)
        if isinstance(choice, WrongChoice):
            progress.stage = Stage.CHOOSE
            return choice
        progress.choice, progress.stage = choice, Stage.REGISTER
        return None

    def go_back(self) -> None:
        progress = self.progress
        if progress.stage in (Stage.REGISTER, Stage.FAILED, Stage.HALTED):
            progress.stage, progress.failure, progress.code = Stage.CHOOSE, None, None
            progress.halt = progress.registered = None

    # --- the App ----------------------------------------------------------------------------------

    async def take_code(self, code: str) -> None:
        """The forge has made an App and sent the browser back with a code."""
        async with self._turn:
            self.progress.code = code
            await self._register()

    async def resume(self) -> None:
        """What an earlier try has left."""
        async with self._turn:
            unfinished = self._edge.find_unfinished() if self.may_choose() else None
            if unfinished is not None and unfinished.choice is not None:
                self.progress.choice, self.progress.code = unfinished.choice, None
                await self._go_on(await self._run(self._edge.complete))

    async def try_again(self) -> None:
        """What went wrong last."""
        async with self._turn:
            match self.progress.stage:
                case Stage.FAILED if self.progress.code is not None:
                    await self._register()
                case Stage.HALTED:
                    await self._go_on(await self._run(self._edge.complete))
                case Stage.STORE:
                    await self._store()

    async def reveal(self) -> str | None:
        """The secrets, once."""
        is_there = self.progress.stage in (Stage.SHOW, Stage.STORE, Stage.HALTED)
        if not is_there or self.progress.registered is None:
            return None
        async with self._turn:
            text = await self._run(self._edge.render_secret)
            if text is not None:
                self.progress.stage = Stage.SHOWN
                self._held.settle(None)
        return text

    async def _register(self) -> None:
        progress = self.progress
        assert progress.choice is not None
        await self._go_on(await self._run(self._edge.register, progress.choice, progress.code or ""))

    async def _go_on(self, found: Outcome) -> None:
        progress = self.progress
        match found:
            case NotRegistered():
                progress.stage, progress.failure = Stage.FAILED, found
                progress.code = progress.code if found.may_retry else None
            case Halted():
                progress.stage, progress.halt, progress.registered = Stage.HALTED, found, found.registered
            case Registered():
                progress.registered, progress.failure, progress.code, progress.halt = found, None, None, None
                await self._take_over()

    async def _take_over(self) -> None:
        assert self.progress.choice is not None
        if self.progress.choice.keep is Keep.KUBERNETES:
            # It is another server's to take messages.
            self.progress.stage = Stage.SHOW
            self._held.settle(None)
        else:
            await self._store()

    async def _store(self) -> None:
        """Stored first, then served from what is stored: a start anew finds the same."""
        progress = self.progress
        progress.stage = Stage.STORE
        kept = await self._run(self._edge.keep)
        progress.trouble = kept
        if kept is not None:
            return
        try:
            live = await self._run(self._edge.go_live)
        except LockbotError as error:
            progress.trouble = NotKept(reason=str(error), kept_in=self._edge.folder)
            return
        self.since = self._now()
        progress.stage = Stage.LIVE
        self.live = live
        self._held.settle(live)

    async def _run(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """On a thread of its own: what hangs there keeps no page waiting but its own."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(call, *arguments, **named))
