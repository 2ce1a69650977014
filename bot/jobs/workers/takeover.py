"""Takes over the jobs that silent workers had under way: the one private call of DBOS, which has no public way for it.

``DBOS.resume_workflow`` is public and does something else: it forgets how often a job was recovered, so that one that
takes its process down would be begun for ever, and it takes a job also from the worker that has it by now.
``tests/jobs/test_takeover.py`` fails when DBOS changes any of this, or offers it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dbos import DBOS


def take_over_jobs(workers: Sequence[str]) -> None:
    """Put what these workers had under way back on its queue; DBOS is launched."""
    DBOS._recover_pending_workflows(list(workers))
