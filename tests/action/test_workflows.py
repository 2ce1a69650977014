"""The workflows that people copy out of the documents, run as they stand there: their conditions, permissions and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.expressions import Evaluator
from tests.action.runner import Outcome
from tests.action.test_action import PAGE, Site
from tests.github.tokens import WORKFLOW, give_app_token, give_workflow_token
from tests.github.world import PERMISSIONS
from tests.runs.publishing import Desk, open_desk, open_pulls

TEXTS = [one for one in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if "\njobs:" in one]
OWN, APP = TEXTS

#: What is on a runner before the first step, and what others give.
_CONTEXTS = {"vars": {"LOCKBOT_CLIENT_ID": "Iv1"}, "secrets": {"LOCKBOT_PRIVATE_KEY": "the key"}}


@dataclass
class Workflow:
    """``ran`` is what the Action came to, None where the job did not run."""

    text: str
    site: Site
    steps: dict[str, Any] = field(default_factory=dict)

    @property
    def read(self) -> dict[str, Any]:
        # YAML takes the word "on" for true.
        found: dict[Any, Any] = yaml.safe_load(self.text)
        return {("on" if name is True else name): value for name, value in found.items()}

    def begin(self, event: str, payload: Mapping[str, Any] | None = None) -> Outcome | None:
        payload = payload or {}
        if event not in self.read["on"] or payload.get("action") not in self._types(event, payload):
            return None
        (job,) = self.read["jobs"].values()
        permissions = job.get("permissions", self.read["permissions"])
        token = give_workflow_token(
            self.site.desk.hub,
            self.site.repository,
            {name.replace("-", "_"): level for name, level in permissions.items()},
        )
        github = {"event": payload, "event_name": event, "token": token}
        if not Evaluator({"github": github, **_CONTEXTS}).holds(job["if"]):
            return None
        done = [self._step(step, event, payload, github) for step in job["steps"]]
        return done[-1]

    def _types(self, event: str, payload: Mapping[str, Any]) -> list[Any]:
        """The kinds of an event that begin it; a clock has none."""
        stated = self.read["on"][event]
        return list(stated["types"]) if isinstance(stated, dict) else [payload.get("action")]

    def _step(
        self, step: Mapping[str, Any], event: str, payload: Mapping[str, Any], github: Mapping[str, Any]
    ) -> Outcome | None:
        evaluator = Evaluator({"github": github, "steps": self.steps, **_CONTEXTS})
        given = {name: evaluator.fill(value) for name, value in step.get("with", {}).items()}
        if step["uses"].startswith("actions/create-github-app-token@"):
            assert given == {"client-id": "Iv1", "private-key": "the key"}
            token = give_app_token(self.site.desk.hub, self.site.repository, PERMISSIONS)
            self.steps[step["id"]] = {"outputs": {"token": token}}
            return None
        assert step["uses"].startswith("uv-lockbot/lockbot@")
        token = given.pop("token", github["token"])
        return self.site.run(event, payload, token=token, **given)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as one:
        yield one


@pytest.mark.parametrize(
    ("text", "login"), [(OWN, "github-actions[bot]"), (APP, "lockbot-test[bot]")], ids=["own", "app"]
)
def test_a_workflow_of_the_documents_does_what_it_says(text: str, login: str, desk: Desk, tmp_path: Path) -> None:
    site = Site(desk, tmp_path, desk.add_repository())
    desk.hub.add_collaborator(site.repository, "ada", "write")
    workflow = Workflow(text, site)
    first = workflow.begin("schedule")
    assert first is not None
    assert first.failed is None, first.log
    assert "What this token could not do" not in first.summary or "approves them there" in first.summary
    (pull,) = open_pulls(site.repository).values()
    assert pull.author.login == login
    # Words that are none, and lockbot's own, begin nothing; an order of a writer does.
    _, payload = site.comment(pull.number, "Looks good", "ada")
    assert workflow.begin("issue_comment", payload) is None
    _, payload = site.comment(pull.number, "/lockbot help", login)
    assert workflow.begin("issue_comment", payload) is None
    comment, payload = site.comment(pull.number, "/lockbot help", "ada")
    done = workflow.begin("issue_comment", payload)
    assert done is not None
    assert done.failed is None, done.log
    assert (login, "+1") in comment.reactions
    assert workflow.begin("push", {}) is None
    # With an App's token lockbot's own edits begin workflows: not this one.
    (board,) = site.repository.issues.values()
    desk.hub.edit(site.repository, board.number, body=f"{board.body}\n", login=login)
    assert workflow.begin("issues", site.find_payload("issues")) is None
    desk.hub.tick(site.repository, board.number, "rebase", login="ada")
    done = workflow.begin("issues", site.find_payload("issues"))
    assert done is not None
    assert (done.failed, "[x]" in board.body) == (None, False), done.log


def test_the_permissions_are_those_that_are_tried() -> None:
    """``tests/runs/test_publishing.py`` leaves each of them out in turn."""
    (job,) = yaml.safe_load(OWN)["jobs"].values()
    assert {name.replace("-", "_"): level for name, level in job["permissions"].items()} == WORKFLOW


def test_inputs_are_told_as_the_action_has_them() -> None:
    action = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text("utf-8"))
    rows = [
        f"| `{name}` | `{one['default']}` | {' '.join(one['description'].split())} |"
        for name, one in action["inputs"].items()
    ]
    assert "\n".join(rows) in PAGE
