"""What a run may have seen of a repository, ordinary and hostile."""

from __future__ import annotations

from datetime import date, timedelta

from bot.ports.advisories import AdvisoryLine, FindingSource, SecurityRow
from bot.ports.journal import LogLine
from bot.ports.run import (
    BranchName,
    DetectedFile,
    DetectedPackage,
    HeldBack,
    LeftAlone,
    Problem,
    Sha,
    UpdateKind,
)
from bot.report.dashboard.facts import ClosedRow, DriftRow, Facts, OpenRow, WaitingRow
from bot.work.records.record import RunRecord, Sight, Used

BASE = Sha("4f2a9c81b3d7e6f50123456789abcdef01234567")
_PACKAGES = (
    ("httpx", "0.27.0", "0.28.1", UpdateKind.MINOR, 180),
    ("pydantic", "2.9.2", "2.12.4", UpdateKind.MINOR, 290),
    ("rich", "13.9.4", None, None, None),
    ("sqlalchemy", "2.0.30", "2.0.44", UpdateKind.PATCH, 410),
    ("starlette", "0.41.0", "0.50.0", UpdateKind.MINOR, 350),
)


def sample_facts(days: int = 40) -> Facts:
    """A repository in which everything occurs once."""
    packages = tuple(
        DetectedPackage(package=name, required=f">={locked}", locked=locked, newest=newest, kind=kind, days=age)
        for name, locked, newest, kind, age in _PACKAGES
    )
    advisory = AdvisoryLine(id="GHSA-cpwx-vrp4-4pq7", package="jinja2", link="https://osv.dev/x", severity="HIGH")
    alert = AdvisoryLine(id="GHSA-9hjg-9r4m-mvj7", package="requests", link="https://osv.dev/y")
    return Facts(
        problems=(
            Problem(
                message="The index https://packages.example.org/simple let nobody in.",
                path="pyproject.toml",
                line=31,
                hint="Ask the operator to add credentials for it.",
            ),
        ),
        vulnerable=(
            SecurityRow(
                unit="uv.lock", package="jinja2", version="3.1.2", advisories=(advisory,), branch="b", after="3.1.6"
            ),
            SecurityRow(
                unit="uv.lock", package="requests", version="2.31.0", advisories=(alert,), source=FindingSource.ALERT
            ),
        ),
        open=(
            OpenRow(number=128, branch=BranchName("lockbot/jinja2"), title="Update jinja2 to v3.1.6 [SECURITY]"),
            OpenRow(
                number=127, branch=BranchName("lockbot/all"), title="Update non-major dependencies", mover="octocat"
            ),
        ),
        waiting=(
            WaitingRow(
                branch=BranchName("lockbot/lock"), title="Lock file maintenance", why="waits for Monday before 4 am"
            ),
        ),
        closed=(ClosedRow(branch=BranchName("lockbot/rich"), title="Update rich to v14", number=119),),
        held_back=(
            HeldBack(
                package="numpy",
                current="1.26.4",
                latest="2.3.5",
                reason="scipy 1.11.4 wants numpy<1.28, and nothing newer of scipy supports Python 3.9",
            ),
            HeldBack(package="ruff", current="0.14.5", latest="0.14.7", reason="younger than three days"),
        ),
        left_alone=(LeftAlone(path="docs/requirements.txt", reason="is ignored by ignorePaths"),),
        detected=(
            DetectedFile(path="pyproject.toml", kind="project", lock="uv.lock", packages=packages),
            DetectedFile(path="scripts/report.py", kind="script", lock="scripts/report.py.lock", packages=packages[:2]),
            DetectedFile(path=".pre-commit-config.yaml"),
        ),
        drift=tuple(_drift(days)),
    )


def _drift(days: int) -> list[DriftRow]:
    first, libyears = date(2026, 11, 30) - timedelta(days=days), 3.1
    rows = []
    for at in range(0, days + 1, 3):
        libyears = round(libyears + 0.12, 2) if at % 12 else round(max(0.6, libyears - 1.1), 2)
        rows.append(DriftRow(day=first + timedelta(days=at), libyears=libyears, major=1, minor=3, patch=at % 5))
    return rows


def sample_sight(moment: float) -> Sight:
    return Sight(base=BASE, moment=moment, facts=sample_facts())


def sample_run(repository: int, ended: float, **other: object) -> RunRecord:
    stages = {"look": 0.4, "clone": 0.8, "read": 0.1, "lock": 1.9, "plan": 4.2, "publish": 2.6}
    given: dict[str, object] = {
        "repository": repository,
        "job": f"0b5c7e10-ce3f-11f0-8f2e-{int(ended):012d}:{repository}/solve",
        "kind": "run",
        "outcome": "done",
        "note": "lockbot/jinja2 opened, lockbot/all-non-major refreshed",
        "attempt": 1,
        "received": ended - 14,
        "started": ended - 10.4,
        "ended": ended,
        "used": Used(forge=23, index={"cached": 96, "fresh": 4, "transferred": 3}, stages=stages),
        "log": (
            LogLine(moment=ended - 9, level="info", event="cloned", more={"seconds": "0.8"}),
            LogLine(
                moment=ended - 5, level="warning", event="index let nobody in", more={"index": "packages.example.org"}
            ),
            LogLine(moment=ended, level="info", event="job ended", more={"outcome": "done"}),
        ),
    }
    return RunRecord(**(given | other))  # type: ignore[arg-type]


def hostile_facts(text: str) -> Facts:
    """The same text wherever a stranger may have put one."""
    package = DetectedPackage(package=text, required=text, locked=text, newest=text)
    advisory = AdvisoryLine(id=text, package=text, link=text, summary=text)
    problem = Problem(message=text, path=text, line=1, hint=text)
    return Facts(
        broken=(problem,),
        fallback=text,
        problems=(problem,),
        vulnerable=(SecurityRow(unit=text, package=text, version=text, advisories=(advisory,), reason=text),),
        open=(OpenRow(number=1, branch=BranchName(text), title=text, mover=text),),
        waiting=(WaitingRow(branch=BranchName(text), title=text, why=text),),
        closed=(ClosedRow(branch=BranchName(text), title=text, number=2),),
        paused=text,
        held_back=(HeldBack(package=text, current=text, latest=text, reason=text),),
        left_alone=(LeftAlone(path=text, reason=text),),
        unread=(text,),
        detected=(DetectedFile(path=text, kind=text, lock=text, packages=(package,)),),
        drift=(DriftRow(day=date(2026, 11, 30), libyears=1.0, major=0, minor=1, patch=0),),
    )
