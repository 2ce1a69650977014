"""Manifests to a ``LockRequest``: what is asked for, with nothing left to look up (docs/resolver.md, 2).

In come a ``Tree`` of manifests and the settings of the command line; out comes a ``LockRequest`` in which sources are
applied, groups flattened, settings merged, markers are diagrams and paths relative to the lock. ``dependencies`` does the
same for the metadata of path and git dependencies, while they are found.
"""

from bot.resolver.lowering.project import lower_project, lower_workspace
from bot.resolver.lowering.script import lower_script
from bot.resolver.lowering.settings import CommandSettings
from bot.resolver.lowering.trees import lower_core_metadata, lower_tree
from bot.resolver.lowering.workspace import Workspace, WorkspaceMember, discover_workspace

__all__ = [
    "CommandSettings",
    "Workspace",
    "WorkspaceMember",
    "discover_workspace",
    "lower_core_metadata",
    "lower_project",
    "lower_script",
    "lower_tree",
    "lower_workspace",
]
