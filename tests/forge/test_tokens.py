"""A forge through a token that somebody handed over: who it is, what GitHub signs for it, what it learns that it may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.local.speaking import KeptErrors
from bot.cli.publish.connecting import Connection
from bot.cli.publish.publishing import Order, Ways, publish
from bot.cli.publish.session import Session
from bot.forge.github.client import TokenAccess
from bot.forge.github.tokens.app import TokenApp
from bot.ports.forge import (
    AppIdentity,
    BranchUpdate,
    CheckConclusion,
    CheckReport,
    CloneSource,
    ForgeForbidden,
    PushOutcome,
    Repository,
    TokenKind,
)
from bot.ports.run import BranchName, ConfigState, FileChange, FileMode, Proposal, RunReport, RunRequest, Sha
from bot.settings import Settings
from bot.work.job import JobPorts
from tests.github import Hub, model
from tests.github.tokens import PERSON, WORKFLOW, give_app_token, give_person_token, give_workflow_token
from tests.github.world import PERMISSIONS
from tests.work.scene import FixedClock, SceneJudge

TOPIC = BranchName("lockbot/topic")
CI = ".github/workflows/ci.yml"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def repository(hub: Hub) -> model.Repository:
    return hub.add_repository("octo/app", {"uv.lock": "1\n", "run.py": "x\n", CI: "on: push\n"})


def open_app(hub: Hub, token: str) -> tuple[TokenApp, Repository]:
    app = TokenApp(TokenAccess(web_url=hub.url, api_url=f"{hub.url}/api/v3", token=token))
    return app, app.get_repository("octo/app")


def update(repository: model.Repository, *files: FileChange, expected: str | None = None) -> BranchUpdate:
    return BranchUpdate(
        branch=TOPIC,
        base=Sha(repository.git.branch("main") or ""),
        expected=Sha(expected) if expected else None,
        message="Update\n\n* more\n",
        files=files or (FileChange(path="uv.lock", text="2\n"),),
    )


def test_each_kind_knows_who_it_is_and_that_others_are_it_too(hub: Hub, repository: model.Repository) -> None:
    tokens = {
        "github-actions[bot]": give_workflow_token(hub, repository),
        "octo": give_person_token(hub, repository, "octo"),
        "lockbot-test[bot]": give_app_token(hub, repository, PERMISSIONS),
    }
    for login, token in tokens.items():
        slug = login.removesuffix("[bot]")
        assert open_app(hub, token)[0].get_identity() == AppIdentity(slug=slug, login=login, is_shared=True)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("ghs_", TokenKind.INSTALLATION),
        ("github_pat_", TokenKind.FINE_GRAINED),
        ("ghp_", TokenKind.CLASSIC),
        ("0123456789abcdef", TokenKind.UNKNOWN),
    ],
)
def test_a_token_tells_its_kind_and_shows_nowhere(start: str, kind: TokenKind) -> None:
    access = TokenAccess(web_url="https://github.com", api_url="https://api.github.com", token=f"{start}secret")
    assert access.kind is kind
    assert "secret" not in repr(access)


def test_a_persons_commit_is_signed_on_a_passing_branch_and_moves_by_a_lease(
    hub: Hub, repository: model.Repository
) -> None:
    app, found = open_app(hub, give_person_token(hub, repository, "octo"))
    forge = app.open_repository(found.ref)
    announced: list[Sha] = []
    pushed = forge.push_branch(update(repository), announce=announced.append)
    assert (pushed.outcome, announced, pushed.head in repository.verified) == (PushOutcome.CREATED, [pushed.head], True)
    assert forge.get_commit(pushed.head).vouched == "octo"
    assert forge.get_commit(pushed.head).message.split() == ["Update", "*", "more"]
    assert set(forge.list_branches()) == {"main", TOPIC}
    again = forge.push_branch(update(repository, expected=pushed.head))
    assert again.outcome is PushOutcome.UNCHANGED
    # What a killed run left behind is in nobody's way.
    repository.git.update_ref("refs/heads/lockbot-writing/lockbot-topic", pushed.head)
    moved = forge.push_branch(update(repository, FileChange(path="uv.lock", text="3\n"), expected=pushed.head))
    assert (moved.outcome, set(forge.list_branches())) == (PushOutcome.UPDATED, {"main", TOPIC})
    assert app.lessons.unsigned == ()


def test_passing_branches_are_deleted_where_nobody_is_at_them(hub: Hub, repository: model.Repository) -> None:
    app, found = open_app(hub, give_person_token(hub, repository, "octo"))
    forge = app.open_repository(found.ref)
    base, names = (
        repository.git.branch("main") or "",
        ("lockbot-writing/left", "lockbot-writing/used", "lockbot-writings"),
    )
    for name in names:
        repository.git.update_ref(f"refs/heads/{name}", base)
    left = forge.list_passing()
    assert set(left) == {*names[:2]}
    hub.push(repository, {"x": "y"}, branch="lockbot-writing/used", login="octo")
    forge.delete_passing(left)
    assert set(forge.list_branches()) == {"main", *names[1:]}
    # An App's commits need no such branch: what is called so is somebody else's.
    bots, found = open_app(hub, give_workflow_token(hub, repository))
    assert bots.open_repository(found.ref).list_passing() == {}


def test_what_can_be_run_stays_so_at_the_price_of_the_signature(hub: Hub, repository: model.Repository) -> None:
    app, found = open_app(hub, give_person_token(hub, repository, "octo"))
    forge = app.open_repository(found.ref)
    run = FileChange(path="run.py", text="y\n", mode=FileMode.EXECUTABLE)
    pushed = forge.push_branch(update(repository, run))
    assert repository.git.read_tree(f"{pushed.head}^{{tree}}")
    modes = {one.path: one.mode for one in repository.git.read_tree(f"{pushed.head}^{{tree}}")}
    assert modes["run.py"] == "100755"
    assert (pushed.head in repository.verified, app.lessons.unsigned) == (False, (TOPIC,))
    assert set(forge.list_branches()) == {"main", TOPIC}


def test_check_runs_that_may_not_be_written_are_left_and_remembered(hub: Hub, repository: model.Repository) -> None:
    base = Sha(repository.git.branch("main") or "")
    report = CheckReport(commit=base, name="lockbot", conclusion=CheckConclusion.NEUTRAL, title="t", summary="s")
    for token in (
        give_person_token(hub, repository, "octo"),
        give_workflow_token(hub, repository, {name: one for name, one in WORKFLOW.items() if name != "checks"}),
    ):
        app, found = open_app(hub, token)
        forge = app.open_repository(found.ref)
        forge.write_check(report)
        assert forge.list_checks(base, "lockbot") == ()
        # A person's token is not even tried.
        assert app.lessons.checks is token.startswith("ghs_")
    app, found = open_app(hub, give_workflow_token(hub, repository))
    forge = app.open_repository(found.ref)
    forge.write_check(report)
    assert [one.title for one in forge.list_checks(base, "lockbot")] == ["t"]
    # Those of another App are none of ours.
    hub.add_check(repository, base, "lockbot", app="other")
    assert [one.title for one in forge.list_checks(base, "lockbot")] == ["t"]


class Workspace(Session):
    """A session over a pipeline that proposes what changes a workflow, where it may."""

    @contextmanager
    def open_ports(self, path: Path) -> Iterator[JobPorts]:
        del path

        def run(request: RunRequest) -> RunReport:
            files = [FileChange(path="uv.lock", text="2\n")]
            files += [FileChange(path=CI, text="on: [push]\n")] if request.may_write_workflows else []
            proposal = Proposal(
                branch=TOPIC,
                group="topic",
                title="Update",
                body="Words\n",
                commit_message="Update\n",
                files=tuple(files),
            )
            report = RunReport(base=request.base, base_branch=request.base_branch, config=ConfigState())
            return replace(report, proposals=(proposal,), found=("uv.lock",), solved=("uv.lock",))

        yield JobPorts(
            app=self.connection.app,
            cloner=_NoCloner(),
            run_repository=run,
            judge=SceneJudge(),
            clock=FixedClock(datetime.now(UTC)),
            is_open=lambda _entries, _zone, _moment: True,
        )


class _NoCloner:
    @contextmanager
    def clone(self, source: CloneSource, commit: Sha) -> Iterator[Path]:
        del source, commit
        yield Path("/nonexistent")


def work(hub: Hub, token: str) -> tuple[TokenApp, set[str]]:
    app, found = open_app(hub, token)
    connection = Connection(app=app, identity=app.get_identity(), repository=found, lessons=app.lessons)
    session = Workspace(
        connection=connection,
        settings=Settings(github_url=hub.url),
        environ={},
        now=datetime.now(UTC),
        keep=KeptErrors(),
        progress=lambda _stage, _what: None,
    )
    done = publish(session, Order(ways=Ways.PULL_REQUESTS, path=Path()))
    assert done.exit_code == 0, done.run.problems
    (repository,) = hub.repositories.values()
    (pull,) = repository.open_pulls()
    return app, {path for _, path in repository.git.diff(pull.base_sha, pull.head_sha)}


@pytest.mark.parametrize(("may", "changed"), [(False, {"uv.lock"}), (True, {"uv.lock", CI})])
def test_a_workflow_that_may_not_be_changed_is_left_and_the_rest_goes_out(
    hub: Hub, repository: model.Repository, may: bool, changed: set[str]
) -> None:
    """A person's token does not tell whether it may: it is tried."""
    permissions = {name: level for name, level in PERSON.items() if may or name != "workflows"}
    app, found = work(hub, give_person_token(hub, repository, "octo", permissions))
    assert (found, app.lessons.workflows) == (changed, not may)


def test_a_workflows_own_token_does_not_even_try(hub: Hub, repository: model.Repository) -> None:
    app, found = work(hub, give_workflow_token(hub, repository))
    assert (found, app.lessons.workflows) == ({"uv.lock"}, False)


def test_a_refusal_says_what_is_lacking(hub: Hub, repository: model.Repository) -> None:
    app, found = open_app(hub, give_workflow_token(hub, repository, {**WORKFLOW, "contents": "read"}))
    with pytest.raises(ForgeForbidden, match="write `contents: write` into the workflow's permissions") as caught:
        app.open_repository(found.ref).push_branch(update(repository))
    assert caught.value.needs == "contents: write"
