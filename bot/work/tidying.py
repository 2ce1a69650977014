"""The job after a pull request was closed or merged: it needs no branch. That it was closed is remembered by its body."""

from __future__ import annotations

from bot.events import ClosedJob
from bot.ports.forge import PullRequestState
from bot.work.job import JobDone, JobPorts
from bot.work.retire import delete_head
from bot.work.target import is_own


def closed_job(ports: JobPorts, job: ClosedJob) -> JobDone:
    forge = ports.app.open_repository(job.repository)
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is PullRequestState.OPEN or not is_own(ports.app.get_identity(), pull_request):
        return JobDone(note="nothing to tidy up")
    if forge.list_pull_requests(PullRequestState.OPEN, head=pull_request.head_branch):
        return JobDone(note="the branch is in use again")
    delete_head(forge, pull_request)
    return JobDone(note=f"{pull_request.head_branch} tidied up")
