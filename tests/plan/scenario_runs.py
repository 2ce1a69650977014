"""Runs a planner scenario: ``bot.pipeline`` over a commit and an index in memory; no git, no process, no network."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from bot.app.shipped import shipped_hooks
from bot.detect.kinds import find_solvables
from bot.detect.model import Told
from bot.detect.repository import detect
from bot.detect.requirements import find_compile_commands
from bot.errors import BuildRequiredError, IndexFailure, LockbotError
from bot.export.pylock_toml import is_pylock_name
from bot.index.memory import PYPI, MemoryIndex
from bot.lockfile.model import Lock
from bot.lockfile.reader import parse_lock
from bot.manifest.declarations import find_pyproject_declarations, find_script_declarations
from bot.manifest.model import Declaration
from bot.manifest.notebooks.reading import get_notebook
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.script import parse_script
from bot.pipeline.edges import Edges
from bot.pipeline.run import run_repository
from bot.plan.make_unit import keep_cutoffs
from bot.plan.security.knowledge import Advisories
from bot.plan.solver import Solver
from bot.ports.advisories import SecurityRow
from bot.ports.indexes import Depended
from bot.ports.registry import NoRegistry, RegistryFailure
from bot.ports.run import (
    BranchName,
    DetectedFile,
    DetectedPackage,
    HeldBack,
    LockChange,
    LockChangeKind,
    Problem,
    Proposal,
    RunReport,
    RunRequest,
    Sha,
    UpdateLine,
)
from bot.ports.surroundings import KnownTags, Surroundings
from bot.requirements.declarations import find_declarations
from bot.requirements.reader import parse_requirements
from bot.requirements.setup_cfg import find_setup_cfg_declarations
from bot.resolver.lock import Locked
from bot.resolver.lowering import CommandSettings, lower_project, lower_script
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index
from bot.resolver.model.request import LockRequest
from tests.kept_errors import keep_nothing
from tests.plan.memory_commit import MemoryCommit
from tests.plan.scenario import LOCK, MANIFEST, ExpectedProposal, Packages, Scenario, Table, refuse_unknown
from tests.plan.security_runs import Records
from tests.resolver.universe import HOST, ScenarioError

_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_PYTHON = ">=3.12"
_UPLOADED = "2024-03-24T00:00:00Z"
_PACKAGE_KEYS = frozenset({"versions", "fails"})
_VERSION_KEYS = frozenset(
    {
        "requires", "requires_python", "extras", "sdist", "static", "recorded", "wheel", "wheel_tags", "yanked",
        "upload_time", "gone",
    }
)  # fmt: skip


def run_scenario(
    scenario: Scenario,
    index: MemoryIndex | None = None,
    *,
    base_branch: str | None = None,
    explain: tuple[str, ...] = (),
) -> tuple[MemoryCommit, RunReport]:
    """The repository with its locks, and what a run finds in it; ``index`` is the scenario's, unless given. ``base_branch``:
    one that is not the default branch. ``explain``: packages that are only told of."""
    commit = make_commit(scenario)
    request = RunRequest(
        root=Path("/repository"),
        base=Sha("0" * 40),
        base_branch=BranchName(base_branch or "main"),
        names_base=base_branch is not None,
        now=scenario.now,
        repository="owner/name",
        only=scenario.only,
        declined=scenario.declined,
        ignored=scenario.ignored,
        explain=explain,
        may_write_workflows=scenario.may_write_workflows,
        alerts=lambda: scenario.alerts,
        is_public=scenario.is_public,
    )
    edges = Edges(
        open_commit=commit.open,
        index=index or make_index(scenario),
        is_local=scenario.is_local,
        keep=keep_nothing,
        around=Surroundings(tags=KnownTags(commits=scenario.tags), hook_packages=shipped_hooks()),
        registry=NoRegistry() if scenario.images is None else MemoryRegistry(scenario.images),
        advisories=Advisories(
            service=Records(*scenario.advisories, is_down=scenario.advisories_down),
            public=() if scenario.is_private_index else (PYPI.url,),
        ),
    )
    return commit, run_repository(request, edges)


@dataclass(frozen=True, slots=True)
class MemoryRegistry:
    """The registry of a scenario: digests by reference; one that is empty can't be had."""

    images: Mapping[str, str]

    def find_digest(self, registry: str, repository: str, tag: str) -> str | None:
        found = self.images.get(f"{registry}/{repository}:{tag}")
        if found == "":
            raise RegistryFailure(f"{registry} is down")
        return found


# --- the repository and the index -----------------------------------------------------------------


def make_commit(scenario: Scenario) -> MemoryCommit:
    """The files, with locks made when the index had nothing but what they hold."""
    earlier = MemoryCommit(scenario.earlier)
    locks = {}
    for path, pins in scenario.locked.items():
        try:
            text = relock(earlier, path, make_index(scenario, pins), scenario).text
            locks[path] = _with_lock(scenario.files[path], text) if is_notebook(path) else text
        except LockbotError as error:
            raise ScenarioError(f"{scenario.path}: {path} can't be made: {error}") from error
    return MemoryCommit({**scenario.files, **locks})


def relock(commit: MemoryCommit, path: str, index: MemoryIndex, scenario: Scenario) -> Locked:
    """What a lock of the commit becomes when nothing in it is asked to move."""
    settings = CommandSettings(now=scenario.now, python="3.13", tree_root="/repository")
    folder, (text, existing) = posixpath.dirname(path) or ".", _read_lock(commit, path)
    request = _lower(commit, path, folder, settings)
    if existing is not None:
        request = keep_cutoffs(request, existing, settings)
    solver = Solver(index=index, settings=settings)
    return solver(request, tree=commit, folder=folder, existing=existing, existing_text=text)


def _read_lock(commit: MemoryCommit, path: str) -> tuple[str | None, Lock | None]:
    text = commit.read_text(path)
    if is_notebook(path):
        lock = get_notebook(text or "", path).lock
        text = None if lock is None else lock.text
    return text, None if text is None else parse_lock(text, path)


def _lower(commit: MemoryCommit, path: str, folder: str, settings: CommandSettings) -> LockRequest:
    if posixpath.basename(path) == LOCK:
        return lower_project(commit, root=folder, settings=settings)
    if is_notebook(path):
        cell = get_notebook(commit.read_text(path) or "", path).cell.text
        return lower_script(MemoryCommit({**commit.files, path: cell}), path=path, settings=settings)
    return lower_script(commit, path=path.removesuffix(".lock"), settings=settings)


def is_notebook(path: str) -> bool:
    """A lock of this path lies among the metadata of the notebook."""
    return path.endswith(".ipynb")


def _with_lock(notebook: str, lock: str) -> str:
    """The place of the lock is marked in the scenario."""
    return notebook.replace('"uv.lock": ""', f'"uv.lock": {json.dumps(lock)}')


def recompile(commit: MemoryCommit, path: str, index: MemoryIndex, scenario: Scenario) -> bool:
    """Whether a compiled file of the commit stands when nothing in it is asked to move; also where it is none."""
    settings = CommandSettings(now=scenario.now, python="3.13", tree_root="/repository")
    found = detect(commit, keep_nothing, Told(compiles=tuple(find_compile_commands(commit))))
    for unit in (one for one in found.units if one.lock == path):
        (part,) = find_solvables(unit, found.manifests)
        text = commit.read_text(path) or ""
        solver = Solver(index=index, settings=settings)
        solved = (
            solver(
                one.lower(commit, settings=settings, index=index),
                tree=commit,
                folder=unit.root,
                existing=one.form.read(text, path),
                existing_text=text,
                form=one.form,
            )
            for one in (part, *part.alternatives)
        )
        return any(one.unchanged for one in solved)
    return True


def make_index(
    scenario: Scenario, pins: Mapping[str, tuple[str, ...]] | None = None, *, reads_archives: bool = False
) -> MemoryIndex:
    """What the scenario lists; with ``pins`` only those versions, as they were before anything happened to them.

    ``reads_archives``: those that can't be read can be, as they are again one day.
    """
    index = MemoryIndex()
    for name, packages in scenario.indexes.items():
        place = Index(name=name, url=f"{HOST}/{name}/simple") if name else PYPI
        _fill(index, place, packages, scenario, pins)
    for url, stated in scenario.git.items():
        if pins is None and "fails" in stated:
            index.fail_archive(url, IndexFailure(stated["fails"]))
        elif "files" in stated:
            files = stated["files"] if pins is not None else stated.get("now", stated["files"])
            index.add_git(url, GitTree(commit=_COMMIT, tree=MemoryCommit(files)))
    for url, stated in scenario.archives.items():
        _add_archive(index, url, stated, is_read=reads_archives or pins is not None)
    return index


def _add_archive(index: MemoryIndex, url: str, stated: Table, *, is_read: bool) -> None:
    if "fails" in stated and not is_read:
        index.fail_archive(url, IndexFailure(stated["fails"]))
        return
    if stated.get("build") and not is_read:
        index.fail_archive(url, BuildRequiredError(stated["name"], None, stated["build"]))
        return
    metadata = CoreMetadata(
        name=stated["name"],
        version=stated["version"],
        requires_dist=tuple(stated.get("requires", ())),
        provides_extras=tuple(stated.get("extras", ())),
    )
    digest = f"sha256:{sha256(url.encode()).hexdigest()}"
    name = posixpath.basename(url)
    index.add_archive(url, Archive(filename=name, hash=digest, metadata=metadata, is_wheel=name.endswith(".whl")))


def _fill(
    index: MemoryIndex, place: Index, packages: Packages, scenario: Scenario, pins: Mapping[str, tuple[str, ...]] | None
) -> None:
    for name, package in packages.items():
        refuse_unknown(package, _PACKAGE_KEYS, scenario.path)
        for version, stated in package.get("versions", {}).items():
            refuse_unknown(stated, _VERSION_KEYS, scenario.path)
            if version in pins.get(name, ()) if pins is not None else not stated.get("gone", False):
                _add(
                    index, place, name, version, stated if pins is None else {**stated, "yanked": False, "static": True}
                )
        if pins is None and "fails" in package:
            index.fail_page(name, IndexFailure(package["fails"]), index=place)


def _add(index: MemoryIndex, place: Index, name: str, version: str, stated: Table) -> None:
    index.add(
        name,
        version,
        requires_dist=stated.get("requires", ()),
        requires_python=stated.get("requires_python", _PYTHON) or None,
        extras=stated.get("extras", ()),
        wheels=stated.get("wheel_tags") if stated.get("wheel", True) else (),
        sdist=stated.get("sdist", True),
        static_sdist=stated.get("static", True),
        recorded=stated.get("recorded"),
        yanked=stated.get("yanked", False),
        upload_time=stated.get("upload_time", _UPLOADED) or None,
        index=place,
    )


# --- what was found, as expectations say it -------------------------------------------------------


def found_proposal(proposal: Proposal, commit: MemoryCommit, expected: ExpectedProposal | None) -> ExpectedProposal:
    """The proposal in the form of an expectation; ``expected`` says which texts of the body it is about."""
    states_held = expected is not None and expected.held_back is not None
    files = {change.path: change.text or "" for change in proposal.files}
    exports = {path: text for path, text in files.items() if is_export(path)}
    manifests = {path: text for path, text in files.items() if not path.endswith(".lock") and path not in exports}
    pairs = {path: (commit.files[path], text) for path, text in manifests.items()}
    rows = {path: [_lock_row(one) for one in proposal.lock_changes if one.lockfile == path] for path in files}
    return ExpectedProposal(
        group=proposal.group,
        branch=proposal.branch,
        title=proposal.title,
        labels=proposal.labels,
        updates=tuple(map(_update_row, proposal.updates)),
        edits={
            path: found for path, pair in pairs.items() if (found := _edit_rows(path, *pair)) or not is_notebook(path)
        },
        locks={path: tuple(rows[path]) for path in files if path not in exports and _is_lock(path, rows[path])},
        exports=exports,
        held_back=tuple(_held_rows(proposal.body)) if states_held else None,
        says=tuple(text for text in expected.says if text in proposal.body) if expected else (),
        omits=tuple(text for text in expected.omits if text not in proposal.body) if expected else (),
        advisories=tuple(one.id for one in proposal.advisories),
    )


def is_export(path: str) -> bool:
    return path.endswith((".txt", ".json")) or is_pylock_name(posixpath.basename(path))


def found_held_back(row: HeldBack | None, expected: Table | None) -> Table | None:
    """The row as ``expected`` states it: with its whole reason, or with the parts that are to stand in it."""
    if row is None:
        return None
    told: Table = {"package": row.package, "current": row.current, "latest": row.latest}
    if expected is not None and "until" in expected:
        told = {**told, "until": None if row.until is None else datetime.fromtimestamp(row.until, UTC)}
    if expected is None or "says" not in expected:
        return {**told, "reason": row.reason}
    return {**told, "says": [text for text in expected["says"] if text in row.reason]}


def found_security(row: SecurityRow | None, expected: Table | None) -> Table | None:
    """The row as ``expected`` states it: what it says nothing of is left out, and of a reason it states a part."""
    if row is None:
        return None
    said = row.reason or ""
    part = expected.get("reason", "") if expected else ""
    told = {
        "package": row.package,
        "version": row.version,
        "advisories": [one.id for one in row.advisories],
        "unit": row.unit,
        "source": row.source.value,
        "branch": row.branch,
        "after": row.after,
        "reason": part if part and part in said else said,
        "accepted": row.is_accepted,
        "until": row.until,
        "chain": list(row.chain),
        "over": row.over,
    }
    must = {
        "package",
        "version",
        "advisories",
        *([] if row.branch is None else ["branch"]),
        *(["reason"] if said else []),
    }
    return {key: value for key, value in told.items() if key in must or (expected and key in expected)}


def found_detected(files: Sequence[DetectedFile]) -> Mapping[str, tuple[str, ...]]:
    """Files in their order with what they belong to; of each package what is required, what is locked, what is newer."""
    return {_file_head(one): tuple(map(_package_row, one.packages)) for one in files}


def found_depended(pages: Sequence[Depended]) -> tuple[str, ...]:
    """The pages in their order: package, index where it is not PyPI, the age that a release needs, what waits for one."""
    return tuple(_tell_depended(one) for one in pages)


def _tell_depended(one: Depended) -> str:
    place = "" if one.index == PYPI.url else f" at {one.index}"
    age = f" after {one.age / 86_400:g} days" if one.age else ""
    return (one.package or "all") + place + age + (", urgent" if one.is_urgent else "")


def _file_head(file: DetectedFile) -> str:
    belongs = ", ".join(filter(None, (file.kind, file.lock)))
    return f"{file.path} ({belongs})" if belongs else file.path


def _package_row(one: DetectedPackage) -> str:
    words = " ".join(filter(None, (one.package, one.required)))
    after = f" after {one.days} days" if one.days is not None else ""
    newer = f": {one.kind} {one.newest}{after}" if one.newest else ""
    pin = " (pin)" if one.is_pin else ""
    return f"{words}{f', {one.locked}' if one.locked else ''}{newer}{pin}"


def found_problem(row: Problem) -> Table:
    return {key: value for key, value in asdict(row).items() if value is not None}


def _update_row(row: UpdateLine) -> str:
    place = "" if row.manifest == MANIFEST else f" in {row.manifest}"
    return f"{row.package} {row.before or 'new'} -> {row.after} ({row.kind}){place}"


def _lock_row(change: LockChange) -> str:
    recorded = f" ({change.recorded})" if change.recorded else ""
    match change.kind:
        case LockChangeKind.ADDED:
            return f"+ {change.package} {change.after}{recorded}"
        case LockChangeKind.REMOVED:
            return f"- {change.package} {change.before}"
        case LockChangeKind.CHANGED:
            return f"{change.package} {change.before} -> {change.after}{recorded}"


def _is_lock(path: str, rows: Sequence[str]) -> bool:
    return path.endswith(".lock") or (is_notebook(path) and bool(rows))


def _edit_rows(path: str, before: str, after: str) -> tuple[str, ...]:
    """The requirements that have another text, where they stood; then every other line that has."""
    pairs = list(zip(_declarations(path, before), _declarations(path, after), strict=True))
    told = {line for old, new in pairs if old.text != new.text for line in _lines_of(old)}
    rows = [f"{old.text} -> {new.text}" for old, new in pairs if old.text != new.text]
    if is_notebook(path):
        return tuple(rows)
    lines = enumerate(zip(before.splitlines(), after.splitlines(), strict=True), start=1)
    others = [f"{old.strip()} -> {new.strip()}" for at, (old, new) in lines if old != new and at not in told]
    return (*rows, *others)


def _lines_of(row: Declaration) -> range:
    return range(row.line, row.line + row.text.count("\n") + 1)


def _declarations(path: str, text: str) -> tuple[Declaration, ...]:
    if posixpath.basename(path) == MANIFEST:
        return tuple(find_pyproject_declarations(parse_pyproject(text, path)))
    if path.endswith(".cfg"):
        return find_setup_cfg_declarations(text, path)
    if path.endswith(".in"):
        return find_declarations(parse_requirements(text, path))
    script = parse_script(get_notebook(text, path).cell.text if is_notebook(path) else text, path)
    return () if script is None else tuple(find_script_declarations(script))


def _held_rows(body: str) -> list[str]:
    """The rows of the table of what is held back, without their reasons."""
    _, _, table = body.partition("Held back because |")
    rows = re.findall(r"^\| (\S+) \| `([^`]*)` → `([^`]*)` \|", table, re.MULTILINE)
    return [f"{package} {current} -> {latest}" for package, current, latest in rows]
