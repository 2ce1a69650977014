"""Boxes that no workflow heard of are obeyed for who ticked them, as far as the texts' edits tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.events.jobs import CommandJob
from bot.forge.memory import MemoryForgeApp
from bot.orders import Order, find_ticked, render_box, tick_boxes
from bot.ports.forge import AppIdentity, Permission
from bot.ports.steps import PlainSteps
from bot.work.alone.boxes import find_ticks
from bot.work.alone.jobs import do_job, find_unheard
from tests.work.scene import BRANCH, REF, Scene, opened

PERSON = AppIdentity(slug="ada", login="ada", is_shared=True)
WORKFLOWS = AppIdentity(slug="github-actions", login="github-actions[bot]", is_shared=True)
REBASE = Order(word="rebase")


def make(identity: AppIdentity | None = None) -> Scene:
    scene = Scene(app=MemoryForgeApp() if identity is None else MemoryForgeApp(identity=identity))
    scene.forge.permissions |= {"ada": Permission.WRITE, "bob": Permission.WRITE, "eve": Permission.READ}
    return scene


def tick(scene: Scene, number: int, writers: Sequence[str], *orders: Order) -> None:
    """By one of them, who have all written there."""
    forge = scene.forge
    if number in forge.issues:
        forge.issues[number] = replace(forge.issues[number], body=tick_boxes(forge.issues[number].body, orders))
    else:
        body = tick_boxes(f"{forge.pull_requests[number].body}\n{render_box('again', 'rebase')}\n", orders)
        forge.pull_requests[number] = replace(forge.pull_requests[number], body=body)
    forge.writers[number] = list(writers)


@pytest.mark.parametrize(
    ("identity", "writers", "who"),
    [
        (None, ["ada"], "ada"),
        (None, ["lockbot[bot]", "ada", "lockbot[bot]"], "ada"),
        (None, ["bob", "ada"], "ada"),
        # Nobody but lockbot, which sets no tick; or nobody at all, where the forge tells nothing.
        (None, ["lockbot[bot]"], None),
        (None, [], None),
        # Either may have been the one.
        (None, ["ada", "eve"], None),
        (None, ["eve"], "eve"),
        # Of an App nobody knows for whom it acts.
        (None, ["ada", "other[bot]"], None),
        (None, ["ada", "ghost"], None),
        (WORKFLOWS, ["github-actions[bot]", "bob"], "bob"),
        (WORKFLOWS, ["github-actions[bot]"], None),
        # Under a person's name lockbot ticks nothing either: it was that person.
        (PERSON, ["ada"], "ada"),
        (PERSON, ["ada", "bob", "ada"], "ada"),
    ],
)
def test_a_tick_is_of_who_wrote_there_lately_if_they_may_all_order_or_none(
    identity: AppIdentity | None, writers: list[str], who: str | None
) -> None:
    scene = make(identity)
    pull = opened(scene)
    tick(scene, pull.number, writers, REBASE)
    wanted = [] if who is None else [CommandJob(repository=REF, number=pull.number, author=who, orders=(REBASE,))]
    assert list(find_ticks(scene.ports, REF)) == wanted


def test_no_tick_is_no_order_and_nobody_is_asked_about() -> None:
    scene = make()
    tick(scene, opened(scene).number, ["ada"])
    assert list(find_ticks(scene.ports, REF)) == []


@pytest.mark.parametrize("login", ["ada", "eve"])
def test_a_box_is_obeyed_or_refused_and_loses_its_tick(login: str) -> None:
    scene = make()
    pull = opened(scene)
    tick(scene, pull.number, [login], REBASE)
    done = [
        what.note for job in find_unheard(scene.ports, REF) for _, what in do_job(scene.ports, job, PlainSteps(), "x")
    ]
    assert (done == ["stranger"]) is (login == "eve"), done
    assert find_ticked(scene.forge.pull_requests[pull.number].body) == ()
    (said,) = scene.forge.list_comments(pull.number)
    assert ("Solved again" in said.body) is (login == "ada"), said
    assert find_unheard(scene.ports, REF) == ()


def test_boxes_of_the_dashboard_are_found_too_and_issues_that_may_not_be_read_are_in_nobodys_way() -> None:
    scene = make()
    pull, again = opened(scene), Order(word="rebase", argument=BRANCH)
    (board,) = scene.forge.issues
    tick(scene, board, ["bob"], again)
    tick(scene, pull.number, ["ada"], REBASE)
    assert [(one.number, one.author) for one in find_ticks(scene.ports, REF)] == [(pull.number, "ada"), (board, "bob")]
    scene.forge.lacking = ("issues: write",)
    assert [one.number for one in find_ticks(scene.ports, REF)] == [pull.number]


def test_pull_requests_of_others_under_the_same_name_have_no_boxes() -> None:
    scene = make(WORKFLOWS)
    pull = opened(scene)
    tick(scene, pull.number, ["ada"], REBASE)
    bare = scene.forge.pull_requests[pull.number]
    scene.forge.pull_requests[pull.number] = replace(bare, body=tick_boxes(render_box("again", "rebase"), (REBASE,)))
    assert list(find_ticks(scene.ports, REF)) == []
