"""From drafts to a proposal: edit the manifests, solve what the edited repository locks to, believe only that.

Units are finished together, because one unit's lock can hold another's manifest (a path dependency): a unit without a
draft of its own is locked again when a folder that it contains was edited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from bot.detect.kinds import get_kind
from bot.errors import InputError, UnreadableLockError
from bot.follow.followers import refresh_all
from bot.follow.model import Follower, LeftAlone, Moment
from bot.lockfile.graph import parents_by_name
from bot.lockfile.model import DirectorySource, EditableSource, Lock, VirtualSource
from bot.lockfile.reader import parse_lock
from bot.manifest.edit import SpecifierEdit, replace_specifier
from bot.manifest.model import Declaration
from bot.plan.changes import RequirementEdit, UnitResult, lock_changes
from bot.plan.policy import Group
from bot.plan.proposals.draft import Draft
from bot.plan.proposals.maintenance import refresh
from bot.plan.releases.describe import Shelf
from bot.plan.trial import Answer, Impossible, NoLock, Trial, Unanswered, unanswered
from bot.plan.unit import Unit
from bot.plan.worlds.holdings import name_of
from bot.ports.advisories import AdvisoryLine
from bot.ports.run import UpdateLine
from bot.resolver.lock import Locked
from bot.resolver.lowering.paths import join
from bot.resolver.model.index import Tree

_PASSES = 4
#: So many packages are tried as the one to leave out.
_SUSPECTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Texts that name the version of a tool, rewritten with it. ``updates``: their rows; ``notes``: sentences about them,
    without full stop."""

    edits: tuple[RequirementEdit, ...] = ()
    updates: tuple[UpdateLine, ...] = ()
    notes: tuple[str, ...] = ()


NO_PLACES = Places()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A group with everything decided. ``texts`` are the new texts by path: manifests, locks, and what follows them but
    for what is ``left`` as it is. ``advisories`` are the vulnerabilities that it leaves, as far as they may be told."""

    group: Group
    texts: Mapping[str, str]
    results: tuple[UnitResult, ...]
    left: tuple[LeftAlone, ...] = ()
    places: Places = NO_PLACES
    advisories: tuple[AdvisoryLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What could not be locked after all: one package of a draft, or (``package`` ``None``) the unit's whole part.

    ``suspects``: the packages of which one is to be left out. ``is_whole``: the reason is that of each of its packages.
    """

    draft: Draft
    package: str | None
    reason: str
    suspects: tuple[str, ...] = ()
    is_whole: bool = False
    unanswered: tuple[Unanswered, ...] = ()


def finish_group(
    tree: Tree, group: Group, drafts: Sequence[Draft], trials: Sequence[Trial], followers: Sequence[Follower] = ()
) -> tuple[Finished | None, tuple[Dropped, ...]]:
    """Lock every unit of the group; what turns out impossible is dropped and the rest is done again."""
    dropped: list[Dropped] = []
    remaining = list(drafts)
    while remaining:
        outcome = _try(tree, group, remaining, trials)
        if isinstance(outcome, Finished):
            has_content = outcome.texts and not _is_idle(outcome, remaining)
            return (with_followers(tree, outcome, followers) if has_content else None), tuple(dropped)
        outcome = _with_culprit(tree, group, remaining, trials, outcome)
        dropped.append(outcome)
        remaining = _all_without(remaining, outcome)
    return None, tuple(dropped)


def _is_idle(done: Finished, drafts: Sequence[Draft]) -> bool:
    """Whether locks that were right are only said in another way: forks that were looked into and came to nothing."""
    return (
        not any(draft.everything or draft.edits or not draft.trial.base.unchanged for draft in drafts)
        and not any(draft.trial.unit.lock is None for draft in drafts)
        and not any(lock_changes(result) for result in done.results)
    )


def _with_culprit(tree: Tree, group: Group, drafts: Sequence[Draft], trials: Sequence[Trial], drop: Dropped) -> Dropped:
    """The suspect without whom the rest can be locked; the first where none is enough."""
    for name in drop.suspects[:_SUSPECTS] if len(drop.suspects) > 1 else ():
        smaller = _all_without(drafts, replace(drop, package=name))
        if smaller and isinstance(_try(tree, group, smaller, trials), Finished):
            return replace(drop, package=name)
    return drop


def _all_without(drafts: Sequence[Draft], drop: Dropped) -> list[Draft]:
    return [smaller for draft in drafts for smaller in _without(draft, drop)]


def _without(draft: Draft, drop: Dropped) -> Sequence[Draft]:
    is_meant = draft.trial is drop.draft.trial or (drop.package and draft.shares(drop.draft, drop.package))
    if not is_meant:
        return [draft]
    if draft.everything and drop.package is not None and draft.holds(drop.package):
        return [draft.keeping(drop.package, drop.reason)]
    return [draft.without(drop.package)] if drop.package is not None and len(draft.candidates) > 1 else []


def _try(tree: Tree, group: Group, drafts: Sequence[Draft], trials: Sequence[Trial]) -> Finished | Dropped:
    for _ in range(_PASSES):
        texts = edit_texts(tree, _agreed_edits(drafts))
        locked = _lock_all(drafts, trials, texts)
        if isinstance(locked, Dropped):
            return locked
        settled = [draft.reaching(locked[draft.trial.unit.name]) for draft in drafts]
        if all(new.edits == old.edits for new, old in zip(settled, drafts, strict=True)):
            stuck = next((draft for draft in settled if not draft.is_done), None)
            if stuck is not None:
                return Dropped(
                    draft=stuck, package=None, reason="what can be written for it keeps the lock in its major"
                )
            return _finished(group, texts, settled, trials, locked)
        drafts = settled
    return Dropped(draft=drafts[0], package=None, reason="its requirements did not settle on one version")


def _agreed_edits(drafts: Iterable[Draft]) -> Iterable[SpecifierEdit]:
    """The edits of all drafts; of a requirement that several locks hold, the one that gets no further than the others."""
    agreed: dict[Declaration, tuple[Version, SpecifierEdit]] = {}
    for draft in drafts:
        for edit in draft.edits:
            reached = draft.targets[edit.declaration][-1]
            known = agreed.get(edit.declaration)
            if known is None or reached < known[0]:
                agreed[edit.declaration] = (reached, edit)
    return [edit for _, edit in agreed.values()]


def _lock_all(
    drafts: Sequence[Draft], trials: Sequence[Trial], texts: Mapping[str, str]
) -> Mapping[str, Locked] | Dropped:
    """The locks of the units with a draft, and of those that follow; in their order, as one may read another's lock."""
    by_unit = {draft.trial.unit.name: draft for draft in drafts}
    folders = {get_kind(path).find_package_folder(path) for path in texts}
    locked: dict[str, Locked] = {}
    written: dict[str, str] = {}
    for trial in trials:
        unit, draft = trial.unit, by_unit.get(trial.unit.name)
        changed = {**texts, **{path: text for path, text in written.items() if path in unit.reads}}
        if draft is None and not _follows(trial, changed, folders):
            continue
        answer = trial.relocked(changed) if draft is None else _lock(draft, changed)
        if not isinstance(answer, Locked):
            if draft is None:
                return _not_followed(drafts, unit, answer, locked)
            return _dropped(draft, drafts, answer, locked)
        locked[unit.name] = answer
        if unit.lock_path is not None and answer.text != unit.lock_text:
            written[unit.lock_path] = answer.text
    return locked


def _follows(trial: Trial, changed: Mapping[str, str], folders: Collection[str | None]) -> bool:
    """Whether a lock is written anew for another unit's sake: it reads what changes, or contains an edited folder."""
    if trial.unit.lock_path is None:
        return False
    return bool(trial.unit.reads & changed.keys()) or bool(
        _folders(trial.unit.folder, trial.base.lock).intersection(folders)
    )


def _not_followed(drafts: Sequence[Draft], unit: Unit, answer: NoLock, locked: Mapping[str, Locked]) -> Dropped:
    """One of the packages that brought the contradiction about is to be left out, if any of them is known to move."""
    reason = f"{unit.name} could not be locked with it: {answer.reason}"
    suspects = _movable(drafts, answer, locked)
    owner = next((draft for name in suspects for draft in drafts if draft.holds(name)), drafts[0])
    package = next(iter(suspects), None)
    if owner.group.single is not None:
        package, suspects = None, ()
    return Dropped(draft=owner, package=package, reason=reason, suspects=suspects, unanswered=unanswered(answer))


def _movable(drafts: Sequence[Draft], answer: NoLock, locked: Mapping[str, Locked]) -> tuple[str, ...]:
    """The packages of the drafts that take part in a contradiction, then those that need one that does."""
    blamed = answer.packages if isinstance(answer, Impossible) else ()
    found = dict.fromkeys(name for name in blamed if any(draft.holds(name) for draft in drafts))
    for draft in drafts:
        made = locked.get(draft.trial.unit.name)
        above = _asking_for(blamed, made.lock) if made is not None else ()
        found.update(dict.fromkeys(name for name in above if draft.holds(name)))
    return tuple(found)


def _asking_for(names: Iterable[str], lock: Lock) -> Sequence[str]:
    """Who needs these packages in a lock, nearest first."""
    parents = parents_by_name(lock)
    found: dict[str, None] = {}
    layer = list(names)
    while layer:
        layer = [parent for name in layer for parent in parents.get(name, ()) if parent not in found]
        found.update(dict.fromkeys(layer))
    return tuple(found)


def _dropped(draft: Draft, drafts: Sequence[Draft], answer: NoLock, locked: Mapping[str, Locked]) -> Dropped:
    """One package is to be left out: one that is rewritten and takes part in the contradiction, else any rewritten one.

    Where it is another unit that writes what the lock reads, one of that unit's. A major step stands or falls as a whole.
    """
    rewritten = list(dict.fromkeys(name_of(edit.declaration) for edit in draft.edits))
    blamed = answer.packages if isinstance(answer, Impossible) else ()
    suspects = tuple(name for name in blamed if name in rewritten)
    others = [one for one in drafts if one is not draft]
    if draft.trial.unit.reads and not suspects and _movable(others, answer, locked):
        return _not_followed(others, draft.trial.unit, answer, locked)
    suspects = suspects or tuple(rewritten[-1:])
    suspects = () if draft.group.single is not None else suspects
    reason = f"with what would be written: {answer.reason}" if rewritten and blamed else answer.reason
    package = next(iter(suspects), None)
    return Dropped(draft=draft, package=package, reason=reason, suspects=suspects, unanswered=unanswered(answer))


def edit_texts(tree: Tree, edits: Iterable[SpecifierEdit]) -> Mapping[str, str]:
    """The new texts of all edited files."""
    by_path: dict[str, dict[Declaration, SpecifierEdit]] = {}
    for edit in edits:
        by_path.setdefault(edit.declaration.path, {})[edit.declaration] = edit
    texts = {}
    for path, rows in sorted(by_path.items()):
        before = tree.read_text(path)
        if before is not None:
            texts[path] = get_kind(path).edit(before, tuple(rows.values()))
    return texts


def _lock(draft: Draft, texts: Mapping[str, str]) -> Answer:
    if draft.everything:
        return refresh(draft.trial, draft.bounds, draft.kept, texts)
    return draft.trial.after_edit(texts, draft.names, draft.bounds, draft.about, draft.forked)


def _folders(folder: str, lock: Lock) -> frozenset[str]:
    """The repository folders whose manifests a lock holds."""
    sources = (package.source for package in lock.packages)
    local = (source.path for source in sources if isinstance(source, DirectorySource | EditableSource | VirtualSource))
    return frozenset(join(folder, path) for path in local)


def _finished(
    group: Group,
    texts: Mapping[str, str],
    drafts: Sequence[Draft],
    trials: Sequence[Trial],
    locked: Mapping[str, Locked],
) -> Finished | Dropped:
    by_unit = {draft.trial.unit.name: draft for draft in drafts}
    written = dict(texts)
    results = []
    following = (trial for trial in trials if trial.unit.name in locked and trial.unit.name not in by_unit)
    for trial in (*(draft.trial for draft in drafts), *following):
        unit, draft = trial.unit, by_unit.get(trial.unit.name)
        answer = locked[unit.name]
        if unit.lock_path is not None and answer.text != unit.lock_text:
            unreadable = _why_unreadable(answer, unit.lock_path)
            if unreadable is not None:
                return Dropped(draft=_draft_of(trial, drafts), package=None, reason=unreadable, is_whole=True)
            file = written.get(unit.lock_path) or trial.tree.read_text(unit.lock_path) or ""
            written[unit.lock_path] = unit.with_lock(file, answer.text)
        still = {**(draft.told if draft is not None else {}), **trial.sources.believed}
        results.append(_result(trial, answer, draft, still))
    return Finished(group=group, texts=written, results=tuple(results))


def _why_unreadable(answer: Locked, path: str) -> str | None:
    """Why uv would refuse to read the lock that is to be proposed; ``None`` for one that it reads."""
    if answer.is_read:
        return None
    try:
        parse_lock(answer.text, path)
    except InputError as error:
        return str(UnreadableLockError(error.problem))
    return None


def _draft_of(trial: Trial, drafts: Sequence[Draft]) -> Draft:
    return next((draft for draft in drafts if draft.trial is trial), drafts[0])


def with_followers(tree: Tree, done: Finished, followers: Sequence[Follower]) -> Finished:
    """The same with everything that follows its locks written anew, and what hooks would change on its branch."""
    earlier = {path: text for path in done.texts if (text := tree.read_text(path)) is not None}
    before = Moment(locks={result.unit.name: result.before for result in done.results}, texts=earlier)
    after = Moment(locks={result.unit.name: result.after for result in done.results}, texts=done.texts)
    followed = refresh_all(followers, before, after)
    told = tuple(
        RequirementEdit(path=row.path, line=row.line, before=row.before, after=row.after, comment=row.comment)
        for row in followed.rewritten
    )
    results = tuple(replace(one, edits=(*one.edits, *told)) for one in done.results[:1])
    left = tuple(dict.fromkeys((*done.left, *followed.left)))
    texts = {**done.texts, **followed.texts}
    return replace(done, texts=texts, results=(*results, *done.results[1:]), left=left)


def _requirement_edits(draft: Draft) -> tuple[RequirementEdit, ...]:
    return tuple(_requirement_edit(edit, draft.trial.tree) for edit in draft.edits)


def _requirement_edit(edit: SpecifierEdit, tree: Tree) -> RequirementEdit:
    row = edit.declaration
    return RequirementEdit(
        path=row.path,
        line=row.line,
        before=row.text,
        after=replace_specifier(row.text, edit.specifier),
        comment=get_kind(row.path).find_comment(tree.read_text(row.path) or "", row),
    )


def _result(trial: Trial, answer: Locked, draft: Draft | None, kept: Mapping[str, str]) -> UnitResult:
    before = trial.unit.lock or trial.base.lock
    return UnitResult(
        unit=trial.unit,
        before=before,
        after=answer.lock,
        lock_text=answer.text,
        edited=frozenset(name_of(edit.declaration) for edit in draft.edits) if draft is not None else frozenset(),
        edits=_requirement_edits(draft) if draft is not None else (),
        not_built=answer.not_built,
        kept=kept,
        shelf=Shelf(
            indexes=trial.request.indexes,
            port=trial.solve.index,
            has_read=lambda file: trial.solve.cache.get(file) is not None,
        ),
    )
