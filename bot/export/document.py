"""The front door: a lock and what is asked of it, to a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.export.arguments import ExportArguments, Format, render_header
from bot.export.cyclonedx import Identity, render_cyclonedx
from bot.export.packages import exported_packages
from bot.export.project import ExportProject
from bot.export.pylock_toml import Places, render_pylock
from bot.export.requirements_txt import render_requirements
from bot.export.target import Target, check_conflicts, check_target
from bot.lockfile.model import Lock
from bot.resolver.lowering.settings import WrittenIndexes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """``project`` is ``None`` for a script. ``command`` is what the header names; ``indexes`` what the settings name."""

    arguments: ExportArguments
    lock: Lock = field(repr=False)
    project: ExportProject | None
    places: Places
    command: str
    indexes: WrittenIndexes = field(default_factory=WrittenIndexes)
    identity: Identity


def export_text(request: ExportRequest) -> str:
    """The text as ``uv export`` writes it; raises ``InputError`` where it refuses, or where the lock knows too little."""
    arguments, project = request.arguments, request.project
    groups = replace(arguments.groups, defaults=() if project is None else project.defaults)
    target = Target(
        lock=request.lock,
        project=project,
        extras=arguments.extras,
        groups=groups,
        packages=arguments.packages,
        whole=arguments.whole,
    )
    check_target(target)
    if arguments.format is Format.CYCLONEDX:
        packages = exported_packages(target, arguments.emitted, arguments.prune, with_virtual=True)
        return render_cyclonedx(target, packages, request.identity, hashes=arguments.hashes)
    check_conflicts(target)
    return (render_header(request.command) if arguments.header else "") + _body(request, target)


def _body(request: ExportRequest, target: Target) -> str:
    arguments = request.arguments
    packages = exported_packages(target, arguments.emitted, arguments.prune)
    if arguments.format is Format.PYLOCK:
        return render_pylock(request.lock, packages, request.places, arguments.editables)
    preamble = "".join(f"{line}\n" for line in _preamble(request))
    text = render_requirements(
        packages, editables=arguments.editables, hashes=arguments.hashes, annotate=arguments.annotate
    )
    return (f"{preamble}\n" if preamble else "") + text


def _preamble(request: ExportRequest) -> Iterator[str]:
    indexes = request.indexes
    if request.arguments.index_urls:
        if indexes.default is not None:
            yield f"--index-url {indexes.default}"
        yield from (f"--extra-index-url {url}" for url in indexes.others)
    if request.arguments.find_links:
        yield from (f"--find-links {place}" for place in indexes.find_links)
