"""All that people can order: one row for each command of a comment, and for each box.

A new command is a function ``(Invocation, StepRunner) -> Reply``, a row here, its test, and its line in ``docs/app.md``.
"""

from __future__ import annotations

from bot.ports.steps import StepRunner
from bot.report import commands as words
from bot.work.commands.command import AUTHORS, WRITERS, Command, Form, Invocation, Place, Reply
from bot.work.commands.explaining import explain
from bot.work.commands.ignoring import ignore, unignore
from bot.work.commands.merging import merge
from bot.work.commands.opening import open_all, open_branch, recreate
from bot.work.commands.pausing import pause, resume
from bot.work.commands.rebase import rebase, rebase_all
from bot.work.commands.relock import relock
from bot.work.commands.weighing import list_here


def show_help(invocation: Invocation, _steps: StepRunner) -> Reply:
    return Reply(note="help", text=words.tell_commands(list_here(COMMANDS, invocation.place)))


COMMANDS = (
    Command(
        name="explain",
        who=WRITERS,
        forms={Place.OPEN: Form.MAYBE_NAME, Place.CLOSED: Form.NAME, Place.DASHBOARD: Form.MAYBE_NAME},
        run=explain,
        help="Tell who asks for a package, why it is at its version, and what would let it go further; without a name "
        "for all that moves or is held back here.",
    ),
    Command(
        name="help",
        who=AUTHORS,
        forms=dict.fromkeys(Place, Form.NOTHING),
        run=show_help,
        help="List what can be ordered here.",
    ),
    Command(
        name="ignore",
        who=WRITERS,
        forms={Place.OPEN: Form.IGNORED, Place.DASHBOARD: Form.IGNORED_NAME},
        run=ignore,
        help="Leave a dependency where it is in every proposal, or only what leads up to this version or major. A pull "
        "request of which nothing is left is closed, another one is rebuilt without it.",
    ),
    Command(
        name="merge",
        who=WRITERS,
        forms={Place.OPEN: Form.NOTHING, Place.DASHBOARD: Form.BRANCH},
        run=merge,
        help="Merge once all that the repository requires has passed: now, or by GitHub's auto-merge.",
    ),
    Command(
        name="pause",
        who=WRITERS,
        forms={Place.OPEN: Form.NOTHING, Place.DASHBOARD: Form.MAYBE_BRANCH},
        run=pause,
        help="Leave this pull request and its branch as they are; on the dashboard the whole repository, or one branch.",
    ),
    Command(
        name="rebase",
        who=WRITERS,
        forms={Place.OPEN: Form.NOTHING, Place.DASHBOARD: Form.BRANCH},
        run=rebase,
        help="Solve again and rebuild the branch on the current base; other people's commits on it are replaced.",
    ),
    Command(
        name="recreate",
        who=WRITERS,
        forms={Place.CLOSED: Form.NOTHING, Place.DASHBOARD: Form.BRANCH},
        run=recreate,
        help="Propose again what was closed.",
    ),
    Command(
        name="relock",
        who=AUTHORS,
        forms={Place.OPEN: Form.NOTHING, Place.OTHER: Form.NOTHING},
        run=relock,
        help="Make the lock of somebody's pull request again from its manifests, and commit it to the branch; where lockbot "
        "may not push there, the change is shown.",
    ),
    Command(
        name="resume",
        who=WRITERS,
        forms={Place.OPEN: Form.NOTHING, Place.DASHBOARD: Form.MAYBE_BRANCH},
        run=resume,
        help="Take back `pause`.",
    ),
    Command(
        name="unignore",
        who=WRITERS,
        forms=dict.fromkeys((Place.OPEN, Place.CLOSED, Place.DASHBOARD), Form.NAME),
        run=unignore,
        help="Take back `ignore`.",
    ),
)

_ON_DASHBOARD = {Place.DASHBOARD: Form.BRANCH}
_FOR_ALL = {Place.DASHBOARD: Form.NOTHING}

#: What boxes order: some of the same, and what only makes sense beside a list.
BOXES = (
    Command(name="open", who=WRITERS, forms=_ON_DASHBOARD, run=open_branch, help="Open this pull request now."),
    Command(name="open-all", who=WRITERS, forms=_FOR_ALL, run=open_all, help="Open all that wait."),
    Command(name="rebase-all", who=WRITERS, forms=_FOR_ALL, run=rebase_all, help="Rebuild all that are open."),
    *(one for one in COMMANDS if one.name in ("rebase", "recreate", "resume", "unignore")),
)
