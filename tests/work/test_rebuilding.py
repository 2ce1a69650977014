"""When a branch is rebuilt, and when people have it left as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.handling import Handling, Labels, Merging, RebaseWhen
from bot.ports.run import ConfigState, Proposal
from bot.work.publishing.body_block import find_block, replace_block
from bot.work.publishing.outcome import Outcome
from tests.work.scene import BRANCH, MAIN, Scene, one_outcome, propose, run

MERGED = Merging(wanted=True)
LABELS = ConfigState(path=".lockbot.json", labels=Labels(keep="keep-updated", stop="stop-updating"))


def proposed(version: str, when: RebaseWhen, merging: Merging) -> Proposal:
    return replace(propose(version), handling=Handling(rebase_when=when, merging=merging))


#: Of each word: is it rebuilt when the base has moved at all, has changed its file, when its own content changed?
TABLE = [
    (RebaseWhen.AUTO, Merging(), (False, True, True)),
    (RebaseWhen.AUTO, MERGED, (True, True, True)),
    (RebaseWhen.CONFLICTED, MERGED, (False, True, True)),
    (RebaseWhen.BEHIND, Merging(), (True, True, True)),
    (RebaseWhen.AUTOMERGING, MERGED, (True, True, True)),
    (RebaseWhen.AUTOMERGING, Merging(), (False, False, False)),
    (RebaseWhen.NEVER, MERGED, (False, False, False)),
]


@pytest.mark.parametrize(("when", "merging", "expected"), TABLE)
def test_a_branch_is_rebuilt(when: RebaseWhen, merging: Merging, expected: tuple[bool, bool, bool]) -> None:
    found = []
    for change in ({"readme.md": "x"}, {"uv.lock": "alpha 1.1\n"}, None):
        scene = Scene(proposals=(proposed("2.0", when, merging),))
        run(scene)
        before = scene.forge.branches[BRANCH]
        if change is None:
            scene.proposals = (proposed("3.0", when, merging),)
        else:
            scene.forge.commit(MAIN, change, author="octo")
        run(scene)
        found.append(scene.forge.branches[BRANCH] != before)
    assert tuple(found) == expected


def test_what_is_never_rebuilt_keeps_its_words_too() -> None:
    scene = Scene(proposals=(proposed("2.0", RebaseWhen.NEVER, Merging()),))
    run(scene)
    before = scene.forge.pull_requests[1]
    scene.proposals = (proposed("3.0", RebaseWhen.NEVER, Merging()),)
    assert one_outcome(scene) is Outcome.UNCHANGED
    assert scene.forge.pull_requests[1] == before


def pulled(scene: Scene, *labels: str) -> PullRequest:
    run(scene)
    (pull,) = scene.forge.list_pull_requests(PullRequestState.OPEN)
    scene.forge.pull_requests[pull.number] = replace(pull, labels=labels)
    return scene.forge.pull_requests[pull.number]


def test_a_label_keeps_it_updated() -> None:
    scene = Scene(proposals=(proposed("2.0", RebaseWhen.NEVER, Merging()),), config=LABELS)
    pull = pulled(scene, "keep-updated")
    scene.forge.commit(MAIN, {"readme.md": "x"}, author="octo")
    assert one_outcome(scene) is Outcome.REFRESHED
    assert scene.forge.pull_requests[pull.number].head != pull.head


def test_a_label_has_it_left_as_it_is() -> None:
    scene = Scene(proposals=(propose(),), config=LABELS)
    pull = pulled(scene, "stop-updating")
    scene.proposals = (propose("3.0"),)
    assert one_outcome(scene) is Outcome.PAUSED
    scene.proposals = ()
    assert run(scene).published == ()
    assert scene.forge.pull_requests[pull.number] == pull
    scene.forge.pull_requests[pull.number] = replace(pull, labels=())
    assert one_outcome(scene) is Outcome.RETIRED


def test_so_has_a_word_in_its_block_which_lasts() -> None:
    scene = Scene(proposals=(propose(),))
    pull = pulled(scene)
    block = find_block(pull.body)
    assert block is not None
    body = replace_block(pull.body, block.model_copy(update={"paused": "ada"}), 60_000)
    scene.forge.edit_pull_request(pull.number, body=body)
    scene.proposals = (propose("3.0"),)
    assert [one_outcome(scene), one_outcome(scene)] == [Outcome.PAUSED, Outcome.PAUSED]
    assert scene.forge.pull_requests[pull.number].head == pull.head
