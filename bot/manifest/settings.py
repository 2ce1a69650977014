"""The settings that ``[tool.uv]``, ``uv.toml`` and script headers have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from bot.manifest import known_settings
from bot.manifest.cutoff import read_exclude_newer
from bot.manifest.known_settings import Check, check_anything, check_known, read_absolute_url, read_preview
from bot.manifest.model import (
    AuditTable,
    ExcludeNewer,
    IndexTable,
    MachineSettings,
    PipSettings,
    StaticMetadata,
    UvSettings,
)
from bot.manifest.reader import (
    TomlValue,
    read_by_name,
    read_choice,
    read_flag,
    read_index_name,
    read_name,
    read_names,
    read_requirements,
    read_specifiers,
    read_text,
    read_texts,
    read_url,
    read_version,
)
from bot.pep440 import parse_version, shorten


def _one_of(*words: str) -> Callable[[TomlValue], str]:
    return lambda node: read_choice(node, words)


_HASH = _one_of("md5", "sha256", "sha384", "sha512", "blake2b")
_PRERELEASE = _one_of("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit")


def read_project_settings(node: TomlValue) -> UvSettings:
    """Read the settings of ``[tool.uv]``; what else stands in that table has been read before."""
    check_known(node, _PROJECT)
    return _read_settings(node)


def read_file_settings(node: TomlValue) -> UvSettings:
    """Read the settings of a ``uv.toml``."""
    check_known(node, _FILE)
    return _read_settings(node)


def read_script_settings(node: TomlValue) -> UvSettings:
    """Read the settings of a script's header, which knows fewer keys."""
    check_known(node, _SCRIPT)
    return _read_settings(node)


def read_required_version(node: TomlValue) -> SpecifierSet:
    """Read ``required-version``; a bare version means exactly that one."""
    try:
        return SpecifierSet(f"=={parse_version(node.text())}")
    except InvalidVersion:
        return read_specifiers(node)


def _read_settings(node: TomlValue) -> UvSettings:
    stated = {
        _FIELDS.get(key, key.replace("-", "_")): read(node[key]) for key, read in _OBEYED.items() if key in node.table()
    }
    return UvSettings(
        **stated, preview=read_preview(node), machine=_read_machine(node), pip=node["pip"].maybe(_read_pip)
    )


def _read_machine(node: TomlValue) -> MachineSettings | None:
    """What a table says of the machine, whose keys are known to be right."""
    certs = node["system-certs"] if node["system-certs"].is_present else node["native-tls"]
    found = MachineSettings(
        offline=node["offline"].maybe(read_flag),
        system_certs=certs.maybe(read_flag),
        no_cache=node["no-cache"].maybe(read_flag),
        cache_dir=node["cache-dir"].maybe(read_text),
        insecure_hosts=node["allow-insecure-host"].maybe(lambda hosts: hosts.tuple_of(_read_host)),
        http_proxy=node["http-proxy"].maybe(read_text),
        https_proxy=node["https-proxy"].maybe(read_text),
        no_proxy=node["no-proxy"].maybe(read_texts),
        concurrent_downloads=node["concurrent-downloads"].maybe(TomlValue.number),
    )
    return None if found == MachineSettings() else found


def _read_host(node: TomlValue) -> str:
    """A host as the command line takes it."""
    if isinstance(node.value, str):
        return node.value
    scheme, port = node["scheme"].maybe(read_text), node["port"].maybe(TomlValue.number)
    host = node["host"].text()
    return f"{f'{scheme}://' if scheme else ''}{host}{f':{port}' if port else ''}"


def read_indexes(node: TomlValue) -> tuple[IndexTable, ...]:
    """Read ``[[index]]``: names differ, at most one is the default."""
    tables = _read_index_tables(node)
    names: set[str] = set()
    for position, table in enumerate(tables):
        place = TomlValue(None, (*node.keys, position))
        if table.name in names:
            raise place.refuse(f"the index name {table.name!r} is used twice", "give every index its own name")
        if table.default and any(earlier.default for earlier in tables[:position]):
            raise place.refuse("two indexes have default = true", "keep it on one of them")
        if table.name:
            names.add(table.name)
    return tables


def _read_index_tables(node: TomlValue) -> tuple[IndexTable, ...]:
    return node.tuple_of(_read_index)


def _read_index(node: TomlValue) -> IndexTable:
    if not node["url"].is_present:
        raise node.refuse("an index needs a url", 'add url = "https://…"')
    table = IndexTable(
        name=node["name"].maybe(read_index_name),
        url=read_url(node["url"]),
        explicit=bool(node["explicit"].maybe(read_flag)),
        default=bool(node["default"].maybe(read_flag)),
        flat=node["format"].maybe(_one_of("simple", "flat")) == "flat",
        ignore_error_codes=node["ignore-error-codes"].tuple_of(_read_status),
        authenticate=node["authenticate"].maybe(_one_of("auto", "always", "never")),
        exclude_newer=node["exclude-newer"].maybe(read_exclude_newer),
        exclude_newer_package=read_by_name(node["exclude-newer-package"], read_exclude_newer),
        hash_algorithm=node["hash-algorithm"].maybe(_HASH),
    )
    if table.explicit and table.name is None:
        raise node.refuse("an index with explicit = true needs a name", 'add name = "…"')
    node["publish-url"].maybe(read_absolute_url)
    node["cache-control"].maybe(_check_cache_control)
    return table


def _read_status(node: TomlValue) -> int:
    if not 100 <= node.number() <= 999:
        raise node.refuse(f"{shorten(str(node.value))} is not a status code of HTTP")
    return node.number()


def _check_cache_control(node: TomlValue) -> None:
    for key in ("api", "files"):
        if not (node[key].maybe(read_text) or "").isprintable():
            raise node[key].refuse(f"cache-control.{key} can't stand in a header")


def _read_urls(node: TomlValue) -> tuple[str, ...]:
    return node.tuple_of(read_url)


def _read_prereleases(node: TomlValue) -> dict[str, str]:
    return read_by_name(node, _PRERELEASE)


def _read_cutoffs(node: TomlValue) -> dict[str, ExcludeNewer]:
    return read_by_name(node, read_exclude_newer)


def _read_audit(node: TomlValue) -> AuditTable:
    return AuditTable(
        ignore=node["ignore"].tuple_of(read_text), ignore_until_fixed=node["ignore-until-fixed"].tuple_of(read_text)
    )


def _read_metadata_tables(node: TomlValue) -> tuple[StaticMetadata, ...]:
    return node.tuple_of(_read_metadata)


def _read_metadata(node: TomlValue) -> StaticMetadata:
    node.only("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
    if node["provides-extras"].is_present and node["provides-extra"].is_present:
        raise node["provides-extras"].refuse("provides-extra and provides-extras are one key", "keep one of them")
    extras = node["provides-extras"] if node["provides-extras"].is_present else node["provides-extra"]
    return StaticMetadata(
        name=read_name(node["name"]),
        version=node["version"].maybe(read_version),
        requires_dist=read_requirements(node["requires-dist"]),
        requires_python=node["requires-python"].maybe(read_specifiers),
        provides_extras=read_names(extras),
    )


def _read_pip(node: TomlValue) -> PipSettings:
    check_known(node, _PIP)
    around = {key: read(node[key]) for key, read in _OBEYED.items() if key in node.table() and key not in _NOT_AROUND}
    stated = {key.replace("-", "_"): read(node[key]) for key, read in _PIP_OBEYED.items() if key in node.table()}
    return PipSettings(around=UvSettings(**{key.replace("-", "_"): said for key, said in around.items()}), **stated)


#: What ``lock`` obeys. A reader's value is the field of ``UvSettings`` with the key's name.
_OBEYED: Mapping[str, Callable[[TomlValue], Any]] = {
    "index": _read_index_tables,
    "index-url": read_url,
    "extra-index-url": _read_urls,
    "find-links": _read_urls,
    "no-index": read_flag,
    "index-strategy": _one_of("first-index", "unsafe-first-match", "unsafe-best-match"),
    "keyring-provider": _one_of("disabled", "subprocess"),
    "resolution": _one_of("highest", "lowest", "lowest-direct"),
    "prerelease": _PRERELEASE,
    "prerelease-package": _read_prereleases,
    "fork-strategy": _one_of("fewest", "requires-python"),
    "dependency-metadata": _read_metadata_tables,
    "audit": _read_audit,
    "exclude-newer": read_exclude_newer,
    "exclude-newer-package": _read_cutoffs,
    "no-sources": read_flag,
    "no-sources-package": read_names,
    "no-build": read_flag,
    "no-build-package": read_names,
    "no-binary": read_flag,
    "no-binary-package": read_names,
    "upgrade": read_flag,
    "upgrade-package": read_requirements,
    "required-version": read_required_version,
}
_FIELDS = {"index": "indexes"}
#: Keys above that ``[tool.uv.pip]`` does not have.
_NOT_PIP = ("index", "prerelease-package", "no-build-package", "no-binary-package", "required-version")
#: Keys above that mean something else in ``[tool.uv.pip]``, or that it does not have.
_NOT_AROUND = (*_NOT_PIP, "no-binary")
#: What ``pip compile`` obeys besides. A reader's value is the field of ``PipSettings`` with the key's name.
_PIP_OBEYED: Mapping[str, Callable[[TomlValue], Any]] = {
    **dict.fromkeys(("python", "output-file", "custom-compile-command", "python-version"), read_text),
    **dict.fromkeys(("python-platform", "annotation-style", "torch-backend"), read_text),
    **dict.fromkeys(("no-binary", "only-binary", "group"), read_texts),
    **dict.fromkeys(("extra", "no-extra", "no-emit-package"), read_names),
    **dict.fromkeys(("all-extras", "no-deps", "generate-hashes", "universal", "no-strip-extras"), read_flag),
    **dict.fromkeys(("no-strip-markers", "no-annotate", "no-header", "emit-index-url"), read_flag),
    **dict.fromkeys(("emit-find-links", "emit-build-options", "emit-marker-expression"), read_flag),
    "emit-index-annotation": read_flag,
}
_PIP: Mapping[str, Check] = {
    **{key: read for key, read in _OBEYED.items() if key not in _NOT_PIP},
    **known_settings.PIP,
}
_SCRIPT: Mapping[str, Check] = {
    **_OBEYED,
    **known_settings.GLOBAL,
    **known_settings.RESOLVING,
    **known_settings.DEPENDENCIES,
    "sources": check_anything,
}
_FILE: Mapping[str, Check] = {
    **_OBEYED,
    **known_settings.GLOBAL,
    **known_settings.RESOLVING,
    **known_settings.OTHER_COMMANDS,
    **known_settings.DEPENDENCIES,
    "pip": _read_pip,
}
_PROJECT: Mapping[str, Check] = {
    **_FILE,
    **dict.fromkeys((*known_settings.DEPENDENCIES, *known_settings.ONLY_PROJECT), check_anything),
}
