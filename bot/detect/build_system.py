"""A project's build requirements, which uv resolves apart from the lock whenever it builds."""

from __future__ import annotations

import posixpath

from bot.lockfile.model import RegistryRequirement, Requirement
from bot.manifest.model import DeclaredRequirement
from bot.manifest.pyproject import parse_pyproject
from bot.resolver.lowering import CommandSettings, lower_project
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest


def lower_build_system(tree: Tree, *, root: str, path: str, settings: CommandSettings) -> LockRequest:
    """The build requirements as if they were a script's, with the project's indexes, options and Python range."""
    whole = lower_project(tree, root=root, settings=settings)
    text = tree.read_text(path)
    manifest = parse_pyproject(text, path) if text is not None else None
    requires = manifest.build_system.requires if manifest and manifest.build_system else ()
    elsewhere = manifest.uv.sources if manifest else {}
    return LockRequest(
        requires_python=whole.requires_python,
        requires_python_text=whole.requires_python_text,
        is_script=True,
        build_of=posixpath.relpath(path, root),
        requirements=tuple(_plain(one) for one in requires if one.url is None and one.name not in elsewhere),
        constraints=whole.build_constraints,
        indexes=whole.indexes,
        options=whole.options,
        dependency_metadata=whole.dependency_metadata,
    )


def _plain(declared: DeclaredRequirement) -> Requirement:
    source = RegistryRequirement(specifier=declared.specifier)
    return Requirement(name=declared.name, extras=declared.extras, marker=declared.marker, source=source)
