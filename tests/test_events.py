"""Event -> jobs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events.event import (
    AlertRaised,
    BasePushed,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    Event,
    HeadChanged,
    Ignored,
    InstallationResumed,
    PullRequestClosed,
    QueueEntered,
    RepositoriesAdded,
    RepositoriesRemoved,
)
from bot.events.jobs import CheckJob, ClosedJob, CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob
from bot.events.planning import plan_jobs
from bot.orders import Order, render_box
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha

APP = RepositoryRef(installation=7, id=42, owner="octo", name="app")
LIB = RepositoryRef(installation=7, id=43, owner="octo", name="lib")
HEAD = Sha("a" * 40)
BASE = Sha("b" * 40)
CHANGED = HeadChanged(
    repository=APP,
    number=5,
    head=HEAD,
    head_branch=BranchName("topic"),
    head_repository="eve/app",
    base_branch=BranchName("main"),
    owner="eve",
    owner_is_bot=False,
    sender="eve",
    is_draft=False,
)


def again(name: str | None, *numbers: int) -> CheckRerequested:
    return CheckRerequested(repository=APP, commit=HEAD, name=name, numbers=numbers, sender="ada")


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
        (CHANGED, (CheckJob(repository=APP, head=HEAD, number=5),)),
        (
            QueueEntered(repository=APP, head=HEAD, base=BASE, base_branch=BranchName("main")),
            (CheckJob(repository=APP, head=HEAD, base=BASE),),
        ),
        (again("lockbot", 5, 6), (CheckJob(repository=APP, head=HEAD, number=5),)),
        (again("lockbot"), (CheckJob(repository=APP, head=HEAD),)),
        (again(None, 5), (CheckJob(repository=APP, head=HEAD, number=5),)),
        (again(None), (CheckJob(repository=APP, head=HEAD), RunJob(repository=APP, scope=Scope.ALL))),
        (again("lockbot configuration"), (RunJob(repository=APP, scope=Scope.ALL),)),
        (
            CommentWritten(repository=APP, number=5, comment=9, author="ada", text="/lockbot rebase"),
            (CommandJob(repository=APP, number=5, comment=9, author="ada", orders=(Order(word="rebase"),)),),
        ),
        (
            CommentEdited(
                repository=APP,
                number=5,
                comment=9,
                author="ada",
                editor="bob",
                before="/lockbot pause",
                after="/lockbot pause\n@lockbot ignore this major X\n",
            ),
            (
                CommandJob(
                    repository=APP,
                    number=5,
                    comment=9,
                    author="ada",
                    editor="bob",
                    orders=(Order(word="ignore", argument="this major X", handle="lockbot"),),
                ),
            ),
        ),
        (
            BodyEdited(
                repository=APP,
                number=5,
                editor="ada",
                before=render_box("Rebase", "rebase"),
                after=render_box("Rebase", "rebase").replace("[ ]", "[x]"),
            ),
            (CommandJob(repository=APP, number=5, author="ada", orders=(Order(word="rebase"),)),),
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


NOTHING = Ignored(reason="nothing is ordered")


@pytest.mark.parametrize("text", ["thanks!", ""])
def test_a_comment_without_an_order_is_ignored(text: str) -> None:
    event = CommentWritten(repository=APP, number=5, comment=9, author="ada", text=text)
    assert plan_jobs(event) == NOTHING
    edited = CommentEdited(
        repository=APP, number=5, comment=9, author="ada", editor="bob", before="/lockbot rebase", after=text
    )
    assert plan_jobs(edited) == NOTHING


def test_a_text_without_a_new_tick_is_ignored() -> None:
    ticked = render_box("Rebase", "rebase").replace("[ ]", "[x]")
    event = BodyEdited(repository=APP, number=5, editor="ada", before=ticked, after=f"Hi!\n{ticked}")
    assert plan_jobs(event) == NOTHING


REBASE = CommentWritten(repository=APP, number=5, comment=9, author="ada", text="/lockbot rebase")


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (REBASE, True),
        (replace(REBASE, is_open=False), True),
        (replace(REBASE, is_pull_request=False), True),
        (replace(REBASE, owner="eve", owner_is_bot=False), True),
        (replace(REBASE, owner="eve", owner_is_bot=False, is_open=False), False),
        (replace(REBASE, owner="eve", owner_is_bot=False, is_pull_request=False), False),
    ],
)
def test_orders_are_given_on_what_is_an_apps_and_on_open_pull_requests(event: CommentWritten, heard: bool) -> None:
    assert isinstance(plan_jobs(event), tuple) is heard


def test_a_job_knows_who_must_be_allowed() -> None:
    job = CommandJob(repository=APP, number=5, comment=9, author="ada")
    assert job.people == ("ada",)
    assert replace(job, editor="ada").people == ("ada",)
    assert replace(job, editor="bob").people == ("ada", "bob")
