"""The dashboard of a whole server: an issue on the stand-in for GitHub, its people, and GitHub's bad days."""

from __future__ import annotations

import json
import re

import pytest

from bot.orders import find_ticked
from bot.work.dashboard.state import find_state
from tests.github.model import Issue, Repository
from tests.github.rendering import render
from tests.github.wire import Reply
from tests.runs.conftest import Stage
from tests.runs.server import eventually
from tests.runs.test_lost import again

REBASE = "<!-- lockbot-box: rebase lockbot/all-non-major -->"


def installed(stage: Stage, files: dict[str, str] | None = None) -> tuple[Repository, Issue]:
    repository = stage.add_repository(files)
    stage.install(repository)
    return repository, the_dashboard(repository)


def the_dashboard(repository: Repository) -> Issue:
    (one,) = repository.issues.values()
    return one


def writes(stage: Stage, since: int) -> list[str]:
    """What was asked of issues by then, but for pull requests and comments."""
    issues = re.compile(r"/repos/[^/]+/[^/]+/issues(?:/\d+)?$")
    found = (one for one in stage.hub.seen[since:] if issues.search(one.path) and one.status < 300)
    return [one.method for one in found if one.method != "GET"]


def test_it_is_opened_after_the_first_run_and_kept(stage: Stage) -> None:
    repository, issue = installed(stage)
    (pull,) = repository.pulls.values()
    assert (issue.title, issue.author.login, issue.state) == ("Dependency Dashboard", stage.hub.app.bot.login, "open")
    assert f"- [ ] {REBASE} [Update alpha](../pull/{pull.number})" in issue.body
    assert "## Waiting" not in issue.body
    stage.hub.merge(repository, pull.number, login="octo")
    stage.server.settle()
    assert the_dashboard(repository) is issue
    assert "## Open" not in issue.body


def test_a_pull_request_that_a_person_closes_is_told_at_once_and_then_in_its_section(stage: Stage) -> None:
    repository, issue = installed(stage)
    stage.hub.close(repository, 1, login="octo")
    stage.server.settle()
    box = "<!-- lockbot-box: recreate lockbot/all-non-major -->"
    assert f"\n- [ ] {box} [Update alpha](../pull/1): closed. A tick proposes it again\n" in issue.body
    again(stage, repository)
    closed = "## Closed by people\n\nThese were closed without being merged. A tick proposes them again.\n\n- [ ] "
    assert f"{closed}{box} [Update alpha](../pull/1)\n" in issue.body
    assert "## Open" not in issue.body


def test_a_closing_is_taken_back_by_a_tick_before_any_run(stage: Stage) -> None:
    repository, issue = installed(stage)
    stage.hub.close(repository, 1, login="octo")
    stage.server.settle()
    stage.hub.tick(repository, issue.number, "<!-- lockbot-box: recreate lockbot/all-non-major -->", login="octo")
    stage.server.settle()
    assert [one.number for one in repository.open_pulls()] == [3]
    assert f"- [ ] {REBASE} [Update alpha](../pull/3)" in issue.body


def test_nothing_new_is_not_written_and_costs_no_request(stage: Stage) -> None:
    repository, _issue = installed(stage)
    again(stage, repository)
    since = len(stage.hub.seen)
    again(stage, repository)
    assert writes(stage, since) == []
    assert [one.path for one in stage.hub.seen[since:] if "/issues" in one.path] == [], "the run's look shows it"


def test_a_tick_while_a_run_goes_on_is_kept_and_then_obeyed(stage: Stage) -> None:
    repository, issue = installed(stage)
    (pull,) = repository.pulls.values()
    written: list[str] = []
    stage.hold()
    # A push that changes what is proposed.
    stage.say_latest(alpha="2.0", beta="2.0")
    stage.hub.push(repository, {"pins.toml": "alpha==1.0\nbeta==1.0\n\n"})
    stage.wait_until_held()
    stage.hub.tick(repository, issue.number, REBASE, login="octo")
    stage.hub.after(rf"PATCH .*/issues/{issue.number}$", lambda: written.append(issue.body))
    stage.hub.edit(repository, pull.number, title="Ours", login="octo")
    stage.release()
    stage.server.settle()
    assert [one.word for one in find_ticked(written[0])] == ["rebase"]
    assert "[Ours](../pull/" in issue.body
    assert find_ticked(issue.body) == ()
    assert repository.git.read_commit(pull.head_sha).parents == (repository.git.branch("main"),)


def test_what_is_said_on_a_pull_request_stands_there_at_once(stage: Stage) -> None:
    repository, issue = installed(stage)
    (pull,) = repository.pulls.values()
    stage.command(repository, pull, "octo", "/lockbot ignore this dependency")
    state = find_state(issue.body)
    assert state is not None
    assert [(one.package, one.by) for one in state.ignored] == [("alpha", "octo")]
    assert "- [ ] <!-- lockbot-box: unignore alpha --> alpha: every version, by `octo`" in issue.body


def test_one_that_a_person_closes_stays_closed_and_is_kept_up_to_date(stage: Stage) -> None:
    repository, issue = installed(stage)
    with stage.hub._lock:
        stage.hub.set_issue_state(repository, issue, "closed", repository.owner)
    stage.hub.edit(repository, 1, title="Ours", login="octo")
    again(stage, repository)
    assert (issue.state, "[Ours](../pull/" in issue.body) == ("closed", True)


def test_a_broken_configuration_stands_at_the_top(stage: Stage) -> None:
    repository, issue = installed(stage)
    stage.hub.push(repository, {".lockbot.json": '{\n  "schedule" []\n}\n'})
    stage.server.settle()
    text = issue.body.replace("\r\n", "\n")
    head = text[text.index("## ") :]
    assert head.startswith(
        "## Problems\n\n- **Not valid:** `.lockbot.json`, line 2: Expecting ':' delimiter (write JSON)\n"
    )
    assert "the configuration of" in head or "lockbot proposes nothing" in head
    stage.hub.push(repository, {".lockbot.json": None})
    stage.server.settle()
    assert "Not valid" not in issue.body


def test_one_that_is_deleted_is_opened_anew(stage: Stage) -> None:
    repository, issue = installed(stage)
    del repository.issues[issue.number]
    again(stage, repository)
    assert the_dashboard(repository).number > issue.number


def test_a_repository_in_which_nothing_is_found_gets_none(stage: Stage) -> None:
    repository = stage.add_repository({"readme.md": "hello\n"})
    stage.hub.install(repository)
    stage.server.settle()
    assert (repository.pulls, repository.issues) == ({}, {})


def test_an_archived_one_gets_none(stage: Stage) -> None:
    repository = stage.add_repository()
    repository.archived = True
    stage.hub.install(repository)
    stage.server.settle()
    assert repository.issues == {}


# --- where there can be none ----------------------------------------------------------------------


def checks(repository: Repository) -> list[tuple[str, str]]:
    return [(one.title, one.summary) for one in repository.checks.values() if one.name == "lockbot dashboard"]


def test_where_issues_are_turned_off_a_check_run_says_the_same(stage: Stage) -> None:
    repository = stage.add_repository()
    repository.has_issues = False
    pull = stage.install(repository)
    again(stage, repository)
    ((title, summary),) = checks(repository)
    assert (title, repository.issues) == ("1 open", {})
    assert summary.startswith("Issues are turned off in this repository")
    assert f"- Update alpha (#{pull.number})" in summary
    assert "lockbot-box" not in summary


def test_where_the_permission_is_not_accepted_a_check_run_says_so(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hub.install(repository, without="issues")
    stage.server.settle()
    ((_, summary),) = checks(repository)
    assert summary.startswith("This App may not write issues here")
    assert (len(repository.pulls), repository.issues) == (1, {})


def test_what_the_account_has_not_accepted_is_named(stage: Stage) -> None:
    repository = stage.add_repository()
    stage.hub.install(repository, without="statuses")
    stage.server.settle()
    assert "has not been granted statuses: read" in the_dashboard(repository).body


# --- bad days -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [502, 503])
def test_a_bad_answer_is_asked_again_and_opens_one(stage: Stage, status: int) -> None:
    repository = stage.add_repository()
    stage.hub.fail_next(r"POST .*/issues$", Reply(status=status, body={"message": "Server Error"}))
    stage.install(repository)
    issue = eventually(lambda: next(iter(repository.issues.values()), None), "the dashboard is opened")
    stage.server.settle()
    assert the_dashboard(repository) is issue
    assert len(repository.pulls) == 1


def test_words_of_strangers_stay_words(stage: Stage) -> None:
    """A pull request's title that anybody with write access may set."""
    repository, issue = installed(stage)
    stage.hub.edit(repository, 1, title="@octo-org/all <!-- x --> [a](https://evil.test) #1", login="octo")
    again(stage, repository)
    assert "octo-org/all" in issue.body.replace("\u200b", "")
    live = [(kind, what) for kind, what in render(issue.body).live if "lockbot" not in what and "../pull/" not in what]
    assert live == []


def test_the_memory_is_small_and_readable(stage: Stage) -> None:
    _, issue = installed(stage)
    found = re.search(r"<!-- lockbot-dashboard: (\{.*\}) -->", issue.body)
    assert found is not None
    assert set(json.loads(found[1])) <= {"pulls", "title", "drift"}
