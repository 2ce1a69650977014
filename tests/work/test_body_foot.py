"""What the foot of a pull request leads to when it is published."""

from __future__ import annotations

from dataclasses import replace

from bot.events.jobs import Scope
from bot.ports.forge import PullRequestState
from bot.ports.run import RunReport
from bot.report.pulls.foot import foot, with_dashboard
from bot.work.publishing.body_block import Block, render_body
from bot.work.publishing.closed import look_back
from bot.work.publishing.occasion import find_occasion
from bot.work.publishing.publish import publish_proposal
from bot.work.publishing.target import Target
from tests.work.scene import MAIN, Scene, propose, run

BODY = f"Moves alpha.\n\n{foot('.lockbot.json')}\n"


def test_the_dashboard_is_linked_where_it_is_known() -> None:
    scene = Scene()
    proposal = replace(propose(), body=BODY)
    target = Target(
        forge=scene.forge, identity=scene.app.get_identity(), base=scene.base, base_branch=MAIN, dashboard=12
    )
    report = RunReport(base=scene.base, base_branch=MAIN, proposals=(proposal,))
    occasion = find_occasion(target, Scope.ALL, report, {proposal.branch: look_back(target, proposal)}, ())
    number = publish_proposal(target, proposal, occasion).number
    assert number is not None
    body = scene.forge.get_pull_request(number).body
    assert "This repository: [configuration](../blob/HEAD/.lockbot.json), [the dashboard](../issues/12)." in body


def test_a_run_links_the_dashboard_that_is_open() -> None:
    scene = Scene(proposals=(replace(propose(), body=BODY),))
    for _ in range(2):
        run(scene)
    (dashboard,) = scene.forge.list_own_issues()
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    assert f"[the dashboard](../issues/{dashboard.number})." in pull.body
    written = pull.body
    run(scene)
    assert scene.forge.get_pull_request(pull.number).body == written


def test_a_link_stays_where_nobody_knows_of_the_dashboard() -> None:
    block = Block(key="k")
    old = render_body(with_dashboard(BODY, 12), block, 65_536)
    assert render_body(BODY, block, 65_536, old=old) == old
    assert "../issues/13" in render_body(with_dashboard(BODY, 13), block, 65_536, old=old)
    assert "../issues" not in render_body(BODY, block, 65_536, old=render_body(BODY, block, 65_536))
    assert render_body("no foot", block, 65_536, old=old).startswith("<!-- lockbot -->\nno foot\n")


def test_a_body_without_a_foot_stays() -> None:
    assert with_dashboard("Moves alpha.\n", 12) == "Moves alpha.\n"
    assert with_dashboard(BODY, 12).count("---") == 1


def test_a_path_of_people_can_not_leave_its_link() -> None:
    assert "[configuration](../blob/HEAD/a%29%20%5Bb%5D%28x.json)" in foot("a) [b](x.json")
