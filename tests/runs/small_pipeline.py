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
from dataclasses import dataclass, replace
from pathlib import Path

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
    UpdateKind,
    UpdateLine,
)

CONFIG = ".lockbot.json"
PINS = "pins.toml"


@dataclass(frozen=True)
class SmallPipeline:
    """``world`` is a JSON file: ``{"latest": {name: version}, "labels": [...]}``; with ``"broken"``, runs raise that;
    ``"kills"`` names repositories whose runs end the process."""

    world: Path
    hold: Path

    def __call__(self, request: RunRequest) -> RunReport:
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
        proposal = self._propose(request)
        return RunReport(
            base=request.base,
            base_branch=request.base_branch,
            config=config,
            proposals=(proposal,) if proposal else (),
            solved=(PINS,),
        )

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
        return ConfigState(path=CONFIG, enabled=value.get("enabled", True), schedule=tuple(value.get("schedule", ())))

    def _propose(self, request: RunRequest) -> Proposal | None:
        world = json.loads(self.world.read_text())
        pins = dict(line.split("==") for line in (_show(request, PINS) or "").split())
        moved = {
            name: world["latest"][name]
            for name, version in pins.items()
            if world["latest"].get(name, version) != version and not _is_ignored(request, name, world["latest"][name])
        }
        if not moved:
            return None
        text = "".join(f"{name}=={moved.get(name, version)}\n" for name, version in pins.items())
        return Proposal(
            branch=BranchName("lockbot/all-non-major"),
            group="all-non-major",
            title=f"Update {', '.join(sorted(moved))}",
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
        )


def _is_ignored(request: RunRequest, name: str, version: str) -> bool:
    return any(one.package == name and one.version in ("", version) for one in request.ignored)


def _show(request: RunRequest, path: str) -> str | None:
    done = subprocess.run(
        ["git", "-C", str(request.root), "show", f"{request.base}:{path}"], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
