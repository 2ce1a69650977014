"""What a lock is asked to be: the lowered manifest, with all options, as one value.

Made by ``bot.resolver.lowering`` from manifests; solved by ``bot.resolver.search.universal``; compared with an existing lock
by ``bot.resolver.judge.verdict``. Every requirement is lowered (sources applied), every marker canonical, every path
relative to the lock's folder as the lock would print it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    ConflictItem,
    Cutoff,
    DefaultGroups,
    DependencyMetadata,
    DirectorySource,
    EditableSource,
    Exclude,
    Override,
    PackageCutoff,
    Requirement,
    VirtualSource,
)
from bot.manifest.model import MachineSettings
from bot.markers import Marker
from bot.resolver.model.index import Index
from bot.resolver.model.target import Target
from bot.values import field, value


class ResolutionMode(StrEnum):
    HIGHEST = "highest"
    LOWEST = "lowest"
    LOWEST_DIRECT = "lowest-direct"


class PrereleaseMode(StrEnum):
    DISALLOW = "disallow"
    ALLOW = "allow"
    IF_NECESSARY = "if-necessary"
    EXPLICIT = "explicit"
    IF_NECESSARY_OR_EXPLICIT = "if-necessary-or-explicit"


class ForkStrategy(StrEnum):
    FEWEST = "fewest"
    REQUIRES_PYTHON = "requires-python"


class IndexStrategy(StrEnum):
    FIRST_INDEX = "first-index"
    UNSAFE_FIRST_MATCH = "unsafe-first-match"
    UNSAFE_BEST_MATCH = "unsafe-best-match"


@value
class TreeMetadata:
    """Lowered static metadata of a source tree (a member, a path, directory or git dependency).

    ``requires_dist`` includes the optional requirements, each with its ``extra == '…'`` condition in the marker;
    ``groups`` are flattened, in declaration order inside each group. ``version`` is ``None`` when it is dynamic.
    """

    name: str
    version: Version | None
    requires_python: SpecifierSet | None = None
    requires_dist: tuple[Requirement, ...] = ()
    provides_extras: tuple[str, ...] = ()
    groups: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    group_requires_python: Mapping[str, str] = field(default_factory=dict)
    default_groups: DefaultGroups | None = None


@value
class Member:
    """A workspace member; ``folder`` is where it is (``"."`` for the root), ``source`` how the lock names it."""

    folder: str
    source: EditableSource | VirtualSource | DirectorySource
    metadata: TreeMetadata


class Experiment(StrEnum):
    """Experiments of uv that change a lock, whether it is right, or what is compiled."""

    WITHOUT_METADATA = "lock-without-metadata"
    #: Requirements that say the same are written as one.
    NORMALIZATION = "lockfile-normalization"
    #: Settings that nothing asked for are not written, nor constraints that every version obeys.
    INPUTS = "resolution-inputs"
    #: Cut-offs of packages that are not locked are not written.
    CUTOFFS = "missing-exclude-newer-package-lock"
    #: A lock that is spaced in another way is not right.
    SPACING = "lockfile-format-check"
    #: Hashes of what may not be installed are not compiled.
    HASHES = "artifact-hash-filtering"


@value
class ResolverOptions:
    """Settings that change what is chosen. ``exclude_newer_package`` values of ``None`` mean no cutoff.

    ``no_build`` and ``no_binary`` are for all packages; the list of the other one lifts them. ``experiments`` are those
    of uv's that are tried. ``direct_only``: what packages depend on is left out.
    """

    resolution: ResolutionMode = ResolutionMode.HIGHEST
    prerelease: PrereleaseMode = PrereleaseMode.IF_NECESSARY
    prerelease_package: Mapping[str, PrereleaseMode] = field(default_factory=dict)
    fork_strategy: ForkStrategy = ForkStrategy.REQUIRES_PYTHON
    index_strategy: IndexStrategy = IndexStrategy.FIRST_INDEX
    exclude_newer: Cutoff | None = None
    exclude_newer_package: Mapping[str, PackageCutoff] = field(default_factory=dict)
    no_build: bool = False
    no_build_package: frozenset[str] = frozenset()
    no_binary: bool = False
    no_binary_package: frozenset[str] = frozenset()
    minimum_libc_version: Mapping[str, str] = field(default_factory=dict)
    experiments: frozenset[Experiment] = frozenset()
    direct_only: bool = False

    @property
    def without_metadata(self) -> bool:
        """Whether a lock does not repeat what its packages declare."""
        return Experiment.WITHOUT_METADATA in self.experiments

    def forbids_build(self, name: str) -> bool:
        return name not in self.no_binary_package if self.no_build else name in self.no_build_package

    def forbids_binary(self, name: str) -> bool:
        return name not in self.no_build_package if self.no_binary else name in self.no_binary_package


@value
class Upgrade:
    """What may leave the existing lock's versions: everything, these packages, or direct requirements of these groups.

    ``constraints`` come from ``--upgrade-package 'n==v'``: they hold for this run and are not recorded. ``told`` is what an
    explanation says of the constraint on a package in place of "was asked for"; an empty text goes without saying.
    ``kept``: where everything is upgraded, all but these. ``anew``: also a lock that is right is resolved again, with its
    versions; ``is_exact``: it stands only where every byte comes out as it is.
    """

    everything: bool = False
    packages: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    constraints: tuple[Requirement, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    kept: frozenset[str] = frozenset()
    anew: bool = False
    is_exact: bool = False


@value
class Remark:
    """A sentence without full stop on something that no lock fails for, in a file (a path in the tree) or, without a
    ``path``, on the command line."""

    problem: str
    path: str | None
    line: int | None = None
    hint: str | None = None


@value
class LockRequest:
    """One lock to make.

    ``requires_python``: the text the lock will print (spec 6.2). ``members`` are sorted by name; ``project`` is the
    root's name (``None`` for a virtual workspace root or a script). ``requirements`` are a script's dependencies,
    ``dependency_groups`` those of a root without ``[project]``. ``indexes`` are in priority order and include the
    default one (last) and all explicit ones; ``record_registries`` is whether indexes were configured at all
    (spec 7.2, content check). ``conflicts`` are sorted sets, declared ones first, then inferred ones.
    ``target``: the one environment to solve for, in place of all that ``requires_python`` and ``environments`` admit.
    ``called``: what explanations call the files that require, where these are neither a project nor a script.
    ``registries`` are the URLs of ``indexes`` without those that only a manifest's sources may use. ``build_of``: the
    requirements are those of this manifest's build system, lowered like a script's. ``asks_keyring``: the user's
    ``keyring`` may be asked for credentials. ``warnings`` are about settings that don't count. ``machine`` is what settings
    say of the machine that locks; a run over somebody else's repository doesn't obey it and tells ``of_machine`` instead.
    """

    requires_python: SpecifierSet
    requires_python_text: str
    project: str | None = None
    is_script: bool = False
    build_of: str | None = None
    members: tuple[Member, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    dependency_groups: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    group_requires_python: Mapping[str, str] = field(default_factory=dict)
    default_groups: DefaultGroups | None = None
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Override, ...] = ()
    excludes: tuple[Exclude, ...] = ()
    build_constraints: tuple[Requirement, ...] = ()
    dependency_metadata: tuple[DependencyMetadata, ...] = ()
    conflicts: tuple[tuple[ConflictItem, ...], ...] = ()
    environments: tuple[Marker, ...] = ()
    required_environments: tuple[Marker, ...] = ()
    indexes: tuple[Index, ...] = ()
    record_registries: bool = False
    registries: frozenset[str] = frozenset()
    options: ResolverOptions = ResolverOptions()
    upgrade: Upgrade = Upgrade()
    asks_keyring: bool = False
    target: Target | None = None
    called: str | None = None
    warnings: tuple[Remark, ...] = ()
    machine: MachineSettings = field(default_factory=MachineSettings)
    of_machine: tuple[Remark, ...] = ()

    def direct_requirements(self) -> Iterator[Requirement]:
        """What members, their groups and a script require, and the groups of a root without ``[project]``."""
        for member in self.members:
            yield from member.metadata.requires_dist
            for group in member.metadata.groups.values():
                yield from group
        yield from self.requirements
        for group in self.dependency_groups.values():
            yield from group
