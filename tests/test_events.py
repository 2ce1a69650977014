"""Event -> jobs, and the commands in comments."""

from __future__ import annotations

import pytest

from bot.events import (
    AlertRaised,
    BasePushed,
    ClosedJob,
    CommandJob,
    CommentWritten,
    Event,
    ForgetJob,
    Ignored,
    InstallationResumed,
    Job,
    PullRequestClosed,
    RepositoriesAdded,
    RepositoriesRemoved,
    RunJob,
    Scope,
    SyncJob,
    find_command,
    plan_jobs,
)
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha

APP = RepositoryRef(installation=7, id=42, owner="octo", name="app")
LIB = RepositoryRef(installation=7, id=43, owner="octo", name="lib")
HEAD = Sha("a" * 40)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/lockbot rebase", "rebase"),
        ("/lockbot   Rebase  ", "rebase"),
        ("Hi!\r\n/lockbot rebase\r\nthanks", "rebase"),
        ("```\ncode\n```\n/lockbot rebase", "rebase"),
        ("/lockbot", ""),
        ("/lockbot Help", "help"),
        ("/lockbot rebase now", None),
        (" /lockbot rebase", None),
        ("> /lockbot rebase", None),
        ("/lockbotrebase", None),
        ("```\n/lockbot rebase\n```", None),
        ("~~~ text\n/lockbot rebase\n~~~", None),
        ("", None),
    ],
)
def test_a_command_stands_on_its_own_line(text: str, command: str | None) -> None:
    assert find_command(text) == command


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        (
            RepositoriesAdded(repositories=(APP, LIB)),
            (RunJob(repository=APP, scope=Scope.ALL), RunJob(repository=LIB, scope=Scope.ALL)),
        ),
        (RepositoriesRemoved(installation=7, repositories=None), (ForgetJob(installation=7, repositories=None),)),
        (RepositoriesRemoved(installation=7, repositories=(APP,)), (ForgetJob(installation=7, repositories=(42,)),)),
        (InstallationResumed(installation=7), (SyncJob(installation=7),)),
        (
            BasePushed(repository=APP, head=HEAD, touched=frozenset({"x.py"}), is_whole=True),
            (RunJob(repository=APP, scope=Scope.OPEN),),
        ),
        (
            BasePushed(repository=APP, head=HEAD, touched=frozenset({"x.py", ".lockbot.json"}), is_whole=True),
            (RunJob(repository=APP, scope=Scope.ALL),),
        ),
        (
            BasePushed(repository=APP, head=HEAD, touched=frozenset({".github/.lockbot.json"}), is_whole=True),
            (RunJob(repository=APP, scope=Scope.ALL),),
        ),
        (
            PullRequestClosed(repository=APP, number=5, branch=BranchName("x"), merged=True),
            (ClosedJob(repository=APP, number=5),),
        ),
        (
            CommentWritten(repository=APP, number=5, comment=9, author="ada", text="/lockbot rebase"),
            (CommandJob(repository=APP, number=5, comment=9, author="ada", command="rebase"),),
        ),
        (
            CommentWritten(repository=APP, number=5, comment=9, author="ada", text="/lockbot dance"),
            (CommandJob(repository=APP, number=5, comment=9, author="ada", command="dance"),),
        ),
        (AlertRaised(repository=APP, number=3), (RunJob(repository=APP, scope=Scope.SECURITY),)),
    ],
)
def test_an_event_becomes_jobs(event: Event, jobs: tuple[Job, ...]) -> None:
    assert plan_jobs(event) == jobs


def pushed(*paths: str, is_whole: bool = True) -> BasePushed:
    return BasePushed(repository=APP, head=HEAD, touched=frozenset(paths), is_whole=is_whole)


@pytest.mark.parametrize("paths", [("README.md",), ("docs/a.rst", "src/app.js", "image.png", "assets/x.css")])
def test_a_push_of_files_that_nobody_reads_is_ignored(paths: tuple[str, ...]) -> None:
    assert plan_jobs(pushed(*paths)) == Ignored(reason="push touches no manifest, lock or configuration")


@pytest.mark.parametrize(
    "path",
    ["pyproject.toml", "lib/pyproject.toml", "uv.lock", "lib/uv.toml", "tool.py", "tool.py.lock", ".python-version"],
)
def test_a_push_of_what_lockbot_reads_asks_for_a_run(path: str) -> None:
    assert plan_jobs(pushed("README.md", path)) == (RunJob(repository=APP, scope=Scope.OPEN),)


@pytest.mark.parametrize("paths", [(), ("README.md",)])
def test_a_push_that_may_have_changed_more_asks_for_a_run(paths: tuple[str, ...]) -> None:
    assert plan_jobs(pushed(*paths, is_whole=False)) == (RunJob(repository=APP, scope=Scope.OPEN),)


@pytest.mark.parametrize("text", ["thanks!", ""])
def test_a_comment_without_a_command_is_ignored(text: str) -> None:
    event = CommentWritten(repository=APP, number=5, comment=9, author="ada", text=text)
    assert plan_jobs(event) == Ignored(reason="comment without a command")
