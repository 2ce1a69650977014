"""The CycloneDX 1.5 format: an inventory as JSON, with the project and what requires what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from bot.addresses import is_plain_address
from bot.errors import InputError
from bot.export.packages import ExportedPackage
from bot.export.target import Target
from bot.lockfile.graph import PackageId, all_edges, id_of
from bot.lockfile.model import File, GitSource, Package, RegistrySource, UrlSource
from bot.lockfile.sources import render_git_source
from bot.markers import Marker, marker_text

_TOOL: Final = {"vendor": "Astral Software Inc.", "name": "uv", "version": "0.13.9"}
_ALGORITHMS: Final = {
    "md5": "MD5",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "blake2b": "BLAKE2b-256",
}
#: What stands in a package URL as it is; letters, digits and ``-._~`` always do.
_IN_PURL: Final = "!$&'()*,/:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one inventory from another: a UUID, and when it was made (RFC 3339)."""

    serial: str
    timestamp: str


def render_cyclonedx(target: Target, packages: Sequence[ExportedPackage], identity: Identity, *, hashes: bool) -> str:
    """The whole text, without a newline at its end, as uv leaves it."""
    book = _Book(hashes=hashes)
    root = _root(target, packages)
    members = frozenset(target.lock.manifest.members)
    main = None if root is None else book.add(root, [_property("uv:package:is_project_root", "true")], None)
    others = [one for one in packages if root is None or one.package is not root]
    components = [book.add(one.package, _member_path(one.package, members), one.marker) for one in others]
    rows = [book.requires(one.package) for one in packages]
    if target.whole or main is None:
        own = [book.reference(one.package) for one in packages if one.package.name in members]
        made = book.add_workspace(root)
        if main is not None:
            own.append(main["bom-ref"])
            components.append(main)
        rows.append(_row(made["bom-ref"], own))
        main = made
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "serialNumber": f"urn:uuid:{identity.serial}",
        "metadata": {"timestamp": identity.timestamp, "tools": [_TOOL], "component": main},
        "components": components,
        "dependencies": rows,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _root(target: Target, packages: Sequence[ExportedPackage]) -> Package | None:
    names = target.root_names
    if len(names) == 1:
        for one in packages:
            if one.package.name == names[0]:
                return one.package
    return target.lock_root


def _member_path(package: Package, members: frozenset[str]) -> list[dict[str, str]]:
    if package.name not in members:
        return []
    path = getattr(package.source, "path", None)
    if path is None or isinstance(package.source, GitSource):
        raise InputError(f"the workspace's member {package.name} is not a folder", hint="lock again")
    return [_property("uv:workspace:path", path)]


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _row(reference: str, needs: Sequence[str]) -> dict[str, Any]:
    return {"ref": reference, **({"dependsOn": sorted(set(needs))} if needs else {})}


@dataclass(slots=True, kw_only=True)
class _Book:
    """The components so far. Their references are numbered, so that each is there once."""

    hashes: bool
    references: dict[PackageId, str] = field(default_factory=dict)
    count: int = 0

    def add(self, package: Package, properties: list[dict[str, str]], marker: Marker | None) -> dict[str, Any]:
        version = None if package.version is None else str(package.version)
        reference = self._next(package.name, version)
        self.references[id_of(package)] = reference
        purl = _purl(package)
        text = None if marker is None else marker_text(marker)
        told = properties if text is None else [*properties, _property("uv:package:marker", text)]
        files = list(_references(package)) if self.hashes else []
        return {
            "type": "library",
            "bom-ref": reference,
            "name": package.name,
            **({"version": version} if version is not None else {}),
            **({"purl": purl} if purl is not None else {}),
            **({"externalReferences": files} if files else {}),
            **({"properties": told} if told else {}),
        }

    def add_workspace(self, root: Package | None) -> dict[str, Any]:
        """A component that stands for the workspace as a whole."""
        name = "uv-workspace" if root is None else root.name
        told = [_property("uv:package:is_synthetic_root", "true")]
        return {"type": "library", "bom-ref": self._next(name, None), "name": name, "properties": told}

    def reference(self, package: Package) -> str:
        return self.references[id_of(package)]

    def requires(self, package: Package) -> dict[str, Any]:
        needs = [self.references[id_of(edge)] for edge in all_edges(package) if id_of(edge) in self.references]
        return _row(self.reference(package), needs)

    def _next(self, name: str, version: str | None) -> str:
        self.count += 1
        return f"{name}-{self.count}" if version is None else f"{name}-{self.count}@{version}"


def _purl(package: Package) -> str | None:
    """The package URL; ``None`` for what comes from a path."""
    match package.source:
        case RegistrySource(url=url):
            is_other = "://" in url and not url.startswith("https://pypi.org/")
            place = f"repository_url={_quoted(url)}" if is_other else ""
        case GitSource():
            place = f"vcs_url={_quoted(render_git_source(package.source))}"
        case UrlSource(url=url):
            place = f"download_url={_quoted(url)}"
        case _:
            return None
    version = "" if package.version is None else f"@{_quoted(str(package.version))}"
    return f"pkg:pypi/{_quoted(package.name)}{version}{f'?{place}' if place else ''}"


def _quoted(text: str) -> str:
    return quote(text, safe=_IN_PURL)


def _references(package: Package) -> Iterator[dict[str, Any]]:
    files: tuple[File, ...] = (*(() if package.sdist is None else (package.sdist,)), *package.wheels)
    for file in files:
        if file.url is None or file.hash is None or not is_plain_address(file.url):
            continue
        algorithm, _, digest = file.hash.partition(":")
        hashes = [{"alg": _ALGORITHMS[algorithm], "content": digest}]
        yield {"type": "distribution", "url": file.url, "hashes": hashes}
