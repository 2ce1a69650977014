"""The kind ``requirements``: files that ``uv pip compile`` writes, with what they are made of, and plain files of pins.

What a command writes is a lock of its own, with the requirements of its inputs as declarations: an input may be shared by
several outputs, and an output may bound another one. A file that no command writes holds pins: these move, nothing else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from bot.commands.model import Origin, UvCommand
from bot.compile.arguments import parse_arguments
from bot.detect.commands import find_uv_commands
from bot.detect.left_alone import find_placeholder
from bot.detect.model import Detected, Listing, LockUnit, Manifest, Solvable, Told, to_problem
from bot.errors import InputError
from bot.export.arguments import find_command as find_export
from bot.limits import INCLUDED_FILES
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import Declaration, IndexTable
from bot.pinned import naming
from bot.pinned.compiled import CompiledForm
from bot.pinned.named import find_foreign_inputs, find_included
from bot.pinned.outputs import Outputs, StatedCommand, find_outputs, in_order, inputs_of, read
from bot.pinned.plain import PlainFile, PlainPins, read_plain
from bot.pinned.recipe import Recipe, declared_in, read_recipe
from bot.ports.run import LeftAlone, Problem
from bot.printable import printable
from bot.requirements.declarations import edit_requirements, find_note
from bot.requirements.setup_cfg import edit_setup_cfg, find_setup_cfg_declarations
from bot.resolver.lowering.paths import join

_SETUP = "setup.cfg"
#: Variables that change how uv works, not what it compiles.
HARMLESS_VARIABLES = frozenset(
    (
        "UV_CACHE_DIR",
        "UV_COMPILE_BYTECODE",
        "UV_LINK_MODE",
        "UV_NO_CACHE",
        "UV_NO_PROGRESS",
        "UV_OFFLINE",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON_DOWNLOADS",
        "UV_SYSTEM_PYTHON",
    )
)


def is_manifest(path: str) -> bool:
    return naming.may_state_requirements(path)


def find_owner(_path: str) -> None:
    """Which files an output is made of stands in it."""


def is_brought(path: str, files: Collection[str]) -> bool:
    return naming.is_brought(path, files)


def find_package_folder(_path: str) -> None:
    """No package is described."""


def detect(listing: Listing, paths: Sequence[str], files: Collection[str], told: Told) -> Detected:
    paths = [path for path in paths if naming.is_brought(path, files)]
    outputs = find_outputs(listing, paths, told.compiles)
    compiled = _find_compiled(listing, outputs, files)
    taken = {one.path for one in outputs.found} | compiled.read | told.exports | _foreign(listing, outputs, files)
    plain = _find_plain(listing, [path for path in paths if path not in taken and path in files])
    return Detected(
        units=(*compiled.units, *plain.units),
        problems=compiled.problems,
        manifests={**compiled.manifests, **plain.manifests},
        left_alone=(*outputs.foreign, *plain.left_alone),
    )


def find_solvables(found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    """Every unit of this kind knows itself."""
    return found.solvables(found, manifests) if found.solvables is not None else iter(())


def edit(text: str, edits: Sequence[SpecifierEdit]) -> str:
    is_setup = any(posixpath.basename(edit.declaration.path) == _SETUP for edit in edits)
    return edit_setup_cfg(text, edits) if is_setup else edit_requirements(text, edits)


def find_comment(text: str, declaration: Declaration) -> str:
    return find_note(text, declaration.line)


def find_indexes(_listing: Listing, _paths: Sequence[str]) -> Iterator[IndexTable]:
    """None: what these files name is an index without a name."""
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was found of one sort; ``read`` is everything that commands read."""

    units: tuple[LockUnit, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    read: frozenset[str] = frozenset()


def _foreign(listing: Listing, outputs: Outputs, files: Collection[str]) -> frozenset[str]:
    """What can't be followed, with all that it may be made of: pins that moved there would leave it behind."""
    inputs = [path for one in outputs.foreign for path in find_foreign_inputs(listing, files, one.path)]
    return frozenset(
        [*(one.path for one in outputs.foreign), *inputs, *find_included(listing, files, inputs, INCLUDED_FILES)]
    )


# --- what commands write ----------------------------------------------------------------------------


def find_compile_commands(listing: Listing) -> Iterator[StatedCommand]:
    """The commands of hooks, which have the last word; of other lines those whose output can't bear a header."""
    found = list(find_uv_commands(listing, "pip compile"))
    for command in sorted(found, key=lambda one: one.origin is not Origin.HOOK):
        is_hook = command.origin is Origin.HOOK
        folder = None if command.passes_files else _find_folder(listing, command)
        if folder is not None and (is_hook or "--no-header" in command.words):
            yield StatedCommand(
                words=command.words,
                folder=folder,
                output=None if command.output is None else join(folder, command.output),
                place=f"line {command.line} of {command.path}",
                has_last_word=is_hook,
                problem=_why_unknown(command),
            )


def _find_folder(listing: Listing, command: UvCommand) -> str | None:
    """The folder where the command runs: the first in which what it writes is there."""
    output = command.output
    with suppress(InputError):
        output = parse_arguments(command.words).pip.output_file or output
    places = ((folder, join(folder, output)) for folder in command.folders) if output is not None else ()
    return next((folder for folder, path in places if listing.mode(path) is not None), None)


def _why_unknown(command: UvCommand) -> str | None:
    if not command.is_known:
        return "its command has words that only a shell can fill in"
    setting = next((name for name in command.environment if name not in HARMLESS_VARIABLES), None)
    return None if setting is None else f"its command is run with {printable(setting)}"


def _find_compiled(listing: Listing, outputs: Outputs, files: Collection[str]) -> _Found:
    recipes: dict[str, Recipe] = {}
    problems: list[Problem] = []
    for output in outputs.found:
        try:
            recipes[output.path] = read_recipe(listing, output)
        except InputError as error:
            problems.append(to_problem(error, output.path))
    written = {one.path for one in outputs.found} | {one.path for one in outputs.foreign}
    rows = declared_in(recipes.values(), {path for path in files if path not in written})
    setups = {
        path: find_setup_cfg_declarations(read(listing, path) or "", path)
        for one in recipes.values()
        for path in one.projects
        if posixpath.basename(path) == _SETUP and path in files
    }
    ordered = in_order(sorted(recipes), {path: one.reads for path, one in recipes.items()})
    unread = [path for output in outputs.found if output.path not in recipes for path in inputs_of(output)]
    named = [*unread, *find_included(listing, files, unread, INCLUDED_FILES)]
    return _Found(
        units=tuple(_compiled_unit(recipes[path], rows) for path in ordered),
        manifests={path: Manifest(path=path, declarations=found) for path, found in {**rows, **setups}.items()},
        problems=tuple(problems),
        read=frozenset([*named, *(path for one in recipes.values() for path in one.reads)]),
    )


def _compiled_unit(recipe: Recipe, editable: Collection[str]) -> LockUnit:
    own = tuple(path for path in (*recipe.asking, *recipe.bounding) if path in editable)
    return LockUnit(
        kind="compiled requirements",
        root=recipe.output.folder,
        manifests=(*own, *recipe.manifests),
        lock=recipe.output.path,
        solvables=partial(_compiled_solvables, recipe),
    )


def _compiled_solvables(recipe: Recipe, found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    path, form = recipe.output.path, CompiledForm(output=recipe.output)
    stated = [manifests[one] for one in found.manifests if one in manifests]
    first = Solvable(
        name=path,
        lock=path,
        declarations=tuple(
            row
            for one in stated
            for row in one.declarations
            if one.path not in recipe.manifests or recipe.takes_in(row)
        ),
        libraries=frozenset(one.path for one in stated if one.is_library),
        lower=form.lower,
        form=form,
        reads=recipe.reads,
    )
    yield replace(first, alternatives=tuple(replace(first, lower=one.lower, form=one) for one in form.alternatives()))


# --- plain files of pins ----------------------------------------------------------------------------


def _find_plain(listing: Listing, paths: Iterable[str]) -> _Found:
    """The files that pin something; what can't be read as requirements is left alone, with the reason."""
    found: dict[str, PlainFile] = {}
    left: list[LeftAlone] = []
    for path in filter(naming.is_requirements_name, paths):
        try:
            text = listing.read_text(path)
        except InputError as error:
            left.append(LeftAlone(path=path, reason="; ".join(filter(None, (error.problem, error.hint)))))
            continue
        if text is None or find_export(text) is not None:
            continue
        try:
            file = read_plain(listing, path, text)
        except InputError as error:
            left.append(LeftAlone(path=path, reason=_unreadable(error, path, text)))
            continue
        if file.rows:
            found[path] = file
    ordered = in_order(sorted(found), {path: one.reads for path, one in found.items()})
    return _Found(
        units=tuple(_plain_unit(path, found[path]) for path in ordered),
        manifests={path: Manifest(path=path, declarations=one.rows) for path, one in found.items()},
        left_alone=tuple(left),
    )


def _unreadable(error: InputError, path: str, text: str) -> str:
    placeholder = find_placeholder(path, text)
    if placeholder is not None:
        return f"it is a template ({placeholder})"
    where = f"line {error.line}: " if error.line else ""
    return printable(f"uv would not read it as requirements: {where}{error.problem}")


def _plain_unit(path: str, file: PlainFile) -> LockUnit:
    return LockUnit(
        kind="pinned requirements",
        root=posixpath.dirname(path) or ".",
        manifests=(path,),
        lock=path,
        solvables=partial(_plain_solvables, file),
    )


def _plain_solvables(file: PlainFile, found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    (path,) = found.manifests
    form = PlainPins(path=path)
    first = Solvable(
        name=path,
        lock=path,
        declarations=manifests[path].declarations,
        lower=form.lower,
        form=form,
        reads=file.reads,
    )
    yield replace(first, alternatives=tuple(replace(first, lower=one.lower, form=one) for one in form.alternatives()))
