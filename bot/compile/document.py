"""The text below the header: what stands before the pins, the pins in their format, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.compile.arguments import CompileFormat
from bot.compile.graph import Pinned, base_packages, merge, origins_by_name, pinned_packages, scoped_by_name
from bot.compile.inputs import Inputs
from bot.compile.kept import Kept
from bot.compile.origins import Asked, Origin, Role
from bot.compile.pylock import Package, PylockContext, render_pylock
from bot.compile.requirements_txt import Line, Style, render_requirements
from bot.compile.settings import Switch
from bot.compile.written import write_package
from bot.export.requirements_txt import hash_key
from bot.lockfile.model import GitSource, RegistryRequirement, RegistrySource, Requirement
from bot.manifest.model import PipSettings
from bot.markers import Marker, marker_text
from bot.markers.point import holds_at, restate
from bot.resolver.assembly.graph import MergedGraph
from bot.resolver.lowering.settings import WrittenIndexes
from bot.resolver.model.index import ReleaseFile
from bot.resolver.model.modifiers import make_modifiers
from bot.resolver.model.needs import to_need
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import Experiment, LockRequest
from bot.resolver.model.resolution import PackageKey, PinnedPackage, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What is written, and how. ``folder`` is where the command runs, ``output`` where the file lies, in the tree."""

    format: CompileFormat
    pip: PipSettings
    request: LockRequest
    inputs: Inputs
    kept: Kept
    folder: str
    output: str
    tree_root: str | None
    indexes: WrittenIndexes
    switches: tuple[Switch, Switch]
    spellings: tuple[Asked, ...] = ()

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Who names places, the last word last."""
        return (*self.spellings, *self.inputs.requirements, *self.inputs.constraints, *self.inputs.overrides)

    def counts(self, requirement: Requirement) -> bool:
        """Whether a requirement applies where the command compiles for."""
        target = self.request.target
        if target is None:
            return requirement.marker.holds_somewhere(())
        return holds_at(requirement.marker, target.point)


def render_document(emitted: Emitted, resolution: Resolution) -> str:
    """Everything but the header; raises ``InputError`` where the format can't say it."""
    graph = merge(resolution)
    if emitted.format is CompileFormat.PYLOCK:
        body = _pylock(emitted, resolution, graph)
    else:
        before = (*_known_for(emitted, resolution), *_preamble(emitted))
        body = "".join(f"{line}\n" for line in before) + _requirements(emitted, resolution, graph)
    return body + "".join(f"{line}\n" for line in _left_out(emitted, graph))


def _requirements(emitted: Emitted, resolution: Resolution, graph: MergedGraph) -> str:
    pip = emitted.pip
    lines = [
        _line(emitted, one, resolution.packages)
        for one in pinned_packages(graph, with_extras=bool(pip.no_strip_extras))
        if one.key.name not in (pip.no_emit_package or ())
    ]
    style = Style(
        hashes=bool(pip.generate_hashes),
        markers=bool(pip.no_strip_markers) or emitted.request.target is None,
        annotate=not pip.no_annotate,
        one_line=pip.annotation_style == "line",
        index=bool(pip.emit_index_annotation),
    )
    python = PythonRange.from_specifiers(emitted.request.requires_python)
    return render_requirements(lines, _origins(emitted, graph), python, style)


def _origins(emitted: Emitted, graph: MergedGraph) -> Mapping[str, Sequence[tuple[Role, Origin]]]:
    inputs = emitted.inputs
    groups: list[tuple[Role, Sequence[Asked]]] = [
        (Role.REQUIREMENT, inputs.requirements),
        # A constraint that bounds nothing is none.
        (Role.CONSTRAINT, [one for one in inputs.constraints if to_need(one.requirement).constrains]),
        (Role.OVERRIDE, inputs.overrides),
        *scoped_by_name(graph, inputs.scoped, emitted.counts),
    ]
    return origins_by_name(groups, emitted.counts)


def _line(emitted: Emitted, pinned: Pinned, packages: Mapping[PackageKey, PinnedPackage]) -> Line:
    found, source = packages[pinned.key], pinned.key.source
    return Line(
        pinned=pinned,
        written=write_package(pinned.key, emitted.asked),
        hashes=_hashes(emitted, pinned.key, found),
        index=source.url if isinstance(source, RegistrySource) else None,
    )


def _hashes(emitted: Emitted, key: PackageKey, found: PinnedPackage) -> tuple[str, ...]:
    hashes = _known_hashes(emitted, key, found)
    if Experiment.HASHES not in emitted.request.options.experiments or not isinstance(key.source, RegistrySource):
        return hashes
    allowed = {digest for file in _installable(emitted, key.name, found) for digest in file.hashes}
    return tuple(one for one in hashes if one in allowed) or hashes


def _installable(emitted: Emitted, name: str, found: PinnedPackage) -> Sequence[ReleaseFile]:
    """The files that the switches let be installed: wheels alone, or the source distribution that is chosen."""
    no_binary, no_build = emitted.switches
    if name in no_build:
        return [file for file in found.listed if file.wheel is not None]
    if name in no_binary and found.sdist is not None:
        return [file for file in found.listed if file.wheel is None and file.hash == found.sdist.hash]
    return found.listed


def _known_hashes(emitted: Emitted, key: PackageKey, found: PinnedPackage) -> tuple[str, ...]:
    """Those that stand in the file already for this version, else all that the index or archive has."""
    point = None if emitted.request.target is None else emitted.request.target.point
    known = emitted.kept.hashes(key.name, key.version, point)
    if known:
        return known
    if isinstance(key.source, RegistrySource):
        return tuple(sorted((digest for file in found.listed for digest in file.hashes), key=hash_key))
    if isinstance(key.source, GitSource):
        return ()
    files = (*(() if found.sdist is None else (found.sdist,)), *(wheel.file for wheel in found.wheels))
    return tuple(sorted((file.hash for file in files if file.hash is not None), key=hash_key))


# --- pylock.toml ------------------------------------------------------------------------------------


def _pylock(emitted: Emitted, resolution: Resolution, graph: MergedGraph) -> str:
    packages = []
    for position, node in base_packages(graph):
        if node.package.name in (emitted.pip.no_emit_package or ()):
            continue
        reached = graph.reached[position]
        pinned = Pinned(key=node.package, extras=(), marker=reached.combined, dependents=(), position=position)
        line = _line(emitted, pinned, resolution.packages)
        packages.append(Package(line=line, pinned=resolution.packages[node.package], marker=reached.pep508))
    context = PylockContext(
        requires_python=emitted.request.requires_python_text,
        python=PythonRange.from_specifiers(emitted.request.requires_python),
        target=emitted.request.target,
        options=emitted.request.options,
        folder=emitted.folder,
        output=emitted.output,
        tree_root=emitted.tree_root,
    )
    return render_pylock(packages, context)


# --- before and after the pins ----------------------------------------------------------------------


def _known_for(emitted: Emitted, resolution: Resolution) -> Iterator[str]:
    """The environment that was compiled for, as far as any requirement asked about it."""
    target = emitted.request.target
    if not emitted.pip.emit_marker_expression or target is None:
        return
    marker = marker_text(restate(_markers_asked(emitted, resolution), target.point))
    if marker is not None:
        yield "# Pinned dependencies known to be valid for:"
        yield f"#    {marker}"


def _markers_asked(emitted: Emitted, resolution: Resolution) -> Iterator[Marker]:
    modifiers = make_modifiers(emitted.request.overrides, emitted.request.excludes)
    bounds = [one.requirement for one in emitted.inputs.constraints if _bounds(one.requirement)]
    for key, pinned in resolution.packages.items():
        for need in modifiers.apply(pinned.declared, package=key.name, version=key.version):
            yield need.marker
            yield from (one.marker for one in bounds if one.name == need.name)
    for need in modifiers.apply([to_need(one) for one in emitted.request.requirements]):
        yield need.marker
        yield from (one.marker for one in bounds if one.name == need.name)


def _bounds(constraint: Requirement) -> bool:
    """Whether it says anything: uv doesn't look at others."""
    return not isinstance(constraint.source, RegistryRequirement) or bool(constraint.source.specifier)


def _preamble(emitted: Emitted) -> Iterator[str]:
    lines = list(_preamble_lines(emitted))
    yield from lines
    if lines:
        yield ""


def _preamble_lines(emitted: Emitted) -> Iterator[str]:
    pip, indexes = emitted.pip, emitted.indexes
    if pip.emit_index_url:
        if indexes.default is not None:
            yield f"--index-url {indexes.default}"
        yield from (f"--extra-index-url {url}" for url in indexes.others)
    if pip.emit_find_links:
        yield from (f"--find-links {place}" for place in indexes.find_links)
    if pip.emit_build_options:
        yield from _switch_lines("--no-binary", emitted.switches[0])
        yield from _switch_lines("--only-binary", emitted.switches[1])


def _switch_lines(option: str, switch: Switch) -> Iterator[str]:
    if switch.everything:
        yield f"{option} :all:"
    yield from (f"{option} {name}" for name in switch.packages)


def _left_out(emitted: Emitted, graph: MergedGraph) -> Iterator[str]:
    if emitted.pip.no_annotate:
        return
    names = {node.package.name for _, node in base_packages(graph)}
    excluded = [name for name in emitted.pip.no_emit_package or () if name in names]
    if excluded:
        yield ""
        yield "# The following packages were excluded from the output:"
        yield from (f"# {name}" for name in excluded)
