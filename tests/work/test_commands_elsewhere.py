"""Orders on pull requests for other base branches than the default one, and on what nothing is proposed for any more."""

from __future__ import annotations

from dataclasses import replace

from bot.orders import Order
from bot.ports.forge import PullRequestState
from bot.ports.run import BranchName
from tests.work.scene import MAIN, run, said
from tests.work.test_bases import BOTH, RELEASE, Branches, pulls, scene
from tests.work.test_commands import BAD, GOOD, add_dashboard, give, tick, words

OTHERS = BranchName("lockbot/release/1.x-all")


def bases() -> Branches:
    """With a configuration that can be read before anything is solved."""
    one = scene()
    one.forge.commit(MAIN, {".lockbot.json": '{"baseBranchPatterns": ["$default", "/^release/"]}'}, author="octo")
    return one


def number_of(one: Branches, branch: BranchName) -> int:
    (found,) = [pull for pull in one.forge.pull_requests.values() if pull.head_branch == branch]
    return found.number


def test_a_pull_request_for_another_base_is_rebuilt_on_that() -> None:
    one = bases()
    run(one)
    moved = one.forge.commit(RELEASE, {"other.txt": "x"}, author="octo")
    _, reactions, texts = give(one, number_of(one, OTHERS), "rebase")
    assert (reactions, texts) == (GOOD, [])
    assert one.forge.get_commit(one.forge.branches[OTHERS]).parents == (moved,)
    assert one.asked[-1].names_base


def test_one_for_a_base_that_nothing_is_proposed_for_says_so() -> None:
    one = bases()
    run(one)
    number = number_of(one, OTHERS)
    one.forge.branches[BranchName("mine")] = one.forge.branches[RELEASE]
    one.forge.pull_requests[number] = replace(one.forge.pull_requests[number], base_branch=BranchName("mine"))
    _, reactions, texts = give(one, number, "rebase")
    assert (reactions, words(texts)) == (
        BAD,
        [f"I can't rebuild this branch: #{number} uses it for `mine`, which is not the default branch."],
    )


def test_what_was_closed_there_is_made_again_there() -> None:
    one = bases()
    run(one)
    number = number_of(one, OTHERS)
    one.forge.close(number, by="ada")
    del one.forge.branches[OTHERS]
    _, reactions, _ = give(one, number, "recreate")
    assert reactions == GOOD
    assert pulls(one) == BOTH


def test_boxes_open_what_waits_on_any_base() -> None:
    for words_of_box in (Order(word="open", argument=OTHERS), Order(word="open-all")):
        one = bases()
        tick(one, add_dashboard(one), words_of_box)
        assert (BOTH[1] in pulls(one), len(pulls(one))) == (True, 2 if words_of_box.word == "open-all" else 1)


def test_all_of_every_base_are_rebuilt() -> None:
    one = bases()
    run(one)
    moved = {base: one.forge.commit(base, {"other.txt": "x"}, author="octo") for base in (MAIN, RELEASE)}
    dashboard = add_dashboard(one)
    tick(one, dashboard, Order(word="rebase-all"))
    found = one.forge.list_pull_requests(PullRequestState.OPEN)
    assert {pull.base_branch: one.forge.get_commit(pull.head).parents for pull in found} == {
        base: (head,) for base, head in moved.items()
    }
    assert said(one, dashboard) == []


def test_what_is_ignored_is_gone_there_as_well() -> None:
    one = bases()
    run(one)
    add_dashboard(one)
    one.proposals = ()
    _, reactions, _ = give(one, number_of(one, OTHERS), "ignore")
    assert reactions == GOOD
    assert pulls(one) == BOTH[:1]
