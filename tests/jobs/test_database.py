"""An SQLite that DBOS can't use is refused before anything is started, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.app.diagnosis import diagnose_server
from bot.app.serve import ServeOptions, serve
from bot.app.work import Solving, run_worker_with, run_workers
from bot.jobs.database.engine import DatabaseUnavailable, check_database
from bot.ports.judging import CommitReport, JudgeRequest, Relocked
from bot.ports.run import RunReport, RunRequest
from bot.settings import Settings, read_settings
from tests.settings.test_environment import GOOD

OLD, NEW = (3, 40, 1), (3, 42, 0)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    values = GOOD | {"LOCKBOT_DATA_DIR": str(tmp_path), "LOCKBOT_GITHUB_URL": "http://127.0.0.1:9"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def pretend(patch: pytest.MonkeyPatch, python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    version = ".".join(map(str, sqlite))
    patch.setattr("bot.jobs.database.engine.sys", SimpleNamespace(version_info=python))
    patch.setattr(
        "bot.jobs.database.engine.sqlite3", SimpleNamespace(sqlite_version_info=sqlite, sqlite_version=version)
    )


@pytest.mark.parametrize(
    ("python", "sqlite", "url"),
    [
        ((3, 11, 7), OLD, "sqlite:////data/lockbot.sqlite"),
        ((3, 12, 0), NEW, "sqlite:////data/lockbot.sqlite"),
        ((3, 13, 0), OLD, "postgresql://me:hush-hush@db/lockbot"),
    ],
)
def test_what_works_is_not_refused(
    monkeypatch: pytest.MonkeyPatch, python: tuple[int, ...], sqlite: tuple[int, ...], url: str
) -> None:
    pretend(monkeypatch, python, sqlite)
    check_database(url)


class DoNothing:
    def __call__(self, request: RunRequest) -> RunReport:
        raise AssertionError(request)

    def judge(self, request: JudgeRequest) -> CommitReport:
        raise AssertionError(request)

    def relock(self, request: JudgeRequest) -> Relocked:
        raise AssertionError(request)


NOTHING = Solving(run_repository=DoNothing(), judge=DoNothing())


@pytest.mark.parametrize(
    "start",
    [
        lambda settings: serve(settings, ServeOptions()),
        lambda settings: run_worker_with(settings, NOTHING),
        lambda settings: run_workers(settings, ("false",), 2, 1),
    ],
    ids=["serve", "work", "several"],
)
def test_an_sqlite_that_is_too_old_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, start: Callable[[Settings], None]
) -> None:
    pretend(monkeypatch, (3, 12, 1), OLD)
    with pytest.raises(DatabaseUnavailable, match=r"lockbot\.sqlite needs SQLite 3\.42 .*3\.40\.1: .*postgresql://"):
        start(settings)


def test_the_doctor_tells_of_an_sqlite_that_is_too_old(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, (3, 12, 1), OLD)
    (found,) = [one for one in diagnose_server(settings) if one.what == "database"]
    assert found.problem is not None
    assert "SQLite 3.42 or later" in found.problem
