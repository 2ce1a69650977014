"""What uv refuses in a lock though every value of it has the right form (its ``Lock::new`` and ``ConflictSet``).

uv itself writes a lock that it then refuses: a conflict between a group and one that includes it leaves a set of one.
So what a lock says is held against these rules wherever one is read, and a proposal's lock before it is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.lockfile.model import (
    Dependency,
    DirectorySource,
    EditableSource,
    GitSource,
    Lock,
    Package,
    PathSource,
    Source,
    UrlSource,
    VirtualSource,
)
from bot.values import value

_TARS = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma", ".tar.zst")
_ARCHIVES = (".whl", ".zip", ".tar", ".tgz", ".tbz", ".txz", ".tlz", *_TARS)


@value(kw_only=False)
class Refusal:
    """What is wrong, in which package entry (``None``: before them), and a word that stands on its line."""

    problem: str
    position: int | None = None
    word: str = ""


def find_refusal(lock: Lock) -> Refusal | None:
    """The first thing for which uv would refuse the lock; ``None`` for one that it reads."""
    return next(_refusals(lock), None)


def _refusals(lock: Lock) -> Iterator[Refusal]:
    for items in lock.conflicts:
        if len(set(items)) < 2:
            found = "only one" if items else "none"
            yield Refusal(
                f"each set of conflicts must have at least two entries, but one has {found}", None, "conflicts"
            )
    for position, package in enumerate(lock.packages):
        problem = _repeated_edge(package) or _wrong_hash(package) or _wrong_path(package.source)
        if problem is not None:
            yield Refusal(f"package '{package.name}': {problem}", position)


def _repeated_edge(package: Package) -> str | None:
    tables = (package.dependencies, *package.optional_dependencies.values(), *package.dev_dependencies.values())
    name = next((name for edges in tables for name in _twice(edges)), None)
    return None if name is None else f"the dependency on '{name}' stands there twice"


def _twice(edges: Sequence[Dependency]) -> Iterator[str]:
    # Most lists have each name once, and that is quickly seen.
    if len({edge.name for edge in edges}) == len(edges):
        return
    seen = set()
    for edge in edges:
        said = edge.name, edge.version, edge.source, frozenset(edge.extras), edge.marker
        if said in seen:
            yield edge.name
        seen.add(said)


def _wrong_hash(package: Package) -> str | None:
    wanted = _wants_hash(package.source)
    if wanted is None or all((wheel.hash is not None) is wanted for wheel in package.wheels):
        return None
    return "a wheel of it has no hash" if wanted else "a wheel of it has a hash, though its source has none"


def _wants_hash(source: Source) -> bool | None:
    match source:
        case UrlSource() | PathSource():
            return True
        case GitSource(path=path):
            return path is not None
        case DirectorySource() | EditableSource() | VirtualSource():
            return False
        case _:
            return None


def _wrong_path(source: Source) -> str | None:
    if isinstance(source, GitSource) and source.path is not None and not source.path.endswith(_ARCHIVES):
        return f"the path '{source.path}' in its repository is not an archive"
    return None
