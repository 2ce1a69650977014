"""Repositories as dashboards tell of them, by name: each is a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.ports.advisories import AdvisoryLine, FindingSource, SecurityRow
from bot.ports.projects import Adverse
from bot.ports.run import (
    BranchName,
    DetectedFile,
    DetectedPackage,
    HeldBack,
    LeftAlone,
    OtherBot,
    Problem,
    UpdateKind,
)
from bot.report.dashboard.facts import (
    ClosedRow,
    DriftRow,
    Facts,
    IgnoredRow,
    OpenRow,
    WaitingRow,
)

MAJOR, MINOR, PATCH = UpdateKind.MAJOR, UpdateKind.MINOR, UpdateKind.PATCH


def package(
    name: str,
    required: str,
    locked: str,
    newest: str | None = None,
    kind: UpdateKind | None = None,
    days: int | None = None,
) -> DetectedPackage:
    return DetectedPackage(package=name, required=required, locked=locked, newest=newest, kind=kind, days=days)


def advisory(name: str, severity: str | None = None, *, is_malicious: bool = False) -> AdvisoryLine:
    return AdvisoryLine(id=name, package="", link="https://evil.test", severity=severity, is_malicious=is_malicious)


SERVICE = DetectedFile(
    path="services/api/pyproject.toml",
    kind="workspace",
    lock="uv.lock",
    packages=(
        package("django", ">=4.2,<5", "4.2.11", "5.2.8", MAJOR, 610),
        package("httpx", "==0.27.0", "0.27.0", "0.28.1", MINOR, 287),
        package("pydantic", ">=2", "2.10.3", "2.10.4", PATCH, 12),
        package("structlog", "", "25.5.0"),
        replace(
            package("fabric3", "", "1.14"), status=Adverse.DEPRECATED, reason="See #3: use `fabric` of @fabric instead"
        ),
        replace(package("nose", ">=1", "1.3.7"), status=Adverse.ARCHIVED),
        package("internal", "https://files.example/internal-1.0-py3-none-any.whl", ""),
    ),
)
SCRIPT = DetectedFile(
    path="tools/report.py",
    kind="script",
    packages=(
        package("rich", "", "14.2.0"),
        replace(package("colourama", "", "0.4.6"), status=Adverse.QUARANTINED, reason="malware"),
        replace(package("nose", "", "1.3.7"), status=Adverse.ARCHIVED),
    ),
)
PINS = DetectedFile(
    path="Dockerfile",
    packages=(
        DetectedPackage(
            package="uv",
            required="ghcr.io/astral-sh/uv:0.9.1",
            locked="0.9.1",
            newest="0.13.9",
            kind=MINOR,
            is_pin=True,
        ),
    ),
)
CHAIN = (
    "No solution:\n  - the project requires django-allauth >=0.63 (services/api/pyproject.toml:9)\n"
    "  - django-allauth 0.63 and later require django >=3.2,<5.1\n  So django 5.2.8 can't be had."
)

FULL = Facts(
    problems=(
        Problem(
            path="legacy/pyproject.toml",
            line=12,
            message="`dependencies` is no list",
            hint="write [\"name\"] in place of \"name\"",
        ),
        Problem(path=None, message="branch lockbot/major-rich could not be published: the rules forbid it"),
    ),
    warnings=(Problem(path=".lockbot.json", line=4, message="`docker` is without effect here"),),
    other_bots=(
        OtherBot(
            name="Renovate", path="renovate.json", manages=("uv.lock",), remedy='add "pep621" to `ignoreManagers`'
        ),
    ),
    vulnerable=(
        SecurityRow(
            package="jinja2", version="3.1.4", unit="uv.lock", chain=("flask",), branch="lockbot/security-jinja2",
            after="3.1.6", advisories=(advisory("GHSA-cpwx-vrp4-4pq7", "MODERATE"),),
        ),
        SecurityRow(
            package="ecdsa", version="0.19.0", unit="uv.lock",
            advisories=(advisory("PYSEC-2026-12"), advisory("CVE-2024-23342", "HIGH")),
        ),
        SecurityRow(
            package="pillow", version="9.5.0", unit="uv.lock", advisories=(advisory("GHSA-j7hp-h8jx-5ppr"),),
            reason="reportlab 3.6 requires pillow <10", over="it ended on 2026-11-01",
        ),
        SecurityRow(
            package="colourama", version="0.4.6", unit="tools/report.py.lock",
            advisories=(advisory("MAL-2024-1234", is_malicious=True),),
        ),
        SecurityRow(
            package="idna", version="3.6", unit="uv.lock", branch="lockbot/security-idna", after="3.7",
            advisories=(advisory("PYSEC-2024-60"),),
        ),
        SecurityRow(
            package="certifi", version="2024.1.1", unit="uv.lock", advisories=(advisory("GHSA-xxxx-yyyy-zzzz"),),
            is_accepted=True, reason="we pin our own certificates", until="2027-01-31",
        ),
        SecurityRow(
            package="secret", version="1.0", unit="uv.lock", advisories=(advisory("GHSA-aaaa-bbbb-cccc"),),
            source=FindingSource.ALERT,
        ),
    ),
    open=(
        OpenRow(number=31, branch=BranchName("lockbot/security-jinja2"), title="Update jinja2 to v3.1.6 [SECURITY]"),
        OpenRow(number=28, branch=BranchName("lockbot/non-major"), title="Update non-major dependencies"),
        OpenRow(number=25, branch=BranchName("lockbot/major-httpx"), title="Update httpx to v1", mover="octocat"),
    ),
    waiting=(
        WaitingRow(
            branch=BranchName("lockbot/major-django"), title="Update django to v5",
            why="5 pull requests are open, and prConcurrentLimit is 5",
        ),
        WaitingRow(
            branch=BranchName("lockbot/lock-maintenance"), title="Lock file maintenance",
            why="it is opened within before 4am on monday (UTC)",
        ),
    ),
    closed=(ClosedRow(number=17, branch=BranchName("lockbot/major-rich"), title="Update rich to v15"),),
    ignored=(
        IgnoredRow(package="numpy", what="majors up to 2", by="octocat", number=22),
        IgnoredRow(package="boto3", what="every version", by="mona"),
    ),
    paused="mona",
    held_back=(
        HeldBack(package="django", current="4.2.11", latest="5.2.8", reason=CHAIN),
        HeldBack(
            package="pydantic", current="2.10.3", latest="2.10.5", reason="minimumReleaseAge holds it back",
            until=datetime(2026, 12, 3, 9, 30, tzinfo=UTC).timestamp(),
        ),
        HeldBack(package="boto3", current="1.35.0", latest="1.40.2", reason="ignoreDeps names it"),
    ),
    left_alone=(
        *(
            LeftAlone(path=f"tests/fixtures/{name}/pyproject.toml", reason="ignorePaths has **/fixtures/**")
            for name in "abcdefg"
        ),
        LeftAlone(path="template/pyproject.toml", reason="it is a template ({{ name }})"),
    ),
    unread=("Pipfile",),
    detected=(SERVICE, SCRIPT, PINS),
    drift=(
        DriftRow(day=date(2026, 9, 1), libyears=6.25, major=2, minor=9, patch=4),
        DriftRow(day=date(2026, 10, 12), libyears=4.5, major=2, minor=4, patch=2),
        DriftRow(day=date(2026, 11, 30), libyears=2.49, major=1, minor=1, patch=1),
    ),
)  # fmt: skip

NEW = Facts(
    open=(OpenRow(number=1, branch=BranchName("lockbot/non-major"), title="Update httpx to v0.28.1"),),
    detected=(
        DetectedFile(
            path="pyproject.toml",
            kind="project",
            lock="uv.lock",
            packages=(package("httpx", "", "0.27.0", "0.28.1", MINOR, 287), package("rich", ">=13", "14.2.0")),
        ),
    ),
    drift=(DriftRow(day=date(2026, 11, 30), libyears=0.79, major=0, minor=1, patch=0),),
)

SAMPLES: Mapping[str, Facts] = {
    "everything": FULL,
    "everything-private": replace(FULL, is_public=False),
    "new": NEW,
    "up-to-date": replace(
        NEW,
        open=(),
        detected=(replace(NEW.detected[0], packages=NEW.detected[0].packages[1:]),),
        drift=(*NEW.drift, DriftRow(day=date(2026, 12, 1), libyears=0, major=0, minor=0, patch=0)),
    ),
    "configuration-broken": Facts(
        broken=(
            Problem(
                path=".lockbot.json", line=3, message="`scheduel` is no option", hint="schedule is one that there is"
            ),
        ),
        fallback="0123456789abcdef0123456789abcdef01234567",
    ),
}
