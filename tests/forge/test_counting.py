"""Requests to GitHub count for the job that sends them, also those that fail; what is left of a limit is noted."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.forge.github.budgets import Budgets
from bot.ports.counting import ForgeApi, counting_into
from bot.ports.forge import ForgeError
from bot.ports.usage import Meter
from tests.forge.worlds import GitHubWorld
from tests.github.wire import Reply

HEADERS = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4321", "x-ratelimit-reset": "1700000000"}


def test_requests_count_by_api_also_those_that_fail(github_world: GitHubWorld) -> None:
    github_world.hub.fail_next("^GET .*/octo/app$", Reply(status=502, raw=b"bad gateway"))
    meter = Meter()
    with counting_into(meter):
        with suppress(ForgeError):
            github_world.forge.get_repository()
        github_world.forge.get_repository()
        # Beside the two the one for the installation's token.
        assert meter.read().forge == {ForgeApi.REST: 3}
        github_world.app.look_over(github_world.forge.ref.installation, [github_world.forge.ref])
    assert meter.read().forge[ForgeApi.GRAPHQL] == 1


def test_what_is_left_of_the_limit_is_noted(github_world: GitHubWorld) -> None:
    github_world.hub.fail_next("^GET .*/octo/app$", Reply(status=403, body={"message": "no"}))
    meter = Meter()
    with counting_into(meter):
        with suppress(ForgeError):
            github_world.forge.get_repository()
        (refused,) = meter.read().allowances
        github_world.forge.get_repository()
    (left,) = meter.read().allowances
    assert (left.installation, left.resource, left.limit) == (github_world.forge.ref.installation, "core", 5000)
    assert left.remaining == refused.remaining - 1


@pytest.mark.parametrize(("said", "named"), [("graphql", "graphql"), ("Made Up\n{}", "other"), (None, "core")])
def test_a_resource_has_a_plain_name(said: str | None, named: str) -> None:
    noted = Budgets().note(7, HEADERS | ({} if said is None else {"x-ratelimit-resource": said}))
    assert noted is not None
    assert noted.resource == named
