"""The forge: where repositories, branches and pull requests live, and how a commit of them comes onto this machine.

``bot.forge`` implements ``ForgeApp`` and ``Forge``, ``bot.git`` implements ``Cloner``. One module for each subject; what
they define is imported from here.
"""

from bot.ports.forge.alerts import Alert, AlertState
from bot.ports.forge.app import (
    AppIdentity,
    ClosedPullRequest,
    Forge,
    ForgeApp,
    Glance,
    OpenComment,
    OpenHead,
    TokenKind,
)
from bot.ports.forge.checks import Check, CheckConclusion, CheckReport, TextLimits
from bot.ports.forge.errors import (
    ForgeConflict,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    ForgeUnavailable,
)
from bot.ports.forge.issues import Comment, Issue, Permission, Reaction
from bot.ports.forge.merging import HeadCheck, HeadCheckState, MergeState, ReviewDecision
from bot.ports.forge.pull_requests import EPOCH, NewPullRequest, PullRequest, PullRequestEdit, PullRequestState
from bot.ports.forge.repositories import (
    BranchMove,
    BranchUpdate,
    Cloner,
    CloneSource,
    CommitInfo,
    CommitUpdate,
    Comparison,
    FileDifference,
    MergeMethod,
    Pushed,
    PushOutcome,
    Repository,
    RepositoryRef,
)
from bot.ports.forge.survey import OwnPullRequest, Survey

__all__ = [
    "EPOCH",
    "Alert",
    "AlertState",
    "AppIdentity",
    "BranchMove",
    "BranchUpdate",
    "Check",
    "CheckConclusion",
    "CheckReport",
    "CloneSource",
    "Cloner",
    "ClosedPullRequest",
    "Comment",
    "CommitInfo",
    "CommitUpdate",
    "Comparison",
    "FileDifference",
    "Forge",
    "ForgeApp",
    "ForgeConflict",
    "ForgeError",
    "ForgeForbidden",
    "ForgeNotFound",
    "ForgeRejected",
    "ForgeUnavailable",
    "Glance",
    "HeadCheck",
    "HeadCheckState",
    "Issue",
    "MergeMethod",
    "MergeState",
    "NewPullRequest",
    "OpenComment",
    "OpenHead",
    "OwnPullRequest",
    "Permission",
    "PullRequest",
    "PullRequestEdit",
    "PullRequestState",
    "PushOutcome",
    "Pushed",
    "Reaction",
    "Repository",
    "RepositoryRef",
    "ReviewDecision",
    "Survey",
    "TextLimits",
    "TokenKind",
]
