"""Renovate and Dependabot beside lockbot: which files they would update too, and how that is turned off.

Only what their configuration says in the repository is known; what presets and organisations add is not. Regular
expressions of strangers are not run: ``bot.repoconfig.path_regex`` reads simple ones.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.detect.model import Detected, Listing
from bot.errors import InputError
from bot.formats.json5 import Json5, parse_json5
from bot.formats.yaml import Mapping, Node, Scalar, parse_yaml
from bot.formats.yaml import Sequence as YamlSequence
from bot.ports.run import BranchName, OtherBot
from bot.repoconfig.globs import matches_path
from bot.repoconfig.migration.migrate import DEPENDABOT_PATHS, RENOVATE_PATHS
from bot.repoconfig.path_regex import read_path_regex

_PATHS = frozenset((*RENOVATE_PATHS, *DEPENDABOT_PATHS))


def is_brought(path: str) -> bool:
    """Whether a clone brings the file for this."""
    return path in _PATHS


def find_other_bots(listing: Listing, detected: Detected, base_branch: BranchName) -> tuple[OtherBot, ...]:
    """The bots that update what lockbot updates; a configuration that can't be read is nobody's."""
    files = frozenset(listing.paths())
    manifests = tuple(sorted({path for unit in detected.units for path in unit.manifests}))
    found = (_find_renovate(listing, files, manifests), _find_dependabot(listing, files, manifests, base_branch))
    return tuple(one for one in found if one is not None)


def _read(listing: Listing, files: Collection[str], paths: Sequence[str]) -> tuple[str, str] | None:
    """The first of the files that is there, with its text."""
    path = next((path for path in paths if path in files), None)
    text = None if path is None else listing.read_text(path)
    return None if path is None or text is None else (path, text)


# --- Renovate -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manager:
    """One of Renovate's managers; ``asks``: it does nothing until the configuration gives it patterns."""

    name: str
    endings: tuple[str, ...]
    asks: bool


_MANAGERS = (
    _Manager(name="pep621", endings=("pyproject.toml",), asks=False),
    _Manager(name="pep723", endings=(".py",), asks=True),
    _Manager(name="pip_requirements", endings=(".txt",), asks=False),
    _Manager(name="pip-compile", endings=(".txt", ".in"), asks=True),
)


def _find_renovate(listing: Listing, files: Collection[str], manifests: Sequence[str]) -> OtherBot | None:
    try:
        read = _read(listing, files, RENOVATE_PATHS)
        config = None if read is None else parse_json5(read[1], read[0])
    except InputError:
        return None
    if read is None or not isinstance(config, dict):
        return None
    managed = {one.name: _managed(config, one, manifests) for one in _MANAGERS}
    names = [name for name, paths in managed.items() if paths]
    if not names:
        return None
    off = " and ".join(f'`"{name}": {{ "enabled": false }}`' for name in names)
    paths = tuple(dict.fromkeys(path for name in names for path in managed[name]))
    return OtherBot(name="Renovate", path=read[0], manages=paths, remedy=f"write {off} in it")


def _managed(config: dict[str, Json5], manager: _Manager, manifests: Sequence[str]) -> Sequence[str]:
    """The files of lockbot's that the manager updates too."""
    if _is_off(config, manager):
        return ()
    paths = [path for path in manifests if path.endswith(manager.endings) and _is_included(config, path)]
    asked = [path for path in paths if not manager.asks or _is_asked_for(_table(config, manager.name), path)]
    return [path for path in asked if _is_enabled(config, manager.name, path)]


def _is_off(config: dict[str, Json5], manager: _Manager) -> bool:
    own = _table(config, manager.name)
    chosen = _texts(config, "enabledManagers")
    return (
        any(table.get("enabled") is False for table in (config, own, _table(config, "python")))
        or ":disableRenovate" in _texts(config, "extends")
        or bool(chosen and manager.name not in chosen)
    )


def _is_asked_for(own: dict[str, Json5], path: str) -> bool:
    """Whether patterns of a manager's own match; one that nobody here can read may."""
    patterns = _texts(own, "managerFilePatterns")
    regexes = [*_texts(own, "fileMatch"), *(one[1:-1] for one in patterns if _is_regex(one))]
    globs = [one for one in patterns if not _is_regex(one)]
    known = map(read_path_regex, regexes)
    return bool(globs and matches_path(path, globs)) or any(one is None or one.matches(path) for one in known)


def _is_regex(pattern: str) -> bool:
    return len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")


def _is_included(config: dict[str, Json5], path: str) -> bool:
    included, ignored = _texts(config, "includePaths"), _texts(config, "ignorePaths")
    return (not included or matches_path(path, included)) and not (ignored and matches_path(path, ignored))


def _is_enabled(config: dict[str, Json5], manager: str, path: str) -> bool:
    """What the last rule says that is about all of a manager's packages in the file."""
    rules = config.get("packageRules")
    verdict = True
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("enabled"), bool) and _is_about(rule, manager, path):
            verdict = rule["enabled"] is True
    return verdict


def _is_about(rule: dict[str, Json5], manager: str, path: str) -> bool:
    tests = {
        "matchManagers": lambda texts: manager in texts,
        "matchCategories": lambda texts: "python" in texts,
        "matchDatasources": lambda texts: "pypi" in texts,
        "matchFileNames": lambda texts: matches_path(path, texts),
        "matchPaths": lambda texts: matches_path(path, texts),
        "matchPackageNames": lambda texts: not {"*", "**", "/.*/"}.isdisjoint(texts),
        "matchPackagePatterns": lambda texts: not {"*", ".*", "^.*$"}.isdisjoint(texts),
    }
    stated = [key for key in rule if key.startswith(("match", "exclude"))]
    return all(key in tests and tests[key](_texts(rule, key)) for key in stated)


def _table(config: dict[str, Json5], key: str) -> dict[str, Json5]:
    found = config.get(key)
    return found if isinstance(found, dict) else {}


def _texts(config: dict[str, Json5], key: str) -> Sequence[str]:
    """A list of texts, or one for a list of one."""
    found = config.get(key)
    rows = found if isinstance(found, list) else [found]
    return [one for one in rows if isinstance(one, str)]


# --- Dependabot -----------------------------------------------------------------------------------

#: Its ecosystems that read Python's manifests, with what they read.
_ECOSYSTEMS = {"uv": ("pyproject.toml", ".txt", ".in"), "pip": ("pyproject.toml", ".txt", ".in")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    ecosystem: str
    line: int
    manages: tuple[str, ...]


def _find_dependabot(
    listing: Listing, files: Collection[str], manifests: Sequence[str], base_branch: BranchName
) -> OtherBot | None:
    try:
        read = _read(listing, files, DEPENDABOT_PATHS)
        documents = () if read is None else parse_yaml(read[1], read[0])
    except InputError:
        return None
    entries = [one for node in documents for one in _entries(node, manifests, base_branch) if one.manages]
    if read is None or not entries:
        return None
    told = " and ".join(f"{one.ecosystem} (line {one.line})" for one in entries)
    return OtherBot(
        name="Dependabot",
        path=read[0],
        manages=tuple(dict.fromkeys(path for one in entries for path in one.manages)),
        remedy=f"remove its entry for {told}, or write `open-pull-requests-limit: 0` there",
    )


def _entries(document: Node, manifests: Sequence[str], base_branch: BranchName) -> Iterator[_Entry]:
    updates = document.get("updates") if isinstance(document, Mapping) else None
    for entry in updates.items if isinstance(updates, YamlSequence) else ():
        if not isinstance(entry, Mapping) or _rests(entry) or _text(entry, "target-branch") not in ("", base_branch):
            continue
        ecosystem = _text(entry, "package-ecosystem")
        folders = [_text(entry, "directory"), *_all_texts(entry.get("directories"))]
        paths = [path for path in manifests if path.endswith(_ECOSYSTEMS.get(ecosystem, ()))]
        managed = tuple(path for path in paths if any(_is_in(path, folder) for folder in folders if folder))
        yield _Entry(ecosystem=ecosystem, line=entry.line, manages=managed)


def _rests(entry: Mapping) -> bool:
    """Whether it proposes no versions: its limit is 0, or it ignores everything."""
    ignored = entry.get("ignore")
    rows = ignored.items if isinstance(ignored, YamlSequence) else ()
    is_all = any(
        isinstance(row, Mapping)
        and _text(row, "dependency-name") == "*"
        and row.get("versions") is None
        and row.get("update-types") is None
        for row in rows
    )
    return is_all or _text(entry, "open-pull-requests-limit") == "0"


def _is_in(path: str, folder: str) -> bool:
    """Whether a manifest lies in a folder as Dependabot writes it: from the root, globs allowed."""
    here, wanted = posixpath.dirname(path) or ".", posixpath.normpath(folder).strip("/") or "."
    return matches_path(here, [wanted]) if "*" in wanted else here == wanted


def _text(entry: Mapping, key: str) -> str:
    found = entry.get(key)
    return found.text if isinstance(found, Scalar) else ""


def _all_texts(node: Node | None) -> Sequence[str]:
    items = node.items if isinstance(node, YamlSequence) else ()
    return [one.text for one in items if isinstance(one, Scalar)]
