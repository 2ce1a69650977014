"""The job after a pull request was closed or merged: it needs no branch. That it was closed is remembered by its body."""

from __future__ import annotations

from contextlib import suppress

from bot.events.jobs import ClosedJob
from bot.ports.forge import ForgeForbidden, ForgeRejected, PullRequestState
from bot.ports.run import Sha
from bot.work.dashboard.issue import tell_ended
from bot.work.job import JobDone, JobPorts, find_home
from bot.work.publishing.retire import delete_head
from bot.work.publishing.target import Target, is_own


def closed_job(ports: JobPorts, job: ClosedJob) -> JobDone:
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is PullRequestState.OPEN or not is_own(identity, pull_request):
        return JobDone(note="nothing to tidy up")
    with suppress(ForgeForbidden, ForgeRejected):
        tell_ended(find_home(ports, forge), job.number, is_merged=pull_request.state is PullRequestState.MERGED)
    if forge.list_pull_requests(PullRequestState.OPEN, head=pull_request.head_branch):
        return JobDone(note="the branch is in use again")
    base = forge.find_branch(pull_request.base_branch)
    target = Target(forge=forge, identity=identity, base=base or Sha(""), base_branch=pull_request.base_branch)
    if not delete_head(target, pull_request):
        return JobDone(note=f"{pull_request.head_branch} is left to people")
    return JobDone(note=f"{pull_request.head_branch} tidied up")
