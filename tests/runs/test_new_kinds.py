"""A kind of manifest, or of followers, is a module and a row in its table: whole runs with made-up ones."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet

from bot.detect import kinds
from bot.detect.model import Detected, Listing, LockUnit, Manifest, Solvable, Told, without_index
from bot.follow import followers
from bot.follow.model import Followed, Follower, Moment
from bot.lockfile.model import RegistryRequirement, Requirement
from bot.lockfile.reader import parse_lock
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import Declaration, DepType, IndexTable
from bot.markers import TRUE
from bot.repoconfig.model import DEFAULT_CONFIG, RepoConfig
from bot.resolver.lowering import CommandSettings
from bot.resolver.lowering.settings import find_settings, merge_settings, minimum_python
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest
from tests.resolver.trees import MemoryTree
from tests.runs.local_repository import LocalRepository, Releases, make_repository, moves, project, proposals

OLD: Releases = {"alpha": {"1.0": []}, "beta": {"1.0": []}}
NEW: Releases = {"alpha": {"1.0": [], "1.5": []}, "beta": {"1.0": [], "1.2": []}}


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    return make_repository(tmp_path / "repository")


# --- a kind of manifest: pins in YAML, without a lock ---------------------------------------------


class PinsKind:
    """``pins.yaml`` holds lines like ``alpha: 1.0``."""

    def is_manifest(self, path: str) -> bool:
        return posixpath.basename(path) == "pins.yaml"

    def find_owner(self, _path: str) -> str | None:
        return None

    def is_brought(self, path: str, _files: Collection[str]) -> bool:
        return self.is_manifest(path)

    def find_package_folder(self, _path: str) -> str | None:
        return None

    def detect(self, listing: Listing, paths: Sequence[str], _files: Collection[str], _told: Told) -> Detected:
        manifests = {path: Manifest(path=path, declarations=self._pins(listing, path)) for path in paths}
        return Detected(
            units=tuple(LockUnit(kind="pins", root=".", manifests=(path,)) for path in manifests), manifests=manifests
        )

    def find_solvables(self, found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
        (path,) = found.manifests
        lower = partial(self._lower, path=path)
        yield Solvable(name=path, lock=None, declarations=manifests[path].declarations, lower=without_index(lower))

    def edit(self, text: str, edits: Sequence[SpecifierEdit]) -> str:
        for edit in edits:
            name = edit.declaration.requirement.name
            text = text.replace(f"{name}: {edit.declaration.text.partition('==')[2]}", f"{name}: {edit.specifier[2:]}")
        return text

    def find_comment(self, _text: str, _declaration: Declaration) -> str:
        return ""

    def find_indexes(self, _listing: Listing, _paths: Sequence[str]) -> Iterator[IndexTable]:
        return iter(())

    def _pins(self, tree: Tree, path: str) -> tuple[Declaration, ...]:
        found = []
        for index, line in enumerate((tree.read_text(path) or "").splitlines()):
            name, version = line.split(": ")
            pin = f"{name}=={version}"
            found.append(
                Declaration(
                    path=path,
                    table=DepType.DEPENDENCIES,
                    index=index,
                    text=pin,
                    requirement=Parsed(pin),
                    line=index + 1,
                    keys=(name,),
                )
            )
        return tuple(found)

    def _lower(self, tree: Tree, *, path: str, settings: CommandSettings) -> LockRequest:
        effective = merge_settings(settings, find_settings(tree, posixpath.dirname(path) or ".", settings))
        python = minimum_python(effective.python)
        return LockRequest(
            requires_python=SpecifierSet(python),
            requires_python_text=python,
            is_script=True,
            requirements=tuple(self._required(pin) for pin in self._pins(tree, path)),
            indexes=effective.indexes,
            options=effective.options,
        )

    def _required(self, pin: Declaration) -> Requirement:
        source = RegistryRequirement(specifier=pin.requirement.specifier)
        return Requirement(name=pin.requirement.name, marker=TRUE, source=source)


def test_a_kind_in_the_table_is_detected_solved_and_edited(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, PinsKind()))
    repository.commit({"ops/pins.yaml": "alpha: 1.0\nbeta: 1.0\n"})
    found = proposals(repository.run(NEW))
    assert moves(found["non-major"]) == {"alpha": ("1.0", "1.5"), "beta": ("1.0", "1.2")}
    assert repository.show("lockbot/non-major", "ops/pins.yaml") == "alpha: 1.5\nbeta: 1.2\n"


# --- a kind of followers: an export of a lock -----------------------------------------------------


@dataclass(frozen=True)
class Export:
    """``export.txt`` beside a lock lists its packages, and says what stood there before."""

    lock: str

    @property
    def path(self) -> str:
        return posixpath.join(posixpath.dirname(self.lock), "export.txt")

    def refresh(self, before: Moment, after: Moment) -> Followed:
        if self.lock not in after.locks or before.texts.get(self.lock) == after.texts.get(self.lock):
            return Followed()
        rows = [f"{one.name}=={one.version}" for one in after.locks[self.lock].packages if one.name != "app"]
        old = [f"# {one.name}=={one.version}" for one in before.locks[self.lock].packages if one.name != "app"]
        return Followed(texts={self.path: "\n".join([*rows, *old]) + "\n"})


@dataclass(frozen=True)
class Broken:
    path: str

    def refresh(self, before: Moment, after: Moment) -> Followed:
        raise RuntimeError("nobody expected this")


class ExportKind:
    def find(self, listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
        exports = [path for path in listing.paths() if posixpath.basename(path) == "export.txt"]
        return tuple(Export(posixpath.join(posixpath.dirname(path), "uv.lock")) for path in exports)

    def is_brought(self, path: str, files: Collection[str]) -> bool:
        return path.endswith("export.txt")


class BrokenKind(ExportKind):
    def find(self, listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
        return tuple(Broken(path) for path in listing.paths() if posixpath.basename(path) == "export.txt")


FILES = {"pyproject.toml": project("alpha", "beta"), "export.txt": "alpha==1.0\nbeta==1.0\n"}


def test_a_follower_in_the_table_adds_its_file_to_a_proposal(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "FOLLOWERS", (ExportKind(),))
    repository.write(FILES)
    repository.lock(OLD)
    repository.commit({})
    found = proposals(repository.run(NEW))
    assert [file.path for file in found["non-major"].files] == ["export.txt", "uv.lock"]
    text = repository.show("lockbot/non-major", "export.txt")
    assert text == "alpha==1.5\nbeta==1.2\n# alpha==1.0\n# beta==1.0\n"


def test_a_follower_that_the_configuration_hides_stays_as_it_is(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "FOLLOWERS", (ExportKind(),))
    repository.write(FILES)
    repository.lock(OLD)
    repository.commit({".lockbot.json": '{"ignorePaths": ["*.txt"]}'})
    found = proposals(repository.run(NEW))
    assert [file.path for file in found["non-major"].files] == ["uv.lock"]


def test_a_follower_that_fails_unexpectedly_leaves_its_file_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followers, "FOLLOWERS", (BrokenKind(), ExportKind()))
    lock = parse_lock('version = 1\nrequires-python = ">=3.12"\n', "uv.lock")
    before, after = (Moment(locks={"uv.lock": lock}, texts={"uv.lock": text}) for text in ("old", "new"))
    kept: list[str] = []

    def keep(_error: Exception, place: str) -> str:
        kept.append(place)
        return "0123456789"

    found = followers.find_followers(MemoryTree({"export.txt": ""}), DEFAULT_CONFIG, keep)
    done = followers.refresh_all(found, before, after)

    assert (done.texts, kept) == ({"export.txt": "\n"}, ["export.txt"])
    (left,) = done.left
    assert left.path == "export.txt"
    assert left.reason.startswith("lockbot failed here unexpectedly; ")
    assert "0123456789" in left.reason


def test_a_file_that_names_no_command_follows_nothing(repository: LocalRepository) -> None:
    repository.write(FILES)
    repository.lock(OLD)
    repository.commit({})
    assert [file.path for file in proposals(repository.run(NEW))["non-major"].files] == ["uv.lock"]
