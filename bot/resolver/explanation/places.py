"""Where the project itself states what takes part in a contradiction: files and lines.

A request is lowered and knows no lines, so the manifests are read again, and only when something has to be explained.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from packaging.utils import canonicalize_name

from bot.errors import InputError
from bot.manifest.declarations import find_pyproject_declarations, find_script_declarations
from bot.manifest.lines import find_lines
from bot.manifest.model import Declaration, DepType
from bot.manifest.pyproject import parse_pyproject
from bot.manifest.script import parse_script
from bot.patterns import pattern
from bot.pubgrub.version_set import VersionSet
from bot.resolver.model.request import LockRequest
from bot.resolver.model.specifiers import to_range
from bot.values import replace, value

#: Tables whose requirements say what the project needs, as opposed to what bends other requirements.
_OWN = frozenset({DepType.DEPENDENCIES, DepType.OPTIONAL, DepType.GROUP, DepType.DEV, DepType.SCRIPT})
_SCRIPT_PYTHON = pattern(r"#\s*requires-python\s*=")

_BUILD = frozenset({DepType.BUILD})

#: Reads a manifest by its path relative to the lock's folder, ``None`` where there is none.
ReadManifest = Callable[[str], str | None]


@value
class PythonPlace:
    """Where ``requires-python`` stands."""

    path: str
    line: int


@value
class Places:
    """The declarations of all members (or of the script) and where they state ``requires-python``.

    ``own`` are the tables whose requirements are asked for.
    """

    declarations: tuple[Declaration, ...] = ()
    pythons: tuple[PythonPlace, ...] = ()
    own: frozenset[DepType] = _OWN

    def requirements(self, name: str, wanted: VersionSet | None = None) -> list[Declaration]:
        """Requirements on a package; with ``wanted`` those that admit exactly these versions, if there are any."""
        return _matching(self._of(name, self.own), wanted)

    def constraints(self, name: str, wanted: VersionSet | None = None) -> list[Declaration]:
        return _matching(
            self._of(name, {DepType.BUILD_CONSTRAINT if self.own is _BUILD else DepType.CONSTRAINT}), wanted
        )

    def overrides(self, name: str, wanted: VersionSet | None = None) -> list[Declaration]:
        return _matching(self._of(name, {DepType.OVERRIDE}), wanted)

    def python(self) -> str:
        """`` (pyproject.toml:5)``, or nothing where no manifest states it."""
        return f" ({self.pythons[0].path}:{self.pythons[0].line})" if self.pythons else ""

    def _of(self, name: str, tables: Iterable[DepType]) -> list[Declaration]:
        return [
            one for one in self.declarations if one.table in tables and canonicalize_name(one.requirement.name) == name
        ]


def _matching(rows: list[Declaration], wanted: VersionSet | None) -> list[Declaration]:
    if wanted is None:
        return rows
    return [one for one in rows if to_range(one.requirement.specifier).versions is wanted] or rows


def lines_of(rows: Iterable[Declaration]) -> str:
    """`` (pyproject.toml:5, libs/a/pyproject.toml:8)``; nothing for no rows, at most three places."""
    places = list(dict.fromkeys(f"{one.path}:{one.line}" for one in rows))
    if not places:
        return ""
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f" ({', '.join(places[:3])}{more})"


def find_places(request: LockRequest, read: ReadManifest, shown: Callable[[str], str]) -> Places:
    """The places in the members' manifests and the root's; ``shown`` turns a path of the lock into one for people."""
    if request.build_of is not None:
        return replace(_of_manifest(read, request.build_of, shown), own=_BUILD)
    folders = dict.fromkeys((".", *(member.folder for member in request.members)))
    found = [_of_manifest(read, posixpath.normpath(f"{folder}/pyproject.toml"), shown) for folder in folders]
    return Places(
        declarations=tuple(row for one in found for row in one.declarations),
        pythons=tuple(row for one in found for row in one.pythons),
    )


def _of_manifest(read: ReadManifest, path: str, shown: Callable[[str], str]) -> Places:
    try:
        text = read(path)
        if text is None:
            return Places()
        pyproject = parse_pyproject(text, shown(path))
    except InputError:
        # An edited or foreign manifest that cannot be read names no lines; the explanation stands without them.
        return Places()
    line = find_lines(text).get(("project", "requires-python"))
    return Places(
        declarations=find_pyproject_declarations(pyproject),
        pythons=() if line is None else (PythonPlace(path=pyproject.path, line=line),),
    )


def script_places(text: str, path: str) -> Places:
    """The places in a script's header."""
    script = parse_script(text, path)
    if script is None:
        return Places()
    lines = enumerate(text.splitlines(), start=1)
    return Places(
        declarations=find_script_declarations(script),
        pythons=tuple(PythonPlace(path=path, line=line) for line, row in lines if _SCRIPT_PYTHON.match(row))[:1],
    )
