"""Whole runs through the server as a process: signed webhooks in, the state of the forge out."""

from __future__ import annotations

import pytest

from tests.github.model import Repository
from tests.runs.conftest import HUSH, Stage
from tests.runs.server import eventually

BRANCH = "lockbot/all-non-major"


def pins(repository: Repository, branch: str = BRANCH) -> str:
    return repository.git.files(f"refs/heads/{branch}")["pins.toml"]


def parent(repository: Repository, branch: str = BRANCH) -> str:
    head = repository.git.branch(branch)
    assert head is not None
    (only,) = repository.git.read_commit(head).parents
    return only


def test_installing_the_app_opens_a_pull_request(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    assert (pull.head, pull.base, pull.title) == (BRANCH, "main", "Update alpha")
    assert pull.body.startswith("<!-- lockbot -->\n| package | from | to |\n| alpha | 1.0 | 2.0 |")
    assert pull.labels == ["dependencies", "python"]
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==1.0\n"}
    assert parent(repository) == repository.git.branch("main")


def test_the_commit_is_signed_as_the_apps(stage: Stage) -> None:
    repository = stage.add_repository()
    head = stage.install(repository).head_sha
    assert head in repository.verified
    assert repository.git.read_commit(head).author.name == stage.hub.app.bot.login


def test_a_repository_added_later_is_worked_on(stage: Stage) -> None:
    first, second = stage.add_repository(), stage.add_repository()
    stage.install(first)
    (installation,) = [one for one in stage.hub.installations.values() if first.id in one.repositories]
    stage.hub.change_repositories(installation, add=(second,))
    stage.server.settle()
    assert [one.title for one in second.open_pulls()] == ["Update alpha"]


def test_a_push_to_the_base_refreshes_what_is_open(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.5\n"})
    stage.server.settle()
    assert (pins(repository), parent(repository)) == ("alpha==2.0\nbeta==1.5\n", base)
    assert [one.number for one in repository.open_pulls()] == [pull.number]


def test_a_push_to_the_base_opens_nothing(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.say_latest()
    stage.hub.install(repository)
    stage.server.settle()
    stage.say_latest(alpha="2.0")
    stage.hub.push(repository, {"readme.txt": "x"})
    stage.server.settle()
    assert repository.pulls == {}


def test_what_the_base_has_already_is_closed(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.push(repository, {"pins.toml": "alpha==2.0\nbeta==1.0\n"})
    stage.server.settle()
    assert (pull.state, repository.git.branch(BRANCH)) == ("closed", None)
    (answer,) = stage.answers(repository, pull)
    assert answer.startswith("Nothing is left to do here")


def test_a_merged_pull_request_leaves_no_branch(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.merge(repository, pull.number, login="ada")
    stage.server.settle()
    assert repository.git.branch(BRANCH) is None
    assert stage.answers(repository, pull) == []


@pytest.mark.parametrize("role", ["write", "maintain", "admin"])
def test_a_rebase_by_a_writer_gives_a_new_head(stage: Stage, role: str) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    before = pull.head_sha
    stage.hub.add_collaborator(repository, "grace", role)
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"}, quiet=True)
    comment = stage.command(repository, pull, "grace")
    assert pull.head_sha != before
    assert (pins(repository), parent(repository)) == ("alpha==2.0\nbeta==3.0\n", base)
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]
    assert stage.answers(repository, pull) == []


def test_a_rebase_with_nothing_to_change_gets_a_sentence(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    before = pull.head_sha
    comment = stage.command(repository, pull, "octo")
    assert pull.head_sha == before
    assert [content for _, content in comment.reactions] == ["eyes", "+1"]
    (answer,) = stage.answers(repository, pull)
    assert "nothing to change" in answer


def test_a_rebase_of_what_is_done_closes_it_with_a_sentence(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.push(repository, {"pins.toml": "alpha==2.0\n"}, quiet=True)
    comment = stage.command(repository, pull, "octo")
    assert pull.state == "closed"
    assert ("lockbot-test[bot]", "+1") in comment.reactions
    (answer,) = stage.answers(repository, pull)
    assert answer.startswith("Nothing is left to do here")


@pytest.mark.parametrize("role", [None, "read", "triage"])
def test_a_rebase_by_a_stranger_does_nothing(stage: Stage, role: str | None) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    before = pull.head_sha
    if role is not None:
        stage.hub.add_collaborator(repository, "mallory", role)
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"}, quiet=True)
    comments = [stage.command(repository, pull, "mallory") for _ in range(2)]
    assert (pull.head_sha, pull.state) == (before, "open")
    assert [one.reactions for one in comments] == [[], []]
    (answer,) = stage.answers(repository, pull)
    assert "write access" in answer


@pytest.mark.parametrize(
    "text", ["please /lockbot rebase", "> /lockbot rebase", "```\n/lockbot rebase\n```", "thanks!"]
)
def test_a_comment_that_is_no_command_does_nothing(stage: Stage, text: str) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    comment = stage.command(repository, pull, "octo", text)
    assert (comment.reactions, stage.answers(repository, pull)) == ([], [])


def test_an_unknown_command_gets_a_reaction(stage: Stage) -> None:
    repository = stage.add_repository()
    comment = stage.command(repository, stage.install(repository), "octo", "/lockbot dance")
    assert [content for _, content in comment.reactions] == ["confused"]


def test_a_redelivered_webhook_does_nothing_twice(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.command(repository, pull, "octo")
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    before = (pull.head_sha, pull.body, len(repository.comments), len(stage.server.notes()))
    for delivery in list(stage.hub.deliveries):
        assert stage.hub.redeliver(delivery) == 202
    stage.server.settle()
    assert (pull.head_sha, pull.body, len(repository.comments), len(stage.server.notes())) == before
    assert len(repository.pulls) == 1


def test_a_pull_request_that_a_person_closed_stays_closed(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.close(repository, pull.number, login="ada")
    stage.server.settle()
    stage.hub.push(repository, {".lockbot.json": "{}"})
    stage.server.settle()
    assert (len(repository.pulls), repository.git.branch(BRANCH)) == (1, None)


def test_a_newer_version_is_proposed_after_a_closed_one(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.close(repository, pull.number, login="ada")
    stage.server.settle()
    stage.say_latest(alpha="3.0")
    stage.hub.push(repository, {".lockbot.json": "{}"})
    stage.server.settle()
    assert [one.state for one in repository.pulls.values()] == ["closed", "open"]
    assert pins(repository).startswith("alpha==3.0")


def test_a_branch_that_a_person_works_on_is_left_alone(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    theirs = stage.hub.push(repository, {"fix.txt": "by hand"}, branch=BRANCH, login="ada")
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert pull.head_sha == theirs
    stage.command(repository, pull, "octo")
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==3.0\n"}


def test_an_amended_branch_survives_the_next_push_and_that_is_said_once(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    theirs = stage.hub.amend(repository, BRANCH, {"fix.txt": "by hand"}, login="ada")
    assert repository.git.read_commit(theirs).author.name == stage.hub.app.bot.login
    for version in ("3.0", "3.1"):
        stage.hub.push(repository, {"pins.toml": f"alpha==1.0\nbeta=={version}\n"})
        stage.server.settle()
    assert (pull.head_sha, repository.git.branch(BRANCH)) == (theirs, theirs)
    (answer,) = stage.answers(repository, pull)
    assert answer.startswith("`ada` has moved this branch")
    stage.command(repository, pull, "octo")
    assert repository.git.files(pull.head_sha) == {"pins.toml": "alpha==2.0\nbeta==3.1\n"}
    (answer,) = stage.answers(repository, pull)
    assert "`ada` were replaced" in answer


@pytest.mark.parametrize("button", ["merge", "rebase"])
def test_githubs_buttons_do_not_freeze_a_branch(stage: Stage, button: str) -> None:
    repository = stage.add_repository({"pins.toml": "alpha==1.0\nbeta==1.0\n", "app.js": "1"})
    pull = stage.install(repository)
    stage.hub.push(repository, {"app.js": "2"})
    press = stage.hub.update_branch if button == "merge" else stage.hub.update_with_rebase
    press(repository, pull.number, login="ada")
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert (pins(repository), parent(repository)) == ("alpha==2.0\nbeta==3.0\n", base)
    assert stage.answers(repository, pull) == []


def test_a_clean_merge_of_one_file_is_told_from_one_with_more_in_it(stage: Stage) -> None:
    lines = "".join(f"name{number}==1.0\n" for number in range(20))
    repository = stage.add_repository({"pins.toml": f"alpha==1.0\n{lines}beta==1.0\n"})
    pull = stage.install(repository)
    # The webhook is lost, so that the branch is behind when the button is pressed.
    stage.hub.push(repository, {"pins.toml": f"alpha==1.0\n{lines}beta==1.1\n"}, quiet=True)
    stage.hub.update_branch(repository, pull.number, login="ada")
    stage.hub.push(repository, {"pins.toml": f"alpha==1.0\n{lines}beta==1.2\n"})
    stage.server.settle()
    assert pins(repository) == f"alpha==2.0\n{lines}beta==1.2\n"
    stage.hub.push(repository, {"pins.toml": f"alpha==1.0\n{lines}beta==1.3\n"}, quiet=True)
    stage.hub.update_branch(repository, pull.number, login="ada")
    theirs = stage.hub.amend(repository, BRANCH, {"pins.toml": f"alpha==2.0\n{lines}beta==9.9\n"}, login="ada")
    stage.hub.push(repository, {"pins.toml": f"alpha==1.0\n{lines}beta==1.4\n"})
    stage.server.settle()
    assert pull.head_sha == theirs


def test_words_that_people_wrote_stay(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.edit(repository, pull.number, title="chore: pins", body=f"Ours to judge.\n\n{pull.body}\nSee the wiki.\n")
    stage.hub.push(repository, {"pins.toml": "alpha==1.1\nbeta==3.0\n"})
    stage.server.settle()
    assert pull.title == "chore: pins"
    assert pull.body.startswith("Ours to judge.\n\n<!-- lockbot -->\n| package")
    assert "| alpha | 1.1 | 2.0 |" in pull.body
    assert pull.body.endswith("\nSee the wiki.\n")


def test_a_branch_of_a_persons_own_by_our_name_is_told_of(stage: Stage) -> None:
    repository = stage.add_repository()
    theirs = stage.hub.push(repository, {"mine.txt": "x"}, branch=BRANCH, login="ada")
    stage.hub.install(repository)
    stage.server.settle()
    assert (repository.pulls, repository.git.branch(BRANCH)) == ({}, theirs)
    (check,) = repository.base_checks
    assert "is not lockbot's (ada has put commits there)" in check.summary


def test_after_the_default_branch_was_switched_the_old_branch_is_closed_first(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.switch_default_branch(repository, "trunk")
    base = stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"}, branch="trunk")
    stage.server.settle()
    assert (pull.state, pull.head_sha) == ("closed", pull.head_sha)
    (answer,) = stage.answers(repository, pull)
    assert "made for `main`" in answer
    (again,) = repository.open_pulls()
    assert (again.base, pins(repository), parent(repository)) == ("trunk", "alpha==2.0\nbeta==3.0\n", base)


@pytest.mark.parametrize("files", [{"readme.md": "x"}, {"app.py": "x"}])
def test_a_push_that_touches_nothing_of_it_moves_no_branch(stage: Stage, files: dict[str, str | None]) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    before = (pull.head_sha, pull.body)
    seen = len(stage.hub.seen)
    stage.hub.push(repository, files)
    stage.server.settle()
    assert (pull.head_sha, pull.body) == before
    asked = [one for one in stage.hub.seen[seen:] if "/api/" in one.path]
    # The look is GraphQL's.
    reading = ("access_tokens", "/graphql")
    assert [one.method for one in asked if one.method != "GET" and not one.path.endswith(reading)] == []
    # It is looked at twice, before it waits for its turn and then.
    assert len([one for one in asked if one.status != 304]) <= (0 if "readme.md" in files else 5)


def test_a_schedule_holds_at_installation_and_when_it_is_pushed(stage: Stage) -> None:
    never = '{"schedule": ["0 0 29 2 *"]}'
    repository = stage.add_repository({"pins.toml": "alpha==1.0\n", ".lockbot.json": never})
    stage.hub.install(repository)
    stage.server.settle()
    (check,) = repository.base_checks
    assert (repository.pulls, check.title) == ({}, "1 proposal waits for the schedule")
    stage.hub.push(repository, {".lockbot.json": never + "\n"})
    stage.server.settle()
    assert repository.pulls == {}
    stage.hub.push(repository, {".lockbot.json": '{"schedule": ["at any time"]}'})
    stage.server.settle()
    assert [one.title for one in repository.open_pulls()] == ["Update alpha"]


def test_labels_that_a_person_took_off_stay_off(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    pull.labels.remove("python")
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert pull.labels == ["dependencies"]


def test_a_broken_configuration_is_reported_and_the_last_valid_one_holds(stage: Stage) -> None:
    repository = stage.add_repository({"pins.toml": "alpha==1.0\n", ".lockbot.json": '{"schedule": ["at any time"]}'})
    pull = stage.install(repository)
    head = stage.hub.push(repository, {".lockbot.json": '{\n  "schedule": [,]\n}', "pins.toml": "alpha==1.5\n"})
    stage.server.settle()
    (check,) = repository.base_checks
    assert (check.head_sha, check.conclusion) == (head, "failure")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [(".lockbot.json", 2)]
    assert "stays in force" in check.summary
    assert (pull.state, parent(repository)) == ("open", head)


def test_a_configuration_that_was_never_valid_proposes_nothing(stage: Stage) -> None:
    repository = stage.add_repository({"pins.toml": "alpha==1.0\n", ".lockbot.json": "{"})
    stage.hub.install(repository)
    stage.server.settle()
    (check,) = repository.base_checks
    assert "proposes nothing" in check.summary
    assert repository.pulls == {}


def test_switching_lockbot_off_closes_its_pull_requests(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.push(repository, {".lockbot.json": '{"enabled": false}'})
    stage.server.settle()
    assert pull.state == "closed"
    (answer,) = stage.answers(repository, pull)
    assert "switched off" in answer


def test_an_empty_and_an_archived_repository_are_left_alone(stage: Stage) -> None:
    empty, archived = stage.hub.add_repository("octo/empty", {}), stage.add_repository()
    archived.archived = True
    stage.hub.install(empty, archived)
    stage.server.settle()
    assert (empty.pulls, archived.pulls) == ({}, {})


def test_a_failure_that_passes_is_tried_again(stage: Stage) -> None:
    from tests.github.wire import Reply

    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.hub.fail_next("POST .*/git/trees", Reply(status=502, body={"message": "Server Error"}))
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==3.0\n"})
    stage.server.settle()
    assert pins(repository) == "alpha==2.0\nbeta==3.0\n"
    assert pull.state == "open"


def test_every_webhook_was_accepted(stage: Stage) -> None:
    stage.install(stage.add_repository())
    assert {status for one in stage.hub.deliveries for status in one.statuses} == {202}


def test_an_uninstalled_app_does_nothing_more(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.install(repository)
    (installation,) = [one for one in stage.hub.installations.values() if repository.id in one.repositories]
    stage.hub.uninstall(installation)
    stage.server.settle()
    assert stage.server.notes()[-1]["note"] == "forgotten"


def test_no_secret_is_in_the_log(stage: Stage) -> None:
    stage.install(stage.add_repository())
    log = stage.server.log()
    secrets = [stage.hub.app.webhook_secret, *stage.hub.tokens, *stage.hub.private_key.splitlines()[1:-1]]
    assert [one for one in secrets if one in log] == []


# --- a pipeline that raises what nobody expected: people are told in one sentence, and the next run goes on ----------


def test_a_run_that_fails_is_told_and_counted_and_blocks_nothing(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.break_pipeline()
    stage.server.settle()
    failed, rows = stage.server.jobs()["failed"], len(stage.server.rows("job failed"))
    steps = len(stage.server.rows("step failed"))
    installation = stage.hub.install(repository)
    (check,) = eventually(lambda: repository.base_checks, "a check run")
    stage.server.settle()
    assert (check.head_sha, check.conclusion) == (repository.git.branch("main"), "neutral")
    assert HUSH not in check.summary
    assert "Traceback" not in check.summary
    reference = check.summary.split("`")[1]
    stage.meant.add(reference)
    assert [row["reference"] for row in stage.server.rows("job failed")[rows:]] == [reference]
    assert [row["job"] for row in stage.server.rows("step failed")[steps:]] == [reference]
    assert stage.server.jobs()["failed"] == failed + 1
    stage.say_latest(alpha="2.0")
    stage.hub.uninstall(installation)
    assert stage.install(repository).title == "Update alpha"


def test_a_command_that_fails_is_answered(stage: Stage) -> None:
    repository = stage.add_repository()
    pull = stage.install(repository)
    stage.break_pipeline()
    comment = stage.command(repository, pull, "octo")
    (answer,) = stage.answers(repository, pull)
    stage.meant.add(answer.split("`")[1])
    assert "failed unexpectedly" in answer
    assert HUSH not in answer
    assert [content for _, content in comment.reactions] == ["eyes", "confused"]
