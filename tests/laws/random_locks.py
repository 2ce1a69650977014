"""Random lock values in which every field of the model can occur, whether or not a resolver would give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Cutoff,
    DefaultGroups,
    Dependency,
    DependencyMetadata,
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    Exclude,
    File,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    GitSource,
    Lock,
    LockOptions,
    Manifest,
    ModifierScope,
    Override,
    Package,
    PackageCutoff,
    PackageMetadata,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    RequirementSource,
    ScopedExclude,
    ScopedOverride,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.markers import FALSE, TRUE, Marker, parse_marker
from tests.markers.random_markers import random_marker

_NAMES: Final = ("a", "b", "c-d", "e2")
_WORDS: Final = ("x", "y-z", "dev")
_VERSIONS: Final = ("1.0", "2.0.post1", "1!0.5", "2.0+cpu", "3.0rc1")
_PATHS: Final = (".", "libs/a", "../it's", 'q"uote', "/abs/ölute")
_REVISION: Final = 5

Made = TypeVar("Made")


class LockMaker:
    """Makes locks; every choice comes from ``random``."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def lock(self) -> Lock:
        entries = {(name, version): self._source(version) for name in self._names() for version in self._versions()}
        targets = [(name, version, source) for (name, version), source in entries.items()]
        return Lock(
            revision=_REVISION,
            requires_python=self._one((">=3.12", ">=3.10, <4", "==3.13.*")),
            resolution_markers=self._markers(),
            supported_markers=self._markers(),
            required_markers=self._markers(),
            conflicts=self._several(self._conflict_set),
            options=self._options(),
            manifest=self._manifest(),
            packages=tuple(self._package(*target, targets) for target in targets),
        )

    # Choices ----------------------------------------------------------------------------------------------------

    def _one(self, choices: tuple[Made, ...]) -> Made:
        return self._random.choice(choices)

    def _maybe(self, make: Callable[[], Made]) -> Made | None:
        return make() if self._random.random() < 0.5 else None

    def _several(self, make: Callable[[], Made]) -> tuple[Made, ...]:
        return tuple(make() for _ in range(self._random.choice((0, 0, 1, 2))))

    def _by_word(self, make: Callable[[], Made]) -> dict[str, Made]:
        return {word: make() for word in self._words()}

    def _words(self) -> tuple[str, ...]:
        return tuple(self._random.sample(_WORDS, self._random.randint(0, 2)))

    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(self._random.sample(_NAMES, self._random.randint(1, 4))))

    def _versions(self) -> tuple[Version | None, ...]:
        if self._random.random() < 0.15:
            return (None,)
        return tuple(sorted(map(Version, self._random.sample(_VERSIONS, self._random.choice((1, 1, 2))))))

    def _marker(self) -> Marker:
        marker = parse_marker(random_marker(self._random, 2)) if self._random.random() < 0.5 else TRUE
        return TRUE if marker is FALSE else marker

    def _markers(self) -> tuple[Marker, ...]:
        return tuple(marker for marker in self._several(self._marker) if marker is not TRUE)

    # Sources ----------------------------------------------------------------------------------------------------

    def _reference(self) -> GitReference:
        return GitReference(kind=self._one(tuple(GitReferenceKind)), name=self._one(("main", "v1.0", "a/b c&d")))

    def _source(self, version: Version | None) -> Source:
        path, subdirectory = self._one(_PATHS), self._maybe(lambda: "sub/dir")
        trees: tuple[Source, ...] = (DirectorySource(path=path), EditableSource(path=path), VirtualSource(path=path))
        if version is None:
            return self._one(trees)
        git = GitSource(
            url="https://git.test/a/b",
            commit="0" * 40,
            reference=self._maybe(self._reference),
            subdirectory=subdirectory,
            lfs=self._random.random() < 0.3,
        )
        registry = RegistrySource(url=self._one(("https://index.test/simple", "https://index.test/it's/", "wheels")))
        direct = UrlSource(url="https://files.test/a.zip", subdirectory=subdirectory)
        others: tuple[Source, ...] = (registry, registry, registry, git, direct, PathSource(path=path))
        return self._one((*others, *trees))

    def _requirement_source(self) -> RequirementSource:
        specifier = SpecifierSet(self._one(("", ">=1", ">=1.0a1,!=2.0,<3", "==1.*", "~=2.0")))
        conflict = self._maybe(self._conflict)
        registry = RegistryRequirement(
            specifier=specifier, index=self._maybe(lambda: "https://index.test/simple"), conflict=conflict
        )
        git = GitRequirement(url="https://git.test/a/b", reference=self._maybe(self._reference), subdirectory="s")
        direct = UrlRequirement(url="https://files.test/a.zip", subdirectory=self._maybe(lambda: "s"))
        folder = DirectoryRequirement(path=self._one(_PATHS), kind=self._one(tuple(DirectoryKind)))
        file = PathRequirement(path="a-1.0.tar.gz")
        choices: tuple[RequirementSource, ...] = (registry, registry, git, direct, file, folder)
        return self._one(choices)

    def _conflict(self) -> ConflictItem:
        kind = self._one(tuple(ConflictKind))
        name = None if kind is ConflictKind.PROJECT else self._one(_WORDS)
        return ConflictItem(package=self._one(_NAMES), kind=kind, name=name)

    def _conflict_set(self) -> tuple[ConflictItem, ...]:
        first = second = self._conflict()
        while second == first:
            second = self._conflict()
        return first, second

    def _requirement(self) -> Requirement:
        return Requirement(
            name=self._one(_NAMES),
            extras=self._words(),
            groups=self._words(),
            marker=self._marker(),
            source=self._requirement_source(),
        )

    # Tables -----------------------------------------------------------------------------------------------------

    def _cutoff(self) -> Cutoff:
        if self._random.random() < 0.5:
            return Cutoff(timestamp="2025-01-02T00:00:00Z")
        return Cutoff(timestamp="0001-01-01T00:00:00Z", span="P1W")

    def _options(self) -> LockOptions:
        cutoffs: dict[str, PackageCutoff] = {word: self._maybe(self._cutoff) for word in self._words()}
        return LockOptions(
            resolution_mode=self._maybe(lambda: "lowest"),
            prerelease_mode=self._maybe(lambda: "allow"),
            fork_strategy=self._maybe(lambda: "fewest"),
            minimum_libc_version=self._maybe(lambda: {"glibc": "2.28", "musl": "1.2"}) or {},
            exclude_newer=self._maybe(self._cutoff),
            prerelease_package=self._by_word(lambda: "disallow"),
            exclude_newer_package=cutoffs,
        )

    def _default_groups(self) -> DefaultGroups:
        choices: tuple[DefaultGroups, ...] = ("all", (), ("dev", "x"))
        return self._one(choices)

    def _scope(self) -> ModifierScope:
        return ModifierScope(package=self._one(_NAMES), version=self._maybe(lambda: Version("1.0")))

    def _override(self) -> Override:
        if self._random.random() < 0.5:
            return self._requirement()
        return ScopedOverride(scope=self._scope(), dependencies=self._several(self._requirement))

    def _exclude(self) -> Exclude:
        choices: tuple[Exclude, ...] = ("zz", ScopedExclude(scope=self._scope(), dependencies=self._words()))
        return self._one(choices)

    def _dependency_metadata(self) -> DependencyMetadata:
        return DependencyMetadata(
            name=self._one(_NAMES),
            version=self._maybe(lambda: Version("1.0")),
            requires_dist=self._one(((), ("d>=1", 'e ; sys_platform == "it\'s"'))),
            requires_python=self._maybe(lambda: SpecifierSet(">=3.8")),
            provides_extras=self._words(),
        )

    def _manifest(self) -> Manifest:
        return Manifest(
            members=self._one(((), ("a", "b"))),
            default_groups=self._maybe(self._default_groups),
            requirements=self._several(self._requirement),
            constraints=self._several(self._requirement),
            overrides=self._several(self._override),
            excludes=self._several(self._exclude),
            build_constraints=self._several(self._requirement),
            dependency_groups=self._by_word(lambda: self._several(self._requirement)),
            group_requires_python=self._by_word(lambda: ">=3.13"),
            dependency_metadata=self._several(self._dependency_metadata),
        )

    # Packages ---------------------------------------------------------------------------------------------------

    def _file(self, suffix: str) -> File:
        url, digest = f"https://files.test/a-1.0{suffix}", self._maybe(lambda: "sha256:00")
        if self._random.random() < 0.2:
            return File(path=f"a-1.0{suffix}")
        if self._random.random() < 0.2:
            return File(filename=f"a-1.0{suffix}", hash="sha256:01")
        time = self._maybe(lambda: "2024-03-24T00:00:00.123Z")
        return File(url=url, hash=digest, size=self._maybe(lambda: 0), upload_time=time)

    def _hashed(self, wheel: File, source: Source) -> File:
        """With a hash where the source asks for one, without where it has none."""
        match source:
            case RegistrySource():
                return wheel
            case UrlSource() | PathSource():
                return replace(wheel, hash="sha256:02")
            case _:
                return replace(wheel, hash=None)

    def _dependency(self, targets: list[tuple[str, Version | None, Source]]) -> Dependency:
        name, version, source = self._random.choice(targets)
        return Dependency(name=name, version=version, source=source, extras=self._words(), marker=self._marker())

    def _package(
        self, name: str, version: Version | None, source: Source, targets: list[tuple[str, Version | None, Source]]
    ) -> Package:
        def edges() -> tuple[Dependency, ...]:
            edges = self._several(lambda: self._dependency(targets))
            # uv refuses an edge that stands there twice.
            return tuple({(edge.name, edge.version, edge.marker): edge for edge in edges}.values())

        def wheel() -> File:
            return self._hashed(self._file("-py3-none-any.whl"), source)

        return Package(
            name=name,
            version=version,
            source=source,
            default_groups=self._maybe(self._default_groups),
            resolution_markers=self._markers(),
            dependencies=edges(),
            sdist=self._maybe(lambda: self._file(".tar.gz")),
            wheels=self._several(wheel) if version == Version("1.0") else (),
            optional_dependencies=self._by_word(edges),
            dev_dependencies=self._by_word(edges),
            group_requires_python=self._by_word(lambda: ">=3.13"),
            metadata=PackageMetadata(
                requires_dist=self._several(self._requirement),
                requires_dev=self._by_word(lambda: self._several(self._requirement)),
                provides_extras=self._words(),
            ),
        )
