"""The 108 locks: each configuration fresh, and from an older lock with ``-U``, ``-P torch`` and ``-P torch -P torchvision``.

``configurations/NAME/project.toml`` is the manifest, ``fresh.lock`` its lock where there was none; the other three are kept as
what differs from that. ``pytest tests/pytorch -m "" --rewrite-snapshots`` writes them, once the real uv agrees.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.pytorch.mirror import make_mirror, new_releases
from tests.resolver.scenario_runs import Uv, run_lockbot
from tests.resolver.universe import Expected, Scenario, make_scenario

FOLDER = Path(__file__).parent / "configurations"
CONFIGURATIONS = sorted(path.name for path in FOLDER.iterdir())

FRESH = "fresh"
#: From the older lock. -> the arguments, and the name of what is kept.
CALLS: Mapping[str, tuple[str, ...]] = {
    FRESH: (),
    "upgrade": ("--upgrade",),
    "torch": ("--upgrade-package", "torch"),
    "torch-and-torchvision": ("--upgrade-package", "torch", "--upgrade-package", "torchvision"),
}


@cache
def scenario(configuration: str, call: str) -> Scenario:
    path, mirror = FOLDER / configuration / "project.toml", make_mirror()
    table = {
        "why": "A configuration of the guide.",
        "files": {"pyproject.toml": path.read_text("utf-8")},
        "arguments": list(CALLS[call]),
        "effort": {"decisions": 20_000, "forks": 200},
        **mirror,
    }
    if call != FRESH:
        table["before"] = {"without": new_releases(mirror)}
    return make_scenario(table, path)


def kept_text(configuration: str, call: str, found: Expected, fresh: str) -> str:
    """What is kept of an outcome."""
    text = found.lock or found.no_solution or found.refusal or ("unchanged\n" if found.unchanged else "")
    if call == FRESH or not found.is_lock or found.unchanged:
        return text
    lines = difflib.unified_diff(fresh.splitlines(), text.splitlines(), "fresh.lock", call, lineterm="", n=1)
    return "".join(f"{line}\n" for line in lines)


def workplace_of(configuration: str, call: str) -> Path:
    return FOLDER / configuration / (f"{FRESH}.lock" if call == FRESH else f"{call}.diff")


@cache
def fresh_lock(configuration: str) -> str:
    return run_lockbot(scenario(configuration, FRESH)).lock or ""


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_lockbot_gives_the_lock_that_is_kept(configuration: str, call: str) -> None:
    found = run_lockbot(scenario(configuration, call))
    kept = workplace_of(configuration, call).read_text("utf-8")
    assert kept_text(configuration, call, found, fresh_lock(configuration)) == kept


@pytest.mark.uv
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_uv_gives_the_same(
    configuration: str, call: str, uv: Uv, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    found = run_lockbot(scenario(configuration, call))
    run, existing = uv.run(scenario(configuration, call), tmp_path)
    if found.is_lock:
        assert run.lock is not None, run.said
        assert (existing if found.unchanged else found.lock) == run.lock
    else:
        assert run.lock is None, "uv locks what lockbot refuses"
        assert ("No solution found" in run.said) == (found.no_solution is not None), run.said
    if request.config.getoption("--rewrite-snapshots"):
        text = kept_text(configuration, call, found, fresh_lock(configuration))
        workplace_of(configuration, call).write_text(text, "utf-8", newline="")


def test_there_are_108() -> None:
    assert len(CONFIGURATIONS) * len(CALLS) == 108


def test_nothing_else_is_kept() -> None:
    kept = {workplace_of(configuration, call) for configuration in CONFIGURATIONS for call in CALLS}
    manifests = {FOLDER / configuration / "project.toml" for configuration in CONFIGURATIONS}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == kept | manifests
