"""The front door: requirements files in, the pinned file out, byte for byte as ``uv pip compile`` writes it.

No input or output of its own: files come through a ``Tree``, packages through an ``IndexPort``, time and environment are
arguments. ``plan_compile`` reads what is asked for, ``compile_planned`` solves it: as it stands, or with other packages
free to move in its request.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet

from bot.compile.arguments import CompileArguments, CompileFormat, command_of, render_header
from bot.compile.document import Emitted, render_document
from bot.compile.inputs import FileOptions, InputReader, Inputs, Stated, read_file_options, read_stated
from bot.compile.kept import Kept, read_kept
from bot.compile.places import find_places
from bot.compile.platforms import DEFAULT_PLATFORM, find_platform, make_target
from bot.compile.python import choose_python, least_python
from bot.compile.settings import CompileSettings, read_settings
from bot.compile.spellings import find_spellings, folders_of
from bot.compile.urls import WorkingFolder
from bot.errors import InputError
from bot.export.pylock_toml import is_pylock_name
from bot.lockfile.model import Lock
from bot.markers.point import Point
from bot.printable import printable
from bot.resolver.assembly.lock import assemble_lock
from bot.resolver.lock import LockTask, resolve_task
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.dependencies import TreeLowering
from bot.resolver.lowering.modifiers import lower_metadata
from bot.resolver.lowering.paths import is_absolute, join
from bot.resolver.lowering.project import with_constraints
from bot.resolver.lowering.settings import Effective
from bot.resolver.model.effort import Advice, EffortLimits
from bot.resolver.model.index import IndexPort, Tree
from bot.resolver.model.request import LockRequest, Remark
from bot.resolver.model.resolution import Resolution
from bot.resolver.model.target import Target
from bot.resolver.offers.sources import KeptSources
from bot.resolver.search.knowledge import Recorded
from bot.resolver.search.shared import FactsCache
from bot.resolver.search.solve import Inherited
from bot.values import replace as with_fields

#: The Python that is compiled for where nothing says which; also that of ``lockbot lock``.
DEFAULT_PYTHON = CommandSettings().python


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileTask:
    """What is to be compiled.

    ``arguments`` are those of the command, ``words`` what was typed behind ``uv``, of which the header is made; or
    ``command`` is the text of the header (``uv pip compile …``), to stay as it is. ``folder`` is where
    it runs, in the tree; ``variables`` is the environment as far as it counts: what ``${NAMES}`` in files stand for and
    what uv reads itself. ``settings`` is what the environment says of the resolver. ``existing`` is the text of the
    output as it is, ``None`` where there is none.
    """

    arguments: CompileArguments
    command: str = ""
    words: tuple[str, ...] = ()
    folder: str = "."
    settings: CommandSettings = field(default_factory=CommandSettings)
    variables: Mapping[str, str] = field(default_factory=dict)
    existing: str | None = None
    python: str = DEFAULT_PYTHON


@dataclass(frozen=True, slots=True, kw_only=True)
class CompilePlan:
    """What a task asks for, read and lowered. ``request`` can be changed and solved again: requirements in it by their
    place in ``inputs``. ``kept`` is all that the output holds, whatever may move."""

    task: CompileTask
    settings: CompileSettings
    effective: Effective
    request: LockRequest
    inputs: Inputs
    stated: Stated
    options: FileOptions
    kept: Kept
    format: CompileFormat
    output: str | None
    here: WorkingFolder
    lowering: TreeLowering

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """What is to be said of settings and options that don't count."""
        ignored = (
            Remark(
                problem=f"{one.stated.kind.value} counts for nothing in a file",
                path=one.path,
                line=one.stated.line,
                hint="say it on the command line",
            )
            for one in self.options.ignored
        )
        return (*self.effective.warnings, *ignored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The outcome: the file's ``text``, and the solution as a lock, for differences and explanations.

    ``recorded`` names packages whose metadata is not static, with where it was found instead (see ``Locked``).
    """

    text: str
    lock: Lock
    resolution: Resolution
    plan: CompilePlan

    @property
    def recorded(self) -> Mapping[str, str]:
        return {key.name: pin.recorded for key, pin in self.resolution.packages.items() if pin.recorded}


@dataclass(frozen=True, slots=True, kw_only=True)
class Solving:
    """How the solver works: what it shares with others, when it gives up, and whether it looks for a way out."""

    cache: FactsCache = field(default_factory=FactsCache)
    limits: EffortLimits = field(default_factory=EffortLimits)
    advice: Advice | None = None
    clock: Callable[[], float] = time.monotonic


def plan_compile(task: CompileTask, index: IndexPort, tree: Tree) -> CompilePlan:
    """Read and lower what a task asks for; the index is asked for archives without a name alone. Raises ``InputError``."""
    return bind_plan(read_plan(task, tree), index)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTask:
    """What of a task is known before any index is: by ``effective`` it is chosen which ones are asked."""

    task: CompileTask
    settings: CompileSettings
    effective: Effective
    stated: Stated
    options: FileOptions
    format: CompileFormat
    output: str | None
    here: WorkingFolder


def read_plan(task: CompileTask, tree: Tree) -> ReadTask:
    """Read settings and files; raises ``InputError``."""
    arguments = task.arguments
    base = with_fields(task.settings, folder=task.folder)
    settings = read_settings(arguments, tree, join(task.folder, arguments.project or "."), base)
    if settings.pip.torch_backend is not None or task.variables.get("UV_TORCH_BACKEND"):
        raise InputError(
            "a torch backend can't be obeyed: which index it means is uv's own table",
            hint="name the index instead, in tool.uv.sources or by --index",
        )
    here = WorkingFolder(
        tree=tree, folder=task.folder, tree_root=task.settings.tree_root, variables=dict(task.variables)
    )
    arguments = _with_variables(arguments, task.variables)
    stated = read_stated(arguments, here)
    options = read_file_options(stated, here)
    output = settings.pip.output_file
    effective = settings.effective(options.settings, options.no_binary, options.no_build)
    if here.tree_root is None:
        _refuse_places(output, effective, here)
    return ReadTask(
        task=replace(task, arguments=arguments),
        settings=settings,
        effective=effective,
        stated=stated,
        options=options,
        format=_format(arguments.format, output),
        output=output,
        here=here,
    )


def _refuse_places(output: str | None, effective: Effective, here: WorkingFolder) -> None:
    """Of a commit nothing lies anywhere but in the repository."""
    if output is not None and is_absolute(output):
        raise InputError(f"the output {output} is one of another machine", hint="write it from where the command runs")
    if output is not None and join(here.folder, output).startswith("../"):
        raise InputError(f"the output {output} leads out of the repository", hint="write it into the repository")
    for index in effective.indexes:
        if index.folder is not None:
            raise InputError(f"the index {index.folder} is a folder, which can't be read here", hint="use an index URL")


def _with_variables(arguments: CompileArguments, variables: Mapping[str, str]) -> CompileArguments:
    """Files that the environment names where the command names none."""

    def files(said: tuple[str, ...], name: str) -> tuple[str, ...]:
        return said or tuple(variables.get(name, "").split())

    return replace(
        arguments,
        constraints=files(arguments.constraints, "UV_CONSTRAINT"),
        overrides=files(arguments.overrides, "UV_OVERRIDE"),
        excludes=files(arguments.excludes, "UV_EXCLUDE"),
        build_constraints=files(arguments.build_constraints, "UV_BUILD_CONSTRAINT"),
    )


def _format(said: CompileFormat | None, output: str | None) -> CompileFormat:
    name = posixpath.basename(output or "")
    if name.lower() == "pyproject.toml":
        raise InputError("pyproject.toml is a manifest and is not written over", hint="name another --output-file")
    is_toml = name.lower().endswith(".toml")
    found = said or (CompileFormat.PYLOCK if is_toml else CompileFormat.REQUIREMENTS)
    if found is CompileFormat.PYLOCK and output is not None and not is_pylock_name(name):
        raise InputError(f"a pylock file is named pylock.toml or pylock.NAME.toml, not {name!r}", hint="rename it")
    return found


def bind_plan(read: ReadTask, index: IndexPort) -> CompilePlan:
    """Lower what was read; raises ``InputError`` and ``BuildRequiredError``."""
    task, settings, effective, here = read.task, read.settings, read.effective, read.here
    lowering = TreeLowering(here.tree, task.folder, with_fields(settings.command, folder=task.folder), index)
    inputs = InputReader(here=here, effective=effective, port=index, lowering=lowering).read(
        task.arguments, settings, read.stated
    )
    return CompilePlan(
        task=task,
        settings=settings,
        effective=effective,
        request=_request(read, inputs),
        inputs=inputs,
        stated=read.stated,
        options=read.options,
        kept=_kept(read),
        format=read.format,
        output=read.output,
        here=here,
        lowering=lowering,
    )


def _kept(read: ReadTask) -> Kept:
    if read.effective.upgrade.everything and not read.effective.upgrade.kept:
        return Kept()
    return read_kept(_Existing(read), read.output or "", read.format, read.task.existing)


class _Existing:
    """The output as it is, and what it may include."""

    def __init__(self, read: ReadTask) -> None:
        self._read = read

    def read(self, path: str, /) -> str | None:
        if path == (self._read.output or ""):
            return self._read.task.existing
        return self._read.here.tree.read_text(join(self._read.here.folder, path))


def _request(read: ReadTask, inputs: Inputs) -> LockRequest:
    settings, effective = read.settings, read.effective
    python = choose_python(settings.pip, read.task.variables.get("UV_PYTHON"), read.task.python)
    target = _target(read, python)
    text = f">={_release(python) if target is None else least_python(python)}"
    return LockRequest(
        requires_python=SpecifierSet(text),
        requires_python_text=text,
        is_script=True,
        called=_called(read.task.arguments.sources),
        requirements=tuple(one.requirement for one in inputs.requirements),
        constraints=tuple(one.requirement for one in inputs.constraints),
        overrides=(*(one.requirement for one in inputs.overrides), *inputs.scoped),
        excludes=inputs.excludes,
        dependency_metadata=lower_metadata(effective.dependency_metadata),
        environments=settings.stated.environments if target is None else (),
        required_environments=settings.stated.required_environments if target is None else (),
        indexes=effective.indexes,
        registries=frozenset(index.url for index in effective.indexes),
        record_registries=effective.record_registries,
        options=with_fields(
            effective.options,
            minimum_libc_version=settings.stated.minimum_libc_version if target is None else {},
        ),
        upgrade=with_constraints(effective),
        target=target,
        warnings=effective.warnings,
    )


def _called(sources: Sequence[str]) -> str:
    """The files by which requirements are asked for, in a few words."""
    named = [printable(one) for one in sources] or ["the group"]
    return named[0] if len(named) == 1 else f"{named[0]} with {len(named) - 1} more"


def _target(read: ReadTask, python: str) -> Target | None:
    """The one environment that is compiled for; ``None`` for all of them."""
    if read.settings.pip.universal:
        return None
    platform = find_platform(read.settings.pip.python_platform or DEFAULT_PLATFORM, read.task.variables)
    return make_target(platform, python)


def _release(python: str) -> str:
    """A version of Python without what makes it a pre-release."""
    end = next((at for at, sign in enumerate(python) if sign.isalpha()), len(python))
    return python[:end].rstrip(".")


# --- solving ----------------------------------------------------------------------------------------


def compile_planned(plan: CompilePlan, index: IndexPort, solving: Solving | None = None) -> Compiled:
    """Solve a plan and write the text; raises ``NoSolutionError`` and what else ``lock_project`` raises."""
    solving = solving or Solving()
    kept = plan.kept.released(plan.request.upgrade)
    resolution = resolve_task(
        LockTask(
            request=plan.request,
            index=index,
            sources=plan.lowering,
            cache=solving.cache,
            limits=solving.limits,
            advice=solving.advice,
            places=lambda: find_places(plan.stated),
            clock=solving.clock,
        ),
        Inherited(
            preferences=kept.preferences(plan.format, _point(plan.request)),
            recorded=Recorded(hashes={}, facts={}, edges={}),
        ),
        KeptSources(commits=kept.commits),
    )
    return Compiled(
        text=_text(plan, resolution, kept),
        lock=assemble_lock(plan.request, resolution),
        resolution=resolution,
        plan=plan,
    )


def _point(request: LockRequest) -> Point | None:
    return None if request.target is None else request.target.point


def _text(plan: CompilePlan, resolution: Resolution, kept: Kept) -> str:
    pip = plan.settings.pip
    header = "" if pip.no_header else render_header(_command(plan))
    emitted = Emitted(
        format=plan.format,
        pip=pip,
        request=plan.request,
        inputs=plan.inputs,
        kept=kept,
        folder=plan.task.folder,
        output=_output_folder(plan),
        tree_root=plan.here.tree_root,
        indexes=plan.settings.written_indexes(plan.options.as_written),
        spellings=find_spellings(plan.here, _project_folders(plan, resolution)),
        switches=plan.settings.switches(plan.options.no_binary, plan.options.no_build),
    )
    return header + render_document(emitted, resolution)


def _command(plan: CompilePlan) -> str:
    pip, task = plan.settings.pip, plan.task
    said = task.arguments.pip.custom_compile_command or task.variables.get("UV_CUSTOM_COMPILE_COMMAND")
    typed = command_of(task.words, with_indexes=bool(pip.emit_index_url), with_find_links=bool(pip.emit_find_links))
    return said or pip.custom_compile_command or task.command or typed


def _project_folders(plan: CompilePlan, resolution: Resolution) -> tuple[str, ...]:
    """The folders of projects whose own sources may have named packages; those that were compiled last."""
    own = [join(plan.here.folder, posixpath.dirname(path) or ".") for path in plan.stated.projects]
    groups = [plan.here.folder] if plan.settings.pip.group else []
    return (*folders_of(resolution.packages, plan.here), *groups, *own)


def _output_folder(plan: CompilePlan) -> str:
    if plan.output is None:
        return plan.task.folder
    if is_absolute(plan.output) and plan.here.tree_root is not None:
        return posixpath.relpath(posixpath.dirname(plan.output), plan.here.tree_root)
    return join(plan.task.folder, posixpath.dirname(plan.output) or ".")
