"""What the file that is there already holds: versions to stay with, hashes, and commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from bot.compile.arguments import CompileFormat
from bot.errors import InputError
from bot.lockfile.model import GitReference, GitReferenceKind
from bot.manifest.reader import TomlValue, read_document, read_name, read_text
from bot.markers import TRUE, Marker
from bot.markers.point import Point, holds_at
from bot.requirements.gather import Files, Gathered, PlacedRequirement, gather_requirements
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.request import Upgrade
from bot.resolver.model.versions import PyVersion, parse_version
from bot.resolver.search.preferences import Preference


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPin:
    """One version of the file, with the marker and the hashes that stand beside it; of an index where one is named."""

    name: str
    version: PyVersion
    marker: Marker
    hashes: tuple[str, ...] = ()
    index: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All that the file holds."""

    pins: tuple[KeptPin, ...] = ()
    commits: Mapping[tuple[str, GitReference | None], str] = field(default_factory=dict)

    def released(self, upgrade: Upgrade) -> Kept:
        """What stays where some packages, or all but some, may move."""
        if upgrade.everything:
            kept = tuple(one for one in self.pins if one.name in upgrade.kept)
            return Kept(pins=kept)
        return Kept(pins=tuple(one for one in self.pins if one.name not in upgrade.packages), commits=self.commits)

    def preferences(self, format: CompileFormat, point: Point | None) -> dict[str, list[Preference]]:
        """As the search takes it: those of other environments than the one that is meant are left out."""
        found: dict[str, list[Preference]] = {}
        for one in self.pins:
            if point is not None and not holds_at(one.marker, point):
                continue
            anywhere = format is CompileFormat.REQUIREMENTS
            found.setdefault(one.name, []).append(
                Preference(version=one.version, index=one.index, anywhere=anywhere, from_lock=True)
            )
        return found

    def hashes(self, name: str, version: PyVersion, point: Point | None) -> tuple[str, ...]:
        """Those that stand beside the first pin of a version."""
        for one in self.pins:
            if one.name == name and one.version == version and (point is None or holds_at(one.marker, point)):
                return one.hashes
        return ()


def read_kept(files: Files, path: str, format: CompileFormat, text: str | None) -> Kept:
    """Read the file that is to be written anew; raises ``InputError`` where it can't be read, as uv does."""
    if text is None:
        return Kept()
    if format is CompileFormat.PYLOCK:
        return _read_pylock(text, path)
    return Kept(pins=tuple(_pins(gather_requirements(files, path))))


def _pins(gathered: Gathered) -> Iterator[KeptPin]:
    for one in gathered.requirements:
        version = _pinned(one)
        if version is not None and one.stated.name is not None:
            yield KeptPin(
                name=one.stated.name,
                version=version,
                marker=one.stated.marker,
                hashes=tuple(_hashes(one)),
            )


def _pinned(one: PlacedRequirement) -> PyVersion | None:
    clauses = list(one.stated.specifier)
    if one.stated.url is not None or len(clauses) != 1 or clauses[0].operator != "==":
        return None
    return None if clauses[0].version.endswith(".*") else parse_version(clauses[0].version)


_ALGORITHMS = ("md5", "sha256", "sha384", "sha512", "blake2b")


def _hashes(one: PlacedRequirement) -> Iterator[str]:
    for text in one.stated.hashes:
        algorithm, colon, digest = text.partition(":")
        if not colon or algorithm not in _ALGORITHMS or not digest:
            problem = f"{text!r} is no hash that uv knows"
            raise InputError(problem, path=one.path, line=one.stated.line, hint="write sha256:…")
        yield text


# --- pylock.toml ------------------------------------------------------------------------------------


def _read_pylock(text: str, path: str) -> Kept:
    return read_document(text, path, _of_document)


def _of_document(root: TomlValue) -> Kept:
    pins: list[KeptPin] = []
    commits: dict[tuple[str, GitReference | None], str] = {}
    for package in root["packages"].items():
        name = read_name(package["name"])
        if package["version"].is_present:
            pins.append(_pin(package, name))
        vcs = package["vcs"]
        if vcs.is_present and vcs["url"].is_present:
            revision = vcs["requested-revision"].maybe(read_text)
            reference = None if revision is None else GitReference(kind=GitReferenceKind.REV, name=revision)
            commits[without_credentials(vcs["url"].text()), reference] = vcs["commit-id"].text()
    return Kept(pins=tuple(pins), commits=commits)


def _pin(package: TomlValue, name: str) -> KeptPin:
    try:
        version = parse_version(package["version"].text())
    except InvalidVersion:
        raise package["version"].refuse("this is no version") from None
    return KeptPin(name=canonicalize_name(name), version=version, marker=TRUE, index=package["index"].maybe(read_text))
