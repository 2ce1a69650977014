"""A new lock in the style of the one it replaces: what means the same keeps its text (docs/lock-style.md).

The new lock is printed with the fields of the old one's revision. Then each entry, each key and each row for which the
old lock has one of the same meaning is replaced by the old text. So a lock that another version of uv wrote
changes only where the resolution changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import Dependency, File, Lock, Manifest, Package, Requirement
from bot.lockfile.sections import Lines, LockSections, Section, join_lock, join_rows, split_lock, split_rows
from bot.lockfile.unknown import carry_unknown
from bot.lockfile.writer import PACKAGE_CUTOFFS
from bot.pep440 import parse_specifiers
from bot.resolver.assembly.compare import comparable_options
from bot.resolver.assembly.lock import REVISION
from bot.resolver.assembly.meaning import Meaning
from bot.resolver.assembly.reach import EdgesOf
from bot.values import replace, value

Row = TypeVar("Row")
#: From a table's key to the lines to print: the old ones, some of them, or the new ones.
_Choice = Callable[[str, str, Lines, Lines | None], Lines]

_FILES: Final = ("sdist", "wheels")
_OPTIONS: Final = ("[options]", "[options.prerelease-package]", "[options.exclude-newer-package]")
_METADATA_TABLE: Final = "[[manifest.dependency-metadata]]"


def restyle(text: str, old: Lock, old_text: str, new: Lock, known_files: Mapping[PackageId, frozenset[str]]) -> str:
    """``text`` in the style of ``old``, which is what ``old_text`` says; ``text`` is what ``new`` is rendered as.

    ``new`` has the revision of ``old``. ``known_files`` are the names of all files that the index has of each entry of
    ``new``. An old text in a layout of its own lends nothing.
    """
    has_carriage_returns = "\r\n" in old_text
    if has_carriage_returns:
        old_text = old_text.replace("\r\n", "\n")
    before = _split_old(old_text)
    if before is not None and len(before.packages) == len(old.packages):
        after = split_lock(_spell_upload_times(text, old_text))
        if after is not None:
            text = join_lock(_Keeper(Meaning(old=old, new=new, known_files=known_files), before, after).sections())
    return text.replace("\n", "\r\n") if has_carriage_returns else text


@lru_cache(maxsize=4)
def _split_old(old_text: str) -> LockSections | None:
    """Remembered, because a planner holds many new locks against one old one."""
    return split_lock(old_text)


def _spell_upload_times(text: str, old_text: str) -> str:
    """uv 0.6.15 to 0.6.17 wrote an underscore."""
    if ", upload_time = " in old_text and ", upload-time = " not in old_text:
        return text.replace(", upload-time = ", ", upload_time = ")
    return text


@value(kw_only=False)
class _Entry:
    """A package of a lock, with the sections of text that say it."""

    package: Package
    sections: tuple[Section, ...]


@value(kw_only=False)
class _Keeper:
    """The new lock's tables, with the old lock's text where that means the same."""

    meaning: Meaning
    before: LockSections
    after: LockSections

    def sections(self) -> LockSections:
        repeated = _repeated(self.meaning.old), _repeated(self.meaning.new)
        entries = map(_Entry, self.meaning.new.packages, self.after.packages)
        packages = [
            self._carried(partner, entry, _PackageKeeper(self.meaning, partner, entry, repeated).sections())
            if partner
            else entry.sections
            for entry, partner in zip(entries, self._partners(), strict=True)
        ]
        head = tuple(_HeadKeeper(self.meaning, self.before.head, self.after.head).sections())
        return LockSections(carry_unknown(self.before.head, head) if self._is_newer else head, tuple(packages))

    @property
    def _is_newer(self) -> bool:
        """Whether the old lock has a revision that may say more than is known here."""
        return self.meaning.old.revision > REVISION

    def _carried(self, old: _Entry, new: _Entry, kept: tuple[Section, ...]) -> tuple[Section, ...]:
        is_same = id_of(old.package) == id_of(new.package)
        return carry_unknown(old.sections, kept) if self._is_newer and is_same else kept

    def _partners(self) -> Iterator[_Entry | None]:
        """For every new entry the old one of the same version and source, or else of the same name."""
        entries = map(_Entry, self.meaning.old.packages, self.before.packages)
        olds = {id_of(entry.package): entry for entry in entries}
        lasting = olds.keys() & set(map(id_of, self.meaning.new.packages))
        others: dict[str, list[_Entry]] = {}
        for key, entry in olds.items():
            if key not in lasting:
                others.setdefault(key[0], []).append(entry)
        for package in self.meaning.new.packages:
            found = olds.get(id_of(package))
            if found is None and others.get(package.name):
                found = others[package.name].pop(0)
            yield found


def _repeated(lock: Lock) -> frozenset[str]:
    return frozenset(name for name, count in Counter(package.name for package in lock.packages).items() if count > 1)


def _merged(before: Sequence[Section], after: Sequence[Section], choose: _Choice) -> Iterator[Section]:
    """The tables of ``after`` with the chosen lines; ``()`` leaves a key out."""
    olds = {section.header: section.items for section in before}
    for section in after:
        known = olds.get(section.header, {})
        chosen = {key: choose(section.header, key, lines, known.get(key)) for key, lines in section.items.items()}
        kept = {key: lines for key, lines in chosen.items() if lines}
        if list(kept) != list(known) and kept.keys() == known.keys():
            kept = {key: kept[key] for key in known}
        yield Section(section.header, kept)


# --- package entries --------------------------------------------------------------------------------


@value(kw_only=False)
class _PackageKeeper:
    """One new entry with the old one of its name."""

    meaning: Meaning
    old: _Entry
    new: _Entry
    #: Names with several entries, in the old lock and in the new one.
    repeated: tuple[frozenset[str], frozenset[str]]

    def sections(self) -> tuple[Section, ...]:
        if self.old.sections == self.new.sections:
            return self.new.sections
        after = self.new.sections
        if self._keeps_files():
            after = (self._with_old_files(after[0]), *after[1:])
        return tuple(_merged(self.old.sections, after, self.choose))

    def _keeps_files(self) -> bool:
        before, after = self.old.sections[0].items, self.new.sections[0].items
        if all(before.get(key) == after.get(key) for key in _FILES):
            return False
        return self.meaning.keeps_files(self.old.package, self.new.package)

    def _with_old_files(self, section: Section) -> Section:
        known = self.old.sections[0].items
        others = {key: lines for key, lines in section.items.items() if key not in _FILES}
        return Section(section.header, {**others, **{key: known[key] for key in _FILES if key in known}})

    def choose(self, header: str, key: str, new: Lines, old: Lines | None) -> Lines:
        """The lines of one key."""
        before, after = self.old.package, self.new.package
        match header, key:
            case _ if old is None or old == new:
                return new if old is None else old
            case "[[package]]", "source":
                return old if before.source == after.source else new
            case "[[package]]", "resolution-markers":
                same = self.meaning.are_same_forks(before, after)
                return old if same else new
            case "[[package]]", "dependencies":
                return self._edges(old, new, before.dependencies, after.dependencies, ("", ""))
            case "[[package]]", "wheels":
                return _rows(old, new, before.wheels, after.wheels, _identity_of_file)
            case "[[package]]", "sdist" if before.sdist is not None and after.sdist is not None:
                return old if _identity_of_file(before.sdist) == _identity_of_file(after.sdist) else new
            case "[package.optional-dependencies]", name:
                edges = before.optional_dependencies, after.optional_dependencies
                return self._edges(old, new, edges[0][name], edges[1][name], ("extra", name))
            case "[package.dev-dependencies]", name:
                groups = before.dev_dependencies, after.dev_dependencies
                return self._edges(old, new, groups[0][name], groups[1][name], ("group", name))
            case "[package.metadata]", "requires-dist":
                rows = before.metadata.requires_dist, after.metadata.requires_dist
                return _rows(old, new, *rows, self.meaning.requirement)
            case "[package.metadata.requires-dev]", name:
                tables = before.metadata.requires_dev, after.metadata.requires_dev
                return _rows(old, new, tables[0][name], tables[1][name], self.meaning.requirement)
            case "[package.metadata]", "provides-extras":
                same = set(before.metadata.provides_extras) == set(after.metadata.provides_extras)
                return old if same else new
        return new

    def _edges(
        self, old: Lines, new: Lines, before: Sequence[Dependency], after: Sequence[Dependency], kind: tuple[str, str]
    ) -> Lines:
        """Rows go together by what they show of their target, for that is what must mean the same."""
        olds, news = _by_target(old, before, self.repeated[0]), _by_target(new, after, self.repeated[1])
        if olds is None or news is None:
            return new
        table: EdgesOf = (id_of(self.new.package), *kind)
        rows: list[str] = []
        for target, fresh in news.items():
            known = olds.get(target, [])
            same = known and self.meaning.are_same_edges(
                [edge for edge, _ in known], [edge for edge, _ in fresh], table
            )
            rows += [row for _, row in (known if same else fresh)]
        return join_rows(new, rows)


def _identity_of_file(file: File) -> Hashable:
    return replace(file, size=None, upload_time=None)


def _by_target(
    lines: Lines, edges: Sequence[Dependency], repeated: frozenset[str]
) -> dict[Hashable, list[tuple[Dependency, str]]] | None:
    rows = split_rows(lines)
    if rows is None or len(rows) != len(edges):
        return None
    found: dict[Hashable, list[tuple[Dependency, str]]] = {}
    for edge, row in zip(edges, rows, strict=True):
        target: Hashable = id_of(edge) if edge.name in repeated else edge.name
        found.setdefault(target, []).append((edge, row))
    return found


def _rows(
    old: Lines, new: Lines, before: Sequence[Row], after: Sequence[Row], meaning: Callable[[Row], Hashable]
) -> Lines:
    """The new rows, each in the old spelling if there is one; all of the old lines where these say the same."""
    olds, news = split_rows(old), split_rows(new)
    if olds is None or news is None or len(olds) != len(before) or len(news) != len(after):
        return new
    known = dict(zip(map(meaning, before), olds, strict=True))
    wanted = list(map(meaning, after))
    if known.keys() == set(wanted):
        return old
    return join_rows(new, [known.get(said, row) for said, row in zip(wanted, news, strict=True)])


# --- the top of the file ----------------------------------------------------------------------------


@value(kw_only=False)
class _HeadKeeper:
    """What stands before the packages."""

    meaning: Meaning
    before: tuple[Section, ...]
    after: tuple[Section, ...]

    def sections(self) -> Iterator[Section]:
        before, after = list(self.before), list(self.after)
        if self._are_same_options():
            options = [section for section in before if section.header in _OPTIONS]
            after = [after[0], *options, *(section for section in after[1:] if section.header not in _OPTIONS)]
        if self.meaning.old.manifest.dependency_metadata == self.meaning.new.manifest.dependency_metadata:
            tables = [section for section in before if section.header == _METADATA_TABLE]
            after = [*(section for section in after if section.header != _METADATA_TABLE), *tables]
        plain = [section for section in after if section.header in (*_OPTIONS, _METADATA_TABLE)]
        for section in after:
            yield from [section] if section in plain else _merged(before, [self._with_forks(section)], self.choose)

    def _are_same_options(self) -> bool:
        options = [comparable_options(lock.options) for lock in (self.meaning.old, self.meaning.new)]
        if self.meaning.new.revision < PACKAGE_CUTOFFS:
            options = [replace(one, exclude_newer_package={}) for one in options]
        return options[0] == options[1]

    def _with_forks(self, section: Section) -> Section:
        """The old list of forks stands even where it is missing, if the new one tells nothing more apart."""
        key = "resolution-markers"
        if section.header or key not in section.items or key in self.before[0].items or not self.meaning.keeps_forks:
            return section
        return Section("", {name: lines for name, lines in section.items.items() if name != key})

    def choose(self, header: str, key: str, new: Lines, old: Lines | None) -> Lines:
        """The lines of one key."""
        before, after = self.meaning.old, self.meaning.new
        match header, key:
            case _ if old is None or old == new:
                return new if old is None else old
            case "", "requires-python":
                same = parse_specifiers(before.requires_python) == parse_specifiers(after.requires_python)
            case "", "resolution-markers":
                same = self.meaning.keeps_forks
            case "", "supported-markers":
                same = self.meaning.are_same_markers(before.supported_markers, after.supported_markers)
            case "", "required-markers":
                same = self.meaning.are_same_markers(before.required_markers, after.required_markers)
            case "", "conflicts":
                same = list(map(frozenset, before.conflicts)) == list(map(frozenset, after.conflicts))
            case "[manifest]", name:
                return self._manifest_rows(name, old, new)
            case "[manifest.dependency-groups]", name:
                groups = before.manifest.dependency_groups, after.manifest.dependency_groups
                return _rows(old, new, groups[0][name], groups[1][name], self.meaning.requirement)
            case _:
                same = False
        return old if same else new

    def _manifest_rows(self, key: str, old: Lines, new: Lines) -> Lines:
        before, after = _manifest_table(self.meaning.old.manifest), _manifest_table(self.meaning.new.manifest)
        return _rows(old, new, before[key], after[key], self._manifest_row) if key in before else new

    def _manifest_row(self, row: object) -> Hashable:
        return self.meaning.requirement(row) if isinstance(row, Requirement) else repr(row)


def _manifest_table(manifest: Manifest) -> Mapping[str, Sequence[object]]:
    return {
        "members": manifest.members,
        "requirements": manifest.requirements,
        "constraints": manifest.constraints,
        "overrides": manifest.overrides,
        "excludes": manifest.excludes,
        "build-constraints": manifest.build_constraints,
    }
