"""The ``requirements.txt`` format: one requirement a line, with its hashes below and what requires it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, assert_never
from urllib.parse import quote

from bot.export.packages import ExportedPackage, key_of
from bot.lockfile.model import (
    DirectorySource,
    EditableSource,
    GitSource,
    Package,
    PathSource,
    RegistrySource,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.order import Key, path_key
from bot.markers import marker_text

_ALGORITHMS: Final = ("md5", "sha256", "sha384", "sha512", "blake2b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Editables:
    """How editable packages are written: all of one kind (``every``), or only these as plain paths."""

    every: bool | None = None
    plain: tuple[str, ...] = ()

    def asked(self, name: str) -> bool | None:
        """What is asked for of one package; ``None`` where it is to stay as it is."""
        if self.every is not None:
            return self.every
        return False if name in self.plain else None


def render_requirements(
    packages: Sequence[ExportedPackage], *, editables: Editables, hashes: bool, annotate: bool
) -> str:
    lines: list[str] = []
    for one in sorted(packages, key=lambda each: _order(each.package)):
        marker = marker_text(one.marker)
        line = requirement_text(one.package, editables)
        digests = _hashes(one.package) if hashes else ()
        lines.append(" \\\n    --hash=".join((line if marker is None else f"{line} ; {marker}", *digests)))
        if annotate:
            lines += _annotation(one.dependents)
    return "".join(f"{line}\n" for line in lines)


def _order(package: Package) -> Key:
    """Editable packages first, then paths, then what has a name."""
    match package.source:
        case EditableSource(path=path):
            return (0, path_key(path))
        case PathSource(path=path) | DirectorySource(path=path):
            return (1, path_key(path))
        case _:
            return (2, key_of(package))


def requirement_text(package: Package, editables: Editables) -> str:
    match package.source:
        case RegistrySource():
            return f"{package.name}=={package.version}"
        case GitSource():
            return f"{package.name} @ {git_text(package.source)}"
        case UrlSource(url=url, subdirectory=subdirectory):
            return f"{package.name} @ {with_fragment(url, _subdirectory(subdirectory))}"
        case PathSource(path=path) | DirectorySource(path=path):
            return path_text(path)
        case EditableSource(path=path):
            return path_text(path) if editables.asked(package.name) is False else f"-e {_anchored(path)}"
        case VirtualSource(path=path):
            return path_text(path)
        case _:
            assert_never(package.source)


def git_text(source: GitSource) -> str:
    parts = [f"path={source.path}"] if source.path is not None else list(_subdirectory(source.subdirectory))
    if source.lfs:
        parts.append("lfs=true")
    return with_fragment(f"git+{source.url}@{source.commit}", parts)


def _subdirectory(path: str | None) -> Iterator[str]:
    if path is not None:
        yield f"subdirectory={path}"


def with_fragment(url: str, parts: Iterable[str]) -> str:
    """The URL with what is said of its content behind ``#``, in place of what stood there; nothing to say keeps that."""
    said = "&".join(parts)
    return f"{url.partition('#')[0]}#{quote(said, safe=_IN_FRAGMENT)}" if said else url


#: What may stand in a URL's fragment as it is.
_IN_FRAGMENT: Final = "!#$%&'()*+,-./:;=?@[\\]^_{|}~"


def path_text(path: str) -> str:
    return f"file://{quote(path)}" if path.startswith("/") else _anchored(path)


def _anchored(path: str) -> str:
    """A relative path that is seen to be one."""
    if path.startswith("/") or path.split("/", maxsplit=1)[0] in (".", ".."):
        return path
    return f"./{path}" if path else "."


def hash_key(text: str) -> tuple[int, str]:
    algorithm, _, digest = text.partition(":")
    return _ALGORITHMS.index(algorithm), digest


def _hashes(package: Package) -> Iterable[str]:
    files = (*(() if package.sdist is None else (package.sdist,)), *package.wheels)
    return sorted((file.hash for file in files if file.hash is not None), key=hash_key)


def _annotation(dependents: Sequence[str]) -> Iterator[str]:
    if len(dependents) == 1:
        yield f"    # via {dependents[0]}"
    elif dependents:
        yield "    # via"
        yield from (f"    #   {name}" for name in dependents)
