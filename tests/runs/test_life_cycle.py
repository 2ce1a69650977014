"""The life of pull requests through the server as a process: limits, siblings, people, merging, base branches."""

from __future__ import annotations

import json
from typing import Any

from tests.github.model import Pull, Repository
from tests.github.wire import Reply
from tests.runs.conftest import FIRST, Stage
from tests.runs.server import eventually

#: Each package with room around it, so that git merges what one proposal says into another.
PINS = "alpha==1.0\nbeta==1.0\ngamma==1.0\n"


def open_one(stage: Stage, pins: str = PINS, **config: Any) -> Repository:
    """A repository with a configuration, whose packages are proposed apart."""
    files = {"pins.toml": pins, ".lockbot.json": json.dumps(config)}
    repository = stage.add_repository(FIRST | files)
    stage.say_latest(apart=True, alpha="2.0", beta="2.0", gamma="2.0")
    return repository


def install(stage: Stage, repository: Repository) -> None:
    stage.hub.install(repository)
    eventually(lambda: repository.pulls, "a pull request is opened")
    stage.server.settle()


def heads(repository: Repository) -> list[str]:
    return sorted(one.head for one in repository.open_pulls())


def only(repository: Repository) -> Pull:
    (one,) = repository.open_pulls()
    return one


def test_what_waits_is_opened_once_another_is_closed(stage: Stage) -> None:
    repository = open_one(stage, prConcurrentLimit=1)
    install(stage, repository)
    assert heads(repository) == ["lockbot/alpha"]
    (told,) = [run for run in repository.checks.values() if run.name == "lockbot queue"]
    assert told.title == "2 proposals wait for others"
    stage.hub.close(repository, only(repository).number, login="ada")
    stage.server.settle()
    assert heads(repository) == ["lockbot/beta"]


def test_what_waits_is_opened_once_another_is_merged(stage: Stage) -> None:
    repository = open_one(stage, prConcurrentLimit=1)
    install(stage, repository)
    stage.hub.merge(repository, only(repository).number, login="ada")
    stage.server.settle()
    assert heads(repository) == ["lockbot/beta"]
    assert repository.git.files("refs/heads/lockbot/beta")["pins.toml"] == "alpha==2.0\nbeta==2.0\ngamma==1.0\n"


def test_siblings_of_what_was_merged_are_solved_again(stage: Stage) -> None:
    repository = open_one(stage)
    install(stage, repository)
    alpha, beta, gamma = sorted(repository.open_pulls(), key=lambda one: one.head)
    before = (beta.head_sha, gamma.head_sha)
    stage.hub.merge(repository, alpha.number, login="ada")
    stage.server.settle()
    assert (beta.state, gamma.state) == ("open", "open")
    assert before != (beta.head_sha, gamma.head_sha)
    main = repository.git.branch("main")
    for one in (beta, gamma):
        assert repository.git.read_commit(one.head_sha).parents == (main,)
        assert "alpha==2.0" in repository.git.files(one.head_sha)["pins.toml"]


def test_people_are_asked_once(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", assignees=["grace", "nobody-here"], reviewers=["linus"])
    for login in ("grace", "linus"):
        stage.hub.add_collaborator(repository, login, "write")
    install(stage, repository)
    pull = only(repository)
    assert [one.login for one in pull.assignees] == ["grace"]
    assert [one.login for one in pull.reviewers] == ["linus"]
    told = [run.summary for run in repository.checks.values() if "was opened without asking" in run.summary]
    assert len(told) == 1
    assert "nobody" in told[0]
    pull.assignees.clear()
    pull.reviewers.clear()
    stage.say_latest(apart=True, alpha="3.0")
    stage.hub.push(repository, {"pins.toml": "alpha==1.5\n"})
    stage.server.settle()
    assert (pull.title, pull.assignees, pull.reviewers) == ("Update alpha", [], [])


def test_what_needs_approval_is_opened_by_its_box(stage: Stage) -> None:
    repository = open_one(stage, dependencyDashboardApproval=True)
    stage.hub.install(repository)
    issue = eventually(lambda: next(iter(repository.issues.values()), None), "the dashboard is there")
    stage.server.settle()
    assert repository.pulls == {}
    stage.hub.tick(repository, issue.number, "open lockbot/beta", login="octo")
    stage.server.settle()
    assert heads(repository) == ["lockbot/beta"]


def test_what_waits_for_room_is_opened_by_its_box(stage: Stage) -> None:
    repository = open_one(stage, prConcurrentLimit=1)
    install(stage, repository)
    (issue,) = repository.issues.values()
    stage.hub.tick(repository, issue.number, "open lockbot/gamma", login="octo")
    stage.server.settle()
    assert heads(repository) == ["lockbot/alpha", "lockbot/gamma"]


def test_lockbot_merges_when_a_check_has_passed(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True, platformAutomerge=False)
    install(stage, repository)
    pull = only(repository)
    stage.server.settle()
    assert pull.state == "open", "without any check nothing is merged unseen"
    stage.hub.add_check(repository, pull.head_sha, "tests")
    eventually(lambda: pull.merged, "the pull request is merged")
    stage.server.settle()
    assert repository.git.files("refs/heads/main")["pins.toml"] == "alpha==2.0\n"
    assert repository.git.branch("lockbot/alpha") is None


def test_a_status_tells_of_a_head_too(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True, platformAutomerge=False)
    install(stage, repository)
    pull = only(repository)
    stage.hub.add_status(repository, pull.head_sha, "ci", "pending", login="jenkins")
    stage.hub.add_status(repository, pull.head_sha, "ci", "success", login="jenkins")
    eventually(lambda: pull.merged, "the pull request is merged")


def test_github_merges_where_it_waits_for_a_check(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True)
    repository.protection.checks.add("tests")
    install(stage, repository)
    pull = only(repository)
    run = stage.hub.add_check(repository, pull.head_sha, "lint")
    stage.hub.add_check(repository, pull.head_sha, "tests", None, app="other")
    eventually(lambda: pull.auto_merge, "auto-merge is turned on")
    stage.server.settle()
    assert run.conclusion == "success"
    assert pull.state == "open"


def test_what_others_move_is_taken_from_github_at_once(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True)
    repository.protection.checks.add("tests")
    install(stage, repository)
    pull = only(repository)
    stage.hub.add_check(repository, pull.head_sha, "tests", None)
    stage.hub.add_check(repository, pull.head_sha, "lint", app="other")
    eventually(lambda: pull.auto_merge, "auto-merge is turned on")
    head = stage.hub.push(repository, {"evil.py": "x"}, branch=pull.head, login="eve")
    eventually(lambda: not pull.auto_merge, "auto-merge is turned off")
    stage.hub.add_check(repository, head, "tests")
    stage.server.settle()
    assert pull.state == "open"


def test_a_branch_that_others_moved_is_not_merged(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True, platformAutomerge=False)
    install(stage, repository)
    pull = only(repository)
    head = stage.hub.push(repository, {"evil.py": "x"}, branch=pull.head, login="eve")
    stage.hub.add_check(repository, head, "tests")
    stage.server.settle()
    assert pull.state == "open"


def test_a_pull_request_can_not_make_itself_merged(stage: Stage) -> None:
    """What a pull request says of ``.lockbot.json`` is not obeyed, neither for itself nor for lockbot's own."""
    repository = open_one(stage, "alpha==1.0\n")
    install(stage, repository)
    pull = only(repository)
    said = {".lockbot.json": '{"automerge": true, "ignoreTests": true}'}
    head = stage.hub.push(repository, said, branch="topic", login="eve")
    theirs = stage.hub.open_pull(repository, "topic", login="eve")
    for sha in (head, pull.head_sha):
        stage.hub.add_check(repository, sha, "tests")
    stage.hub.push(repository, {"pins.toml": "alpha==1.1\n"}, login="ada")
    stage.server.settle()
    assert (pull.state, theirs.state) == ("open", "open")


def test_other_base_branches_have_their_own(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", baseBranchPatterns=["$default", "/^release/"])
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.0\n"}, branch="release/1.x", login="ada")
    install(stage, repository)
    assert heads(repository) == ["lockbot/alpha", "lockbot/release/1.x-alpha", "lockbot/release/1.x-beta"]
    assert {one.base for one in repository.open_pulls()} == {"main", "release/1.x"}
    pull = next(one for one in repository.open_pulls() if one.head == "lockbot/release/1.x-alpha")
    assert pull.title == "Update alpha (release/1.x)"
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.5\nbeta==1.0\n"}, branch="release/1.x", login="ada")
    stage.server.settle()
    assert repository.git.read_commit(pull.head_sha).parents == (base,)
    notes = [note for note in stage.server.notes() if note.get("note") == "nothing is proposed for that branch"]
    stage.hub.push(repository, {"pins.toml": "alpha==1.7\n"}, branch="topic", login="ada")
    stage.server.settle()
    again = [note for note in stage.server.notes() if note.get("note") == "nothing is proposed for that branch"]
    assert len(again) == len(notes) + 1


def test_an_outage_while_people_are_asked_leaves_nobody_out(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", assignees=["grace"], reviewers=["linus"])
    for login in ("grace", "linus"):
        stage.hub.add_collaborator(repository, login, "write")
    stage.hub.fail_next("^POST .*/requested_reviewers$", Reply(status=502, body={"message": "Server Error"}))
    install(stage, repository)
    pull = eventually(
        lambda: next((one for one in repository.open_pulls() if one.reviewers), None), "it is made up for"
    )
    stage.server.settle()
    assert [one.login for one in pull.assignees] == ["grace"]
    assert [one.login for one in only(repository).reviewers] == ["linus"]


def test_an_outage_while_it_merges_is_made_up_for(stage: Stage) -> None:
    repository = open_one(stage, "alpha==1.0\n", automerge=True, platformAutomerge=False)
    install(stage, repository)
    pull = only(repository)
    stage.hub.fail_next("^PUT .*/merge$", Reply(status=503, body={"message": "Unavailable"}))
    stage.hub.add_check(repository, pull.head_sha, "tests")
    eventually(lambda: pull.merged, "the pull request is merged")


def test_what_may_not_be_read_may_have_failed(stage: Stage) -> None:
    """An account that has not let the App read statuses: nothing is merged where there is one."""
    repository = open_one(stage, "alpha==1.0\n", automerge=True, platformAutomerge=False)
    stage.hub.install(repository, without="statuses")
    eventually(lambda: repository.pulls, "a pull request is opened")
    stage.server.settle()
    pull = only(repository)
    stage.hub.add_status(repository, pull.head_sha, "ci", "failure", login="jenkins")
    stage.hub.add_check(repository, pull.head_sha, "tests")
    stage.server.settle()
    assert pull.state == "open"
    assert "lockbot/alpha waits: refused" in [note.get("note") for note in stage.server.notes()]
