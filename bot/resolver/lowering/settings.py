"""What the command line, the environment, ``uv.toml`` and ``[tool.uv]`` say together.

The command line hides the environment, both hide the files. Of the files only one counts: going up from the lock's
folder, the first folder with a ``uv.toml`` or with a ``[tool.uv]`` table. Lists of indexes add up instead.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final

from packaging.utils import canonicalize_name

from bot.command_line.experiments import Tried, tried, unknown_experiments
from bot.errors import InputError
from bot.lockfile.model import Cutoff, PackageCutoff
from bot.manifest.cutoff import CutoffError, parse_cutoff_or_false
from bot.manifest.lines import line_of
from bot.manifest.model import (
    DeclaredRequirement,
    ExcludeNewer,
    IndexTable,
    MachineSettings,
    StaticMetadata,
    Unread,
    UvSettings,
)
from bot.manifest.requirement import InvalidRequirement, parse_requirement
from bot.manifest.tool_uv import parse_settings
from bot.manifest.uvtoml import parse_uv_toml
from bot.patterns import pattern
from bot.pep440 import shorten
from bot.resolver.lowering.cutoffs import lower_cutoff, lower_package_cutoffs
from bot.resolver.lowering.indexes import (
    PYPI_URL,
    index_url,
    is_absolute_place,
    is_index_name,
    login_of,
    parse_index_argument,
    without_repeated_names,
)
from bot.resolver.lowering.paths import file_url_path, parents
from bot.resolver.lowering.required_uv import SettingsPlace, refuse_another_uv
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.lowering.workspace import manifest_path
from bot.resolver.model.index import Authenticate, Index, IndexFormat, Tree
from bot.resolver.model.request import (
    Experiment,
    ForkStrategy,
    IndexStrategy,
    PrereleaseMode,
    Remark,
    ResolutionMode,
    ResolverOptions,
    Upgrade,
)
from bot.values import field, field_names, replace, value

_PYTHON = pattern(r"(?:(?:cpython|python|py)@?)?(\d+\.\d+)(?:\.\d+\w*)?", re.IGNORECASE)


@value
class CommandSettings:
    """What one run is told. Texts are as on the command line; ``None`` and empty mean "not said".

    ``python``: the minor version for projects that state no ``requires-python``. ``tree_root``: the absolute path of
    the tree, for indexes that are folders; ``None`` where there is none. ``now`` and ``zone`` give spans and dates
    their meaning. ``stands_for``: the version of uv whose place the run takes, which ``required-version`` then has to
    admit; ``None`` where it takes the place of none.

    ``folder`` (in the tree) is what relative places on the command line start from. ``config_file``: the one ``uv.toml``
    to read, in place of all others; ``reads_files``: whether settings files count at all; ``user_files``: those of the
    user and the machine, which count for what the project's leaves open. ``existing_places``: those of ``indexes`` that
    are paths, so that they are not taken for names; ``tries_names``: they are all the same (an experiment of uv).
    ``resolves_anew``: also a lock that is right is resolved again; ``compares_text``: an experiment of uv may ask for the
    very bytes then.
    """

    default_index: str | None = None
    indexes: tuple[str, ...] = ()
    existing_places: frozenset[str] = frozenset()
    tries_names: bool = False
    index_url: str | None = None
    extra_index_url: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    index_strategy: str | None = None
    keyring_provider: str | None = None
    exclude_newer: str | None = None
    exclude_newer_package: tuple[str, ...] = ()
    resolution: str | None = None
    prerelease: str | None = None
    prerelease_package: tuple[str, ...] = ()
    fork_strategy: str | None = None
    no_sources: bool = False
    no_sources_package: tuple[str, ...] = ()
    no_build: bool | None = None
    no_build_package: tuple[str, ...] = ()
    no_binary: bool | None = None
    no_binary_package: tuple[str, ...] = ()
    upgrade: bool | None = None
    upgrade_package: tuple[str, ...] = ()
    upgrade_group: tuple[str, ...] = ()
    resolves_anew: bool = False
    compares_text: bool = False
    preview: bool | None = None
    preview_features: tuple[str, ...] = ()
    python: str = "3.13"
    tree_root: str | None = None
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    zone: tzinfo = UTC
    stands_for: str | None = None
    folder: str = "."
    config_file: str | None = None
    reads_files: bool = True
    user_files: tuple[str, ...] = ()


@value
class PassedOver:
    """Settings of a manifest that don't count, and why."""

    place: SettingsPlace
    why: Unread


@value
class Found:
    """Settings of a file and the folder that its relative paths start from; ``place`` is where they are written.

    ``passed_over`` stand nearer and don't count. ``hidden`` is a manifest whose ``[tool.uv]`` the file hides.
    """

    settings: UvSettings
    folder: str
    place: SettingsPlace | None = None
    passed_over: tuple[PassedOver, ...] = ()
    hidden: str | None = None


@value
class Effective:
    """Everything merged, ready for lowering."""

    indexes: tuple[Index, ...]
    record_registries: bool
    cli_indexes: Mapping[str, str] = field(default_factory=dict)
    options: ResolverOptions
    upgrade: Upgrade
    upgrade_requirements: tuple[DeclaredRequirement, ...] = ()
    dependency_metadata: tuple[StaticMetadata, ...] = ()
    no_sources: bool = False
    no_sources_package: frozenset[str] = frozenset()
    python: str = "3.13"
    tree_root: str | None = None
    asks_keyring: bool = False
    warnings: tuple[Remark, ...] = ()
    machine: MachineSettings = MachineSettings()
    of_machine: tuple[Remark, ...] = ()

    def ignores_sources(self, name: str) -> bool:
        return self.no_sources or name in self.no_sources_package


def find_settings(tree: Tree, folder: str, command: CommandSettings) -> tuple[Found, ...]:
    """The settings files that count for a lock's folder, the strongest first; raises ``InputError``."""
    if command.config_file is not None:
        found = _read_uv_toml(tree, command.config_file)
        if found is None:
            raise InputError("no such file", path=command.config_file, hint="check --config-file")
        return (found,)
    if not command.reads_files:
        return ()
    others = (_read_uv_toml(tree, path) for path in command.user_files)
    return (_project_settings(tree, folder), *(one for one in others if one is not None))


def _read_uv_toml(tree: Tree, path: str) -> Found | None:
    text = tree.read_text(path)
    if text is None:
        return None
    place = SettingsPlace(path=path, text=text)
    return Found(settings=parse_uv_toml(text, path), folder=posixpath.dirname(path) or ".", place=place)


def _project_settings(tree: Tree, folder: str) -> Found:
    """The settings file of a folder; a ``uv.toml`` wins over the ``pyproject.toml`` beside it.

    A manifest whose settings can't be read is passed over, as uv does. Raises ``InputError`` for a wrong ``uv.toml``.
    """
    passed_over: list[PassedOver] = []
    for folder_above in (folder, *parents(folder)):
        found = _find_uv_toml(tree, folder_above) or _find_tool_uv(tree, folder_above)
        if isinstance(found, Found):
            return replace(found, passed_over=tuple(passed_over))
        if found is not None:
            passed_over.append(found)
    return Found(settings=UvSettings(), folder=folder, passed_over=tuple(passed_over))


def _find_uv_toml(tree: Tree, folder: str) -> Found | None:
    found = _read_uv_toml(tree, posixpath.normpath(posixpath.join(folder, "uv.toml")))
    if found is None:
        return None
    beside = parse_settings(tree.read_text(manifest_path(folder)) or "")
    hides = beside is not None and beside.unread is None and beside.is_hidden_by_file
    return replace(found, hidden=manifest_path(folder) if hides else None)


def _find_tool_uv(tree: Tree, folder: str) -> Found | PassedOver | None:
    text = tree.read_text(manifest_path(folder))
    read = None if text is None else parse_settings(text)
    if text is None or read is None:
        return None
    place = SettingsPlace(path=manifest_path(folder), text=text, table=("tool", "uv"))
    if read.unread is not None:
        return PassedOver(place=place, why=read.unread)
    return Found(settings=read.settings, folder=folder, place=place)


def tell_warnings(files: Iterable[Found]) -> Iterator[Remark]:
    """What to say of settings that don't count."""
    for found in files:
        for one in found.passed_over:
            line = line_of(one.place.text, one.why.keys) if one.why.keys else one.why.line
            problem = f"{one.why.problem}, so none of the settings of [tool.uv] counts"
            yield Remark(problem=problem, path=one.place.path, line=line, hint=one.why.hint)
        if found.hidden is not None and found.place is not None:
            problem = (
                f"it counts, so none of the settings of [tool.uv] in {posixpath.basename(found.hidden)} beside it does"
            )
            yield Remark(problem=problem, path=found.place.path)


def merge_settings(command: CommandSettings, found: Iterable[Found]) -> Effective:
    """Merge what the command says with files, the strongest file first (a script's header before its folder's file).

    Raises ``InputError`` if they require another uv than the one whose place the command takes.
    """
    files = tuple(found)
    for one in (unread for file in files for unread in file.passed_over):
        refuse_another_uv(command.stands_for, [(one.why.required_version, one.place)])
    refuse_another_uv(command.stands_for, ((one.settings.required_version, one.place) for one in files))
    merged = _merge_files(files)
    experiments = tried(command.preview, command.preview_features, merged.preview)
    command = replace(command, tries_names="index-by-name" in experiments.names)
    tables = _index_tables(command, files)
    named = [table for table, _ in _command_tables(command, files)]
    requirements = tuple(_requirement(text) for text in command.upgrade_package) + (merged.upgrade_package or ())
    return Effective(
        indexes=_indexes(command, files, tables),
        record_registries=bool(tables or _find_links(command, files)) or command.no_index or bool(merged.no_index),
        cli_indexes={table.name: url for table, url in tables if table.name and table in named},
        options=replace(_options(command, merged), experiments=_experiments(experiments)),
        upgrade=Upgrade(
            everything=bool(merged.upgrade if command.upgrade is None else command.upgrade),
            packages=frozenset(requirement.name for requirement in requirements),
            groups=frozenset(canonicalize_name(name) for name in command.upgrade_group),
            anew=command.resolves_anew,
            is_exact=command.compares_text and Experiment.SPACING in experiments.names,
        ),
        upgrade_requirements=requirements,
        dependency_metadata=merged.dependency_metadata or (),
        no_sources=command.no_sources or bool(merged.no_sources),
        no_sources_package=_names(command.no_sources_package) | frozenset(merged.no_sources_package or ()),
        python=command.python,
        tree_root=command.tree_root,
        asks_keyring=(command.keyring_provider or merged.keyring_provider) == "subprocess",
        warnings=(*tell_warnings(files), *_unknown_experiments(command, experiments, files)),
        machine=merged.machine or MachineSettings(),
        of_machine=tuple(_tell_of_machine(files)),
    )


def _unknown_experiments(command: CommandSettings, found: Tried, files: Iterable[Found]) -> Iterator[Remark]:
    """What to say of names of experiments that uv doesn't know, on the command line and in the file that counts."""
    for name in found.unknown:
        yield Remark(problem=f"{shorten(name)!r} is not a preview feature that uv knows", path=None)
    if command.preview is not None or command.preview_features:
        return
    stating = next((one for one in files if one.settings.preview is not None), None)
    if stating is None or stating.place is None or not isinstance(stating.settings.preview, tuple):
        return
    place = stating.place
    for name in unknown_experiments(stating.settings.preview):
        line = line_of(place.text, (*place.table, "preview-features"))
        yield Remark(problem=f"{shorten(name)!r} is not a preview feature that uv knows", path=place.path, line=line)


def _merge_files(files: tuple[Found, ...]) -> UvSettings:
    merged = UvSettings()
    for found in reversed(files):
        stated = {name: said for name in field_names(UvSettings) if (said := getattr(found.settings, name)) is not None}
        for name in ("exclude_newer_package", "prerelease_package"):
            if name in stated:
                stated[name] = {**(getattr(merged, name) or {}), **stated[name]}
        if merged.machine is not None and found.settings.machine is not None:
            stated["machine"] = _both(found.settings.machine, merged.machine)
        merged = replace(merged, **stated)
    return merged


def _both(strong: MachineSettings, weak: MachineSettings) -> MachineSettings:
    """What two files say of the machine: lists add up, of all else the stronger one counts."""
    stated = {name: said for name in field_names(MachineSettings) if (said := getattr(strong, name)) is not None}
    for name in ("insecure_hosts", "no_proxy"):
        if name in stated:
            stated[name] = (*stated[name], *(getattr(weak, name) or ()))
    return replace(weak, **stated)


#: What a repository can't decide for the machine of somebody else, and what that machine has in its place.
_OF_THE_MACHINE: Final = (
    ("allow-insecure-host", "insecure_hosts", "certificates are looked at"),
    ("system-certs", "system_certs", "the authorities are those of whoever runs lockbot"),
    ("http-proxy", "http_proxy", "the proxy is that of whoever runs lockbot"),
    ("https-proxy", "https_proxy", "the proxy is that of whoever runs lockbot"),
)


def _tell_of_machine(files: Iterable[Found]) -> Iterator[Remark]:
    """What to say of settings for the machine of whoever wrote them."""
    for found in files:
        place, said = found.place, found.settings.machine
        if place is None or said is None:
            continue
        for key, name, instead in _OF_THE_MACHINE:
            if getattr(said, name) not in (None, False, (), "disabled"):
                line = line_of(place.text, (*place.table, key))
                yield Remark(problem=f"{key} does not count here: {instead}", path=place.path, line=line)


# --- indexes --------------------------------------------------------------------------------------


def _command_tables(command: CommandSettings, files: Iterable[Found]) -> tuple[tuple[IndexTable, str], ...]:
    """The indexes of the command line, each with the folder that it starts from; an index may be meant by its name."""
    configured = [(table, found.folder) for found in files for table in found.settings.indexes or ()]
    known = {table.name: (table, folder) for table, folder in reversed(configured)}
    texts = [] if command.default_index is None else [(command.default_index, True)]
    texts += [(text, False) for text in command.indexes]
    return tuple(_command_table(text, default=default, command=command, known=known) for text, default in texts)


def _command_table(
    text: str, *, default: bool, command: CommandSettings, known: Mapping[str | None, tuple[IndexTable, str]]
) -> tuple[IndexTable, str]:
    plain = parse_index_argument(text, default=default), command.folder
    if not is_index_name(text) or (text in command.existing_places and not command.tries_names):
        return plain
    found = known.get(text)
    if found is not None:
        return replace(found[0], default=default, explicit=False), found[1]
    if command.tries_names and text not in command.existing_places:
        raise InputError(f"there is no index named {text!r}", hint="name one of [[tool.uv.index]], or write a URL")
    return plain


def _index_tables(command: CommandSettings, files: tuple[Found, ...]) -> list[tuple[IndexTable, str]]:
    """All configured indexes with their URLs: named ones, then the legacy extra ones, then the legacy main one."""
    root = command.tree_root
    located = list(_command_tables(command, files))
    for found in files:
        located += [(table, found.folder) for table in found.settings.indexes or ()]
    located += [(IndexTable(url=url), command.folder) for url in command.extra_index_url]
    for found in files:
        located += [(IndexTable(url=url), found.folder) for url in found.settings.extra_index_url or ()]
    mains = [(command.index_url, command.folder), *((found.settings.index_url, found.folder) for found in files)]
    located += [(IndexTable(url=url, default=True), folder) for url, folder in mains if url is not None][:1]
    kept = list(without_repeated_names(table for table, _ in located))
    return [(table, index_url(table.url, folder, root)) for table, folder in located if _is_in(table, kept)]


def _is_in(table: IndexTable, tables: Iterable[IndexTable]) -> bool:
    return any(table is other for other in tables)


def _find_links(command: CommandSettings, files: tuple[Found, ...]) -> list[Index]:
    links = [(link, command.folder) for link in command.find_links]
    for found in files:
        links += [(link, found.folder) for link in found.settings.find_links or ()]
    return [_find_links_index(link, index_url(link, folder, command.tree_root)) for link, folder in links]


def _find_links_index(link: str, url: str) -> Index:
    return Index(
        url=file_url_path(url) or url, format=IndexFormat.FLAT, find_links=True, absolute=is_absolute_place(link)
    )


def minimum_python(python: str) -> str:
    """Return ``>=3.N`` for what ``--python`` names; raises ``InputError`` where it names no version."""
    found = _PYTHON.fullmatch(python)
    if found is None:
        raise InputError(
            f"the project states no requires-python, and {python!r} names no Python version",
            hint="add requires-python, or pass --python 3.N",
        )
    return f">={found[1]}"


def _indexes(
    command: CommandSettings, files: tuple[Found, ...], tables: list[tuple[IndexTable, str]]
) -> tuple[Index, ...]:
    """Flat folders first (as paths), then indexes in order, explicit ones among them, the default one last."""
    flat = tuple(_find_links(command, files))
    if command.no_index or any(found.settings.no_index for found in files):
        return flat
    # Which digests are wanted is looked up by the URL, and the first that has it says so.
    digests = {url: table.hash_algorithm for table, url in reversed(tables)}
    made = [(table, replace(_index(table, url, command), hash_algorithm=digests[url])) for table, url in tables]
    others = tuple(index for table, index in made if not table.default)
    defaults = [index for table, index in made if table.default]
    return flat + others + (defaults[0] if defaults else Index(url=PYPI_URL, default=True),)


def _index(table: IndexTable, url: str, command: CommandSettings) -> Index:
    return Index(
        url=url,
        name=table.name,
        explicit=table.explicit,
        default=table.default,
        format=IndexFormat.FLAT if table.flat else IndexFormat.SIMPLE,
        absolute=is_absolute_place(table.url),
        exclude_newer=None if table.exclude_newer is None else _index_cutoff(table.exclude_newer, command),
        exclude_newer_package=tuple(
            (name, _index_cutoff(value, command)) for name, value in sorted(table.exclude_newer_package.items())
        ),
        ignore_error_codes=table.ignore_error_codes,
        authenticate=Authenticate(table.authenticate or Authenticate.AUTO),
        login=login_of(table.url),
        hash_algorithm=table.hash_algorithm,
    )


def _index_cutoff(value: ExcludeNewer, command: CommandSettings) -> str:
    cutoff = lower_cutoff(value, command.now, command.zone)
    return "false" if cutoff is None else cutoff.timestamp


@value
class WrittenIndexes:
    """Indexes as settings write them, without credentials: for ``--index-url``, ``--extra-index-url``, ``--find-links``.

    ``has_explicit``: whether one is among them that only sources may use, which such a list can't say.
    """

    default: str | None = None
    others: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    has_explicit: bool = False


def written_indexes(command: CommandSettings, files: tuple[Found, ...]) -> WrittenIndexes:
    """What the command and the files name, the strongest file first, each index once."""
    links = [*command.find_links, *(link for one in files for link in one.settings.find_links or ())]
    places = tuple(_as_written(link) for link in links)
    if command.no_index or any(one.settings.no_index for one in files):
        return WrittenIndexes(find_links=places)
    tables = [table for table, _ in _index_tables(command, files)]
    main = next((table for table in tables if table.default), IndexTable(url=PYPI_URL, default=True))
    others = [table for table in tables if not table.default]
    ordered = [table for table in others if not table.explicit] + [table for table in tables if table.explicit]
    default = _as_written(main.url)
    urls = dict.fromkeys(_as_written(table.url) for table in ordered)
    return WrittenIndexes(
        default=default,
        others=tuple(url for url in urls if url != default),
        find_links=places,
        has_explicit=any(table.explicit for table in tables),
    )


def _as_written(place: str) -> str:
    """A place as it is written, but for credentials: those never leave the file they stand in."""
    return without_credentials(place) if login_of(place) is not None else place


# --- options --------------------------------------------------------------------------------------


def _options(command: CommandSettings, files: UvSettings) -> ResolverOptions:
    prerelease = dict(files.prerelease_package or {})
    prerelease.update(_pair(text) for text in command.prerelease_package)
    no_build = files.no_build if command.no_build is None else command.no_build
    no_binary = files.no_binary if command.no_binary is None else command.no_binary
    return ResolverOptions(
        resolution=ResolutionMode(_known(command.resolution, ResolutionMode) or files.resolution or "highest"),
        prerelease=_prerelease(_known(command.prerelease, PrereleaseMode) or files.prerelease or "if-necessary"),
        prerelease_package={name: _prerelease(mode) for name, mode in sorted(prerelease.items())},
        fork_strategy=ForkStrategy(
            _known(command.fork_strategy, ForkStrategy) or files.fork_strategy or "requires-python"
        ),
        index_strategy=IndexStrategy(
            _known(command.index_strategy, IndexStrategy) or files.index_strategy or "first-index"
        ),
        exclude_newer=_exclude_newer(command, files),
        exclude_newer_package=_exclude_newer_package(command, files),
        no_build=no_build is True,
        no_build_package=_where_none_said(no_build, command.no_build_package, files.no_build_package),
        no_binary=no_binary is True,
        no_binary_package=_where_none_said(no_binary, command.no_binary_package, files.no_binary_package),
    )


def _experiments(found: Tried) -> frozenset[Experiment]:
    """Those that change a lock."""
    return frozenset(one for one in Experiment if one in found.names)


def _where_none_said(switch: bool | None, command: Iterable[str], files: Iterable[str] | None) -> frozenset[str]:
    """The packages of a list, which has no say beside a switch for all, be it on or off."""
    return frozenset() if switch is not None else _names(command) | frozenset(files or ())


def _known(
    text: str | None, kind: type[ResolutionMode] | type[PrereleaseMode] | type[ForkStrategy] | type[IndexStrategy]
) -> str | None:
    if text is not None and text not in tuple(kind):
        raise InputError(f"{text!r} is not one of {', '.join(kind)}", hint="choose one of them")
    return text


def _prerelease(text: str) -> PrereleaseMode:
    mode = PrereleaseMode(text)
    return PrereleaseMode.IF_NECESSARY if mode is PrereleaseMode.IF_NECESSARY_OR_EXPLICIT else mode


def _exclude_newer(command: CommandSettings, files: UvSettings) -> Cutoff | None:
    value = files.exclude_newer if command.exclude_newer is None else _cutoff(command.exclude_newer)
    return None if value is None else lower_cutoff(value, command.now, command.zone)


def _exclude_newer_package(command: CommandSettings, files: UvSettings) -> dict[str, PackageCutoff]:
    values = dict(files.exclude_newer_package or {})
    for text in command.exclude_newer_package:
        name, value = _pair(text)
        values[name] = _cutoff(value)
    return lower_package_cutoffs(values, command.now, command.zone)


def _cutoff(text: str) -> ExcludeNewer:
    try:
        return parse_cutoff_or_false(text)
    except CutoffError as error:
        raise InputError(f"exclude-newer: {error}", hint="write a date, a timestamp or a duration") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not of the form PACKAGE=VALUE", hint="put '=' between name and value")
    return canonicalize_name(name), value


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(text) for text in texts)


def _requirement(text: str) -> DeclaredRequirement:
    try:
        return parse_requirement(text)
    except InvalidRequirement as error:
        raise InputError(
            f"--upgrade-package {text!r}: {error}", hint="write a package name or a requirement"
        ) from error
