"""The text of a lock file as a ``Lock``.

Any valid TOML is taken, of any revision, with the older names of keys; unknown keys are ignored. What the file leaves
out because it is plain (version and source of an edge to a name with one entry) is filled in. The order of everything
and the printed form of markers stay as they are, so that ``render_lock`` gives the same text again; an edge's marker
is relative to the environment of the whole lock (see ``bot.resolver.assembly.environment``).
"""

from __future__ import annotations

import tomllib

from bot.errors import InputError
from bot.lockfile.document import parse_document
from bot.lockfile.manifest_reader import conflicts_from, manifest_from, options_from
from bot.lockfile.model import Lock
from bot.lockfile.package_reader import InPackage, packages_from
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
from bot.patterns import pattern

LOCK_VERSION = 1

_POSITION = pattern(r"line (\d+)")
_HINT = "delete the file, then lock again"


def parse_lock(text: str, path: str) -> Lock:
    """Read the text of ``path`` (which is used in messages only); raises ``InputError``."""
    try:
        document = parse_document(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", path=path, line=_line_in(str(error)), hint=_HINT) from None
    except RecursionError:
        raise InputError("nested too deeply", path=path, hint=_HINT) from None
    try:
        return _lock(document)
    except InPackage as error:
        line = _package_line(text, error.position)
        raise InputError(error.problem, path=path, line=line, hint=_HINT) from None
    except Malformed as error:
        raise InputError(str(error), path=path, hint=_HINT) from None


def _line_in(message: str) -> int | None:
    match = _POSITION.search(message)
    return int(match[1]) if match else None


def _package_line(text: str, position: int) -> int | None:
    headers = (
        number for number, line in enumerate(text.split("\n"), 1) if line.strip() in ("[[package]]", "[[distribution]]")
    )
    return next((line for index, line in enumerate(headers) if index == position), None)


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
