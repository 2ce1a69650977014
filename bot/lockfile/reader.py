"""The text of a lock file as a ``Lock``.

Any valid TOML is taken, of any revision, with the older names of keys; unknown keys are ignored. What the file leaves
out because it is plain (version and source of an edge to a name with one entry) is filled in. The order of everything
and the printed form of markers stay as they are, so that ``render_lock`` gives the same text again; an edge's marker
is relative to the environment of the whole lock (see ``bot.resolver.assembly.environment``).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import InputError
from bot.limits import TEXT_LIMIT
from bot.lockfile.document import parse_document
from bot.lockfile.manifest_reader import conflicts_from, manifest_from, options_from
from bot.lockfile.model import Lock
from bot.lockfile.package_reader import InPackage, packages_from
from bot.lockfile.readable import find_refusal
from bot.lockfile.tables import (
    Malformed,
    Table,
    first_key,
    markers_of,
    optional_integer,
    specifiers_from,
    table_of,
    tables_of,
    text_of,
)
from bot.markers import TRUE, Marker
from bot.toml import TomlError

LOCK_VERSION = 1

_HINT = "delete the file, then lock again"


def parse_lock(text: str, path: str) -> Lock:
    """Read the text of ``path`` (which is used in messages only); raises ``InputError``."""
    if len(text) > TEXT_LIMIT:
        raise InputError(f"the file is longer than {TEXT_LIMIT} characters", path=path, hint=_HINT)
    try:
        document = parse_document(text)
    except TomlError as error:
        raise InputError(error.problem, path=path, line=error.line, hint=_HINT) from None
    try:
        return _readable(_lock(document))
    except InPackage as error:
        line = _line_in_package(text, error)
        raise InputError(error.problem, path=path, line=line, hint=_HINT) from None
    except Malformed as error:
        line = _line_with(text.split("\n"), error.word)
        raise InputError(str(error), path=path, line=line, hint=_HINT) from None


def _readable(lock: Lock) -> Lock:
    refusal = find_refusal(lock)
    if refusal is None:
        return lock
    if refusal.position is not None:
        raise InPackage(refusal.position, refusal.problem, refusal.word)
    raise Malformed(refusal.problem, refusal.word)


def _line_in_package(text: str, error: InPackage) -> int | None:
    """The line of the entry that holds what is wrong, else the entry's first."""
    lines = text.split("\n")
    headers = [number for number, line in enumerate(lines, 1) if line.strip() in ("[[package]]", "[[distribution]]")]
    if error.position >= len(headers):
        return None
    first, *after = headers[error.position : error.position + 2]
    inside = _line_with(lines[first - 1 : after[0] - 1 if after else None], error.word)
    return first + inside - 1 if inside else first


def _line_with(lines: Sequence[str], word: str) -> int | None:
    return next((number for number, line in enumerate(lines, 1) if word in line), None) if word else None


def _lock(document: Table) -> Lock:
    version = optional_integer(document, "version")
    if version != LOCK_VERSION:
        raise Malformed(f"this is a lock file of version {version}, but only version {LOCK_VERSION} can be read")
    requires_python = text_of(document, "requires-python")
    specifiers_from(requires_python)
    return Lock(
        version=version,
        revision=optional_integer(document, "revision") or 0,
        requires_python=requires_python,
        resolution_markers=markers_of(document, "resolution-markers"),
        supported_markers=_configured_markers(document, "supported-markers"),
        required_markers=_configured_markers(document, "required-markers"),
        conflicts=conflicts_from(document),
        options=options_from(table_of(document, "options")),
        manifest=manifest_from(table_of(document, "manifest")),
        packages=packages_from(tables_of(document, first_key(document, "package", "distribution"))),
    )


def _configured_markers(table: Table, key: str) -> tuple[Marker, ...]:
    """As listed; TRUE alone for an empty list, which is how environments that cover all supported ones are written."""
    return markers_of(table, key) or ((TRUE,) if key in table else ())
