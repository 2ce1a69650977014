"""Orders on a forge in memory: who is obeyed, where, and what is said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.events.jobs import CommandJob, RunJob, Scope
from bot.orders import Order, find_orders, find_ticked, render_box
from bot.ports.forge import HeadCheckState, Permission, PullRequestState, Reaction
from bot.ports.run import BranchName, HeldBack, Problem, Width
from bot.work.commands.obeying import command_job, receive_command
from bot.work.commands.table import BOXES, COMMANDS
from bot.work.dashboard.body import Parts
from bot.work.dashboard.issue import find_dashboard
from bot.work.dashboard.state import DashboardState, Ignored
from bot.work.job import JobDone, find_home
from bot.work.looking import read_state
from bot.work.publishing.body_block import find_block
from tests.work.scene import BRANCH, MAIN, REF, Scene, opened, propose, propose_group, run, said

HIDDEN = re.compile(r"<!--.*?-->\n?")


def order(scene: Scene, number: int, *lines: str, author: str = "octo", editor: str | None = None) -> CommandJob:
    text = "\n".join(f"/lockbot {line}".rstrip() for line in lines)
    comment = scene.forge.add_comment(number, text, author=author)
    return CommandJob(
        repository=REF, number=number, comment=comment.id, author=author, editor=editor, orders=find_orders(text)
    )


def obey(scene: Scene, job: CommandJob) -> JobDone:
    """In both lanes, as a worker does."""
    return receive_command(scene.ports, job) or command_job(scene.ports, job, scene.steps, "guid")


def give(scene: Scene, number: int, *lines: str, author: str = "octo") -> tuple[JobDone, list[Reaction], list[str]]:
    """What came of it, the reactions to the comment, and what was said since."""
    before = said(scene, number)
    job = order(scene, number, *lines, author=author)
    done = obey(scene, job)
    assert job.comment is not None
    return done, scene.forge.reactions.get(job.comment, []), said(scene, number)[len(before) :]


def words(texts: list[str]) -> list[str]:
    """Without hidden marks."""
    return [HIDDEN.sub("", one).strip() for one in texts]


def add_dashboard(scene: Scene, state: DashboardState | None = None, *, boxes: str = "") -> int:
    """In place of the one that a run has made, if it has."""
    body = Parts(before="Ours.\n- [x] also ours").render(f"# Dashboard\n\n{boxes}", state or DashboardState())
    known = find_dashboard(find_home(scene.ports, scene.forge))
    if known is None:
        return scene.forge.open_issue("Dependency dashboard", body).number
    scene.forge.edit_issue(known.number, body=body)
    return known.number


def state_of(scene: Scene) -> DashboardState:
    return read_state(scene.ports, scene.forge)


OTHER = BranchName("lockbot/major-beta")
GOOD = [Reaction.EYES, Reaction.THUMBS_UP]
BAD = [Reaction.EYES, Reaction.CONFUSED]


# --- who ------------------------------------------------------------------------------------------


def test_a_command_of_a_stranger_is_answered_once() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.permissions["eve"] = Permission.READ
    for _ in range(3):
        _, reactions, _ = give(scene, pull.number, "rebase", author="eve")
        assert reactions == []
    assert words(said(scene, pull.number)) == ["Only people with write access to this repository can give me commands."]


@pytest.mark.parametrize("role", [Permission.NONE, Permission.READ, Permission.TRIAGE])
@pytest.mark.parametrize("line", [*(one.name for one in COMMANDS if one.name != "help"), "", "dance"])
def test_no_command_obeys_people_without_write_access(role: Permission, line: str) -> None:
    scene = Scene()
    pull, dashboard = opened(scene), add_dashboard(scene)
    scene.forge.permissions["eve"] = role
    before = dict(scene.forge.pull_requests)
    for number in (pull.number, dashboard):
        _, reactions, texts = give(scene, number, line, author="eve")
        assert (reactions, len(texts)) == ([], 1)
        assert "list" not in texts[0]
    assert (scene.forge.pull_requests, state_of(scene)) == (before, DashboardState())


@pytest.mark.parametrize(("author", "editor"), [("eve", "octo"), ("octo", "eve"), ("eve", "eve")])
def test_author_and_editor_must_both_be_allowed(author: str, editor: str) -> None:
    scene = Scene()
    pull = opened(scene)
    job = order(scene, pull.number, "rebase", author=author, editor=editor)
    assert receive_command(scene.ports, job) == JobDone(note="stranger")
    assert scene.forge.reactions == {}
    assert obey(scene, replace(job, author="octo", editor="octo")).note == "lockbot/non-major unchanged"


def test_the_author_of_a_pull_request_may_ask_for_help_only() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, author="ada")
    _, reactions, texts = give(scene, pull.number, "help", author="ada")
    assert reactions == GOOD
    assert "`/lockbot help`" in texts[0]
    assert "rebase" not in texts[0]
    _, reactions, texts = give(scene, pull.number, "help", author="eve")
    assert (reactions, words(texts)) == (
        [],
        ["Only people with write access to this repository and the pull request's author can give me commands."],
    )


# --- where ----------------------------------------------------------------------------------------


def test_on_a_persons_pull_request_it_is_said_where_a_command_belongs() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.pull_requests[pull.number] = replace(pull, author="ada")
    _, reactions, texts = give(scene, pull.number, "pause")
    assert reactions == [Reaction.CONFUSED]
    assert words(texts) == [
        (
            "`pause` can be ordered on open pull requests of mine and on my dashboard issue. "
            "`/lockbot recreate` makes a closed one again."
        )
    ]


def test_an_issue_that_is_no_dashboard_is_nobodys_business() -> None:
    scene = Scene()
    issue = scene.forge.open_issue("Help!", "no state in here")
    done, reactions, texts = give(scene, issue.number, "help")
    assert (done.note, reactions, texts) == ("nothing of this App's", [], [])


def test_a_mention_of_another_account_is_nobodys_business() -> None:
    scene = Scene()
    pull = opened(scene)
    comment = scene.forge.add_comment(pull.number, "@ada rebase", author="octo")
    job = CommandJob(
        repository=REF, number=pull.number, comment=comment.id, author="octo", orders=find_orders(comment.body)
    )
    assert obey(scene, job).note == "nothing of this App's"
    ours = find_orders(f"@{scene.app.identity.slug} rebase")
    assert obey(scene, replace(job, orders=ours)).note == "lockbot/non-major unchanged"


# --- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("rebase please", "`please` means nothing to me here: it is `/lockbot rebase`."),
        ("unignore", "Something is missing: it is `/lockbot unignore NAME`."),
        ("unignore a b", "`a b` means nothing to me here: it is `/lockbot unignore NAME`."),
        (
            "ignore this minor foo",
            (
                "`this minor foo` means nothing to me here: "
                "it is `/lockbot ignore [this version | this major | this dependency] [NAME]`."
            ),
        ),
        ("recreate", "`recreate` can be ordered on closed pull requests of mine and on my dashboard issue."),
    ],
)
def test_words_that_mean_nothing_are_answered(line: str, text: str) -> None:
    scene = Scene()
    pull = opened(scene)
    _, reactions, texts = give(scene, pull.number, line)
    assert (reactions, words(texts)) == ([Reaction.CONFUSED], [text])


def test_an_unknown_command_is_answered_with_the_list_once() -> None:
    scene = Scene()
    pull = opened(scene)
    _, reactions, (text,) = give(scene, pull.number, "dance")
    assert reactions == [Reaction.CONFUSED]
    assert text.count("I don't know `dance`.") == 1
    assert all(f"`/lockbot {one.name}" in text for one in COMMANDS if one.name != "recreate")
    for line in ("sing", ""):
        _, reactions, texts = give(scene, pull.number, line)
        assert (reactions, texts) == ([Reaction.CONFUSED], [])


def test_several_lines_are_obeyed_in_turn_and_answered_in_one_comment() -> None:
    scene = Scene()
    pull = opened(scene)
    add_dashboard(scene)
    done, reactions, texts = give(scene, pull.number, "pause", "dance", "resume", "rebase now")
    assert reactions == BAD
    (text,) = words(texts)
    lines = [line for line in text.splitlines() if line.startswith("`/lockbot")]
    assert [line.partition(": ")[0] for line in lines] == [
        "`/lockbot pause`", "`/lockbot dance`", "`/lockbot resume`", "`/lockbot rebase now`",
    ]  # fmt: skip
    assert done.note == "marked, unknown, marked, meaningless"
    block = find_block(scene.forge.pull_requests[pull.number].body)
    assert block is not None
    assert block.paused is None


def test_what_an_edit_adds_is_answered_in_the_same_comment() -> None:
    scene = Scene()
    pull = opened(scene)
    first = order(scene, pull.number, "pause")
    obey(scene, first)
    obey(scene, replace(first, orders=(Order(word="unignore", argument="alpha"),)))
    (text,) = words(said(scene, pull.number))
    assert text.startswith("I leave this pull request and its branch as they are until `/lockbot resume`.")
    assert "`/lockbot unignore alpha`: Nobody told me to ignore `alpha`." in text


def test_an_answer_is_not_given_twice_when_the_job_runs_again() -> None:
    scene = Scene()
    pull = opened(scene)
    job = order(scene, pull.number, "rebase", "pause")
    for _ in range(3):
        obey(scene, job)
    assert len(said(scene, pull.number)) == 1
    assert scene.forge.reactions[job.comment or 0] == GOOD


def test_nothing_is_begun_behind_an_order_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    pull = opened(scene)
    monkeypatch.setattr(scene, "run", None)
    job = order(scene, pull.number, "rebase", "pause")
    with pytest.raises(Exception, match="TypeError"):
        obey(scene, job)
    (text,) = words(said(scene, pull.number))
    assert "`/lockbot rebase`: I could not finish this: I failed unexpectedly." in text
    assert "`/lockbot pause`: Not begun, as what stands before it failed: order it again." in text
    block = find_block(scene.forge.pull_requests[pull.number].body)
    assert block is not None
    assert block.paused is None


def test_a_job_of_an_older_version_is_obeyed() -> None:
    scene = Scene()
    pull = opened(scene)
    comment = scene.forge.add_comment(pull.number, "/lockbot rebase", author="octo")
    job = CommandJob(repository=REF, number=pull.number, comment=comment.id, author="octo", command="rebase")
    assert obey(scene, job).note == "lockbot/non-major unchanged"


# --- rebase ---------------------------------------------------------------------------------------


def test_a_rebase_that_can_not_be_solved_says_why_and_keeps_the_branch() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.proposals, scene.problems = (), (Problem(message="PyPI does not answer", path="uv.lock"),)
    scene.solved = ()
    done, reactions, (text,) = give(scene, pull.number, "rebase")
    assert (done.note, reactions) == ("could not be solved", BAD)
    assert "PyPI does not answer" in text
    assert scene.forge.pull_requests[pull.number].head == pull.head


def test_a_rebase_by_branch_on_the_dashboard() -> None:
    scene = Scene()
    pull, dashboard = opened(scene), add_dashboard(scene)
    scene.base = scene.forge.commit(MAIN, {"other.txt": "x"}, author="octo")
    _, reactions, texts = give(scene, dashboard, f"rebase {BRANCH}")
    assert (reactions, texts) == (GOOD, [])
    assert scene.forge.get_commit(scene.forge.branches[BRANCH]).parents == (scene.base,)
    assert scene.forge.pull_requests[pull.number].head != pull.head
    _, reactions, texts = give(scene, dashboard, "rebase lockbot/none")
    assert (reactions, words(texts)) == (BAD, ["I have no open pull request for `lockbot/none`."])


# --- recreate -------------------------------------------------------------------------------------


def closed(scene: Scene) -> int:
    pull = opened(scene)
    scene.forge.close(pull.number, by="ada")
    del scene.forge.branches[BRANCH]
    return pull.number


def list_open(scene: Scene) -> list[int]:
    return [one.number for one in scene.forge.list_pull_requests(PullRequestState.OPEN)]


def test_what_a_person_closed_is_made_again() -> None:
    scene = Scene()
    number = closed(scene)
    run(scene)
    assert list_open(scene) == []
    _, reactions, texts = give(scene, number, "recreate")
    (new,) = list_open(scene)
    assert (reactions, words(texts)) == (GOOD, [f"Here it is again: #{new}."])
    run(scene)
    assert list_open(scene) == [new]
    # Closed once more it stays closed.
    scene.forge.close(new, by="ada")
    run(scene)
    assert list_open(scene) == []


def test_a_closed_one_whose_branch_is_still_there_is_opened_itself() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.close(pull.number, by="ada")
    _, reactions, texts = give(scene, pull.number, "recreate")
    assert (reactions, texts, list_open(scene)) == (GOOD, [], [pull.number])


def test_by_branch_on_the_dashboard_the_last_one_is_made_again() -> None:
    scene = Scene()
    closed(scene)
    dashboard = add_dashboard(scene)
    _, reactions, texts = give(scene, dashboard, f"recreate {BRANCH}")
    assert (reactions, texts, len(list_open(scene))) == (GOOD, [], 1)


def test_what_was_merged_is_not_made_again() -> None:
    scene = Scene()
    number = closed(scene)
    pull = scene.forge.pull_requests[number]
    scene.forge.pull_requests[number] = replace(pull, state=PullRequestState.MERGED)
    _, reactions, texts = give(scene, number, "recreate")
    assert (reactions, words(texts)) == (BAD, ["This was merged: there is nothing to make again."])


def test_nothing_is_made_again_where_nothing_is_left() -> None:
    scene = Scene()
    number = closed(scene)
    scene.proposals = ()
    _, reactions, (text,) = give(scene, number, "recreate")
    assert reactions == BAD
    assert text.startswith("<!--")
    assert "There is nothing to propose for `lockbot/non-major` now" in text


def test_what_an_open_one_leaves_out_is_taken_in_again() -> None:
    scene = Scene(proposals=(propose_group(alpha="1.1"),))
    run(scene)
    (first,) = list_open(scene)
    scene.forge.close(first, by="ada")
    del scene.forge.branches[BRANCH]
    scene.proposals = (propose_group(alpha="1.1", beta="1.2"),)
    run(scene, Scope.TURN)
    (second,) = list_open(scene)
    assert "alpha" not in scene.forge.find_file("uv.lock", scene.forge.branches[BRANCH])  # type: ignore[operator]
    _, reactions, texts = give(scene, first, "recreate")
    assert (reactions, words(texts)) == (GOOD, [f"Here it is again: #{second}."])
    assert scene.forge.find_file("uv.lock", scene.forge.branches[BRANCH]) == "alpha 1.1\nbeta 1.2\n"


# --- ignore ---------------------------------------------------------------------------------------


def test_ignoring_is_remembered_on_the_dashboard_and_told_to_the_solver() -> None:
    scene = Scene()
    pull = opened(scene)
    add_dashboard(scene)
    scene.proposals = ()
    done, reactions, texts = give(scene, pull.number, "ignore")
    assert reactions == GOOD
    row = Ignored(package="alpha", width=Width.ALL, by="octo", pull_request=pull.number)
    assert state_of(scene).ignored == (row,)
    (told,) = scene.asked[-1].ignored
    assert (told.package, told.width, told.reason) == (
        "alpha", Width.ALL, f"octo said to ignore it, in pull request {pull.number}",
    )  # fmt: skip
    assert list_open(scene) == []
    assert words(texts) == [
        "I leave `alpha` where it is from now on, in every proposal. `/lockbot unignore alpha` takes that back.",
        "Nothing is left to do here: `alpha` is ignored.",
    ] or words(texts) == [
        "Nothing is left to do here: `alpha` is ignored.",
        "I leave `alpha` where it is from now on, in every proposal. `/lockbot unignore alpha` takes that back.",
    ]
    assert done.follow == (RunJob(repository=REF, scope=Scope.OPEN),)
    # lockbot closed it, so that it comes again.
    give(scene, pull.number, "unignore Alpha")
    assert state_of(scene).ignored == ()
    scene.proposals = (propose(),)
    run(scene)
    assert len(list_open(scene)) == 1


@pytest.mark.parametrize(
    ("line", "width", "version"),
    [
        ("ignore this version", Width.VERSION, "2.0"),
        ("ignore this major", Width.MAJOR, "2.0"),
        ("ignore This Major Version Alpha", Width.MAJOR, "2.0"),
        ("ignore this dependency", Width.ALL, ""),
        ("ignore alpha", Width.ALL, ""),
    ],
)
def test_how_much_is_ignored(line: str, width: Width, version: str) -> None:
    scene = Scene()
    pull = opened(scene)
    add_dashboard(scene)
    _, reactions, texts = give(scene, pull.number, line)
    assert reactions == GOOD
    assert version in texts[0]
    (row,) = state_of(scene).ignored
    assert (row.package, row.width, row.version) == ("alpha", width, version)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ignore", "Which one? This updates `alpha`, `beta`."),
        ("ignore this version", "Which one? This updates `alpha`, `beta`."),
        (
            "ignore this version gamma",
            "I propose no version of `gamma` here. `this dependency` ignores all of it.",
        ),
        (
            "ignore this major alpha",
            "`alpha 1.1` is no new major. `this version` or `this dependency` can be ignored here.",
        ),
    ],
)
def test_what_can_not_be_ignored_is_said(line: str, text: str) -> None:
    scene = Scene(proposals=(propose_group(alpha="1.1", beta="1.2"),))
    run(scene)
    add_dashboard(scene)
    _, reactions, texts = give(scene, list_open(scene)[0], line)
    assert (reactions, words(texts), state_of(scene).ignored) == (BAD, [text], ())


def test_a_group_is_rebuilt_without_what_is_ignored() -> None:
    scene = Scene(proposals=(propose_group(alpha="1.1", beta="1.2"),))
    run(scene)
    add_dashboard(scene)
    (number,) = list_open(scene)
    scene.proposals = (propose_group(beta="1.2"),)
    _, reactions, _ = give(scene, number, "ignore this version alpha")
    assert (reactions, list_open(scene)) == (GOOD, [number])
    assert scene.forge.find_file("uv.lock", scene.forge.branches[BRANCH]) == "beta 1.2\n"


def test_without_a_dashboard_the_lines_of_the_configuration_are_said() -> None:
    scene = Scene()
    scene.forge.repository = replace(scene.forge.repository, has_issues=False)
    pull = opened(scene)
    _, reactions, (text,) = give(scene, pull.number, "ignore this dependency")
    assert reactions == BAD
    assert '"matchPackageNames": [' in text
    assert '"enabled": false' in text
    assert list_open(scene) == [pull.number]


def test_on_the_dashboard_a_name_is_needed() -> None:
    scene = Scene()
    opened(scene)
    dashboard = add_dashboard(scene)
    _, reactions, _ = give(scene, dashboard, "ignore")
    assert reactions == [Reaction.CONFUSED]
    _, reactions, _ = give(scene, dashboard, "ignore this major alpha")
    (row,) = state_of(scene).ignored
    assert (reactions, row.pull_request, row.version) == (GOOD, None, "2.0")


# --- merge ----------------------------------------------------------------------------------------


def test_what_nothing_stands_in_the_way_of_is_merged() -> None:
    scene = Scene()
    pull, dashboard = opened(scene), add_dashboard(scene)
    _, reactions, texts = give(scene, pull.number, "merge")
    assert (reactions, texts) == (GOOD, [])
    merged = scene.forge.pull_requests[pull.number]
    assert merged.state is PullRequestState.MERGED
    # Once more, as a job that was killed does.
    give(scene, dashboard, f"merge {BRANCH}")
    assert scene.forge.pull_requests[pull.number] == merged


def test_what_is_required_is_waited_for_by_the_forges_own_merging() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.repository = replace(scene.forge.repository, allows_auto_merge=True)
    scene.forge.required_checks = frozenset({"tests"})
    _, reactions, texts = give(scene, pull.number, "merge")
    assert (reactions, words(texts)) == (
        GOOD,
        ["GitHub merges this as soon as everything that it requires has passed."],
    )
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.OPEN
    scene.forge.set_check(pull.head, "tests")
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.MERGED


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (HeadCheckState.PENDING, "Not merged: a required check is still running."),
        (HeadCheckState.FAILED, "Not merged: a required check has failed."),
    ],
)
def test_nothing_is_merged_past_a_protection(state: HeadCheckState, text: str) -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.required_checks = frozenset({"tests"})
    scene.forge.set_check(pull.head, "tests", state)
    _, reactions, texts = give(scene, pull.number, "merge")
    assert (reactions, words(texts)) == (BAD, [text])
    assert scene.forge.pull_requests[pull.number].state is PullRequestState.OPEN


def test_a_review_that_is_required_is_said() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.reviews_required = True
    _, reactions, texts = give(scene, pull.number, "merge")
    assert (reactions, words(texts)) == (BAD, ["Not merged: a review is required."])


# --- pause ----------------------------------------------------------------------------------------


def test_a_paused_pull_request_is_left_as_it_is_until_it_goes_on() -> None:
    scene = Scene()
    pull = opened(scene)
    give(scene, pull.number, "pause")
    paused = scene.forge.pull_requests[pull.number]
    scene.forge.commit(MAIN, {"uv.lock": "alpha 1.1\n"}, author="octo")
    scene.proposals = (propose("3.0"),)
    run(scene)
    scene.proposals = ()
    run(scene)
    assert scene.forge.pull_requests[pull.number] == paused
    done, reactions, _ = give(scene, pull.number, "resume")
    assert (reactions, done.follow) == (GOOD, (RunJob(repository=REF, scope=Scope.OPEN),))
    run(scene)
    assert list_open(scene) == []


def test_a_paused_repository_is_remembered_on_the_dashboard() -> None:
    scene = Scene()
    dashboard = add_dashboard(scene)
    _, reactions, _ = give(scene, dashboard, "pause")
    assert (reactions, state_of(scene).paused) == (GOOD, "octo")
    _, reactions, _ = give(scene, dashboard, "resume")
    assert (reactions, state_of(scene).paused) == (GOOD, None)
    _, reactions, texts = give(scene, dashboard, "resume")
    assert (reactions, words(texts)) == (BAD, ["Nothing is paused here."])


def test_on_the_dashboard_one_branch_can_be_paused() -> None:
    scene = Scene()
    pull, dashboard = opened(scene), add_dashboard(scene)
    give(scene, dashboard, f"pause {BRANCH}")
    block = find_block(scene.forge.pull_requests[pull.number].body)
    assert block is not None
    assert (block.paused, state_of(scene).paused) == ("octo", None)


# --- explain --------------------------------------------------------------------------------------


def test_a_package_is_explained_as_the_command_line_does() -> None:
    scene = Scene(explained={"alpha": ("alpha 1.0  (uv.lock)", "  asked for by:", "    ```the @project```: alpha")})
    pull = opened(scene)
    _, reactions, (text,) = give(scene, pull.number, "explain Alpha")
    assert reactions == GOOD
    assert "````\nalpha 1.0  (uv.lock)\n  asked for by:\n    ```the @project```: alpha\n````" in text
    assert scene.asked[-1].explain == ("alpha",)
    _, _, texts = give(scene, pull.number, "explain nothing-like-it")
    assert words(texts) == ["`nothing-like-it` is in no lock here."]


def test_without_a_name_all_is_explained_that_moves_or_is_held_back() -> None:
    held = HeldBack(package="gamma", current="1.0", latest="2.0", reason="delta wants gamma<2")
    explained = {name: (f"{name} 1.0",) for name in ("alpha", "beta", "gamma")}
    scene = Scene(proposals=(propose_group(alpha="1.1", beta="1.2"),), held_back=(held,), explained=explained)
    run(scene)
    _, reactions, (text,) = give(scene, list_open(scene)[0], "explain")
    assert reactions == GOOD
    assert [f"<summary>{name}</summary>" in text for name in explained] == [True] * 3
    assert scene.asked[-1].explain == ("alpha", "beta", "gamma")


def test_of_too_much_what_there_is_no_room_for_is_counted() -> None:
    held = tuple(HeldBack(package=f"p{number}", current="1", latest="2", reason="") for number in range(30))
    explained = {one.package: ("x" * 90,) * 60 for one in held}
    scene = Scene(proposals=(propose_group(alpha="1.1"),), held_back=held, explained=explained)
    run(scene)
    _, _, (text,) = give(scene, list_open(scene)[0], "explain")
    assert len(text) < scene.forge.limits.body
    assert "There is no room for" in text


# --- boxes ----------------------------------------------------------------------------------------


def tick(scene: Scene, number: int, *orders: Order, by: str = "octo") -> JobDone:
    return obey(scene, CommandJob(repository=REF, number=number, author=by, orders=orders))


def box(word: str, argument: str = "") -> str:
    return render_box("Do it", word, argument).replace("[ ]", "[x]")


def test_a_ticked_box_rebases_and_loses_its_tick() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.edit_pull_request(pull.number, body=f"{box('rebase')}\n- [x] mine\n{pull.body}")
    scene.base = scene.forge.commit(MAIN, {"other.txt": "x"}, author="octo")
    tick(scene, pull.number, Order(word="rebase"))
    now = scene.forge.pull_requests[pull.number]
    assert scene.forge.get_commit(now.head).parents == (scene.base,)
    assert find_ticked(now.body) == ()
    assert "- [x] mine" in now.body
    assert said(scene, pull.number) == []


def test_a_box_that_a_stranger_ticks_does_nothing_but_lose_its_tick() -> None:
    scene = Scene()
    pull = opened(scene)
    scene.forge.edit_pull_request(pull.number, body=f"{box('rebase')}\n{pull.body}")
    scene.forge.commit(MAIN, {"other.txt": "x"}, author="octo")
    scene.forge.permissions["eve"] = Permission.TRIAGE
    tick(scene, pull.number, Order(word="rebase"), by="eve")
    now = scene.forge.pull_requests[pull.number]
    assert (now.head, find_ticked(now.body)) == (pull.head, ())
    assert len(said(scene, pull.number)) == 1


def test_boxes_of_the_dashboard_open_what_waits() -> None:
    scene = Scene(proposals=(propose(), propose(branch=OTHER)), is_open=False)
    dashboard = add_dashboard(scene, boxes=f"{box('open', BRANCH)}\n{box('open-all')}")
    scene.config = replace(scene.config, schedule=("on monday",))
    run(scene)
    assert list_open(scene) == []
    tick(scene, dashboard, Order(word="open", argument=BRANCH))
    (first,) = list_open(scene)
    assert scene.forge.pull_requests[first].head_branch == BRANCH
    assert state_of(scene).opened == ()
    assert find_ticked(scene.forge.get_issue(dashboard).body) == (Order(word="open-all"),)
    tick(scene, dashboard, Order(word="open-all"))
    assert len(list_open(scene)) == 2
    assert find_ticked(scene.forge.get_issue(dashboard).body) == ()
    assert said(scene, dashboard) == []


def test_what_can_not_be_opened_now_is_remembered() -> None:
    scene = Scene()
    dashboard = add_dashboard(scene, boxes=box("open", BRANCH))
    scene.problems, scene.solved = (Problem(message="PyPI does not answer"),), ()
    tick(scene, dashboard, Order(word="open", argument=BRANCH))
    assert state_of(scene).opened == (BRANCH,)
    (text,) = said(scene, dashboard)
    assert "PyPI does not answer" in text


def test_all_are_rebuilt_by_one_box() -> None:
    scene = Scene(proposals=(propose(), propose(branch=OTHER)))
    run(scene)
    dashboard = add_dashboard(scene, boxes=box("rebase-all"))
    scene.base = scene.forge.commit(MAIN, {"other.txt": "x"}, author="octo")
    tick(scene, dashboard, Order(word="rebase-all"))
    heads = [one.head for one in scene.forge.list_pull_requests(PullRequestState.OPEN)]
    assert [scene.forge.get_commit(one).parents for one in heads] == [(scene.base,)] * 2


def test_other_boxes_of_the_dashboard() -> None:
    scene = Scene()
    closed(scene)
    row = Ignored(package="alpha", width=Width.ALL, by="octo")
    boxes = "\n".join((box("recreate", BRANCH), box("unignore", "alpha"), box("resume")))
    dashboard = add_dashboard(scene, DashboardState(ignored=(row,), paused="ada"), boxes=boxes)
    tick(scene, dashboard, *find_ticked(scene.forge.get_issue(dashboard).body))
    assert (state_of(scene).ignored, state_of(scene).paused) == ((), None)
    assert len(list_open(scene)) == 1
    assert find_ticked(scene.forge.get_issue(dashboard).body) == ()


def test_boxes_order_nothing_that_is_no_box() -> None:
    scene = Scene()
    pull = opened(scene)
    done = tick(scene, pull.number, Order(word="merge"))
    assert done.note == "unknown"


# --- the table ------------------------------------------------------------------------------------


def test_the_table_has_each_command_once_as_it_is_given() -> None:
    names = [one.name for one in COMMANDS]
    assert names == sorted(set(names))
    assert [one.word for name in names for one in find_orders(f"/lockbot {name}")] == names
    assert len({one.name for one in BOXES}) == len(BOXES)


def test_every_box_of_the_table_can_be_drawn_and_is_read() -> None:
    for one in BOXES:
        assert find_ticked(box(one.name, "lockbot/x")) == (Order(word=one.name, argument="lockbot/x"),)
