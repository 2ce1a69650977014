"""Small universes of packages, read from scenario files (``tests/scenarios/README.md`` describes the form)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.index.pages.filenames import normalize_name
from bot.resolver.model.effort import EffortLimits
from tests.resolver.package_files import Release, metadata_text, sdist_bytes, wheel_bytes

#: What expectations and manifests call the host of the indexes, and the folder of the project.
HOST = "https://index.test"
FOLDER = "/scenario"

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
_UPLOADED = "2024-03-24T00:00:00Z"
_PYTHON = ">=3.12"

Table = Mapping[str, Any]

_KEYS = frozenset(
    {
        "why", "rules", "uv", "python", "script", "core_metadata", "arguments", "effort", "existing", "before", "root",
        "resolver_options", "pyproject", "files", "copies", "packages", "indexes", "expected",
    }
)  # fmt: skip
_BEFORE_KEYS = frozenset({"root", "pyproject", "files", "arguments", "without"})
_VERSION_KEYS = frozenset(
    {
        "requires", "requires_python", "metadata_requires_python", "extras", "sdist", "static", "wheel", "wheel_tags",
        "yanked", "upload_time", "hashes", "files",
    }
)  # fmt: skip


class ScenarioError(ValueError):
    """A scenario file that cannot be meant as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    kind: str
    body: bytes


#: What the index host serves, by path.
Site = dict[str, Served]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A project and what the indexes hold at one time. ``copies`` are files of the indexes that lie in the project."""

    files: Mapping[str, str]
    copies: Mapping[str, bytes]
    arguments: tuple[str, ...]
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Exactly one of the texts, or ``unchanged``. Nothing at all: not written yet.

    ``no_solution`` is the whole explanation, ``refusal`` what is said of input that cannot be locked for another reason.
    """

    lock: str | None = None
    no_solution: str | None = None
    refusal: str | None = None
    unchanged: bool = False

    @property
    def is_stated(self) -> bool:
        texts = (self.lock, self.no_solution, self.refusal)
        return sum(text is not None for text in texts) + self.unchanged == 1

    @property
    def is_lock(self) -> bool:
        return self.lock is not None or self.unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file. ``existing`` is the text of an older lock, ``before`` a state that is locked first instead.

    ``not_compared`` says why uv has no part in it.
    """

    path: Path
    why: str
    rules: tuple[int, ...]
    python: str
    script: str | None
    now: State
    before: State | None
    existing: str | None
    effort: EffortLimits
    not_compared: str | None
    expected: Expected = field(default_factory=Expected)

    @property
    def lock_name(self) -> str:
        return f"{self.script}.lock" if self.script else "uv.lock"


def read_scenario(path: Path) -> Scenario:
    """Read one scenario file; raises ``ScenarioError`` for what has no meaning."""
    return make_scenario(tomllib.loads(path.read_text("utf-8")), path)


def make_scenario(table: Table, path: Path) -> Scenario:
    """The scenario that a table in the form of a scenario file is; ``path`` is for messages."""
    _refuse_unknown(table, _KEYS, path)
    if not str(table.get("why", "")).endswith("."):
        raise ScenarioError(f"{path}: `why` must be a sentence")
    if "existing" in table and "before" in table:
        raise ScenarioError(f"{path}: `existing` and `before` exclude each other")
    before = table.get("before")
    return Scenario(
        path=path,
        why=table["why"],
        rules=tuple(table.get("rules", ())),
        python=table.get("python", "3.13"),
        script=table.get("script"),
        now=_state(table, path),
        before=None if before is None else _state(_earlier(table, before, path), path, before.get("without", ())),
        existing=table.get("existing"),
        effort=EffortLimits(**{"decisions": 3000, "forks": 60, **table.get("effort", {})}),
        not_compared=table.get("uv"),
        expected=Expected(**table.get("expected", {})),
    )


def _refuse_unknown(table: Table, known: frozenset[str], path: Path) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ScenarioError(f"{path}: unknown keys: {', '.join(unknown)}")


def _earlier(table: Table, before: Table, path: Path) -> Table:
    """The scenario as it was before: what ``before`` states in place of what holds now."""
    _refuse_unknown(before, _BEFORE_KEYS, path)
    stated = {key: before[key] for key in ("pyproject", "files") if key in before}
    root = {**table.get("root", {}), **before.get("root", {})}
    return {**table, "root": root, "arguments": before.get("arguments", []), **stated}


def _state(table: Table, path: Path, without: Sequence[str] = ()) -> State:
    site = site_of(table, path, without)
    return State(
        files=_project_files(table),
        copies={place: site[f"/{source}"].body for place, source in table.get("copies", {}).items()},
        arguments=tuple(table.get("arguments", ())),
        site=site,
    )


# --- the project ----------------------------------------------------------------------------------


def _project_files(table: Table) -> dict[str, str]:
    files = {name: text.removeprefix("\n") for name, text in table.get("files", {}).items()}
    if "script" not in table:
        files.setdefault("pyproject.toml", pyproject_text(table))
    return files


def pyproject_text(table: Table) -> str:
    """The manifest of the project that requires what ``root`` does, with the tables of ``pyproject`` merged in."""
    root, options, more = table.get("root", {}), table.get("resolver_options", {}), dict(table.get("pyproject", {}))
    project = {"name": "project", "version": "0.1.0", "requires-python": root.get("requires_python", _PYTHON)}
    tool = dict(more.pop("tool", {}))
    if options.get("prereleases"):
        tool["prerelease"] = "allow"
    if "required_environments" in options:
        tool["required-environments"] = options["required_environments"]
    tables = {"project": project | {"dependencies": root.get("requires", [])} | more.pop("project", {}), **more}
    if tool:
        tables["tool.uv"] = tool
    return "\n".join(_table_text(name, content) for name, content in tables.items() if content)


def _table_text(name: str, content: Table) -> str:
    return "\n".join([f"[{name}]", *(f"{_key(key)} = {toml_value(value)}" for key, value in content.items()), ""])


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def toml_value(value: object) -> str:
    """A value of strings, numbers, booleans, lists and tables as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)


# --- the indexes ----------------------------------------------------------------------------------


def site_of(table: Table, path: Path, without: Sequence[str] = ()) -> Site:
    """What the index host serves: the packages of ``main`` and of the other indexes."""
    site: Site = {}
    indexes = {"main": {"packages": table.get("packages", {})}, **table.get("indexes", {})}
    for index, content in indexes.items():
        entries: dict[str, list[dict[str, object]]] = {}
        for name, package in content.get("packages", {}).items():
            listed = entries.setdefault(normalize_name(name) or name, [])
            for version, stated in package.get("versions", {}).items():
                _refuse_unknown(stated, _VERSION_KEYS, path)
                if f"{name} {version}" not in without:
                    advertised = bool(table.get("core_metadata", True))
                    listed += _release_files(site, index, Release(name=name, version=version), stated, advertised)
        if content.get("format") == "flat":
            site[f"/{index}/"] = _flat_page(entries)
        else:
            page = _html_page if content.get("format") == "html" else _json_page
            site |= {f"/{index}/simple/{name}/": page(name, listed) for name, listed in entries.items()}
    return site


def _html_page(name: str, listed: list[dict[str, object]]) -> Served:
    """As PyTorch's indexes have it: addresses with ``%2B`` for ``+``, neither sizes nor times."""
    links = "".join(map(_anchor, listed))
    return Served(kind="text/html", body=f"<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n".encode())


def _anchor(entry: Mapping[str, Any]) -> str:
    attributes = {
        "requires-python": entry.get("requires-python", ""),
        "core-metadata": "".join(f"sha256={digest}" for digest in entry.get("core-metadata", {}).values()),
    }
    said = "".join(f' data-{key}="{escape(value)}"' for key, value in attributes.items() if value)
    fragment = "".join(f"#{name}={digest}" for name, digest in entry["hashes"].items())
    return f'<a href="{quote(entry["url"])}{fragment}"{said}>{entry["filename"]}</a><br/>\n'


def _json_page(name: str, listed: list[dict[str, object]]) -> Served:
    page = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
    return Served(kind=JSON_PAGE, body=json.dumps(page).encode())


def _flat_page(entries: Mapping[str, list[dict[str, object]]]) -> Served:
    names = [str(entry["filename"]) for listed in entries.values() for entry in listed]
    links = "".join(f'<a href="files/{name}">{name}</a>\n' for name in names)
    return Served(kind="text/html", body=f"<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n".encode())


def _release_files(
    site: Site, index: str, named: Release, stated: Table, advertised: bool
) -> Iterator[dict[str, object]]:
    """Put the files of one version on the site; yields their entries of the page."""
    tags: list[str] = stated.get("wheel_tags", ["py3-none-any"]) if stated.get("wheel", True) else []
    kinds = tags + (["sdist"] if stated.get("sdist", True) else [])
    special: Mapping[str, Table] = stated.get("files", {})
    if set(special) - set(kinds):
        raise ScenarioError(f"{named.stem}: there are no files {sorted(set(special) - set(kinds))}")
    for kind in kinds:
        own = {**stated, **special.get(kind, {})}
        python = own.get("requires_python", _PYTHON)
        release = Release(
            name=named.name,
            version=named.version,
            requires=own.get("requires", ()),
            requires_python=own.get("metadata_requires_python", python) or None,
            extras=own.get("extras", {}),
            is_static=own.get("static", True),
        )
        is_wheel = kind != "sdist"
        filename = f"{release.stem}-{kind}.whl" if is_wheel else f"{release.stem}.tar.gz"
        body = wheel_bytes(release, kind) if is_wheel else sdist_bytes(release)
        site[f"/{index}/files/{filename}"] = Served(kind="application/octet-stream", body=body)
        yield _entry(filename, body, own, python) | _core_metadata(site, index, filename, release, is_wheel, advertised)


def _entry(filename: str, body: bytes, own: Table, python: str) -> dict[str, object]:
    entry: dict[str, object] = {
        "filename": filename,
        "url": f"../../files/{filename}",
        "hashes": own.get("hashes", {"sha256": hashlib.sha256(body).hexdigest()}),
        "size": len(body),
        "upload-time": own.get("upload_time", _UPLOADED),
        "requires-python": python,
        "yanked": own.get("yanked", False),
    }
    return {key: value for key, value in entry.items() if value != ""}


def _core_metadata(
    site: Site, index: str, filename: str, release: Release, is_wheel: bool, advertised: bool
) -> dict[str, object]:
    if not (is_wheel and advertised):
        return {}
    body = metadata_text(release).encode()
    site[f"/{index}/files/{filename}.metadata"] = Served(kind="application/octet-stream", body=body)
    return {"core-metadata": {"sha256": hashlib.sha256(body).hexdigest()}}
