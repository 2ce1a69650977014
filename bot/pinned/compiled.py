"""The form of a lock that ``uv pip compile`` writes: solved for the command's environment, written in the command's way."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from packaging.version import Version

from bot.compile.arguments import CompileFormat
from bot.compile.compiling import Compiled, CompilePlan, CompileTask, Solving, compile_planned, plan_compile
from bot.compile.kept import read_kept
from bot.export.pylock_toml import is_pylock_name
from bot.lockfile.graph import parents_by_name
from bot.lockfile.model import DirectorySource, EditableSource, Lock, Package, VirtualSource
from bot.patterns import pattern
from bot.pinned.command_paths import seen_from
from bot.pinned.outputs import Output
from bot.pinned.python_hints import find_python
from bot.requirements.pins import ANY_INDEX, pinned_lock, with_edges
from bot.requirements.reader import parse_requirements
from bot.resolver.lock import Locked, LockTask
from bot.resolver.lowering import CommandSettings
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest
from bot.values import replace as with_fields

#: The environments in which a file may have been compiled that is not what the likeliest one gives.
_PYTHONS = ("3.13", "3.12", "3.11", "3.10", "3.9", "3.14")
_PLATFORMS = ("macos", "windows")
_FOLDERS = (DirectorySource, EditableSource, VirtualSource)
_MADE_FOR = pattern(r'(?m)^requires-python = ">=(3(?:\.\d{1,3}){1,2})"$')


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledForm:
    """The output of a command. ``python`` and ``platform`` ``None``: what the command and the repository say, else the
    default."""

    output: Output
    python: str | None = None
    platform: str | None = None
    command: str | None = "uv pip compile"
    is_maintained: bool = True
    is_lasting: bool = False

    def alternatives(self) -> tuple[CompiledForm, ...]:
        """The same for other environments, where the command leaves them to whoever runs it."""
        pip = self.output.arguments.pip
        if pip.universal:
            return ()
        pythons = () if pip.python_version or pip.python else _PYTHONS
        platforms = () if pip.python_platform else _PLATFORMS
        return (
            *(replace(self, python=python) for python in pythons),
            *(replace(self, platform=platform) for platform in platforms),
        )

    def lower(self, tree: Tree, *, settings: CommandSettings, index: IndexPort) -> LockRequest:
        """What the command asks for; raises ``InputError``."""
        return self.plan(tree, settings, index, self.output.text).request

    def plan(self, tree: Tree, settings: CommandSettings, index: IndexPort, existing: str | None) -> CompilePlan:
        arguments = self.output.arguments
        if self.platform is not None:
            arguments = replace(arguments, pip=with_fields(arguments.pip, python_platform=self.platform))
        task = CompileTask(
            arguments=arguments,
            command=self.output.command,
            folder=self.output.folder,
            settings=settings,
            existing=existing,
            python=self.python or self._made_for() or find_python(tree, self.output.folder) or settings.python,
        )
        with seen_from(self.output.folder):
            return plan_compile(task, index, tree)

    def _made_for(self) -> str | None:
        """The Python that the file itself names, as a ``pylock.toml`` does."""
        found = (
            _MADE_FOR.search(self.output.text or "") if is_pylock_name(posixpath.basename(self.output.path)) else None
        )
        return None if found is None else str(found[1])

    def read(self, text: str, path: str, /) -> Lock:
        if not is_pylock_name(posixpath.basename(path)):
            return pinned_lock(parse_requirements(text, path), text)
        kept = read_kept(_NoFiles(), path, CompileFormat.PYLOCK, text)
        pins = (Package(name=one.name, version=Version(one.version.text), source=ANY_INDEX) for one in kept.pins)
        return Lock(requires_python="", packages=tuple(pins))

    def solve(self, task: LockTask, tree: Tree, settings: CommandSettings, /) -> Locked:
        plan = replace(self.plan(tree, settings, task.index, task.existing_text), request=task.request)
        done = compile_planned(plan, task.index, Solving(cache=task.cache, limits=task.limits))
        return Locked(
            lock=self._lock(done),
            text=done.text,
            unchanged=done.text == task.existing_text,
            is_read=True,
            recorded=done.recorded,
        )

    def _lock(self, done: Compiled) -> Lock:
        """What the text pins, with what it does not say: who asks for whom, and which folders are in it."""
        written = self.read(done.text, self.output.path)
        linked = with_edges(written.packages, parents_by_name(done.lock))
        folders = (one for one in done.lock.packages if isinstance(one.source, _FOLDERS))
        known = {one.name: one for one in folders}
        kept = (one for one in linked if one.name not in known)
        return with_fields(written, packages=(*kept, *(_folder(one) for one in known.values())))


def _folder(package: Package) -> Package:
    return Package(name=package.name, version=package.version, source=package.source)


class _NoFiles:
    """A ``pylock.toml`` includes nothing."""

    def read(self, _path: str, /) -> None:
        return None
