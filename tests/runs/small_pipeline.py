"""A pipeline small enough to see through: ``NAME==VERSION`` lines of ``pins.toml`` move to what a file says is newest.

It keeps the contract of ``bot.ports.run.RunRepository`` and nothing else, so that runs of the server can be told apart from
runs of the solver. ``hold`` names a file: while it exists, a run waits, having written ``held`` beside it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.ports.judging import CommitReport, JudgeRequest, LockVerdict, Relocked, Standing
from bot.ports.run import (
    BranchName,
    ConfigState,
    Explained,
    FileChange,
    LockChange,
    LockChangeKind,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    RunTooLong,
    Sha,
    UpdateKind,
    UpdateLine,
)
from bot.repoconfig.load import parse_config
from bot.repoconfig.matching import Choice, find_limits
from bot.report.patch import render_patch

CONFIG = ".lockbot.json"
PINS = "pins.toml"
LOCK = "uv.lock"


@dataclass(frozen=True)
class SmallPipeline:
    """``world`` is a JSON file: ``{"latest": {name: version}, "labels": [...]}``; with ``"broken"``, runs raise that;
    ``"kills"`` names repositories whose runs end the process, ``"apart"`` gives each package its own proposal."""

    world: Path
    hold: Path

    def __call__(self, request: RunRequest) -> RunReport:
        if request.seconds is not None and self.hold.exists():
            raise RunTooLong("the run is held")
        self._wait_while_held()
        world = json.loads(self.world.read_text())
        if world.get("broken"):
            raise RuntimeError(world["broken"])
        if request.repository in world.get("kills", ()):
            os.kill(os.getpid(), signal.SIGKILL)
        config = self._read_config(request)
        report = RunReport(base=request.base, base_branch=request.base_branch, config=config)
        if config.problems or not config.enabled:
            return report
        if request.explain:
            lines = (f"{PINS} pins it", "nobody else asks for it")
            return replace(report, explained=tuple(Explained(package=one, lines=lines) for one in request.explain))
        return replace(report, proposals=tuple(self._propose(request)), solved=(PINS,))

    def _wait_while_held(self) -> None:
        if self.hold.exists():
            self.hold.with_name("held").touch()
        while self.hold.exists():
            threading.Event().wait(0.05)

    def _read_config(self, request: RunRequest) -> ConfigState:
        text = request.config.text if request.config else _show(request, CONFIG)
        if text is None:
            return ConfigState()
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            problem = Problem(message=error.msg, path=CONFIG, line=error.lineno, hint="write JSON")
            return ConfigState(path=CONFIG, problems=(problem,))
        config = parse_config(text, CONFIG)
        return ConfigState(
            path=CONFIG,
            enabled=value.get("enabled", True),
            schedule=tuple(value.get("schedule", ())),
            limits=find_limits(config),
            bases=config.base_branch_patterns,
        )

    def _propose(self, request: RunRequest) -> Iterator[Proposal]:
        """One proposal of all that moves, or one of each where the world says ``apart``."""
        world = json.loads(self.world.read_text())
        pins = dict(line.split("==") for line in (_show(request, PINS) or "").split())
        moved = {
            name: world["latest"][name]
            for name, version in pins.items()
            if world["latest"].get(name, version) != version and not _is_ignored(request, name, world["latest"][name])
        }
        groups = {name: {name: new} for name, new in moved.items()} if world.get("apart") else {"all-non-major": moved}
        for group, steps in groups.items():
            if steps:
                yield self._make(request, world, group, pins, steps)

    def _make(
        self, request: RunRequest, world: dict[str, Any], group: str, pins: dict[str, str], moved: dict[str, str]
    ) -> Proposal:
        text = "".join(f"{name}=={moved.get(name, version)}\n" for name, version in pins.items())
        place = f"{request.base_branch}-" if request.names_base else ""
        told = request.config.text if request.config else _show(request, CONFIG)
        return Proposal(
            branch=BranchName(f"lockbot/{place}{group}"),
            group=group,
            title=f"Update {', '.join(sorted(moved))}" + (f" ({request.base_branch})" if place else ""),
            body="| package | from | to |\n"
            + "".join(f"| {name} | {pins[name]} | {new} |\n" for name, new in moved.items()),
            commit_message="Update pins\n",
            labels=tuple(world.get("labels", ())),
            updates=tuple(
                UpdateLine(package=name, kind=UpdateKind.MINOR, before=pins[name], after=new, manifest=PINS)
                for name, new in moved.items()
            ),
            lock_changes=tuple(
                LockChange(lockfile=PINS, package=name, kind=LockChangeKind.CHANGED, before=pins[name], after=new)
                for name, new in moved.items()
            ),
            files=(FileChange(path=PINS, text=text),),
            units=(PINS,),
            handling=Choice(parse_config(told or "{}", CONFIG)).handling,
        )


@dataclass(frozen=True)
class SmallJudge:
    """Of the same world: ``uv.lock`` is to say what ``pins.toml`` says. ``"relocked_for"`` is the policy's ``autoRelock``."""

    pipeline: SmallPipeline

    def judge(self, request: JudgeRequest) -> CommitReport:
        world = json.loads(self.pipeline.world.read_text())
        if world.get("judge broken"):
            raise RuntimeError(world["judge broken"])
        before, after = _show_at(request.root, request.commit, LOCK), _show_at(request.root, request.commit, PINS)
        standing = Standing.RIGHT if before == after else Standing.STALE
        reason = "" if before == after else "it does not say what pins.toml says"
        verdict = LockVerdict(path=LOCK, standing=standing, reason=reason, command="cp pins.toml uv.lock")
        relocked_for = tuple(world.get("relocked_for", ()))
        # Where packages are proposed apart there is no lock beside the pins.
        is_judged = after is not None and not world.get("apart")
        return CommitReport(verdicts=(verdict,) if is_judged else (), relocked_for=relocked_for)

    def relock(self, request: JudgeRequest) -> Relocked:
        before, after = _show_at(request.root, request.commit, LOCK), _show_at(request.root, request.commit, PINS)
        if after is None or before == after:
            return Relocked()
        files = (FileChange(path=LOCK, text=after),)
        return Relocked(files=files, patch=render_patch(files, {LOCK: before}))


def _is_ignored(request: RunRequest, name: str, version: str) -> bool:
    return any(one.package == name and one.version in ("", version) for one in request.ignored)


def _show(request: RunRequest, path: str) -> str | None:
    return _show_at(request.root, request.base, path)


def _show_at(root: Path, commit: Sha, path: str) -> str | None:
    done = subprocess.run(
        ["git", "-C", str(root), "show", f"{commit}:{path}"], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
