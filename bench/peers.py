"""``lockbot lock`` against resolvers written in Python, warm, on the same input: nab, poetry lock, pdm lock.

    python -m bench.peers --venvs DIR [--cases DIR] [--only NAME,...] [--rounds N] [--limit SECONDS]

Each peer is installed from PyPI into a virtual environment of its own below DIR (kept for the next time). Every program
locks from no lock, once to fill its cache and then N times; the least time counts. lockbot and uv run offline, the peers
as they like (poetry knows no cut-off and takes the newest releases). Target: lockbot at least 5 times faster than the
fastest peer that succeeds.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.lock_pairs import both
from bench.measure import (
    CUTOFF,
    Failed,
    Project,
    Timing,
    arguments,
    copied_projects,
    environment,
    fail,
    in_turns,
    least,
    machine,
    say,
    timed,
)

TARGET = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program, what it is told, and the lock it writes. ``{cache}`` and ``{cutoff}`` are filled in."""

    name: str
    command: tuple[str, ...]
    lock: str
    variables: Mapping[str, str]


PEERS = (
    Peer(
        name="nab",
        # Four Pythons by three platforms: nab has no marker algebra and resolves for each.
        command=(
            *("lock", "--no-progress", "--project-mode", "universal", "--project-uploaded-prior-to", "{cutoff}"),
            *("--project-matrix-python", ">=3.11,<3.15"),
            *("--project-matrix-platforms", "linux_x86_64", "macos_arm64", "windows_amd64"),
        ),
        lock="pylock.toml",
        variables={"XDG_CACHE_HOME": "{cache}"},
    ),
    Peer(
        name="poetry",
        command=("lock", "--no-interaction"),
        lock="poetry.lock",
        variables={"POETRY_CACHE_DIR": "{cache}", "POETRY_VIRTUALENVS_CREATE": "false"},
    ),
    Peer(
        name="pdm",
        command=("lock", "--exclude-newer", "{cutoff}", "--no-static-urls"),
        lock="pdm.lock",
        variables={"PDM_CACHE_DIR": "{cache}", "PDM_CHECK_UPDATE": "false"},
    ),
)


def main() -> None:
    parser = arguments(__doc__, rounds=2)
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for one run of a peer")
    options = parser.parse_args()
    say(f"peers, warm: {machine()}")
    with copied_projects(options) as projects, TemporaryDirectory(prefix="bench-cache-") as caches:
        for project in projects:
            if project.script is None:
                _measure(project, Path(caches), options.venvs, options.rounds, options.limit)


def _measure(project: Project, caches: Path, venvs: Path, rounds: int, limit: float) -> None:
    for one in both(project, caches):
        one.again()
    uv, lockbot = in_turns(rounds, *(one.again for one in both(project, caches, "--offline")))
    own = least(lockbot).wall
    say(f"{project.name}: lockbot {own:.2f} s, uv {least(uv).wall:.2f} s, both offline")
    found = {}
    for peer in PEERS:
        try:
            run = _runner(peer, installed(peer.name, venvs), project, caches / peer.name, limit)
            run()
            found[peer.name] = least(in_turns(rounds, run)[0]).wall
        except (Failed, subprocess.TimeoutExpired, subprocess.CalledProcessError) as problem:
            fail(f"  {peer.name}: does not lock this project here ({' '.join(str(problem).split())[-300:]})")
            continue
        ratio = found[peer.name] / own
        say(f"  {peer.name} {_version(peer.name, venvs)}: {found[peer.name]:.2f} s, {ratio:.1f} times lockbot's")
    if found:
        fastest = min(found, key=lambda name: found[name])
        say(f"  fastest peer: {fastest}, {found[fastest] / own:.1f} times lockbot's time (target: at least {TARGET})")


def installed(name: str, venvs: Path) -> Path:
    """The program of a peer, installed if it is not there yet."""
    folder = venvs / name
    if not (folder / "bin" / name).exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", name], check=True, capture_output=True)
    return folder / "bin" / name


def _version(name: str, venvs: Path) -> str:
    ask = f"import importlib.metadata as m; print(m.version({name!r}))"
    return subprocess.run(
        [str(venvs / name / "bin" / "python"), "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()


def _runner(peer: Peer, program: Path, project: Project, cache: Path, limit: float) -> Callable[[], Timing]:
    def run() -> Timing:
        for leftover in (project.lock, project.folder / peer.lock):
            leftover.unlink(missing_ok=True)
        filled = {"cache": str(cache), "cutoff": CUTOFF}
        command = [str(program), *(part.format(**filled) for part in peer.command)]
        variables = {**environment(), **{key: text.format(**filled) for key, text in peer.variables.items()}}
        return timed(command, project.folder, variables, limit)

    return run


if __name__ == "__main__":
    main()
